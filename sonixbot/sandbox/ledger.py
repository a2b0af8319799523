"""Ledger: what was written against what a reader finds in the channel and in the mailbox.

Pure, and on its own: it knows no incidents and no database of the bot, only texts, as the people
who are told do. What is told nowhere though nothing is on its way any more is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from mimetypes import guess_type
from typing import Final, Self

from sonixbot.text.markup import clean, one_line, shortened

#: Paths and numbered files with data, which differ between like errors; a device file stays …
_PLACE: Final = re.compile(
    r"\b[a-z]:[\\/]+[^\s\"'«»“”<>|*?:;,()…\\/][^\s\"'«»“”<>|*?:;,()…]*"
    r"|\\\\(?!\.)[^\s\"'«»“”<>|*?:;,()…\\/]+\\[^\s\"'«»“”<>|*?:;,()…/]*"
    r"|(?<![\w/.)\]])/(?!dev/)[^\s\"'«»“”<>|*?:;,()…\\/]{2,}/[^\s\"'«»“”<>|*?:;,()…\\]*"
    r"|(?<![\w\\/.:-])(?:\.{0,2}[\\/])?(?:[\w.-]+[\\/])+[\w.-]*\.[a-z]\w{1,4}\b"
)
_FILE: Final = re.compile(
    r"\b[\w-]{0,60}\d{3}[\w-]*\."
    r"(?:dat|txt|csv|log|raw|bin|tmp|bak|hdf|h5|nxs|spe|root|asc|xye|tiff?|png|xml|json|zip)\b"
)
#: … what is called an id …
_NAMED: Final = re.compile(
    r"[=:](?:(?<=\bid.)|(?<=\bid .)|(?<=uuid.)|(?<=guid.)|(?<=(?:job|run)_id.)|(?<=task_id.)"
    r"|(?<=session.)|(?<=token.)|(?<=request.))\s?[\w-]{0,80}\d[\w-]*"
)
#: … and quoted, hexadecimal and other numbers, ids and times; a digit in a name stays.
_VALUE: Final = re.compile(
    r"\"[^\"]*\"|(?<!\w)'[^']*'(?!\w)|«[^«»]*»|“[^“”]*”"
    r"|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}\b"
    r"|\b0x[0-9a-f]+\b|\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{6,}\b"
    r"|\b\d{4}-?\d\d-?\d\dt\d\d:?\d\d(?::?\d\d(?:[.,]\d+)?)?(?:z|[-+]\d\d:?\d\d)?\b"
    r"|\b\d{1,2}[ -](?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b(?:[ -]\d{4}\b)?"
    r"|\b\d{1,2} (?:янв|фев|мар|апр|ма[йя]|июн|июл|авг|сен|окт|ноя|дек)[а-я]*\b(?: \d{4}\b)?"
    r"|\b\d+(?:[dhmsдчмс]\d+)+(?:[dhms]|ms|[дчмс]|мс)?\b"
    r"|\b(?=[a-z]*\d+[a-z]+\d+[a-z]+\d)[a-z0-9]{16,}\b"
    r"|(?<![\w.])[-+−]?\d+(?:[.,:/-]\d+)*(?:e[-+]?\d+)?"
)
_TIMES: Final = re.compile(r"×(\d+)")
#: A line that begins so counts the message above it …
_COUNT: Final = re.compile(r"×(\d+) ·")
#: … and one that begins so tells what a mute hid.
_HIDDEN: Final = re.compile(r"×(\d+) (?!·)")
#: Characters of a source that are shown, and of a shortened text that tell it from others.
_SOURCE, _ENOUGH = 60, 20


@dataclass(frozen=True, slots=True)
class Sort:
    """What like messages have in common."""

    #: Empty where the protocol names none.
    source: str
    text: str
    #: A script said it, word for word.
    script: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """One text as its reader sees it: a post as it is now, a mail."""

    at: float
    text: str

    @classmethod
    def of(cls, at: float, words: str, files: Iterable[tuple[str, bytes]]) -> Self:
        """The text with what its files say: names and contents; pictures say nothing."""
        said = (
            data.decode("utf-8-sig", "replace")
            for name, data in files
            if not str(guess_type(name)[0]).startswith("image/")
        )
        return cls(at, "\n".join([words, *said]))


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
        shown = shortened(one_line(source), _SOURCE)
        self.written.setdefault(Sort(_plain(shown), _like(text)), []).append(at)

    def script(self, text: str, at: float) -> None:
        """A script said something."""
        sort = Sort("", "\n".join(_rows(text)), script=True)
        self.written.setdefault(sort, []).append(at)

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
    if sort.script:
        return single
    # The end of a mute accounts for what came before it, together with the count it stopped.
    before = sum(1 for moment in moments if moment <= last_list)
    return max(counted, min(before, counted + hidden))


def _named(sort: Sort, many: int, told: Iterable[Told]) -> int:
    """How many of these messages the mailbox accounts for: all of a problem that it names."""
    mentions = [each for each in told for _ in _mentions(sort, each.text)]
    return len(mentions) if sort.script else many if mentions else 0


def _mentions(sort: Sort, text: str) -> list[tuple[int, bool]]:
    """Where a text tells of this sort: the count it gives, and whether as what a mute hid."""
    if sort.script:
        whole = "\n".join(("", *_rows(text), "")).replace("\n", "\n\n")
        return [(1, False)] * whole.count("\n\n".join(("", *sort.text.split("\n"), "")))
    lines, found, above = _lines(text), [], ""
    for number, (raw, like) in enumerate(lines):
        if _tells(sort, like, above):
            found.append(_count(raw, [line for line, _ in lines[number + 1 : number + 3]]))
        above = like
    return found


def _tells(sort: Sort, like: str, above: str) -> bool:
    """Whether a line without its values is this message, below its device or behind it."""
    if not sort.source:
        starts = [0, *(found.end() for found in re.finditer("· |^×# ", like))]
        return any(_is(like[start:], sort.text) for start in starts)
    if above.endswith(f"· {sort.source}") and _is(like, sort.text):
        return True
    _, device, said = f" {like}".partition(f" {sort.source}: ")
    return bool(device) and _is(said, sort.text)


def _is(said: str, text: str) -> bool:
    """Whether the end of a line is this text: whole, with what counts it behind, or shortened."""
    if said.startswith(text):
        return said[len(text) :].startswith((" ×", " (")) or said == text
    head, cut, _ = said.partition("…")
    return bool(cut) and len(head) >= _ENOUGH and text.startswith(head)


def _count(line: str, below: Sequence[str]) -> tuple[int, bool]:
    """The count that a line gives, or one of those below it; once where there is none."""
    if hidden := _HIDDEN.match(line):
        return int(hidden[1]), True
    counts = [each[1] for each in map(_COUNT.match, below) if each] or _TIMES.findall(line)
    return max(map(int, counts), default=1), False


@lru_cache(maxsize=4096)
def _lines(text: str) -> tuple[tuple[str, str], ...]:
    """The lines of a text, each as it is and without its values."""
    return tuple((line, _like(line)) for line in _rows(text))


@lru_cache(maxsize=4096)
def _like(text: str) -> str:
    """A text without what differs between like messages."""
    plain = _plain(text)
    for each in (_PLACE, _NAMED, _FILE, _VALUE):
        plain = each.sub("#", plain)
    return plain


def _plain(text: str) -> str:
    """A text as one line in small letters, without what nobody sees."""
    return " ".join(clean(text).split()).lower()


def _rows(text: str) -> tuple[str, ...]:
    """The lines of a text as a reader sees them; blank ones are none."""
    rows = (" ".join(line.split()) for line in clean(text).splitlines())
    return tuple(filter(None, rows))
