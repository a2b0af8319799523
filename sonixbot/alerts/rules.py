"""Rules: how one instrument wants to be told, as the configuration says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, tzinfo
from enum import StrEnum
from functools import lru_cache
from typing import Final

from sonixbot.alerts.grouping import Grouping
from sonixbot.alerts.mutes import Schedule
from sonixbot.entry import LEAST_IMPORTANT, MOST_IMPORTANT, Entry, Kind
from sonixbot.language import HOUR, MINUTE
from sonixbot.week import Week

#: By level: a level 1 of one line is said again before it counts as over.
REMINDERS: Final = {1: 20 * MINUTE, 2: 2 * HOUR}


class Way(StrEnum):
    """The two ways to people."""

    TELEGRAM = "telegram"
    MAIL = "mail"


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours in which less important things do not disturb anybody."""

    week: Week
    #: This level and less important ones.
    level: int = 2
    #: They wait for a digest at the end; else they are posted at once, without a sound.
    hold: bool = True


@lru_cache(maxsize=64)
def _within(week: Week, minute: float, zone: tzinfo | None) -> bool:
    """Whether a minute lies within; of a flood each entry asks it."""
    return week.contains(minute * MINUTE, zone)


@dataclass(frozen=True, slots=True)
class Push:
    """The least important level of each kind that is pushed one way; 0: none of this kind."""

    error: int = LEAST_IMPORTANT
    warning: int = MOST_IMPORTANT
    user: int = 0
    info: int = 0
    quiet: tuple[Quiet, ...] = ()

    def takes(self, entry: Entry) -> bool:
        """Whether this entry is pushed."""
        limits = {
            Kind.ERROR: self.error,
            Kind.WARNING: self.warning,
            Kind.USER: self.user,
            Kind.INFO: self.info,
        }
        return entry.rank <= limits[entry.kind]

    def quieted(self, rank: int, now: float, zone: tzinfo | None) -> Quiet | None:
        """The quiet hours in force for something of this level."""
        for each in self.quiet:
            if rank >= each.level and _within(each.week, now // MINUTE, zone):
                return each
        return None


@dataclass(frozen=True, slots=True)
class StormRules:
    """When single messages give way to one digest. Times in seconds."""

    #: More new incidents than this …
    incidents: int = 8
    #: … in this time are a storm.
    within: float = 10.0
    #: So long with hardly a new incident, and it has calmed down.
    calm: float = 30.0


@dataclass(frozen=True, slots=True)
class Rules:
    """How one instrument wants to be told. Times in seconds."""

    telegram: Push = Push()
    mail: Push = Push()
    #: At most one mail of an incident in this time.
    repeat_interval: float = 4 * HOUR
    #: After so long without it, the same error is a new post.
    quiet_time: float = 30 * MINUTE
    #: By level: after so long an error that nobody acknowledged is said again.
    reminders: Mapping[int, float] = field(default_factory=REMINDERS.copy)
    storm: StormRules = StormRules()
    #: Errors up to this level are told whatever is muted; 0: none.
    break_through: int = 0
    schedules: tuple[Schedule, ...] = ()
    grouping: Grouping = field(default_factory=Grouping)
    #: When people are back, on the wall clock.
    morning: time = time(8)
    #: Zone of quiet hours and schedules; None: the computer's.
    zone: tzinfo | None = None

    def push(self, way: Way) -> Push:
        """What is pushed this way."""
        return self.telegram if way is Way.TELEGRAM else self.mail

    def takes(self, entry: Entry) -> bool:
        """Whether this entry is pushed any way."""
        return self.telegram.takes(entry) or self.mail.takes(entry)
