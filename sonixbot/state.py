"""ProtocolState: what the protocol says, held in memory, bounded whatever the protocol's length."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import islice

from sonixbot.activity import Activity, Doing, Recognise
from sonixbot.entry import Entry, Kind

__all__ = ["Activity", "Doing", "ProtocolState", "RecentView", "Recognise", "StateView", "matches"]

#: Errors and warnings kept with their lines.
RECENT = 1000
#: The last user messages kept, the newest last.
USER_MESSAGES = 3
#: Sources counted one by one; a protocol that names more has its layout wrong.
SOURCES = 1000


@dataclass(frozen=True, slots=True)
class StateView:
    """The protocol at a glance. Serialisable; carries its instrument."""

    instrument: str
    #: The working protocol; empty while there is none.
    path: str
    first: float | None
    last: float | None
    #: Unix seconds of the computer's clock at which something was last read.
    read_at: float | None
    lines: int
    #: Entries by kind and level ("?" for an unknown one).
    kinds: dict[Kind, dict[str, int]]
    devices: dict[str, dict[Kind, int]]
    activity: Activity | None
    user_messages: tuple[Entry, ...]
    #: Whether the older part of the protocol has been counted as well.
    complete: bool

    def total(self, kind: Kind) -> int:
        """Entries of this kind, of every level."""
        return sum(self.kinds.get(kind, {}).values())


@dataclass(frozen=True, slots=True)
class RecentView:
    """A page of recent errors, newest first. Serialisable; carries its instrument."""

    instrument: str
    entries: tuple[Entry, ...]
    #: Entries that match, on this page and on all others.
    total: int
    #: Entries of the same kind that came after this page.
    newer: int

    @property
    def older(self) -> int:
        """How many more there are behind this page."""
        return self.total - self.newer - len(self.entries)

    @property
    def cursor(self) -> str:
        """Names the last entry of this page, so that the next one goes on behind it."""
        return cursor(self.entries[-1]) if self.entries else ""


def cursor(entry: Entry) -> str:
    """A short name of an entry, the same after a restart."""
    return f"{entry.offset}.{int(entry.time or 0)}"


@dataclass
class ProtocolState:
    """Counts, last errors, devices and script of one instrument's working protocol."""

    instrument: str
    recognise: Recognise
    path: str = ""
    first: float | None = None
    last: float | None = None
    read_at: float | None = None
    lines: int = 0
    complete: bool = True
    kinds: Counter[tuple[Kind, int | None]] = field(default_factory=Counter)
    devices: dict[str, Counter[Kind]] = field(default_factory=dict)
    activity: Activity | None = None
    user_messages: deque[Entry] = field(default_factory=lambda: deque(maxlen=USER_MESSAGES))
    recent: deque[Entry] = field(default_factory=lambda: deque(maxlen=RECENT))
    #: Counts the working protocols there were.
    protocol: int = 0
    _newest: Entry | None = None

    def begin(self, path: str) -> None:
        """A new working protocol: counts begin anew, the last errors stay."""
        self.path, self.first, self.last, self.lines = path, None, None, 0
        self.protocol += 1
        self.complete = True
        self.kinds.clear()
        self.devices.clear()
        self.user_messages.clear()
        self.activity, self._newest = None, None

    def apply(self, entry: Entry) -> Entry | None:
        """Take an entry in; return its earlier telling where it is one told more completely."""
        before = self._newest if self._newest and self._newest.offset == entry.offset else None
        if before:
            self._forget(before)
        self._newest = entry
        self._count(entry, 1)
        if entry.time is not None:
            self.first = entry.time if self.first is None else self.first
            self.last = entry.time
        if entry.kind in (Kind.ERROR, Kind.WARNING):
            self.recent.append(entry)
        elif entry.kind is Kind.USER:
            self.user_messages.append(entry)
        if said := self.recognise(entry.text):
            self.activity = Activity(said[0], said[1], entry.text, entry.time)
        return before

    def _count(self, entry: Entry, by: int) -> None:
        self.kinds[entry.kind, entry.level] += by
        source = entry.source
        if source not in self.devices and len(self.devices) >= SOURCES:
            source = ""
        self.devices.setdefault(source, Counter())[entry.kind] += by

    def _forget(self, entry: Entry) -> None:
        self._count(entry, -1)
        for kept in (self.recent, self.user_messages):
            if kept and kept[-1] is entry:
                kept.pop()

    def put_older(self, older: ProtocolState) -> None:
        """Add what the older part of the same protocol says, read after the newer part."""
        self.lines += older.lines
        self.kinds.update(older.kinds)
        for source, counts in older.devices.items():
            self.devices.setdefault(source, Counter()).update(counts)
        self.first = self.first if older.first is None else older.first
        self.last = older.last if self.last is None else self.last
        self.activity = self.activity or older.activity
        for kept, before in (
            (self.recent, older.recent),
            (self.user_messages, older.user_messages),
        ):
            room = (kept.maxlen or 0) - len(kept)
            kept.extendleft(islice(reversed(before), room))
        self.complete = True

    def view(self) -> StateView:
        """The protocol at a glance, as it is now."""
        kinds: dict[Kind, dict[str, int]] = {kind: {} for kind in Kind}
        for (kind, level), count in sorted(self.kinds.items(), key=lambda each: each[0][1] or 9):
            if count:
                kinds[kind][str(level or "?")] = count
        return StateView(
            instrument=self.instrument,
            path=self.path,
            first=self.first,
            last=self.last,
            read_at=self.read_at,
            lines=self.lines,
            kinds=kinds,
            devices={source: dict(counts) for source, counts in self.devices.items()},
            activity=self.activity,
            user_messages=tuple(self.user_messages),
            complete=self.complete,
        )

    def page(
        self, limit: int, *, device: str = "", warnings: bool = False, behind: str = ""
    ) -> RecentView | None:
        """The newest `limit` errors, newest first, or those behind the cursor `behind`.

        None where the entry that the cursor names is no longer kept.
        """
        kinds = (Kind.ERROR, Kind.WARNING) if warnings else (Kind.ERROR,)
        matching = [
            entry
            for entry in reversed(self.recent)
            if entry.kind in kinds and matches(device, entry.source)
        ]
        start = 0
        if behind:
            names = [cursor(entry) for entry in matching]
            if behind not in names:
                return None
            start = names.index(behind) + 1
        page = tuple(matching[start : start + limit])
        return RecentView(self.instrument, page, len(matching), start)

    def errors_since(self, moment: float) -> int:
        """Errors with a time after `moment`, among those kept."""
        return sum(
            1
            for entry in self.recent
            if entry.kind is Kind.ERROR and entry.time is not None and entry.time > moment
        )

    def known_device(self, pattern: str) -> bool:
        """Whether a device of this name, or fitting this pattern, has written to the protocol."""
        return bool(pattern) and _any_match(pattern, self.devices)


def matches(pattern: str, *values: str) -> bool:
    """Whether a name, or a pattern with `*`, fits one of the values, whatever the case."""
    return not pattern or _any_match(pattern, values)


def _any_match(pattern: str, values: Iterable[str]) -> bool:
    # Only * is special to people; brackets and question marks stand for themselves.
    lowered = pattern.lower().replace("[", "[[]").replace("?", "[?]")
    return any(fnmatchcase(value.lower(), lowered) for value in values)
