"""Mail: letters to recipients through one SMTP server."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from dataclasses import replace
from email.utils import parseaddr
from html import escape
from pathlib import Path
from typing import Final

import aiosmtplib

from sonixbot.clock import Clock
from sonixbot.errors import NeedsRepair, Sentence, Undeliverable, sentence
from sonixbot.language import Language
from sonixbot.message import Message
from sonixbot.messengers.attachments import Unreadable, content, shown_name
from sonixbot.messengers.letter import letter, wire
from sonixbot.messengers.mail_errors import LIBRARY_ERRORS, TooLarge
from sonixbot.messengers.mail_server import MailServer, Security
from sonixbot.text.markup import one_line

log = logging.getLogger(__name__)

Files = list[tuple[str, bytes]]

#: Seconds after which a connection is made anew, as servers drop the old ones.
CONNECTION_AGE: Final = 240.0
#: Seconds to wait for an answer to the goodbye.
FAREWELL: Final = 3.0
#: What SMTP can carry as an address (quoted local parts, which nobody has, aside).
ADDRESS: Final = re.compile(r"[^\s<>\"@]+@[^\s<>\"@]+")


class Mail:
    """The way by mail: one recipient a letter, one connection for a burst of letters.

    `security` is `auto` (TLS on port 465, else STARTTLS where offered), `none`, `starttls` or
    `tls`; an empty `user` means no login; `timeout` is seconds for each step of a talk.
    """

    name = "mail"

    def __init__(
        self,
        *,
        server: str,
        port: int,
        sender: str,
        language: Language,
        clock: Clock,
        user: str = "",
        password: str = "",
        security: Security = "auto",
        ca_file: Path | None = None,
        verify: bool = True,
        timeout: float = 30.0,
    ) -> None:
        self._server = MailServer(
            server,
            port,
            user=user,
            password=password,
            security=security,
            ca_file=ca_file,
            verify=verify,
            timeout=timeout,
        )
        self._sender = one_line(sender)
        self._language, self._clock = language, clock
        #: Held through a talk, as the letters to all recipients share the connection.
        self._lock = asyncio.Lock()
        self._smtp: aiosmtplib.SMTP | None = None
        self._opened = 0.0

    def parts(self, message: Message) -> int:  # noqa: ARG002 - the protocol's signature
        """Always one letter."""
        return 1

    async def send(self, address: str, message: Message, part: int) -> str:  # noqa: ARG002 - the same
        """Send the letter; return its Message-ID."""
        files, missing = await _contents(message)
        noted = self._noted(message, missing)
        async with self._lock:
            try:
                return await self._send(address, noted, files)
            except TooLarge as error:
                if not files:
                    raise
                log.warning("a letter goes without its files: %s", error)
            dropped = [
                sentence("The file {name} is too large for the mail server.", name=name)
                for name, _content in files
            ]
            return await self._send(address, self._noted(noted, dropped), [])

    async def edit(self, address: str, remote: str, message: Message) -> None:  # noqa: ARG002 - the same
        """Raise `Undeliverable`."""
        raise Undeliverable(sentence("A letter cannot be changed once it is sent."))

    async def rest(self) -> None:
        """Say goodbye to the server."""
        async with self._lock:
            await self._part()

    async def close(self) -> None:
        """Say goodbye to the server."""
        await self.rest()

    async def try_login(self) -> None:
        """Connect, encrypt and log in as for a letter; raises a `DeliveryError`."""
        async with self._lock:
            await self._part()
            self._smtp = await self._server.connect()
            await self._part()

    def _noted(self, message: Message, notes: list[Sentence]) -> Message:
        """The message with sentences about its files below."""
        if not notes:
            return message
        said = "\n".join(map(self._language.say, notes))
        return replace(
            message,
            text=f"{message.text}\n\n{said}",
            html=f"{message.html}\n\n{escape(said, quote=False)}" if message.html else "",
        )

    async def _send(self, address: str, message: Message, files: Files) -> str:
        sender, recipient = _checked(self._sender, address)
        mail = letter(message, recipient, self._sender, files)
        smtp = await self._connection()
        ascii_only = sender.isascii() and recipient.isascii()
        if not ascii_only and not smtp.supports_extension("smtputf8"):
            raise Undeliverable(
                sentence(
                    "The mail server {server} takes no addresses with letters beyond ASCII: "
                    "{address}.",
                    server=self._server.name,
                    address=recipient,
                )
            )
        encoding = "ascii" if ascii_only else "utf-8"
        body = wire(mail, utf8=not ascii_only)
        options = [f"SIZE={len(body)}"] if smtp.supports_extension("size") else []
        sent = False
        try:
            await smtp.mail(
                sender, options=[*options, *([] if ascii_only else ["SMTPUTF8"])], encoding=encoding
            )
            await smtp.rcpt(recipient, encoding=encoding)
            sent = True
            await smtp.data(body)
        except LIBRARY_ERRORS as error:
            # Not "from error": a chain would be logged as it is, with all that was said.
            raise self._server.translated(error, sent=sent) from None
        except asyncio.CancelledError:
            smtp.close()  # a later letter must not read the answer to this one
            raise
        return str(mail["Message-ID"])

    async def _connection(self) -> aiosmtplib.SMTP:
        """The kept connection if it is young and alive, else a new one."""
        smtp, age = self._smtp, self._clock.now() - self._opened
        if smtp is not None and smtp.is_connected and 0 <= age < CONNECTION_AGE:
            # Forgets what was left of the letter before, and shows whether anybody is there.
            with contextlib.suppress(*LIBRARY_ERRORS):
                await smtp.rset()
                return smtp
        await self._part()
        self._smtp, self._opened = await self._server.connect(), self._clock.now()
        return self._smtp

    async def _part(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is None:
            return
        try:
            if smtp.is_connected:
                await smtp.quit(timeout=FAREWELL)
        except LIBRARY_ERRORS as error:
            log.debug("the mail server did not say goodbye: %s", error)
        finally:
            smtp.close()


def _checked(sender: str, recipient: str) -> tuple[str, str]:
    """Both as bare addresses; raises a `DeliveryError` where one is none."""
    from_address, to_address = parseaddr(sender)[1], one_line(recipient)
    if not ADDRESS.fullmatch(from_address):
        raise NeedsRepair(
            sentence("{address} is no mail address. Check mail.sender.", address=sender)
        )
    if not ADDRESS.fullmatch(to_address):
        raise Undeliverable(sentence("{address} is no mail address.", address=to_address))
    return from_address, to_address


async def _contents(message: Message) -> tuple[Files, list[Sentence]]:
    """The files that can be read, and a sentence for each that cannot."""
    files: Files = []
    missing: list[Sentence] = []
    for each in message.files:
        try:
            files.append((shown_name(each), await content(each)))
        except Unreadable as error:
            missing.append(error.said)
    return files, missing
