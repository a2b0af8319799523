"""Markup: Telegram's HTML → text and entities, refused where Telegram refuses it.

The tags are those of https://core.telegram.org/bots/api#html-style; the complaints are worded as
the Bot API server words them, with the offset in bytes of UTF-8.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

_NAMES: Final = {
    **dict.fromkeys(("b", "strong"), "bold"),
    **dict.fromkeys(("i", "em"), "italic"),
    **dict.fromkeys(("u", "ins"), "underline"),
    **dict.fromkeys(("s", "strike", "del"), "strikethrough"),
    **dict.fromkeys(("span", "tg-spoiler"), "spoiler"),
    "a": "text_link",
    "blockquote": "blockquote",
    "code": "code",
    "pre": "pre",
    "tg-emoji": "custom_emoji",
    "tg-time": "date_time",
}
#: Telegram knows these names and numbers; every other ampersand stands for itself.
_CHARACTER: Final = re.compile(r"&(?:(lt|gt|amp|quot)|#(\d+)|#x([0-9a-fA-F]+));?")
_CHARACTERS: Final = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_NAME: Final = re.compile(r"[^\s<>/=\"']*")
_ATTRIBUTE: Final = re.compile(
    r"\s*([^\s<>/=\"']+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([\w.:-]+)))?"
)
_END: Final = re.compile(r"\s*>")


class Unparsable(ValueError):
    """The markup is none; the words are Telegram's."""


@dataclass(frozen=True)
class _Open:
    tag: str
    attributes: dict[str, str]
    #: UTF-16 units of text before it.
    start: int


def read(source: str) -> tuple[str, list[dict[str, Any]]]:
    """The text that readers see and its entities, as the Bot API tells them.

    Offsets and lengths are UTF-16 units. Raises `Unparsable`.
    """
    reader = _Reader(source)
    reader.read()
    return reader.text, sorted(reader.entities, key=lambda each: (each["offset"], -each["length"]))


def trimmed(text: str, entities: list[dict[str, Any]]) -> tuple[str, list[dict[str, Any]]]:
    """Without the blanks at both ends, which Telegram takes away, and what was marked there."""
    before = units(text) - units(text.lstrip())
    text = text.strip()
    kept = []
    for each in entities:
        start = max(0, each["offset"] - before)
        end = min(units(text), each["offset"] + each["length"] - before)
        if start < end:
            kept.append({**each, "offset": start, "length": end - start})
    return text, kept


class _Reader:
    """One pass over the source."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.text = ""
        self.entities: list[dict[str, Any]] = []
        self._open: list[_Open] = []
        self._place = 0

    def read(self) -> None:
        while self._place < len(self.source):
            if self.source.startswith("</", self._place):
                self._end_tag()
            elif self.source[self._place] == "<":
                self._start_tag()
            else:
                end = self.source.find("<", self._place)
                end = len(self.source) if end < 0 else end
                self.text += _CHARACTER.sub(_character, self.source[self._place : end])
                self._place = end
        if self._open:
            raise Unparsable(
                f'Can\'t find end tag corresponding to start tag "{self._open[-1].tag}"'
            )

    def _start_tag(self) -> None:
        begin = self._place
        name = _NAME.match(self.source, begin + 1)
        assert name is not None  # noqa: S101 - it matches nothing, too
        tag, self._place = name[0].lower(), name.end()
        attributes: dict[str, str] = {}
        while attribute := _ATTRIBUTE.match(self.source, self._place):
            key, *values = attribute.groups()
            attributes[key.lower()] = next((value for value in values if value is not None), "")
            self._place = attribute.end()
        end = _END.match(self.source, self._place)
        known = _NAMES.get(tag)
        if tag == "span" and attributes.get("class") != "tg-spoiler":
            raise Unparsable(
                f'Tag "span" must have class "tg-spoiler" at byte offset {self._offset(begin)}'
            )
        if known is None:
            raise Unparsable(f'Unsupported start tag "{tag}" at byte offset {self._offset(begin)}')
        if end is None:
            raise Unparsable(f"Unclosed start tag at byte offset {self._offset(begin)}")
        self._place = end.end()
        self._open.append(_Open(tag, attributes, units(self.text)))

    def _end_tag(self) -> None:
        begin = self._place
        if not self._open:
            raise Unparsable(f"Unexpected end tag at byte offset {self._offset(begin)}")
        close = self.source.find(">", begin)
        if close < 0:
            raise Unparsable(f"Unclosed end tag at byte offset {self._offset(begin)}")
        tag = self.source[begin + 2 : close].strip().lower()
        opened = self._open.pop()
        if tag not in ("", opened.tag):
            raise Unparsable(
                f"Unmatched end tag at byte offset {self._offset(begin)}, "
                f'expected "</{opened.tag}>", found "</{tag}>"'
            )
        self._place = close + 1
        if length := units(self.text) - opened.start:
            self.entities.append(_entity(opened, length))

    def _offset(self, place: int) -> int:
        return len(self.source[:place].encode("utf-8", "surrogatepass"))


def _entity(opened: _Open, length: int) -> dict[str, Any]:
    entity: dict[str, Any] = {
        "type": _NAMES[opened.tag],
        "offset": opened.start,
        "length": length,
    }
    match opened.tag:
        case "a":
            entity["url"] = opened.attributes.get("href", "")
        case "blockquote" if "expandable" in opened.attributes:
            entity["type"] = "expandable_blockquote"
        case "tg-emoji":
            entity["custom_emoji_id"] = opened.attributes.get("emoji-id", "")
        case "tg-time":
            entity["unix_time"] = int(opened.attributes.get("unix", "0"))
    return entity


def units(text: str) -> int:
    """Length in UTF-16 units, as Telegram counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _character(found: re.Match[str]) -> str:
    name, decimal, hexadecimal = found.groups()
    if name:
        return _CHARACTERS[name]
    number = int(decimal) if decimal else int(hexadecimal, 16)
    return chr(number) if 0 < number < 0x110000 and not 0xD800 <= number < 0xE000 else found[0]
