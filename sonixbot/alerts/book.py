"""Book: incidents, mutes, acknowledgements and storms, and what of them has to be written down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import inf
from types import MappingProxyType
from typing import Final

from sonixbot.alerts.incidents import Acknowledgement, Because, Happened, Incident
from sonixbot.alerts.mutes import Mute
from sonixbot.alerts.rules import Rules, Way
from sonixbot.alerts.storms import News, Storm
from sonixbot.entry import MOST_IMPORTANT, Entry, Kind
from sonixbot.language import DAY

#: An incident silent for so long is forgotten; the same error is then a new incident.
FORGOTTEN_AFTER: Final = 7 * DAY
#: Incidents kept in memory at the most; the longest silent ones go first.
KEPT: Final = 10_000
#: Among the numbers of hidden incidents: those that are no longer kept, together.
FORGOTTEN: Final = 0


@dataclass(slots=True)
class Numbers:
    """The last ones given; none is given twice."""

    incident: int = 0
    mute: int = 0
    storm: int = 0


@dataclass(slots=True)
class Held:
    """What waits for the end of something: serialisable, small."""

    #: By way: the incidents that the quiet hours hold.
    quiet: dict[str, list[int]] = field(default_factory=dict)
    #: Schedules that somebody ended before their time: name → until when.
    lifted: dict[str, float] = field(default_factory=dict)
    #: By way: messages of held incidents that are no longer kept.
    forgotten: dict[str, int] = field(default_factory=dict)

    def spare(self, number: int, way: Way) -> None:
        """Hold an incident for the morning."""
        numbers = self.quiet.setdefault(way, [])
        if number not in numbers:
            numbers.append(number)

    def release(self, number: int, way: Way) -> bool:
        """It waits no longer; whether it did."""
        waited = number in self.quiet.get(way, ())
        if waited:
            self.quiet[way].remove(number)
        return waited


@dataclass(frozen=True, slots=True)
class Changes:
    """What has to be written down."""

    #: None: this incident is forgotten.
    incidents: dict[int, Incident | None] = field(default_factory=dict)
    #: None: this mute is over.
    mutes: dict[int, Mute | None] = field(default_factory=dict)
    #: By incident; None: it is not acknowledged any more.
    acknowledged: dict[int, Acknowledgement | None] = field(default_factory=dict)
    #: None: nothing more can come to this storm.
    storms: dict[int, Storm | None] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether there is anything to write down."""
        return bool(self.incidents or self.mutes or self.acknowledged or self.storms)


class Book:
    """The facts from which the policy decides, apart from the rules and `now`."""

    def __init__(
        self,
        rules: Rules,
        incidents: Iterable[Incident] = (),
        mutes: Iterable[Mute] = (),
        numbers: Numbers | None = None,
        acknowledged: Mapping[int, Acknowledgement] = MappingProxyType({}),
        storms: Iterable[Storm] = (),
        held: Held | None = None,
    ) -> None:
        """`acknowledged`: by the incident's number."""
        self.rules = rules
        #: By fingerprint, the longest silent ones first.
        self.incidents = {each.fingerprint: each for each in incidents}
        self.mutes = {each.id: each for each in mutes}
        self.numbers = numbers or Numbers()
        self.acknowledged = dict(acknowledged)
        self.storms = {each.id: each for each in storms}
        self.held = held or Held()
        self.news = News()
        #: The incidents that may hide others as their consequences, by number.
        self.causes = {each.id: each for each in self.incidents.values() if each.hides_until}
        #: Whoever wrote it down clears it after the commit.
        self.changes = Changes()

    def find(self, number: int) -> Incident | None:
        """The incident of this number; None where there is none any more."""
        return next((each for each in self.incidents.values() if each.id == number), None)

    def open(self, now: float) -> list[Incident]:
        """Incidents that go on, newest first."""
        alive = (
            each
            for each in self.incidents.values()
            if each.standing or (each.ended is None and now - each.seen < self.rules.quiet_time)
        )
        return sorted(
            (each for each in alive if each.ended is None),
            key=lambda each: each.last,
            reverse=True,
        )

    def muted(self, entry: Entry, now: float, key: str | None = None) -> Mute | None:
        """The mute that hides this entry now; `key`: its fingerprint where it is known."""
        if entry.kind is Kind.ERROR and entry.rank <= self.rules.break_through:
            return None
        if key is None and self.mutes:
            key = self.rules.grouping.taught(entry).key
        return next((mute for mute in self.mutes.values() if mute.covers(entry, now, key)), None)

    def muting(self, incident: Incident, now: float) -> Mute | None:
        """The mute that hides this incident now."""
        return self.muted(incident.entry, now, incident.fingerprint)

    def covered(self, mute: Mute) -> list[Incident]:
        """The incidents that go on and are, or were, hidden by this mute."""
        lasting = replace(mute, until=inf)
        alive = (each for each in self.incidents.values() if each.ended is None)
        return [each for each in alive if lasting.covers(each.entry, each.last, each.fingerprint)]

    def storm(self, now: float) -> Storm | None:
        """The storm that goes on."""
        calm = self.rules.storm.calm
        return next((each for each in self.storms.values() if each.lasts(now, calm)), None)

    def in_storm(self, storm: Storm) -> list[Incident]:
        """The incidents that belong to a storm, the earliest first."""
        found = (each for each in self.incidents.values() if each.storm == storm.id)
        return sorted(found, key=lambda each: each.id)

    def held_for(self, way: Way) -> list[Incident]:
        """The incidents that the quiet hours hold, the earliest first."""
        numbers = set(self.held.quiet.get(way, ()))
        found = (each for each in self.incidents.values() if each.id in numbers)
        return sorted(found, key=lambda each: each.id) if numbers else []

    def kept_back(self, incident: Incident) -> bool:
        """Whether its news waits for the end of a mute or of quiet hours."""
        held = any(incident.id in each for each in self.held.quiet.values())
        return held or incident.unsaid is not None

    def cause_of(self, incident: Incident, entry: Entry, now: float) -> Incident | None:
        """The incident that hides this entry as its consequence."""
        for each in self.causes.values():
            if each.hides_until > now and each is not incident:
                hides = self.rules.grouping.hides(each.rule)
                if hides and hides.covers(entry):
                    return each
        return None

    def write(self, incident: Incident) -> None:
        """Keep an incident as it is now; the longest silent one makes room where there is none."""
        self.incidents[incident.fingerprint] = self.changes.incidents[incident.id] = incident
        if len(self.incidents) > KEPT:
            self._forget(self.incidents.pop(next(iter(self.incidents))))

    def _forget(self, incident: Incident) -> None:
        """Keep it no longer; what no message has told of it yet stays a count."""
        self.changes.incidents[incident.id] = None
        self.causes.pop(incident.id, None)
        self.uncare(incident.id)
        for mute in self.mutes.values():
            if _forget_in(mute.hidden, incident.id):
                self.keep(mute)
        for cause in self.causes.values():
            if _forget_in(cause.hidden, incident.id):
                self.changes.incidents[cause.id] = cause
        storm = self.storms.get(incident.storm)
        if storm and incident.listed:
            storm.forgotten += incident.count
            self.mark(storm)
        for way in Way:
            if self.held.release(incident.id, way):
                count = self.held.forgotten.get(way, 0) + incident.count
                self.held.forgotten[way] = count

    def uncare(self, number: int) -> None:
        """Nobody takes care of this incident any more."""
        if self.acknowledged.pop(number, None):
            self.changes.acknowledged[number] = None

    def keep(self, mute: Mute) -> None:
        """Keep a mute as it is now."""
        self.mutes[mute.id] = self.changes.mutes[mute.id] = mute

    def end(self, mute: Mute, now: float) -> None:
        """A mute is over."""
        del self.mutes[mute.id]
        self.changes.mutes[mute.id] = None
        for incident in self.covered(mute) if mute.fingerprint else ():
            self._note(incident, now, Happened.UNMUTED)

    def _note(
        self, incident: Incident, now: float, what: Happened, who: str = "", because: str = ""
    ) -> None:
        incident.note(now, what, because, who)
        self.changes.incidents[incident.id] = incident

    def mark(self, storm: Storm) -> None:
        """Keep a storm as it is now."""
        self.storms[storm.id] = self.changes.storms[storm.id] = storm

    def acknowledge(self, number: int, author: str, author_id: int, now: float) -> Incident | None:
        """Note who takes care of an incident; the first one stays. None where there is none."""
        incident = self.find(number)
        if incident is not None and number not in self.acknowledged:
            made = Acknowledgement(author, author_id, now)
            self.acknowledged[number] = self.changes.acknowledged[number] = made
            self._note(incident, now, Happened.ACKNOWLEDGED, author)
        return incident

    def mute(
        self,
        scope: str,
        until: float,
        author: str,
        author_id: int,
        now: float,
        incident: Incident | None = None,
        *,
        level: int = MOST_IMPORTANT,
        comment: str = "",
    ) -> Mute:
        """Hide what fits `scope` until then; the same scope and level again moves the end.

        With `incident` only that one is hidden, and `scope` is how people call it. `level`: only
        what is of this level and less important.
        """
        like = incident.fingerprint if incident else ""
        old = self._alike(scope, like, level)
        if old:
            made = replace(old, until=until, author=author, author_id=author_id, warned=False)
            made = replace(made, comment=comment or old.comment)
        else:
            self.numbers.mute += 1
            number = self.numbers.mute
            made = Mute(
                number,
                scope,
                now,
                until,
                author,
                author_id,
                fingerprint=like,
                level=level,
                comment=comment,
            )
        self.keep(made)
        if incident:
            self._note(incident, now, Happened.MUTED, author)
        return made

    def _alike(self, scope: str, like: str, level: int) -> Mute | None:
        for each in self.mutes.values():
            same = (each.fingerprint, each.level, each.schedule) == (like, level, "")
            if same and (like or each.scope.lower() == scope.lower()):
                return each
        return None

    def prolong(self, number: int, until: float, author: str, author_id: int) -> Mute | None:
        """Move the end of a mute; None where it is over."""
        old = self.mutes.get(number)
        if old is None:
            return None
        made = replace(old, until=until, author=author, author_id=author_id, warned=False)
        self.keep(made)
        return made

    def unmute(self, number: int | None, now: float) -> list[Mute]:
        """End one mute, or all of them (None); return those that ended."""
        ended = [each for each in self.mutes.values() if number in (None, each.id)]
        for mute in ended:
            self.end(mute, now)
            if mute.schedule:  # else it would begin again at once
                self.held.lifted[mute.schedule] = mute.until
        return ended

    def seen(self, incident: Incident, *, lost: bool) -> None:
        """Whether its post was given up: its count stands nowhere then, so it is posted anew."""
        if incident.lost is not lost:
            incident.lost = lost
            self.changes.incidents[incident.id] = incident

    def absorbed(self, incident: Incident, way: Way) -> None:
        """Its message had not left yet and goes with the digest of the storm.

        Its number stays: it is known in the outbox and is given to no other message.
        """
        told = Happened.MAILED if way is Way.MAIL else Happened.POSTED
        incident.listed = incident.listed or way is Way.TELEGRAM
        incident.untold(told)
        incident.remark(incident.seen, Happened.LISTED, Because.STORM)
        self.changes.incidents[incident.id] = incident


def _forget_in(hidden: dict[int, int], number: int) -> bool:
    """Count an incident with those no longer kept, lest the numbers grow; whether it was there."""
    count = hidden.pop(number, 0)
    if count:
        hidden[FORGOTTEN] = hidden.get(FORGOTTEN, 0) + count
    return bool(count)
