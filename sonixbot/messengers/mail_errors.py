"""Errors of SMTP, translated into what to do about them."""

from __future__ import annotations

import re
import ssl
from typing import Final

import aiosmtplib

from sonixbot.errors import DeliveryError, NeedsRepair, TryLater, Undeliverable, sentence, usual
from sonixbot.messengers.certificates import failed_check

#: Everything that aiosmtplib and the sockets below it raise; they encode names and addresses.
LIBRARY_ERRORS: Final = (aiosmtplib.SMTPException, OSError, UnicodeError)

#: Codes by which a server asks for a login (RFC 4954).
LOGIN_WANTED: Final = (530, 535, 538)
#: The code for a mail that is too large (RFC 1870).
TOO_LARGE: Final = 552


class TooLarge(Undeliverable):
    """The server takes no letter of this size; a shorter one may pass."""


def translate(
    error: Exception, server: str, secrets: tuple[str, ...] = (), *, sent: bool = False
) -> DeliveryError:
    """What an error of a talk with `server` means for a letter.

    `sent`: the letter was on its way. The reason shows none of `secrets`.
    """
    why = _scrubbed(error, secrets)
    if certificate := failed_check(error):
        return NeedsRepair(
            sentence(
                "The certificate of the mail server {server} is not trusted ({why}). Name its "
                "authority in mail.ca-file, or set mail.verify to false, or mail.security to none.",
                server=server,
                why=certificate,
            )
        )
    if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
        return NeedsRepair(
            sentence(
                "TLS with the mail server {server} fails ({why}). Check mail.port and "
                "mail.security.",
                server=server,
                why=why,
            )
        )
    if isinstance(error, UnicodeError):
        return NeedsRepair(
            sentence(
                "The mail server {server} cannot be asked in these letters ({why}). Check"
                " mail.server, mail.user and mail.password.",
                server=server,
                why=why,
            )
        )
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return _refused(error, server, why)
    if sent:
        return TryLater(
            sentence(
                "The mail server {server} did not confirm the letter, which may have arrived: "
                "{why}.",
                server=server,
                why=why,
            ),
            unknown=True,
        )
    if isinstance(error, aiosmtplib.SMTPConnectTimeoutError) and "ready message" in why:
        return TryLater(
            sentence(
                "The mail server {server} does not greet. If it speaks TLS from the first byte, "
                "set mail.security to tls.",
                server=server,
            )
        )
    return TryLater(
        sentence(
            "The mail server {server} cannot be reached: {why}.",
            server=server,
            why=usual(error) or why,
        )
    )


def _refused(error: aiosmtplib.SMTPResponseException, server: str, why: str) -> DeliveryError:
    """The meaning of a server's no (RFC 5321, 4.2)."""
    code = error.code
    if code < 500:  # 4xx passes by itself; -1 was no answer of a mail server
        return TryLater(
            sentence("The mail server {server} asks to wait: {why}.", server=server, why=why)
        )
    if code in LOGIN_WANTED:
        return NeedsRepair(
            sentence(
                "The mail server {server} refuses the login: {why}. "
                "Check mail.user, mail.password and mail.security.",
                server=server,
                why=why,
            )
        )
    if code == TOO_LARGE:
        return TooLarge(
            sentence(
                "The letter is too large for the mail server {server}: {why}.",
                server=server,
                why=why,
            )
        )
    match error:
        case aiosmtplib.SMTPAuthenticationError():
            return NeedsRepair(
                sentence(
                    "The mail server {server} refuses the login: {why}. "
                    "Check mail.user and mail.password.",
                    server=server,
                    why=why,
                )
            )
        case aiosmtplib.SMTPSenderRefused():
            return NeedsRepair(
                sentence(
                    "The mail server {server} refuses the sender {sender}: {why}. "
                    "Check mail.sender.",
                    server=server,
                    sender=error.sender,
                    why=why,
                )
            )
        case aiosmtplib.SMTPRecipientRefused() | aiosmtplib.SMTPDataError():
            return Undeliverable(
                sentence(
                    "The mail server {server} refuses the letter: {why}.", server=server, why=why
                )
            )
    return NeedsRepair(
        sentence(
            "The mail server {server} does not want to talk: {why}. "
            "Check mail.server and mail.port.",
            server=server,
            why=why,
        )
    )


def _scrubbed(error: Exception, secrets: tuple[str, ...]) -> str:
    """The error's words in one line, without secrets."""
    words = str(error) or type(error).__name__
    if isinstance(error, aiosmtplib.SMTPResponseException):
        words = f"{error.code} {error.message}"
    for secret in secrets:
        words = words.replace(secret, "…")
    return re.sub(r"\s+", " ", words).strip(" .")
