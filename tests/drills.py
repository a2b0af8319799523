"""Drills: a policy that is told of entries and of time passing, and all that it decided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sonixbot.alerts import AlertPolicy, Decision, Incident, Rules
from sonixbot.entry import Entry, Kind
from tests.facts import STUCK, like
from tests.handclock import NIGHT


@dataclass
class Drill:
    """Moments are seconds after the beginning; a device is an incident."""

    policy: AlertPolicy = field(default_factory=lambda: AlertPolicy(Rules()))
    begin: float = NIGHT
    #: What was decided, and when.
    decided: list[tuple[float, Decision]] = field(default_factory=list)
    offset: int = 0

    def error(
        self, device: str, at: float = 0.0, level: int | None = 2, *, live: bool = True
    ) -> list[Decision]:
        """A device writes an error; what is decided about it."""
        self.offset += 100
        now = self.begin + at
        entry = like(
            STUCK, source=device, level=level, kind=Kind.ERROR, offset=self.offset, time=now
        )
        return self._note(at, self.policy.apply(entry, now, live=live))

    def look(self, at: float) -> list[Decision]:
        """Time has passed; what that asks for."""
        return self._note(at, self.policy.tick(self.begin + at))

    def missing(self, found: dict[str, Entry], at: float = 0.0) -> list[Decision]:
        """This is missing now; what is decided about it."""
        return self._note(at, self.policy.missing(found, self.begin + at))

    def wait(self, start: float, end: float, every: float = 5.0) -> list[Decision]:
        """Look again and again from one moment up to another; all that was decided."""
        found: list[Decision] = []
        at = start
        while at <= end:
            found += self.look(at)
            at += every
        return found

    def _note(self, at: float, decisions: list[Decision]) -> list[Decision]:
        self.decided += [(at, each) for each in decisions]
        return decisions

    def of(self, device: str) -> Incident:
        """The newest incident of a device."""
        found = [each for each in self.policy.incidents.values() if each.entry.source == device]
        return max(found, key=lambda each: each.id)

    def when(self, sort: type[Decision]) -> list[float]:
        """The moments of what was decided of one sort."""
        return [at for at, each in self.decided if isinstance(each, sort)]

    def devices(self, sort: type[Decision]) -> list[str]:
        """The devices about which something of one sort was decided."""
        return [
            each.incident.entry.source  # type: ignore[union-attr]  # only asked of such sorts
            for _, each in self.decided
            if isinstance(each, sort)
        ]


def sorts(decisions: Iterable[Decision]) -> list[type[Decision]]:
    """What was decided, without about what."""
    return [type(each) for each in decisions]
