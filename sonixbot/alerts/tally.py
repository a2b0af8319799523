"""Tally: what came since the bot last said that it lives, and when it says so again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any, Self

from sonixbot.entry import Entry, Kind
from sonixbot.language import DAY


@dataclass(slots=True)
class Tally:
    """Entries by kind since a moment, in Unix seconds."""

    since: float
    counts: Counter[Kind] = field(default_factory=Counter)

    def note(self, entry: Entry, before: Entry | None = None) -> None:
        """Count an entry; `before` is its earlier, less complete telling."""
        if before is not None and self.counts[before.kind]:
            self.counts[before.kind] -= 1
        self.counts[entry.kind] += 1

    def total(self) -> int:
        """Entries of every kind."""
        return self.counts.total()

    def to_json(self) -> dict[str, Any]:
        """The tally as plain JSON values."""
        return {
            "since": self.since,
            "counts": {str(kind): number for kind, number in self.counts.items()},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The tally that `to_json` wrote."""
        counts = {Kind(kind): number for kind, number in data["counts"].items()}
        return cls(data["since"], Counter(counts))


def alive_due(at: time | None, now: float, said: float, zone: tzinfo | None) -> bool:
    """Whether the daily line is to be said: its time of day has come since it was last said.

    `at` None: never. However many days have passed, once is enough. Of a line that was said in
    the future, as the clock was wrong then, nothing is known after a day.
    """
    if at is None:
        return False
    return said < _last(at, now, zone) or said - now > DAY


def _last(at: time, now: float, zone: tzinfo | None) -> float:
    """When the wall clock last showed this time, in Unix seconds."""
    today = datetime.fromtimestamp(now, UTC).astimezone(zone).date()
    moment = datetime.combine(today, at, zone).timestamp()
    if moment <= now:
        return moment
    return datetime.combine(today - timedelta(days=1), at, zone).timestamp()


def was_away(alive: float | None, now: float, away_time: float | None) -> bool:
    """Whether the bot was away for so long before a start that it tells so.

    `alive`: when it is last known to have lived, None before its first start. `away_time`: how
    long in seconds; None: it never tells.
    """
    return alive is not None and away_time is not None and now - alive >= away_time
