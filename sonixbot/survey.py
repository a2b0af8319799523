"""Survey: how a protocol file is read, as plain data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

from sonixbot.entry import Entry, Kind
from sonixbot.formats import Layout, Reader, entries
from sonixbot.tail.blocks import Block, blocks

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Incident:
    """Like errors that would have been pushed."""

    kind: Kind
    source: str
    #: The text of the first one.
    text: str
    #: The most important level met; None: unknown.
    level: int | None
    first: float | None
    last: float | None
    count: int = 1

    @classmethod
    def of(cls, entry: Entry) -> Incident:
        """The incident that begins with this entry."""
        return cls(entry.kind, entry.source, entry.text, entry.level, entry.time, entry.time)

    def add(self, entry: Entry) -> None:
        """Count one more."""
        self.count += 1
        levels = [each for each in (self.level, entry.level) if each is not None]
        self.level = min(levels, default=None)
        self.last = self.last if entry.time is None else entry.time
        self.first = entry.time if self.first is None else self.first


@dataclass(slots=True)
class Survey:
    """How a file is read, and what it says."""

    zone: tzinfo | None
    layout: str = ""
    #: It is somebody's own, and can be corrected.
    own: bool = False
    #: How many of the `sampled` first lines each layout explains, the best first; empty where the
    #: layout was given.
    shares: tuple[tuple[str, int], ...] = ()
    sampled: int = 0
    encoding: str = ""
    #: Lines that are not empty.
    lines: int = 0
    explained: int = 0
    #: Lines too long to be kept as a whole.
    cut: int = 0
    #: Lines on which an own expression ran out of time.
    slow: int = 0
    #: Entries by kind and level; `?`: the protocol gives none.
    kinds: dict[Kind, Counter[str]] = field(
        default_factory=lambda: {
            kind: Counter() for kind in (Kind.ERROR, Kind.WARNING, Kind.INFO, Kind.USER)
        }
    )
    #: Entries by device and kind.
    devices: dict[str, Counter[Kind]] = field(default_factory=dict)
    #: Unix seconds of the first and the last entry that have a time.
    first: float | None = None
    last: float | None = None
    #: Numbers and texts of the first lines that fit nothing.
    unexplained: tuple[tuple[int | None, str], ...] = ()
    #: The first time that could not be read, and the formats that none of it fits.
    unread_time: tuple[str, tuple[str, ...]] | None = None
    #: The first kind that stands for none.
    unknown_kind: str = ""
    incidents: list[Incident] = field(default_factory=list)

    def count(self, entry: Entry) -> None:
        """Take an entry into the counts."""
        self.kinds[entry.kind]["?" if entry.level is None else str(entry.level)] += 1
        self.devices.setdefault(entry.source, Counter())[entry.kind] += 1
        if entry.time is not None:
            self.first = entry.time if self.first is None else self.first
            self.last = entry.time

    def read_by(self, reader: Reader) -> None:
        """Note how the reader read."""
        self.layout, self.own = reader.layout.name, reader.layout.own
        self.encoding = reader.encoding
        self.shares, self.sampled = reader.shares, reader.sampled
        self.lines, self.explained = reader.lines, reader.explained
        self.cut, self.slow = reader.cut, reader.slow
        self.unexplained = reader.unexplained
        self.unread_time, self.unknown_kind = reader.unread_time, reader.unknown_kind

    def to_json(self) -> dict[str, Any]:
        """The survey as plain JSON values, English in every language; times in ISO 8601."""
        return {
            "layout": self.layout,
            "encoding": self.encoding,
            "lines": self.lines,
            "explained": self.explained,
            "kinds": {str(kind): _sorted(levels) for kind, levels in self.kinds.items()},
            "devices": {name: _sorted(kinds) for name, kinds in sorted(self.devices.items())},
            "first": self._moment(self.first),
            "last": self._moment(self.last),
            "unexplained": [{"line": line, "text": text} for line, text in self.unexplained],
            "incidents": [self._incident(each) for each in self.incidents],
        }

    def _incident(self, incident: Incident) -> dict[str, Any]:
        return {
            "kind": str(incident.kind),
            "level": incident.level,
            "source": incident.source,
            "text": incident.text,
            "count": incident.count,
            "first": self._moment(incident.first),
            "last": self._moment(incident.last),
        }

    def _moment(self, time: float | None) -> str | None:
        if time is None:
            return None
        return datetime.fromtimestamp(time, UTC).astimezone(self.zone).isoformat()


def survey(
    path: Path,
    layout: Layout | None = None,
    encoding: str = "auto",
    zone: tzinfo | None = None,
    progress: Progress | None = None,
    *,
    group: Callable[[Entry], str],
    pushed: Callable[[Entry], bool],
) -> Survey:
    """Read a whole file and tell how that went. Raises OSError.

    `layout` None: found out; `zone` None: the computer's; `progress` is told the bytes read and
    the bytes there are; `group` says what like errors have in common, `pushed` what is pushed.
    """
    reader = Reader(layout, encoding, zone)
    found = Survey(zone)
    incidents: dict[str, Incident] = {}
    for entry in entries(_watched(path, progress), reader):
        found.count(entry)
        if not pushed(entry):
            continue
        key = group(entry)
        if key in incidents:
            incidents[key].add(entry)
        else:
            incidents[key] = Incident.of(entry)
    found.read_by(reader)
    found.incidents = list(incidents.values())
    return found


def _watched(path: Path, progress: Progress | None) -> Iterator[Block]:
    """The blocks of a file; tells how far reading is."""
    for block in blocks(path):
        yield block
        if progress is not None:
            end = block.position.end
            progress(end, max(end, path.stat().st_size))


def _sorted(counts: Counter[Any]) -> dict[str, int]:
    return {str(key): counts[key] for key in sorted(counts)}
