"""Ledger: what was written against what a reader finds in the channel and in the mailbox.

Pure, and on its own: it knows no incidents and no database of the bot, only texts, as the people
who are told do. What is told nowhere though nothing is on its way any more is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

#: Quoted values and numbers, which differ between like errors; a digit within a name stays.
_VALUE: Final = re.compile(r"\"[^\"]*\"|«[^»]*»|(?<![\w.])[-+−]?\d+(?:[.,:/-]\d+)*")
_TIMES: Final = re.compile(r"×(\d+)")
#: A line that begins so counts the message above it …
_COUNT: Final = re.compile(r"×(\d+) ·")
#: … and one that begins so tells what a mute hid.
_HIDDEN: Final = re.compile(r"×(\d+) (?!·)")
#: What is compared of a long text, which lists show shortened.
_COMPARED: Final = 80


@dataclass(frozen=True, slots=True)
class Sort:
    """What like messages have in common; a script's message has no source."""

    source: str
    text: str


@dataclass(frozen=True, slots=True)
class Told:
    """One text as its reader sees it: a post as it is now, a mail, an attached file."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Way:
    """What is under way to one sort of destination."""

    told: Sequence[Told] = ()
    #: Something may still arrive.
    moving: bool = False


@dataclass(frozen=True, slots=True)
class Truth:
    """The line of truth, in messages."""

    written: int = 0
    posted: int = 0
    mailed: int = 0
    waiting: int = 0
    lost: int = 0


@dataclass(slots=True)
class Ledger:
    """What was written since the beginning: the moments of each sort."""

    written: dict[Sort, list[float]] = field(default_factory=dict)

    def error(self, source: str, text: str, at: float) -> None:
        """An error, or an urgent warning, was written to the protocol."""
        self.written.setdefault(Sort(_like(source), _like(text)), []).append(at)

    def script(self, text: str, at: float) -> None:
        """A script said something."""
        self.written.setdefault(Sort("", _plain(text)), []).append(at)

    def truth(self, channel: Way, mail: Way) -> Truth:
        """How all of it fared. A mail tells of a problem once, however often it comes again."""
        written = posted = mailed = waiting = lost = 0
        for sort, moments in self.written.items():
            many = len(moments)
            in_channel = min(many, _counted(sort, moments, channel.told))
            in_mail = min(many, _named(sort, many, mail.told))
            missing = ((many - in_channel, channel.moving), (many - in_mail, mail.moving))
            lost_here = max(count for count, moving in (*missing, (0, False)) if not moving)
            open_here = max(count for count, moving in (*missing, (0, True)) if moving)
            written, posted, mailed = written + many, posted + in_channel, mailed + in_mail
            lost, waiting = lost + lost_here, waiting + max(0, open_here - lost_here)
        return Truth(written, posted, mailed, waiting, lost)


def _counted(sort: Sort, moments: Sequence[float], told: Iterable[Told]) -> int:
    """How many of these messages the channel accounts for, by its counts."""
    counted = hidden = single = 0
    last_list = 0.0
    for each in told:
        for count, listed in _mentions(sort, each.text):
            if listed:
                hidden += count
                last_list = max(last_list, each.at)
            else:
                counted = max(counted, count)
                single += 1
    if not sort.source:
        return single
    # The end of a mute accounts for what came before it, together with the count it stopped.
    before = sum(1 for moment in moments if moment <= last_list)
    return max(counted, min(before, counted + hidden))


def _named(sort: Sort, many: int, told: Iterable[Told]) -> int:
    """How many of these messages the mailbox accounts for: all of a problem that it names."""
    mentions = [each for each in told for _ in _mentions(sort, each.text)]
    return (many if mentions else 0) if sort.source else len(mentions)


def _mentions(sort: Sort, text: str) -> list[tuple[int, bool]]:
    """Where a text tells of this sort: the count it gives, and whether as what a mute hid."""
    if not sort.source:
        return [(1, False)] * _plain(text).count(sort.text)
    lines, found, above = _lines(text), [], ""
    for number, (raw, like) in enumerate(lines):
        if sort.text[:_COMPARED] in like and (sort.source in like or sort.source in above):
            found.append(_count(raw, [line for line, _ in lines[number + 1 : number + 3]]))
        above = like
    return found


def _count(line: str, below: Sequence[str]) -> tuple[int, bool]:
    """The count that a line gives, or one of those below it; once where there is none."""
    if hidden := _HIDDEN.match(line):
        return int(hidden[1]), True
    counts = [each[1] for each in map(_COUNT.match, below) if each] or _TIMES.findall(line)
    return max(map(int, counts), default=1), False


@lru_cache(maxsize=4096)
def _lines(text: str) -> tuple[tuple[str, str], ...]:
    """The lines of a text, each as it is and without its values."""
    return tuple((line.strip(), _like(line)) for line in text.splitlines()) or (("", ""),)


@lru_cache(maxsize=4096)
def _like(text: str) -> str:
    """A text without what differs between like messages."""
    return _plain(_VALUE.sub("#", text))


def _plain(text: str) -> str:
    """A text as one line in small letters."""
    return " ".join(text.split()).lower()
