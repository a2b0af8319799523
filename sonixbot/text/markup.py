"""Markup: Telegram's HTML subset, and the plain text that says the same."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape as escaped
from html import unescape
from typing import Final

#: Visible characters of one Telegram message, in UTF-16 units, counted after the markup is taken
#: out (https://core.telegram.org/bots/api#sendmessage).
MESSAGE_LENGTH: Final = 4096
#: Beyond that many characters mail programs cut a subject.
SUBJECT_LENGTH: Final = 150

_TAG: Final = re.compile(r"<[^<>]*>")
# Invisible, but able to break a message or to turn the order of its letters round.
_INVISIBLE: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Words:
    """What is said: plain, in Telegram's HTML, and as the subject of a mail."""

    text: str
    html: str
    subject: str = ""


def words(html: str, subject: str = "") -> Words:
    """Words from their HTML; the plain text is made from it, so both say the same."""
    return Words(plain(html), html, shortened(one_line(subject), SUBJECT_LENGTH))


def together(*parts: Words) -> Words:
    """Several words under one another, with the subject of the first."""
    return words("\n".join(part.html for part in parts), parts[0].subject)


def plain(html: str) -> str:
    """The text of this HTML without its markup."""
    return unescape(_TAG.sub("", html))


def clean(text: str) -> str:
    """Foreign text without invisible controls and without halves of characters."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _INVISIBLE.sub("", whole)


def escape(text: str) -> str:
    """Foreign text as HTML that shows it as it is."""
    return escaped(clean(text), quote=False)


def one_line(text: str) -> str:
    """Foreign text as one line of printable characters, so it cannot end a header."""
    printable = "".join(each if each.isprintable() else " " for each in clean(text))
    return " ".join(printable.split())


def name(text: str) -> str:
    """A foreign name as HTML, in one line and of bearable length."""
    return escape(shortened(one_line(text), 60))


def bold(html: str) -> str:
    """This HTML in bold."""
    return f"<b>{html}</b>"


def length(text: str) -> int:
    """How long Telegram takes this text to be: UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def shortened(text: str, limit: int) -> str:
    """The text in at most `limit` UTF-16 units; where something is left out it ends with "…"."""
    if length(text) <= limit:
        return text
    units = text.encode("utf-16-le", "surrogatepass")[: 2 * (limit - 1)]
    return units.decode("utf-16-le", "ignore") + "…"
