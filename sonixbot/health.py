"""Health: what works and since when, for people now and for monitors later."""

from __future__ import annotations

from dataclasses import dataclass

from sonixbot.alerts import Incident, Mute
from sonixbot.errors import Sentence
from sonixbot.state import StateView


@dataclass(frozen=True, slots=True)
class WayView:
    """One way to people, or from them: a destination, or the asking for commands."""

    #: `telegram:-100123`, `mail:somebody@example.org`, `polling`.
    name: str
    #: Unix seconds of the last success; None before the first.
    worked: float | None
    #: Since when it fails; None while it works.
    failing: float | None
    reason: Sentence | None
    #: Messages that wait for it.
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Status:
    """Everything that answers "is my measurement all right?". Carries its instrument."""

    instrument: str
    now: float
    #: When this service started.
    started: float
    protocol: StateView
    #: Why the protocol cannot be read, and since when.
    trouble: Sentence | None
    trouble_since: float | None
    #: Since when the protocol says nothing new.
    silent_since: float | None
    errors_last_hour: int
    incidents: tuple[Incident, ...]
    mutes: tuple[Mute, ...]
    ways: tuple[WayView, ...]
    #: Messages that were given up, with their reasons in the outbox.
    buried: int


@dataclass(slots=True)
class _Record:
    worked: float | None = None
    failing: float | None = None
    reason: Sentence | None = None


class Health:
    """Collects what each way reports."""

    def __init__(self) -> None:
        self._records: dict[str, _Record] = {}

    def works(self, name: str, now: float) -> bool:
        """A call on this way succeeded; tell whether that is news."""
        before = self._records.get(name)
        self._records[name] = _Record(worked=now)
        return before is None or before.failing is not None

    def fails(self, name: str, now: float, reason: Sentence) -> bool:
        """A call on this way failed; tell whether that is news."""
        record = self._records.setdefault(name, _Record())
        news = record.failing is None or str(record.reason) != str(reason)
        record.failing = now if record.failing is None else record.failing
        record.reason = reason
        return news

    def last_success(self) -> float:
        """When any way worked last, in Unix seconds; 0 before the first time."""
        return max((each.worked or 0.0 for each in self._records.values()), default=0.0)

    def ways(self, waiting: dict[str, int]) -> tuple[WayView, ...]:
        """All ways that reported or have messages waiting."""
        names = sorted({*self._records, *waiting})
        return tuple(self._way(name, waiting.get(name, 0)) for name in names)

    def _way(self, name: str, waiting: int) -> WayView:
        record = self._records.get(name, _Record())
        return WayView(name, record.worked, record.failing, record.reason, waiting)
