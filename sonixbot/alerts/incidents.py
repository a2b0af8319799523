"""Incidents: runs of like entries, who takes care of them, and what became of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, Final, Self

from sonixbot.entry import Entry, Kind, rank_of

_IMPORTANCE: Final = {Kind.ERROR: 0, Kind.WARNING: 1, Kind.USER: 2, Kind.INFO: 3}
#: Notes kept of one incident; the first one and the newest stay.
NOTES: Final = 40


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
    #: It goes on, and was last told in a list, or its interval for mails has passed.
    STILL = "still"
    #: Nobody acknowledged it in its time.
    REMINDER = "reminder"


class Because(StrEnum):
    """Why something is not said by itself."""

    #: Somebody muted it.
    MUTE = "mute"
    #: Regular work, by the schedule of the configuration.
    SCHEDULE = "schedule"
    #: It follows from another incident.
    CAUSE = "cause"
    #: It goes into the digest of a storm.
    STORM = "storm"
    #: It is held for the digest after the quiet hours.
    QUIET = "quiet hours"
    #: It came while the service was away, and stands in the digest of that time.
    AWAY = "away"
    #: Somebody takes care of it already.
    ACKNOWLEDGED = "acknowledged"
    #: A mail about it was sent a short time ago.
    INTERVAL = "interval"


class Happened(StrEnum):
    """What may happen to an incident."""

    POSTED = "posted"
    MAILED = "mailed"
    #: It was not told by itself.
    HIDDEN = "hidden"
    #: A list told it: a digest of a storm, of quiet hours, of a time away.
    LISTED = "listed"
    ACKNOWLEDGED = "acknowledged"
    MUTED = "muted"
    UNMUTED = "unmuted"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that happened to an incident, as its history shows it."""

    at: float
    what: Happened
    #: The reason, a value of `Why` or `Because`; empty where there is none.
    reason: str = ""
    #: A person, a device, a rule.
    who: str = ""
    #: How often in a row, and the last time.
    count: int = 1
    last: float = 0.0


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
    #: Why it would have been a new post, had it not been hidden.
    unsaid: Why | None = None
    #: Number of its newest mail, why, and when.
    mail: int = 0
    mail_why: Why = Why.NEW
    mailed: float | None = None
    #: Why a mail is owed once the repeat interval has passed.
    owed: Why | None = None
    #: When it was quiet for long enough to count as over; None while it goes on.
    ended: float | None = None
    #: How the rule that made it calls it, and the name of that rule; empty: none did.
    name: str = ""
    rule: str = ""
    #: The storm that it belongs to; 0: none.
    storm: int = 0
    #: Its newest telling is in the digest of that storm, not in a post of its own.
    listed: bool = False
    #: Until when it hides what follows from it, and what it hid: incident id → number of entries.
    hides_until: float = 0.0
    hidden: dict[int, int] = field(default_factory=dict)
    #: It lasts until what is missing is back, however long nothing new is said about it.
    standing: bool = False
    history: list[Note] = field(default_factory=list)

    @property
    def importance(self) -> tuple[int, int]:
        """As of an entry of its most important kind and level."""
        return _IMPORTANCE[self.kind], self.rank

    @property
    def rank(self) -> int:
        """The level to act on."""
        return rank_of(self.kind, self.level)

    @property
    def worst(self) -> Entry:
        """Its newest entry as of its most important kind and level."""
        return replace(self.entry, kind=self.kind, level=self.level)

    def note(self, at: float, what: Happened, reason: str = "", who: str = "") -> None:
        """Add to its history; the same thing again is counted."""
        last = self.history[-1] if self.history else None
        if last and (last.what, last.reason, last.who) == (what, reason, who):
            self.history[-1] = replace(last, count=last.count + 1, last=at)
            return
        self.history.append(Note(at, what, reason, who, 1, at))
        if len(self.history) > NOTES:
            del self.history[1]

    def remark(self, at: float, what: Happened, reason: str = "", who: str = "") -> None:
        """Note what may be so on both ways, once for them."""
        last = self.history[-1] if self.history else None
        if not last or (last.what, last.reason, last.who, last.last) != (what, reason, who, at):
            self.note(at, what, reason, who)

    def untold(self, what: Happened) -> None:
        """Take the newest note of this sort back, as it did not come to that."""
        for at in reversed(range(len(self.history))):
            note = self.history[at]
            if note.what is what:
                self.history[at : at + 1] = [replace(note, count=note.count - 1)] * (note.count > 1)
                return

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
                "hidden": {int(key): count for key, count in data.get("hidden", {}).items()},
                "history": [
                    Note(**{**each, "what": Happened(each["what"])})
                    for each in data.get("history", ())
                ],
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
