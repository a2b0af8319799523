"""Views: what the page is told of the sandbox, as plain JSON values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from email.utils import getaddresses
from html import escape
from typing import Any, Final
from urllib.parse import quote

from sonixbot.language import Language
from sonixbot.sandbox.bot import Bot
from sonixbot.sandbox.botapi import Post
from sonixbot.sandbox.clock import FastClock
from sonixbot.sandbox.instrument import Instrument, Written
from sonixbot.sandbox.ledger import Truth
from sonixbot.sandbox.mailbox import Received
from sonixbot.sandbox.world import Source

#: How the page shows what Telegram's markup came to.
_TAGS: Final = {
    "bold": "b",
    "italic": "i",
    "underline": "u",
    "strikethrough": "s",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
_OPENING: Final = {
    "spoiler": ('<span class="spoiler">', "</span>"),
    "expandable_blockquote": ('<blockquote class="expandable">', "</blockquote>"),
}


def html(text: str, entities: Iterable[dict[str, Any]]) -> str:
    """A message as the page may show it: escaped, with the few tags that stand for entities.

    Entities are counted in UTF-16 units, nest properly, and are ordered outer ones first.
    """
    units = text.encode("utf-16-le", "surrogatepass")
    opened: dict[int, list[str]] = {}
    closed: dict[int, list[str]] = {}
    for each in entities:
        start, end = each["offset"], each["offset"] + each["length"]
        before, after = _tags(each)
        opened.setdefault(start, []).append(before)
        closed.setdefault(end, []).insert(0, after)
    parts, last = [], 0
    for place in sorted({*opened, *closed, len(units) // 2}):
        parts.append(escape(units[2 * last : 2 * place].decode("utf-16-le", "replace")))
        parts += closed.get(place, [])
        parts += opened.get(place, [])
        last = place
    return "".join(parts).replace("\n", "<br>")


def _tags(entity: dict[str, Any]) -> tuple[str, str]:
    kind = entity["type"]
    if kind == "text_link" and str(entity.get("url")).startswith(("http://", "https://")):
        return f'<a href="{escape(entity["url"])}" rel="noreferrer" target="_blank">', "</a>"
    if kind in _OPENING:
        return _OPENING[kind]
    tag = _TAGS.get(kind)
    return (f"<{tag}>", f"</{tag}>") if tag else ("", "")


def message(post: Post) -> dict[str, Any]:
    """A post in the channel, or what one of the two said in the chat."""
    file = None
    if post.file is not None:
        name, data = post.file
        # Another address after an edit: a page keeps what it has shown from the same one.
        url = f"/files/post-{post.id}/{quote(name, safe='')}" + f"?{post.edits}" * bool(post.edits)
        file = {"name": name, "size": len(data), "url": url, "photo": post.photo}
    return {
        "id": post.id,
        "html": html(post.text, post.entities),
        "text": post.text,
        "date": post.date,
        "edits": post.edits,
        "edited": post.edited,
        "own": post.sender != 0,
        "silent": post.silent,
        "pinned": post.pinned > 0,
        "reply": post.reply,
        "buttons": [[_button(each) for each in row] for row in post.keyboard],
        "file": file,
    }


def _button(button: dict[str, str]) -> dict[str, str]:
    sort = "url" if "url" in button else "data"
    return {"text": button["text"], sort: button.get("url") or button.get("callback_data", "")}


def mail(number: int, received: Received) -> dict[str, Any]:
    """A mail as the mailbox shows it."""
    headers = received.message
    first = str(headers["References"] or "").split()[:1]
    return {
        "id": number,
        "thread": (first or [str(headers["Message-ID"])])[0],
        "from": str(headers["From"]),
        "to": [address for _, address in getaddresses([str(headers["To"])])],
        "subject": str(headers["Subject"]),
        "date": received.date,
        "text": received.text,
        "tls": received.tls,
        "files": [
            {
                "name": name,
                "size": len(data),
                "url": f"/files/mail-{number}-{place}/{quote(name, safe='')}",
            }
            for place, (name, data) in enumerate(received.files)
        ],
    }


def lines(written: Written) -> list[dict[str, Any]]:
    """The lines of one message of the protocol; only the first is marked as what it is."""
    first = {"kind": str(written.said.kind or ""), "level": written.said.level}
    rest = {"kind": "", "level": None}
    return [
        {"number": written.number + place, "text": text, "file": written.file}
        | (rest if place else first)
        for place, text in enumerate(written.lines)
    ]


def clock(shown: FastClock) -> dict[str, Any]:
    """The demo's clock, with the seconds by which the computer's zone is east of UTC."""
    now = shown.now()
    east = datetime.fromtimestamp(now, UTC).astimezone().utcoffset() or timedelta()
    return {"now": now, "speed": shown.speed, "offset": int(east.total_seconds())}


def instrument(source: Source, name: str) -> dict[str, Any]:
    """Which protocol is written, and how."""
    return {
        "name": name,
        "file": source.path.name,
        "number": source.number,
        "layout": source.layout,
        "encoding": source.encoding,
        "own": not isinstance(source, Instrument),
    }


def bot(child: Bot, language: Language) -> dict[str, Any]:
    """How the bot is."""
    return {"state": str(child.state), "note": language.say(child.note) if child.note else ""}


def truth(told: Truth) -> dict[str, int]:
    """The line of truth."""
    return asdict(told)
