"""Course: what a reader knows after the last line."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field, replace
from typing import Final

from sonixbot.entry import Entry
from sonixbot.formats.encodings import Line
from sonixbot.formats.moments import WallClock

#: Lines kept below an entry; further ones are counted.
DETAILS: Final = 200
#: Lines that fit nothing which are kept to be shown.
SHOWN: Final = 10


@dataclass(slots=True)
class Course:
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
    #: The first kind that stands for none.
    unknown: str = ""

    def copy(self) -> Course:
        """A course that goes on without this one."""
        return replace(self, clock=copy(self.clock), details=list(self.details))

    def begin(self, entry: Entry) -> None:
        """The lines to come belong to this entry."""
        self.entry, self.details, self.omitted, self.news = entry, [], 0, True

    def attach(self, text: str) -> None:
        """Put one more line below the entry."""
        self.news = True
        if len(self.details) < DETAILS:
            self.details.append(text)
        else:
            self.omitted += 1

    def understood(self, line: Line, *, explained: bool) -> None:
        """Count a line as explained, or keep the first that are not."""
        if explained:
            self.explained += 1
        elif len(self.unexplained) < SHOWN:
            self.unexplained = (*self.unexplained, (line.number, line.text))

    def whole(self) -> Entry:
        """The entry with the lines that belong to it; there must be one."""
        assert self.entry is not None  # noqa: S101 - says so to the type checker
        if not self.details:
            return self.entry
        return replace(self.entry, details=tuple(self.details), omitted=self.omitted)
