"""Incidents: runs of like entries, the mutes that hide them, and what may be decided about them."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, Final, Self

from sonixbot.alerts.grouping import fingerprint
from sonixbot.entry import LEAST_IMPORTANT, MOST_IMPORTANT, Entry, Kind
from sonixbot.state import matches

#: What the bot itself writes to a protocol makes no alert, else it would answer itself for ever.
_OURS: Final = re.compile(r"(?:sonixbot|logwatch|messangers)(?:\.|$)", re.IGNORECASE)

_IMPORTANCE: Final = {Kind.ERROR: 0, Kind.WARNING: 1, Kind.USER: 2, Kind.INFO: 3}


def importance(entry: Entry) -> tuple[int, int]:
    """Kind and level as a pair that is smaller for what is more important."""
    return _IMPORTANCE[entry.kind], entry.rank


class Why(StrEnum):
    """Why something is said now."""

    NEW = "new"
    #: The level became more important.
    WORSE = "worse"
    #: It came again after it had been quiet.
    AGAIN = "again"
    #: It goes on, and the repeat interval has passed.
    STILL = "still"


@dataclass(slots=True)
class Incident:
    """A run of like entries."""

    id: int
    fingerprint: str
    #: The text of its first entry: the subject of its mails, the same for all of them.
    about: str
    #: The newest entry, with its lines.
    entry: Entry
    #: The most important kind and level so far.
    kind: Kind
    level: int | None
    count: int
    #: Protocol time of the first and the last entry; where it has none, the time of reading.
    first: float
    last: float
    #: When the last entry was read: quiet is counted from here.
    seen: float
    #: Number of its newest post in Telegram, from 1; 0 before any; why and when.
    post: int = 0
    post_why: Why = Why.NEW
    posted: float = 0.0
    #: That post could not be delivered.
    lost: bool = False
    #: Why it would have been a new post, had it not been muted.
    unsaid: Why | None = None
    #: Number of its newest mail, why, and when.
    mail: int = 0
    mail_why: Why = Why.NEW
    mailed: float | None = None
    #: Why a mail is owed once the repeat interval has passed.
    owed: Why | None = None
    #: When it was quiet for long enough to count as over; None while it goes on.
    ended: float | None = None

    @property
    def importance(self) -> tuple[int, int]:
        """As of an entry of its most important kind and level."""
        return importance(replace(self.entry, kind=self.kind, level=self.level))

    @property
    def rank(self) -> int:
        """The level to act on."""
        return self.importance[1]

    def to_json(self) -> dict[str, Any]:
        """The incident as plain JSON values."""
        return {**asdict(self), "entry": self.entry.to_json()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The incident that `to_json` wrote."""
        return cls(
            **{
                **data,
                "entry": Entry.from_json(data["entry"]),
                "kind": Kind(data["kind"]),
                "post_why": Why(data["post_why"]),
                "mail_why": Why(data["mail_why"]),
                "owed": data["owed"] and Why(data["owed"]),
                "unsaid": data["unsaid"] and Why(data["unsaid"]),
            }
        )


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Somebody takes care of an incident, until it comes again after quiet or becomes worse."""

    author: str
    author_id: int
    at: float

    def to_json(self) -> dict[str, Any]:
        """The acknowledgement as plain JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Mute:
    """Somebody's wish not to be told for a while. What it hides is counted and listed."""

    id: int
    #: A device or a pattern with `*` for device or text; empty: everything. Of an incident: how
    #: people call it.
    scope: str
    made: float
    until: float
    author: str
    author_id: int
    #: What it hid: incident id → number of entries.
    hidden: dict[int, int] = field(default_factory=dict)
    #: The fingerprint of the one incident that it hides; empty: whatever fits its scope.
    fingerprint: str = ""

    def covers(self, entry: Entry, now: float) -> bool:
        """Whether it hides this entry now."""
        if now >= self.until:
            return False
        if self.fingerprint:
            return fingerprint(entry) == self.fingerprint
        return matches(self.scope, entry.source, entry.text)

    def to_json(self) -> dict[str, Any]:
        """The mute as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The mute that `to_json` wrote."""
        hidden = {int(key): count for key, count in data["hidden"].items()}
        return cls(**{**data, "hidden": hidden})


@dataclass(frozen=True, slots=True)
class Post:
    """Say it anew in Telegram; the incident knows why."""

    incident: Incident


@dataclass(frozen=True, slots=True)
class Renew:
    """Bring the words of its newest post and of mails not yet sent up to date."""

    incident: Incident
    #: Another entry was counted, not only an earlier one told more completely.
    counted: bool = True


@dataclass(frozen=True, slots=True)
class Mail:
    """Send a mail about it; the incident knows why."""

    incident: Incident


@dataclass(frozen=True, slots=True)
class Ended:
    """It has been quiet for long enough: its post says so."""

    incident: Incident
    #: It was important and nobody muted it, so its end is told in a message of its own.
    aloud: bool


@dataclass(frozen=True, slots=True)
class MuteEnded:
    """Tell what a mute hid."""

    mute: Mute


Decision = Post | Renew | Mail | Ended | MuteEnded


@dataclass(frozen=True, slots=True)
class CatchUp:
    """What came while the service was away."""

    #: Incidents for the digest in Telegram…
    posts: tuple[Incident, ...]
    #: … and for that by mail.
    mails: tuple[Incident, ...]
    #: What is told beside: the first of level 1 also by themselves, ends of mutes.
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True)
class Push:
    """The least important level of each kind that is pushed one way; 0: none of this kind."""

    error: int = LEAST_IMPORTANT
    warning: int = MOST_IMPORTANT
    user: int = 0
    info: int = 0

    def takes(self, entry: Entry) -> bool:
        """Whether this entry is pushed."""
        limits = {
            Kind.ERROR: self.error,
            Kind.WARNING: self.warning,
            Kind.USER: self.user,
            Kind.INFO: self.info,
        }
        return entry.rank <= limits[entry.kind] and not _OURS.match(entry.source)


@dataclass(frozen=True, slots=True)
class Rules:
    """How one instrument wants to be told. Times in seconds."""

    telegram: Push = Push()
    mail: Push = Push()
    #: At most one mail of an incident in this time.
    repeat_interval: float = 4 * 3600.0
    #: After so long without it, the same error is a new post.
    quiet_time: float = 30 * 60.0


@dataclass(frozen=True, slots=True)
class Changes:
    """What has to be written down."""

    #: None: this incident is forgotten.
    incidents: dict[int, Incident | None]
    #: None: this mute is over.
    mutes: dict[int, Mute | None]
    #: By incident; None: it is not acknowledged any more.
    acknowledged: dict[int, Acknowledgement | None] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether there is anything to write down."""
        return bool(self.incidents or self.mutes or self.acknowledged)
