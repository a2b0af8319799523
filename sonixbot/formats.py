"""Formats: lines of a protocol → entries."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import date, tzinfo
from pathlib import Path
from typing import Final

from sonixbot.blocks import LONGEST, Block, Position
from sonixbot.encodings import Decoder
from sonixbot.entry import Entry, Kind
from sonixbot.layouts import BUILT_IN, ERROR_WORDS, TEXT, Fit, Layout
from sonixbot.moments import WallClock
from sonixbot.own_layouts import layout_of, own_layout

__all__ = ["BUILT_IN", "TEXT", "Layout", "Reader", "entries", "layout_of", "own_layout"]

#: Lines of a file by which its layout is told.
SAMPLE: Final = 200
#: Lines after which it is not told anew.
ENOUGH: Final = 50
#: Lines kept below an entry; further ones are counted.
DETAILS: Final = 200
#: Lines that fit nothing which are kept to be shown.
SHOWN: Final = 10
#: Lines whose expression ran out of time after which a block's further lines are not tried.
SLOW: Final = 10
#: Put where the rest of a line is not kept.
CUT: Final = " […]"

_BOM: Final = b"\xef\xbb\xbf"
_ZEROS: Final = re.compile(rb"\0{2,}")
#: How the lines of a Python traceback begin.
_TRACEBACK: Final = re.compile(
    r"\s|Traceback \(|During handling of|The above exception|[\w.]*"
    r"(?:Error|Exception|Interrupt|Exit|Iteration|Warning)(?::|$)"
)


@dataclass(slots=True)
class _Course:
    """What is known after the last line; a copy of it undoes the reading of a half line."""

    clock: WallClock
    #: The entry to which a line that fits nothing belongs.
    entry: Entry | None = None
    details: list[str] = field(default_factory=list)
    omitted: int = 0
    #: The entry is not told yet as it is now.
    news: bool = False
    lines: int = 0
    explained: int = 0
    unexplained: tuple[tuple[int | None, str], ...] = ()
    cut: int = 0
    slow: int = 0

    def copy(self) -> _Course:
        return replace(self, clock=copy(self.clock), details=list(self.details))

    def whole(self) -> Entry:
        """The entry with the lines that belong to it; there must be one."""
        assert self.entry is not None  # noqa: S101 - says so to the type checker
        if not self.details:
            return self.entry
        return replace(self.entry, details=tuple(self.details), omitted=self.omitted)


class Reader:
    """Reads one file's blocks in turn; for another file another reader is made.

    An entry is told at its first line. When lines that belong to it come in a later block, or
    when its half line is completed, it is told again with the same `offset`: an entry with the
    offset of the one told just before replaces that one.
    """

    def __init__(
        self,
        layout: Layout | None = None,
        encoding: str = "auto",
        zone: tzinfo | None = None,
    ) -> None:
        #: The layout in use; with `auto` it may change while few lines were seen.
        self.layout = layout or TEXT
        #: How many of the `sampled` lines each layout explains, the best first; the why of `auto`.
        self.shares: tuple[tuple[str, int], ...] = ()
        self.sampled = 0
        self._auto = layout is None
        self._sample: list[str] = []
        self._decoder = Decoder(encoding)
        self._course = _Course(WallClock(zone))
        #: Start of the half line that was read last, and the course before it.
        self._mark: tuple[int, _Course] | None = None
        self._slow = 0

    @property
    def encoding(self) -> str:
        """The encoding given, or those met so far."""
        return self._decoder.encoding

    @property
    def lines(self) -> int:
        """Lines read that are not empty."""
        return self._course.lines

    @property
    def explained(self) -> int:
        """Lines that fit the layout, give a date, or go on with what is above them."""
        return self._course.explained

    @property
    def unexplained(self) -> tuple[tuple[int | None, str], ...]:
        """Number and text of the first lines that fit nothing."""
        return self._course.unexplained

    @property
    def cut(self) -> int:
        """Lines too long to be kept as a whole."""
        return self._course.cut

    @property
    def slow(self) -> int:
        """Lines on which an own expression ran out of time, so that they fit nothing."""
        return self._course.slow

    def detect(self, head: bytes, path: str = "", *, before: float | None = None) -> None:
        """Learn layout, encoding and date from the file's first bytes, to begin in its middle.

        `before`: Unix seconds that the first line fed is not later than (when the file was
        changed); by it lines without a date are dated, as midnights above them are not known.
        """
        block = Block(path, 0, head, Position.nothing())
        lines = [text for _, _, text in self._split(block, _Course(WallClock()))]
        self._learn(lines)
        self._date_from_name(path)
        for line in lines:
            self._header(line, self._course)
        self._course.clock.before = before

    def feed(self, block: Block) -> list[Entry]:
        """The entries that the block adds or changes, each once, in the file's order."""
        told: list[Entry] = []
        if self._mark is not None and self._mark[0] == block.start:
            self._undo(self._mark[1])
        self._mark = (block.start, self._course.copy()) if block.half else None
        self._slow = 0
        lines = list(self._split(block, self._course))
        self._learn([text for _, _, text in lines])
        self._date_from_name(block.path)
        for offset, number, text in lines:
            self._line(offset, number, text, told)
        self._close(told)
        return told

    def _undo(self, course: _Course) -> None:
        """Forget the half line; the entry it was put to is told again without it."""
        now = self._course
        extended = (len(now.details), now.omitted) != (len(course.details), course.omitted)
        course.news = extended and now.entry is course.entry
        self._course = course

    def _split(self, block: Block, course: _Course) -> Iterator[tuple[int, int | None, str]]:
        """Offset, number and text of each line that is not empty."""
        offset, number = block.start, block.lines
        for raw in block.data.split(b"\n"):
            number = None if number is None else number + 1
            for at, line in _without_zeros(offset, raw) if b"\0" in raw else ((offset, raw),):
                text = self._text(line if at else line.removeprefix(_BOM), block.cut, course)
                if text:
                    yield at, number, text
            offset += len(raw) + 1

    def _text(self, line: bytes, cut: int, course: _Course) -> str:
        if not cut and len(line) <= LONGEST:
            return self._decoder.text(line.rstrip())
        if not line:
            return ""
        course.cut += 1
        return self._decoder.text(line[:LONGEST]) + CUT

    def _learn(self, lines: Sequence[str]) -> None:
        """Choose the layout that explains most of the first lines."""
        settled = self.sampled >= ENOUGH and self.layout is not TEXT
        if not self._auto or settled or not lines:
            return
        if self.sampled >= ENOUGH:
            # None fits what came first, so what comes now decides.
            self._sample.clear()
        self._sample += lines[: SAMPLE - len(self._sample)]
        self.sampled = len(self._sample)
        counts = [(each, sum(map(_explains(each), self._sample))) for each in BUILT_IN]
        counts.sort(key=lambda count: -count[1])
        self.shares = tuple((each.name, count) for each, count in counts if count)
        self.layout = counts[0][0] if counts[0][1] else TEXT

    def _date_from_name(self, path: str) -> None:
        clock = self._course.clock
        if clock.day is None and self.layout.name_date:
            # A link such as NICOS's `current` leads to a file with the date in its name.
            found = re.search(self.layout.name_date, Path(path).resolve().name)
            clock.day = _day(found["time"]) if found else None

    def _line(self, offset: int, number: int | None, text: str, told: list[Entry]) -> None:
        course = self._course
        course.lines += 1
        fit = self._fit(text)
        if fit is not None:
            course.explained += 1
            self._begin(offset, number, fit, told)
        elif self._header(text, course):
            course.explained += 1
            self._close(told)
            course.entry = None
        else:
            self._stray(offset, number, text, told)

    def _fit(self, text: str) -> Fit | None:
        if self._slow >= SLOW:
            self._course.slow += 1
            return None
        try:
            return self.layout.fit(text)
        except TimeoutError:
            self._slow += 1
            self._course.slow += 1
            return None

    def _header(self, text: str, course: _Course) -> bool:
        try:
            written = self.layout.date(text)
        except TimeoutError:
            return False
        if written is None:
            return False
        course.clock.header(written, self.layout.header_times)
        return True

    def _begin(self, offset: int, number: int | None, fit: Fit, told: list[Entry]) -> None:
        """A line that fits begins an entry."""
        moment = self._course.clock.read(fit.time, self.layout.times)
        kind = fit.kind or _kind_by_words(fit.text)
        first, *rest = fit.text.splitlines() or [""]
        self._open(Entry(kind, fit.level, fit.source, first, moment, offset, number), told)
        for line in rest:
            self._attach(line)

    def _stray(self, offset: int, number: int | None, text: str, told: list[Entry]) -> None:
        """A line that fits nothing belongs to the entry above, unless it tells of an error."""
        course = self._course
        above = course.entry
        continues = above is not None and self._continues(text)
        alone = _kind_by_words(text) is Kind.ERROR and (above is None or above.kind != Kind.ERROR)
        if self.layout is TEXT:
            alone = above is None or not self._goes_on(text)
        if continues or (above is not None and not alone):
            self._attach(text)
        else:
            # It has no time of its own, but was hardly written long after the line above.
            moment = course.clock.last
            kind = _kind_by_words(text)
            self._open(Entry(kind, None, "", text.strip(), moment, offset, number), told)
        if continues or (above and not alone and _TRACEBACK.match(text)):
            course.explained += 1
        elif len(course.unexplained) < SHOWN:
            course.unexplained = (*course.unexplained, (number, text))

    def _continues(self, text: str) -> bool:
        try:
            return self.layout.continues(text)
        except TimeoutError:
            return False

    def _goes_on(self, text: str) -> bool:
        """Whether a line of an unknown layout looks as if it went on with what is above it."""
        course = self._course
        if text[0].isspace():
            return True
        last = course.details[-1] if course.details else course.entry.text if course.entry else ""
        return bool(_TRACEBACK.match(text)) and (last[:1].isspace() or last.startswith("Traceback"))

    def _open(self, entry: Entry, told: list[Entry]) -> None:
        self._close(told)
        course = self._course
        course.entry, course.details, course.omitted, course.news = entry, [], 0, True

    def _attach(self, text: str) -> None:
        course = self._course
        course.news = True
        if len(course.details) < DETAILS:
            course.details.append(text)
        else:
            course.omitted += 1

    def _close(self, told: list[Entry]) -> None:
        """Tell the entry above as it is now."""
        if self._course.news:
            told.append(self._course.whole())
            self._course.news = False


def entries(read: Iterable[Block], reader: Reader) -> Iterator[Entry]:
    """All entries of a file's blocks, each once and complete."""
    last = None
    for block in read:
        for entry in reader.feed(block):
            if last is not None and last.offset != entry.offset:
                yield last
            last = entry
    if last is not None:
        yield last


def _kind_by_words(text: str) -> Kind:
    return Kind.ERROR if ERROR_WORDS.search(text) else Kind.INFO


def _explains(layout: Layout) -> Callable[[str], bool]:
    return lambda line: layout.fit(line) is not None or layout.date(line) is not None


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None


def _without_zeros(offset: int, raw: bytes) -> Iterator[tuple[int, bytes]]:
    """The pieces of a line between runs of zeros, where a power cut lost what was there."""
    at = 0
    for run in (*_ZEROS.finditer(raw), None):
        piece = raw[at : run.start() if run else len(raw)].replace(b"\0", b"")
        if piece:
            yield offset + at, piece
        at = run.end() if run else at
