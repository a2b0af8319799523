"""Formats: lines of a protocol → entries."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, tzinfo
from math import ceil
from pathlib import Path
from typing import Final

from sonixbot.entry import Entry, Kind
from sonixbot.formats.built_in import BUILT_IN, TEXT
from sonixbot.formats.course import DETAILS, Course
from sonixbot.formats.encodings import Decoder, Line
from sonixbot.formats.kinds import ERROR_WORDS
from sonixbot.formats.layouts import Fit, Layout
from sonixbot.formats.moments import DAY, SET_BACK, WallClock
from sonixbot.formats.own_layouts import layout_of, own_layout
from sonixbot.tail.blocks import Block, Position

__all__ = ["BUILT_IN", "DETAILS", "TEXT", "Layout", "Reader", "entries", "layout_of", "own_layout"]

#: Lines of a file by which its layout is told.
SAMPLE: Final = 200
#: Lines after which it is not told anew.
ENOUGH: Final = 50
#: Lines whose expression ran out of time after which a block's further lines are not tried.
SLOW: Final = 10
#: How the lines of a Python traceback begin.
_TRACEBACK: Final = re.compile(
    r"\s|Traceback \(|During handling of|The above exception|[\w.]*"
    r"(?:Error|Exception|Interrupt|Exit|Iteration|Warning)(?::|$)"
)


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
        self._course = Course(WallClock(zone))
        #: Start of the half line that was read last, and the course before it.
        self._mark: tuple[int, Course] | None = None
        self._slow = 0
        self._path = ""

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

    @property
    def unread_time(self) -> tuple[str, tuple[str, ...]] | None:
        """The first time that could not be read, and the formats that none of it fits."""
        return self._course.clock.unread

    @property
    def unknown_kind(self) -> str:
        """The first kind that stands for none in the layout."""
        return self._course.unknown

    def detect(self, head: bytes, path: str = "", *, before: float | None = None) -> None:
        """Learn layout, encoding and date from the file's first bytes, to begin in its middle.

        `before`: Unix seconds that the first line fed is not later than (when the file was
        changed); by it lines without a date are dated, as midnights above them are not known.
        """
        lines = [
            each.text for each in self._decoder.lines(Block(path, 0, head, Position.nothing()))
        ]
        self._learn(lines)
        self._date_from_name(path)
        for line in lines:
            _, dated, _ = self._ask(line)
            if dated is not None:
                self._course.clock.header(dated, self.layout.header_times)
        self._course.clock.before = before

    def find_day(self, lines: Iterable[Block], changed: float) -> None:
        """Learn the day of the first line to be fed, where only a header gives the date.

        `lines`: from that line to the end of the file, which was `changed` (Unix seconds) when its
        last line was written; or to a header on the way, which is later than all above it.
        """
        zone, last, end = self._course.clock.zone, None, changed
        clock = WallClock(zone, before=changed)
        for line in (line for block in lines for line in self._decoder.lines(block)):
            fit, dated, _ = self._ask(line.text)
            if dated is not None:
                header = WallClock(zone)
                header.header(dated, self.layout.header_times)
                end = changed if header.last is None else header.last
                break
            moment = clock.read(fit.time, self.layout.times) if fit else None
            last = last if moment is None else moment
        late = 0 if last is None else ceil((last - end - SET_BACK) / DAY)
        self._course.clock.before = changed - late * DAY

    def first_entry(self, block: Block) -> int | None:
        """Offset of the first line in the block that begins an entry; None: there is none.

        To begin in the middle of a file: what stands above that line belongs to an entry before.
        """
        fitting = (line for line in self._decoder.lines(block) if self._ask(line.text)[0])
        return next((line.offset for line in fitting), None)

    def feed(self, block: Block) -> list[Entry]:
        """The entries that the block adds or changes, each once, in the file's order."""
        told: list[Entry] = []
        if self._mark is not None and self._mark[0] == block.start:
            self._undo(self._mark[1])
        self._mark = (block.start, self._course.copy()) if block.half else None
        self._slow, self._path = 0, block.path
        lines = list(self._decoder.lines(block))
        self._learn([each.text for each in lines])
        self._date_from_name(block.path)
        for line in lines:
            self._line(line, told)
        self._close(told)
        return told

    def _undo(self, course: Course) -> None:
        """Forget the half line; the entry it was put to is told again without it."""
        now = self._course
        extended = (len(now.details), now.omitted) != (len(course.details), course.omitted)
        course.news = extended and now.entry is course.entry
        self._course = course

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

    def _line(self, line: Line, told: list[Entry]) -> None:
        course = self._course
        course.lines += 1
        course.cut += line.cut
        fit, dated, continues = self._ask(line.text)
        if fit is not None:
            course.understood(line, explained=not fit.unknown)
            self._begin(line, fit, told)
        elif dated is not None:
            course.explained += 1
            course.clock.header(dated, self.layout.header_times)
            self._close(told)
            course.entry, course.details, course.omitted = None, [], 0
        else:
            self._stray(line, told, continues=continues)

    def _ask(self, text: str) -> tuple[Fit | None, str | None, bool]:
        """What the layout says of a line: its parts, the date it gives, whether it goes on."""
        if self._slow < SLOW:
            try:
                fit = self.layout.fit(text)
                if fit is not None:
                    self._course.unknown = self._course.unknown or fit.unknown
                    if self.layout.takes(fit):
                        return fit, None, False
                return None, self.layout.date(text), self.layout.continues(text)
            except TimeoutError:
                self._slow += 1
        self._course.slow += 1
        return None, None, False

    def _begin(self, line: Line, fit: Fit, told: list[Entry]) -> None:
        """A line that fits begins an entry."""
        moment = self._course.clock.read(fit.time, self.layout.times)
        kind = fit.kind or _kind_by_words(fit.text)
        first, *rest = fit.text.splitlines() or [""]
        place = line.offset, line.number
        entry = Entry(kind, fit.level, fit.source, first, moment, *place, path=self._path)
        self._open(entry, told)
        for each in rest:
            self._course.attach(each)

    def _stray(self, line: Line, told: list[Entry], *, continues: bool) -> None:
        """A line that fits nothing belongs to the entry above, unless it tells of an error."""
        course, above, text = self._course, self._course.entry, line.text
        kind = _kind_by_words(text)
        if above is None:
            alone = True
        elif self.layout is TEXT:
            alone = not self._goes_on(text)
        else:
            alone = not continues and kind is Kind.ERROR and above.kind is not Kind.ERROR
        if alone:
            # It has no time of its own, but was hardly written long after the line above.
            place = line.offset, line.number
            said, moment = text.strip(), course.clock.last
            entry = Entry(kind, None, "", said, moment, *place, path=self._path)
            self._open(entry, told)
        else:
            course.attach(text)
        goes_on = not alone and (continues or _TRACEBACK.match(text) is not None)
        course.understood(line, explained=goes_on)

    def _goes_on(self, text: str) -> bool:
        """Whether a line of an unknown layout looks as if it went on with what is above it."""
        course = self._course
        if text[0].isspace():
            return True
        last = course.details[-1] if course.details else course.entry.text if course.entry else ""
        return bool(_TRACEBACK.match(text)) and (last[:1].isspace() or last.startswith("Traceback"))

    def _open(self, entry: Entry, told: list[Entry]) -> None:
        self._close(told)
        self._course.begin(entry)

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
    def explains(line: str) -> bool:
        fit = layout.fit(line)
        return (fit is not None and layout.takes(fit)) or layout.date(line) is not None

    return explains


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None
