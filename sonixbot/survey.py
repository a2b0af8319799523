"""Survey: how a protocol file is read, as plain data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

from sonixbot.alerts.grouping import Hides, Taught
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
    #: How the rule that made it calls it, and the name of that rule; empty: none did.
    name: str = ""
    rule: str = ""
    count: int = 1

    @classmethod
    def of(cls, found: Taught) -> Incident:
        """The incident that begins with this entry."""
        entry = found.entry
        return cls(
            entry.kind,
            entry.source,
            entry.text,
            entry.level,
            entry.time,
            entry.time,
            found.name,
            found.rule,
        )

    def add(self, found: Taught) -> None:
        """Count one more."""
        entry = found.entry
        self.count += 1
        self.name = found.name
        levels = [each for each in (self.level, entry.level) if each is not None]
        self.level = min(levels, default=None)
        self.last = self.last if entry.time is None else entry.time
        self.first = entry.time if self.first is None else self.first


@dataclass(slots=True)
class Effect:
    """What one rule did to the entries of a file."""

    #: Entries that it took.
    taken: int = 0
    #: Incidents that these became.
    incidents: int = 0
    #: Entries that it dropped.
    dropped: int = 0
    #: Entries that would have been pushed, had its incidents not hidden them.
    hidden: int = 0


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
    #: What each rule of the configuration did, by its name, in their order.
    rules: dict[str, Effect] = field(default_factory=dict)

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
        found = {
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
        if self.rules:
            found["rules"] = {name: asdict(each) for name, each in self.rules.items()}
        return found

    def _incident(self, incident: Incident) -> dict[str, Any]:
        taught = {"name": incident.name, "rule": incident.rule} if incident.rule else {}
        return {
            "kind": str(incident.kind),
            "level": incident.level,
            "source": incident.source,
            "text": incident.text,
            "count": incident.count,
            "first": self._moment(incident.first),
            "last": self._moment(incident.last),
            **taught,
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
    taught: Callable[[Entry], Taught],
    pushed: Callable[[Entry], bool],
    rules: Sequence[str] = (),
) -> Survey:
    """Read a whole file and tell how that went. Raises OSError.

    `layout` None: found out; `zone` None: the computer's; `progress` is told the bytes read and
    the bytes there are; `taught` says what like entries have in common, and what the rules of
    these names make of them; `pushed` what is pushed of that.
    """
    reader = Reader(layout, encoding, zone)
    found = Survey(zone, rules={each: Effect() for each in rules})
    tellings = _Tellings(found)
    for entry in entries(_watched(path, progress), reader):
        found.count(entry)
        tellings.take(taught(entry), pushed)
    found.read_by(reader)
    return found


class _Tellings:
    """What would have been told of a file, as the entries come."""

    def __init__(self, found: Survey) -> None:
        self._found = found
        self._incidents: dict[str, Incident] = {}
        #: What hides its consequences, by its key: its rule, what it hides, and until when.
        self._causes: dict[str, tuple[str, Hides, float]] = {}

    def take(self, sort: Taught, pushed: Callable[[Entry], bool]) -> None:
        effect = self._effect(sort.rule)
        effect.taken += 1
        if sort.drop:
            effect.dropped += 1
        elif not pushed(sort.entry):
            return
        elif cause := self._cause_of(sort):
            self._effect(cause).hidden += 1
        else:
            self._tell(sort, effect)

    def _effect(self, rule: str) -> Effect:
        """Of the rule of this name; of none, where nobody looks."""
        return self._found.rules.get(rule) or Effect()

    def _tell(self, sort: Taught, effect: Effect) -> None:
        if sort.key in self._incidents:
            self._incidents[sort.key].add(sort)
        else:
            effect.incidents += 1
            self._incidents[sort.key] = made = Incident.of(sort)
            self._found.incidents.append(made)
        if sort.hides and sort.entry.time is not None:
            self._causes[sort.key] = (sort.rule, sort.hides, sort.entry.time + sort.hides.seconds)

    def _cause_of(self, sort: Taught) -> str | None:
        """The rule whose incident hides this entry; an entry without a time is never hidden."""
        if sort.entry.time is None:
            return None
        for key, (rule, hides, until) in self._causes.items():
            if key != sort.key and sort.entry.time < until and hides.covers(sort.entry):
                return rule
        return None


def _watched(path: Path, progress: Progress | None) -> Iterator[Block]:
    """The blocks of a file; tells how far reading is."""
    for block in blocks(path):
        yield block
        if progress is not None:
            end = block.position.end
            progress(end, max(end, path.stat().st_size))


def _sorted(counts: Counter[Any]) -> dict[str, int]:
    return {str(key): counts[key] for key in sorted(counts)}
