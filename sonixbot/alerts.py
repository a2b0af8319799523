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

#: Incidents of level 1 that are told by themselves after a restart, beside the digest: where a
#: layout knows no levels every error counts as 1, and a hundred posts would hide the digest.
SINGLES: Final = 5

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
    #: Number of its newest mail, why, and when.
    mail: int = 0
    mail_why: Why = Why.NEW
    mailed: float | None = None
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
        return cls(
            **{
                **data,
                "entry": Entry.from_json(data["entry"]),
                "kind": Kind(data["kind"]),
                "post_why": Why(data["post_why"]),
                "mail_why": Why(data["mail_why"]),
                "owed": data["owed"] and Why(data["owed"]),
            }
        )


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
    """Say it anew in Telegram; the incident knows why."""

    incident: Incident


@dataclass(frozen=True, slots=True)
class Renew:
    """Bring the words of its newest post and of mails not yet sent up to date."""

    incident: Incident


@dataclass(frozen=True, slots=True)
class Mail:
    """Send a mail about it; the incident knows why."""

    incident: Incident


@dataclass(frozen=True, slots=True)
class MuteEnded:
    """Tell what a mute hid."""

    mute: Mute


Decision = Post | Renew | Mail | MuteEnded


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


@dataclass(frozen=True, slots=True)
class Changes:
    """What has to be written down."""

    incidents: dict[int, Incident]
    #: None: this mute is over.
    mutes: dict[int, Mute | None]


class AlertPolicy:
    """The book of incidents and mutes."""

    def __init__(
        self,
        rules: Rules,
        incidents: Iterable[Incident] = (),
        mutes: Iterable[Mute] = (),
        numbers: tuple[int, int] = (0, 0),
    ) -> None:
        """`numbers`: the last ones given to an incident and to a mute; none is given twice."""
        self.rules = rules
        self.incidents = {each.fingerprint: each for each in incidents}
        self.mutes = {each.id: each for each in mutes}
        self.numbers = numbers
        self._newest: Incident | None = None
        #: What has to be written down; `saved` says that it was.
        self.changes = Changes({}, {})

    def saved(self) -> None:
        """All changes are written down."""
        self.changes = Changes({}, {})

    def apply(self, entry: Entry, now: float, *, again: bool = False) -> list[Decision]:
        """Decide about an entry; `again`: it replaces the entry before it."""
        if again and self._newest and (told := self._retold(self._newest, entry)):
            return told
        by_post, by_mail = self.rules.telegram.takes(entry), self.rules.mail.takes(entry)
        if not by_post and not by_mail:
            self._newest = None
            return []
        incident, why = self._count(entry, now)
        self._newest = incident
        self.changes.incidents[incident.id] = incident
        if mute := self.muted(entry, now):
            return self._hide(mute, incident)
        decisions: list[Decision] = []
        if by_post:
            decisions.append(self._post(incident, why, now))
        if by_mail and (reason := self._mail_due(incident, why, now)):
            decisions.append(self._mail(incident, reason, now))
        return decisions

    def _count(self, entry: Entry, now: float) -> tuple[Incident, Why | None]:
        """Count the entry in; tell why it deserves a new post, None where it deserves none."""
        moment = now if entry.time is None else entry.time
        key = fingerprint(entry)
        incident = self.incidents.get(key)
        if incident is None or now - incident.seen > FORGOTTEN_AFTER:
            number = self.numbers[0] + 1
            self.numbers = (number, self.numbers[1])
            incident = Incident(
                number, key, entry.text, entry, entry.kind, entry.level, 1, moment, moment, now
            )
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
        """Give the incident its newest entry's whole words; nothing where they are another's."""
        key = fingerprint(entry)
        if incident.fingerprint != key:  # a half line has been completed
            if incident.count > 1:
                incident.count -= 1
                return []
            if key in self.incidents:
                return []
            del self.incidents[incident.fingerprint]
            self.incidents[key] = incident
            incident.fingerprint, incident.about = key, entry.text
            incident.kind, incident.level = entry.kind, entry.level
        incident.entry = entry
        self.changes.incidents[incident.id] = incident
        return [Renew(incident)]

    def _hide(self, mute: Mute, incident: Incident) -> list[Decision]:
        hidden = {**mute.hidden, incident.id: mute.hidden.get(incident.id, 0) + 1}
        self._keep(replace(mute, hidden=hidden))
        return [Renew(incident)] if incident.post else []

    def _post(self, incident: Incident, why: Why | None, now: float) -> Decision:
        if why is None and incident.post:
            return Renew(incident)
        incident.post += 1
        incident.post_why, incident.posted = why or Why.STILL, now
        return Post(incident)

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
        incident.mail_why = why
        return Mail(incident)

    def tick(self, now: float) -> list[Decision]:
        """What the passing of time asks for: mails owed, mutes that ended."""
        decisions: list[Decision] = []
        for incident in self.incidents.values():
            if incident.owed and now >= (incident.mailed or 0) + self.rules.repeat_interval:
                if self.muted(incident.entry, now):
                    continue
                decisions.append(self._mail(incident, incident.owed, now))
                self.changes.incidents[incident.id] = incident
        for mute in [each for each in self.mutes.values() if each.until <= now]:
            decisions.append(MuteEnded(mute))
            self._end(mute)
        return decisions

    def catch_up(self, decisions: Iterable[Decision]) -> CatchUp:
        """What was decided about all that came while the service was away, as one digest."""
        decisions = list(decisions)
        posted = {each.incident.id: each.incident for each in decisions if isinstance(each, Post)}
        mailed = {each.incident.id: each.incident for each in decisions if isinstance(each, Mail)}
        singles = [each.id for each in posted.values() if each.rank == MOST_IMPORTANT][:SINGLES]
        for incident in posted.values():
            if incident.id not in singles:
                incident.post -= 1  # it was not made after all; the next entry may be a post
        left = tuple(
            each
            for each in decisions
            if isinstance(each, MuteEnded)
            or each.incident.id in singles
            or each.incident.id not in {*posted, *mailed}
        )
        return CatchUp(tuple(posted.values()), tuple(mailed.values()), left)

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
            self.numbers = (self.numbers[0], self.numbers[1] + 1)
            made = Mute(self.numbers[1], scope, now, until, author, author_id)
        self._keep(made)
        return made

    def unmute(self, number: int | None) -> list[Mute]:
        """End one mute, or all of them (None); return those that ended."""
        ended = [each for each in self.mutes.values() if number in (None, each.id)]
        for mute in ended:
            self._end(mute)
        return ended

    def _keep(self, mute: Mute) -> None:
        self.mutes[mute.id] = self.changes.mutes[mute.id] = mute

    def _end(self, mute: Mute) -> None:
        del self.mutes[mute.id]
        self.changes.mutes[mute.id] = None

    def _bound(self) -> None:
        if len(self.incidents) > KEPT:
            quietest = min(self.incidents.values(), key=lambda each: each.seen)
            del self.incidents[quietest.fingerprint]
