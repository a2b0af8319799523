"""Received: a mail as it came to the mail server."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from typing import Literal


@dataclass(frozen=True)
class Received:
    """One mail as it came."""

    sender: str
    recipient: str
    raw: bytes
    message: EmailMessage
    #: Whether the talk was encrypted.
    tls: bool
    #: Who logged in for it.
    user: str | None
    #: When it came, in Unix seconds.
    date: float

    @property
    def text(self) -> str:
        """The plain words."""
        return self._body("plain")

    @property
    def html(self) -> str:
        """The words with markup; empty if there are none."""
        return self._body("html")

    @property
    def files(self) -> list[tuple[str, bytes]]:
        """Name and bytes of what is attached."""
        return [
            (part.get_filename() or "file", bytes(part.get_payload(decode=True) or b""))
            for part in self.message.iter_attachments()
        ]

    def _body(self, kind: Literal["plain", "html"]) -> str:
        part = self.message.get_body((kind,))
        return "" if part is None else str(part.get_content()).replace("\r\n", "\n")
