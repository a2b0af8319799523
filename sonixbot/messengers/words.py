"""Words on their way out: how long a messenger counts them, where to cut them, what to clean off.

Telegram counts UTF-16 units after the markup was taken away
(https://core.telegram.org/bots/api#messageentity).
"""

from __future__ import annotations

from html.parser import HTMLParser


def units(text: str) -> int:
    """The length of `text` in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def head(text: str, limit: int) -> str:
    """The beginning of `text` that fits in `limit` units, up to the end of a line or word."""
    end = min(len(text), limit)
    while (excess := units(text[:end]) - limit) > 0:
        end -= (excess + 1) // 2  # a character has one unit or two, so this never takes too many
    if end == len(text):
        return text
    for boundary in ("\n", " "):
        # A cut in the first half would leave crumbs where one long line follows a short one.
        if (cut := text.rfind(boundary, end // 2, end) + 1) > 0:
            return text[:cut]
    return text[:end]


def split(text: str, limit: int) -> list[str]:
    """`text` in pieces of at most `limit` (2 or more) units; joined they are `text` again."""
    pieces = []
    while True:
        piece = head(text, limit)
        pieces.append(piece)
        text = text[len(piece) :]
        if not text:
            return pieces


def visible(html: str) -> str:
    """What a reader sees of `html`: without tags, with entities resolved."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return "".join(reader.seen)


def sound(text: str) -> str:
    """`text` without lone surrogates, which no encoding can carry; they become question marks."""
    return text.encode("utf-8", "replace").decode()


def one_line(text: str) -> str:
    """`text` as one line of printable characters: it cannot end a header and begin another."""
    printable = "".join(each if each.isprintable() else " " for each in text)
    return " ".join(printable.split())


class _Reader(HTMLParser):
    """Keeps what is between the tags."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def handle_data(self, data: str) -> None:
        """Keep it."""
        self.seen.append(data)
