"""AlertPolicy: which entries become incidents, what is posted of them, and what is muted.

Pure: facts and `now` go in, decisions with their reason come out. Whoever calls it writes the
incidents, the mutes and what follows from the decisions into the store in one transaction.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, Final, Self

from sonixbot.entry import LEAST_IMPORTANT, MOST_IMPORTANT, Entry, Kind
from sonixbot.language import DAY
from sonixbot.state import matches

#: An incident silent for so long is forgotten; the same error is then a new incident.
FORGOTTEN_AFTER: Final = 7 * DAY
#: Incidents kept in memory at the most; the longest silent ones go first.
KEPT: Final = 2000

_IMPORTANCE: Final = {Kind.ERROR: 0, Kind.WARNING: 1, Kind.USER: 2, Kind.INFO: 3}
_QUOTED = r"\"[^\"]*\"|'[^']*'|«[^»]*»|“[^”]*”"
_HEX = r"\b0[xX][0-9a-fA-F]+\b|\b(?=[0-9a-fA-F]*\d)(?=[0-9a-fA-F]*[a-fA-F])[0-9a-fA-F]{6,}\b"
# A digit that belongs to a name (P1_beta, COM3) stays: it tells one device from another.
_NUMBER = r"(?<![\w.])[-+−]?\d+(?:[.,:/-]\d+)*(?:[eE][-+]?\d+)?"
_VALUES: Final = re.compile(f"{_QUOTED}|{_HEX}|{_NUMBER}")


def fingerprint(entry: Entry) -> str:
    """What like entries have in common: the source, and the text without its values.

    Numbers, times, hexadecimal and quoted values are put aside.
    """
    text = _VALUES.sub("#", entry.text)
    return f"{entry.source}|{' '.join(text.split()).lower()}"


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
    #: The working protocol of the newest entry.
    path: str = ""
    #: Number of its newest post in Telegram, from 1; 0 before any.
    post: int = 0
    #: How often it stood in a catch-up digest or under a mute instead of a post.
    unposted: int = 0
    mailed: float | None = None
    #: Number of its newest mail.
    mail: int = 0
    #: Why a mail is owed once the repeat interval has passed.
    owed: Why | None = None

    @property
    def rank(self) -> int:
        """The level to act on."""
        return replace(self.entry, kind=self.kind, level=self.level).rank

    def to_json(self) -> dict[str, Any]:
        """The incident as plain JSON values."""
        return {**asdict(self), "entry": self.entry.to_json()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The incident that `to_json` wrote."""
        entry, owed = Entry.from_json(data["entry"]), data["owed"] and Why(data["owed"])
        return cls(**{**data, "entry": entry, "kind": Kind(data["kind"]), "owed": owed})


@dataclass(frozen=True, slots=True)
class Mute:
    """Somebody's wish not to be told for a while. What it hides is counted and listed."""

    id: int
    #: A device or a pattern with `*` for device or text; empty: everything.
    scope: str
    made: float
    until: float
    author: str
    author_id: int
    #: What it hid: incident id → number of entries.
    hidden: dict[int, int] = field(default_factory=dict)

    def covers(self, entry: Entry, now: float) -> bool:
        """Whether it hides this entry now."""
        return now < self.until and matches(self.scope, entry.source, entry.text)

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
    """Say it anew in Telegram."""

    incident: Incident
    why: Why


@dataclass(frozen=True, slots=True)
class Renew:
    """Bring the words of its newest post and of mails not yet sent up to date."""

    incident: Incident


@dataclass(frozen=True, slots=True)
class Mail:
    """Send a mail about it."""

    incident: Incident
    why: Why


@dataclass(frozen=True, slots=True)
class MuteEnded:
    """Tell what a mute hid."""

    mute: Mute


Decision = Post | Renew | Mail | MuteEnded


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
        return entry.rank <= limits[entry.kind]


@dataclass(frozen=True, slots=True)
class Rules:
    """How one instrument wants to be told. Times in seconds."""

    telegram: Push = Push()
    mail: Push = Push()
    #: At most one mail of an incident in this time.
    repeat_interval: float = 4 * 3600.0
    #: After so long without it, the same error is a new post.
    quiet_time: float = 30 * 60.0


class AlertPolicy:
    """The book of incidents and mutes."""

    def __init__(
        self, rules: Rules, incidents: Iterable[Incident] = (), mutes: Iterable[Mute] = ()
    ) -> None:
        self.rules = rules
        self.incidents = {each.fingerprint: each for each in incidents}
        self.mutes = {each.id: each for each in mutes}
        self._next_incident = max((each.id for each in self.incidents.values()), default=0) + 1
        self._next_mute = max(self.mutes, default=0) + 1
        self._newest: Incident | None = None
        #: Changed since the store last asked.
        self.changed: dict[int, Incident] = {}
        self.changed_mutes: dict[int, Mute] = {}

    def apply(self, entry: Entry, now: float, *, again: bool = False) -> list[Decision]:
        """Decide about an entry; `again`: it replaces the entry before it."""
        if again and self._newest and self._newest.fingerprint == fingerprint(entry):
            return self._retold(self._newest, entry)
        by_post, by_mail = self.rules.telegram.takes(entry), self.rules.mail.takes(entry)
        if not by_post and not by_mail:
            self._newest = None
            return []
        incident, why = self._count(entry, now)
        self._newest = incident
        self.changed[incident.id] = incident
        if mute := self.muted(entry, now):
            return self._hide(mute, incident)
        decisions: list[Decision] = []
        if by_post:
            decisions.append(self._post(incident, why))
        if by_mail and (reason := self._mail_due(incident, why, now)):
            decisions.append(self._mail(incident, reason, now))
        return decisions

    def _count(self, entry: Entry, now: float) -> tuple[Incident, Why | None]:
        """Count the entry in; tell why it deserves a new post, None where it deserves none."""
        moment = now if entry.time is None else entry.time
        key = fingerprint(entry)
        incident = self.incidents.get(key)
        if incident is None or now - incident.seen > FORGOTTEN_AFTER:
            incident = Incident(
                self._next_incident, key, entry, entry.kind, entry.level, 1, moment, moment, now
            )
            self._next_incident += 1
            self.incidents[key] = incident
            self._bound()
            return incident, Why.NEW
        why = None
        if (_IMPORTANCE[entry.kind], entry.rank) < (_IMPORTANCE[incident.kind], incident.rank):
            incident.kind, incident.level, why = entry.kind, entry.level, Why.WORSE
        elif now - incident.seen >= self.rules.quiet_time:
            incident.kind, incident.level, why = entry.kind, entry.level, Why.AGAIN
        incident.entry, incident.last, incident.seen = entry, moment, now
        incident.count += 1
        return incident, why

    def _retold(self, incident: Incident, entry: Entry) -> list[Decision]:
        incident.entry = entry
        self.changed[incident.id] = incident
        return [Renew(incident)] if incident.post or incident.mail else []

    def _hide(self, mute: Mute, incident: Incident) -> list[Decision]:
        hidden = {**mute.hidden, incident.id: mute.hidden.get(incident.id, 0) + 1}
        self.mutes[mute.id] = self.changed_mutes[mute.id] = replace(mute, hidden=hidden)
        incident.unposted += 1
        return [Renew(incident)] if incident.post else []

    def _post(self, incident: Incident, why: Why | None) -> Decision:
        if why is None and incident.post:
            return Renew(incident)
        incident.post += 1
        incident.unposted = 0
        return Post(incident, why or Why.STILL)

    def _mail_due(self, incident: Incident, why: Why | None, now: float) -> Why | None:
        if incident.mailed is None:
            return why or Why.STILL
        if now - incident.mailed >= self.rules.repeat_interval:
            return why or incident.owed or Why.STILL
        incident.owed = why or incident.owed
        return None

    def _mail(self, incident: Incident, why: Why, now: float) -> Mail:
        incident.mailed, incident.owed = now, None
        incident.mail += 1
        return Mail(incident, why)

    def tick(self, now: float) -> list[Decision]:
        """What the passing of time asks for: mails owed, mutes that ended."""
        decisions: list[Decision] = []
        for incident in self.incidents.values():
            if incident.owed and now >= (incident.mailed or 0) + self.rules.repeat_interval:
                if self.muted(incident.entry, now):
                    continue
                decisions.append(self._mail(incident, incident.owed, now))
                self.changed[incident.id] = incident
        for mute in [each for each in self.mutes.values() if each.until <= now]:
            decisions.append(MuteEnded(mute))
            self._end(mute, now)
        return decisions

    def open(self, now: float) -> list[Incident]:
        """Incidents that have not been quiet long enough to count as over, newest first."""
        alive = (
            each for each in self.incidents.values() if now - each.seen < self.rules.quiet_time
        )
        return sorted(alive, key=lambda each: each.last, reverse=True)

    def muted(self, entry: Entry, now: float) -> Mute | None:
        """The mute that hides this entry now."""
        return next((mute for mute in self.mutes.values() if mute.covers(entry, now)), None)

    def mute(self, scope: str, until: float, author: str, author_id: int, now: float) -> Mute:
        """Hide what fits `scope` until then; the same scope again moves its end."""
        for old in list(self.mutes.values()):
            if old.scope.lower() == scope.lower():
                made = replace(old, until=until, author=author, author_id=author_id)
                break
        else:
            made = Mute(self._next_mute, scope, now, until, author, author_id)
            self._next_mute += 1
        self.mutes[made.id] = self.changed_mutes[made.id] = made
        return made

    def unmute(self, number: int | None, now: float) -> list[Mute]:
        """End one mute, or all of them (None); return those that ended."""
        ended = [each for each in self.mutes.values() if number in (None, each.id)]
        for mute in ended:
            self._end(mute, now)
        return ended

    def _end(self, mute: Mute, now: float) -> None:
        del self.mutes[mute.id]
        self.changed_mutes[mute.id] = replace(mute, until=min(mute.until, now))

    def _bound(self) -> None:
        if len(self.incidents) > KEPT:
            quietest = min(self.incidents.values(), key=lambda each: each.seen)
            del self.incidents[quietest.fingerprint]
