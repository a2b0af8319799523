"""Words on their way out: where to cut them, and what no encoding can carry."""

from __future__ import annotations

from sonixbot.text import length


def head(text: str, limit: int) -> str:
    """The beginning of `text` that fits in `limit` units, up to the end of a line or word."""
    end = min(len(text), limit)
    while (excess := length(text[:end]) - limit) > 0:
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


def sound(text: str) -> str:
    """`text` without lone surrogates, which no encoding can carry; they become question marks."""
    return text.encode("utf-8", "replace").decode()
