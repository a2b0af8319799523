"""Letter: one message as one mail to one recipient."""

from __future__ import annotations

import mimetypes
import re
from codecs import BOM_UTF8
from collections.abc import Sequence
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTPUTF8, EmailPolicy
from email.utils import formatdate, parseaddr
from hashlib import sha256

from sonixbot.message import Message
from sonixbot.messengers.words import sound
from sonixbot.text.markup import one_line

#: Characters of the text's first line that make the subject of a message without one.
SUBJECT_LENGTH = 100
#: Parts that are mails themselves need more than bytes.
_STRUCTURED = ("message", "multipart")


def letter(
    message: Message, recipient: str, sender: str, files: Sequence[tuple[str, bytes]]
) -> EmailMessage:
    """The mail; its Message-ID shows a repeat as one.

    `sender` is an address, with or without a name; `files` are names and contents.
    """
    name, address = parseaddr(one_line(sender))
    mail = EmailMessage(policy=SMTPUTF8)
    mail["From"] = _mailbox(name or one_line(message.instrument), address)
    mail["To"] = _mailbox("", recipient)
    mail["Subject"] = one_line(message.subject) or _subject(message)
    mail["Date"] = formatdate(message.created, localtime=True)
    mail["Message-ID"] = _identity(f"{message.key}\n{recipient}", address)
    if message.thread:
        root = _identity(f"thread\n{message.thread}", address)
        mail["In-Reply-To"] = mail["References"] = root
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no robot answers this one
    mail["X-Auto-Response-Suppress"] = "OOF, AutoReply"  # the same for Exchange
    # Base64 keeps every line short and every server's 7 bits content.
    mail.set_content(sound(message.text), cte="base64")
    if message.html:
        mail.add_alternative(
            f'<div style="white-space: pre-wrap">{sound(message.html)}</div>',
            subtype="html",
            cte="base64",
        )
    for file, content in files:
        media_type = _media_type(file)
        maintype, _slash, subtype = media_type.partition("/")
        told = media_type == "text/plain" and content.startswith(BOM_UTF8)
        params = {"charset": "utf-8"} if told else {}
        mail.add_attachment(content, maintype, subtype, filename=file, params=params)
    return mail


def wire(mail: EmailMessage, *, utf8: bool) -> bytes:
    """The mail as SMTP carries it; with `utf8` for a server and addresses beyond ASCII."""
    return mail.as_bytes(policy=_Wire(linesep="\r\n", utf8=utf8))


class _Wire(EmailPolicy):
    """Python's policy, with subjects that keep their blanks."""

    def fold_binary(self, name: str, value: str) -> bytes:
        """The header in lines; Python's own folding loses blanks between encoded words."""
        if name != "Subject":
            return super().fold_binary(name, value)
        charset = "us-ascii" if value.isascii() else "utf-8"
        lines = Header(str(value), charset, header_name=name).encode(linesep=self.linesep)
        return f"{name}: {lines}{self.linesep}".encode("ascii")


def _mailbox(name: str, address: str) -> Address:
    """The mailbox for a header; an address that is none is shown as it is."""
    local, _at, domain = one_line(address).rpartition("@")
    return Address(name, local, domain)


def _subject(message: Message) -> str:
    """A subject for a message that has none: the instrument and the beginning of the text."""
    first = one_line(message.text.strip().partition("\n")[0])
    short = first if len(first) <= SUBJECT_LENGTH else f"{first[: SUBJECT_LENGTH - 1]}…"
    return f"{one_line(message.instrument)}: {short}"


def _identity(of: str, sender: str) -> str:
    """A Message-ID that is the same for the same thing."""
    domain = sender.rpartition("@")[2]
    if not re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", domain):
        domain = "localhost"
    return f"<{sha256(of.encode('utf-8', 'replace')).hexdigest()[:40]}@{domain}>"


def _media_type(file: str) -> str:
    guessed, encoding = mimetypes.guess_type(file)
    if guessed is None or encoding or guessed.startswith(_STRUCTURED):
        return "application/octet-stream"
    return guessed
