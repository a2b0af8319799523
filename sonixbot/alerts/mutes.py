"""Mutes: what somebody, or regular work, wants not to be told for a while."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self

from sonixbot.alerts.grouping import fingerprint
from sonixbot.entry import MOST_IMPORTANT, Entry
from sonixbot.language import MINUTE
from sonixbot.state import matches
from sonixbot.week import Week

#: The warning comes so long before the end, and for a short mute when a third of it is left.
WARNING: Final = 10 * MINUTE


@dataclass(frozen=True, slots=True)
class Mute:
    """Somebody's wish not to be told for a while. What it hides is counted and listed."""

    id: int
    #: A device or a pattern with `*` for device or text; empty: everything. Of an incident: how
    #: people call it.
    scope: str
    made: float
    until: float
    #: Empty: the schedule made it.
    author: str
    author_id: int
    #: What it hid: incident id → number of entries.
    hidden: dict[int, int] = field(default_factory=dict)
    #: The fingerprint of the one incident that it hides; empty: whatever fits its scope.
    fingerprint: str = ""
    #: Only entries of this level and less important ones.
    level: int = MOST_IMPORTANT
    #: Why, in its author's words.
    comment: str = ""
    #: Name of the schedule that made it.
    schedule: str = ""
    #: That it ends soon has been said.
    warned: bool = False

    def covers(self, entry: Entry, now: float, key: str | None = None) -> bool:
        """Whether it hides this entry now; `key`: its fingerprint where rules made another."""
        if now >= self.until or entry.rank < self.level:
            return False
        if self.fingerprint:
            return (fingerprint(entry) if key is None else key) == self.fingerprint
        return matches(self.scope, entry.source, entry.text)

    @property
    def warns_at(self) -> float:
        """When to say that it ends soon."""
        return self.until - min(WARNING, (self.until - self.made) / 3)

    def to_json(self) -> dict[str, Any]:
        """The mute as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The mute that `to_json` wrote."""
        hidden = {int(key): count for key, count in data["hidden"].items()}
        return cls(**{**data, "hidden": hidden})


@dataclass(frozen=True, slots=True)
class Schedule:
    """Regular work: a mute that comes by itself."""

    #: How people call it.
    name: str
    week: Week
    scope: str = ""
    level: int = MOST_IMPORTANT
