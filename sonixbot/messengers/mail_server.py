"""MailServer: how to get from nothing to a talk in which letters may be handed over."""

from __future__ import annotations

import base64
import ipaddress
import logging
import ssl
from pathlib import Path
from typing import Final, Literal

import aiosmtplib

from sonixbot.errors import DeliveryError, NeedsRepair, sentence
from sonixbot.messengers.certificates import trust
from sonixbot.messengers.mail_errors import LIBRARY_ERRORS, translate

log = logging.getLogger(__name__)

Security = Literal["auto", "none", "starttls", "tls"]

#: The port on which TLS is spoken from the first byte (RFC 8314).
TLS_PORT: Final = 465


class MailServer:
    """One SMTP server as configured. `security` and `timeout` as with `Mail`."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        user: str,
        password: str,
        security: Security,
        ca_file: Path | None,
        verify: bool,
        timeout: float,
    ) -> None:
        self.name = f"{host}:{port}"
        self._host, self._port = host, port
        self._user, self._password = user, password
        self._security: Security = security
        if security == "auto" and port == TLS_PORT:
            self._security = "tls"
        self._ca_file, self._verify = ca_file, verify
        self._timeout = timeout
        self._trust: ssl.SSLContext | None = None
        self._told_no_login = False

    async def connect(self) -> aiosmtplib.SMTP:
        """A connection, encrypted and logged in as configured; raises a `DeliveryError`."""
        smtp = aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            # Else the library asks for the computer's name, which may be Cyrillic.
            local_hostname="localhost",
            timeout=self._timeout,
            use_tls=self._security == "tls",
            start_tls=False,
            tls_context=None if self._security == "none" else self._context(),
        )
        try:
            await smtp.connect()
            smtp.local_hostname = greeting_name(smtp.get_transport_info("sockname")[0])
            await _greet(smtp)
            if self._security in ("auto", "starttls"):
                await self._encrypt(smtp)
            if self._user:
                await self._log_in(smtp)
        except LIBRARY_ERRORS as error:
            smtp.close()
            raise self.translated(error) from None
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _context(self) -> ssl.SSLContext:
        if self._trust is None:
            self._trust = trust(self._ca_file, "mail.ca-file")
            if not self._verify:
                self._trust.check_hostname = False
                self._trust.verify_mode = ssl.CERT_NONE
        return self._trust

    async def _encrypt(self, smtp: aiosmtplib.SMTP) -> None:
        if smtp.supports_extension("starttls"):
            await smtp.starttls()
            await _greet(smtp)  # what the server said before TLS anybody may have said
        elif self._security == "starttls":
            raise NeedsRepair(
                sentence(
                    "The mail server {server} offers no STARTTLS. Check mail.port and "
                    "mail.security.",
                    server=self.name,
                )
            )

    async def _log_in(self, smtp: aiosmtplib.SMTP) -> None:
        if not smtp.supports_extension("auth"):
            if not self._told_no_login:
                self._told_no_login = True
                log.warning("the mail server %s offers no login; sending without", self.name)
            return
        if self._security != "none" and smtp.get_transport_info("sslcontext") is None:
            raise NeedsRepair(
                sentence(
                    "The mail server {server} offers a login but no encryption, so the password "
                    "is not sent. Set mail.security to none to send it all the same, or leave "
                    "mail.user empty.",
                    server=self.name,
                )
            )
        if not smtp.supported_auth_methods:
            raise NeedsRepair(
                sentence(
                    "The mail server {server} offers only logins of kinds not known here "
                    "({kinds}). Leave mail.user empty if it takes letters without.",
                    server=self.name,
                    kinds=", ".join(smtp.server_auth_methods),
                )
            )
        await smtp.login(self._user, self._password)

    def translated(self, error: Exception, *, sent: bool = False) -> DeliveryError:
        """What an error of a talk with this server means; see `translate`."""
        plain = f"\0{self._user}\0{self._password}"
        encoded = (base64.b64encode(each.encode()).decode() for each in (plain, self._password))
        secrets = (self._password, *encoded) if self._password else ()
        return translate(error, self.name, secrets, sent=sent)


async def _greet(smtp: aiosmtplib.SMTP) -> None:
    """Say EHLO, and HELO to a server that knows no better."""
    try:
        await smtp.ehlo()
    except aiosmtplib.SMTPHeloError:
        if not smtp.is_connected:
            raise
        await smtp.helo()


def greeting_name(local: str) -> str:
    """How to greet: the own address as a literal (RFC 5321, 4.1.3), never the computer's name.

    Servers refuse names with Cyrillic letters, underscores or without a domain.
    """
    address = ipaddress.ip_address(local.partition("%")[0])
    return f"[IPv6:{address}]" if address.version == 6 else f"[{address}]"
