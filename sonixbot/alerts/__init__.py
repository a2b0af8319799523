"""AlertPolicy: which entries become incidents, what is posted of them, and what is muted.

Pure: facts and `now` go in, decisions with their reason come out. Whoever calls it writes the
incidents, the mutes and what follows from the decisions into the store in one transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from math import inf
from types import MappingProxyType
from typing import Final

from sonixbot.alerts.grouping import fingerprint
from sonixbot.alerts.incidents import (
    Acknowledgement,
    CatchUp,
    Changes,
    Decision,
    Ended,
    Incident,
    Mail,
    Mute,
    MuteEnded,
    Post,
    Push,
    Renew,
    Rules,
    Why,
    importance,
)
from sonixbot.entry import MOST_IMPORTANT, Entry, Kind
from sonixbot.language import DAY

__all__ = [
    "Acknowledgement",
    "AlertPolicy",
    "CatchUp",
    "Changes",
    "Decision",
    "Ended",
    "Incident",
    "Mail",
    "Mute",
    "MuteEnded",
    "Post",
    "Push",
    "Renew",
    "Rules",
    "Why",
    "fingerprint",
]

#: An incident silent for so long is forgotten; the same error is then a new incident.
FORGOTTEN_AFTER: Final = 7 * DAY
#: Incidents kept in memory at the most; the longest silent ones go first.
KEPT: Final = 2000
#: The end of an incident up to this level is told in a message of its own.
ENDS_ALOUD: Final = 2
#: Incidents of level 1 that are told by themselves after a restart, beside the digest: where a
#: layout knows no levels every error counts as 1, and a hundred posts would hide the digest.
SINGLES: Final = 5


class AlertPolicy:
    """The book of incidents and mutes."""

    def __init__(
        self,
        rules: Rules,
        incidents: Iterable[Incident] = (),
        mutes: Iterable[Mute] = (),
        numbers: tuple[int, int] = (0, 0),
        acknowledged: Mapping[int, Acknowledgement] = MappingProxyType({}),
    ) -> None:
        """`numbers`: the last ones given to an incident and to a mute; none is given twice.

        `acknowledged`: by the incident's number.
        """
        self.rules = rules
        self.incidents = {each.fingerprint: each for each in incidents}
        self.mutes = {each.id: each for each in mutes}
        self.numbers = numbers
        self.acknowledged = dict(acknowledged)
        #: What has to be written down; whoever wrote it clears it after the commit.
        self.changes = Changes({}, {})

    def apply(self, entry: Entry, now: float, before: Entry | None = None) -> list[Decision]:
        """Decide about an entry; `before` is its earlier, less complete telling."""
        if before is not None:
            incident = self.incidents.get(fingerprint(before))
            if incident and incident.entry.offset == entry.offset:
                if told := self._retold(incident, entry):
                    return told
            elif self._takes(before):
                return []  # it stood there before anybody was to be told
        if not self._takes(entry):
            return []
        incident, why = self._count(entry, now)
        if mute := self.muted(entry, now):
            return self._hide(mute, incident, why)
        why, incident.unsaid = why or incident.unsaid, None
        decisions: list[Decision] = []
        if self.rules.telegram.takes(entry):
            decisions.append(self._post(incident, why, now))
        if self.rules.mail.takes(entry) and (reason := self._mail_due(incident, why, now)):
            decisions.append(self._mail(incident, reason, now))
        return decisions

    def _takes(self, entry: Entry) -> bool:
        return self.rules.telegram.takes(entry) or self.rules.mail.takes(entry)

    def _count(self, entry: Entry, now: float) -> tuple[Incident, Why | None]:
        """Count the entry in; tell why it deserves a new post, None where it deserves none."""
        moment = now if entry.time is None else entry.time
        key = fingerprint(entry)
        # Taken out and put back, so that the longest silent ones come first.
        incident = self.incidents.pop(key, None)
        if incident is None or now - incident.seen > FORGOTTEN_AFTER:
            number = self.numbers[0] + 1
            self.numbers = (number, self.numbers[1])
            incident = Incident(
                number, key, entry.text, entry, entry.kind, entry.level, 1, moment, moment, now
            )
            self._write(incident)
            return incident, Why.NEW
        why = None
        if importance(entry) < incident.importance:
            incident.kind, incident.level, why = entry.kind, entry.level, Why.WORSE
        elif now - incident.seen >= self.rules.quiet_time:
            incident.kind, incident.level, why = entry.kind, entry.level, Why.AGAIN
        if why is not None:  # whoever took care of it did so of less than it is now
            self._forget(incident.id)
        incident.entry, incident.last, incident.seen = entry, moment, now
        incident.ended = None
        incident.count += 1
        self._write(incident)
        return incident, why

    def _write(self, incident: Incident) -> None:
        self.incidents[incident.fingerprint] = self.changes.incidents[incident.id] = incident
        if len(self.incidents) > KEPT:
            forgotten = self.incidents.pop(next(iter(self.incidents)))
            self.changes.incidents[forgotten.id] = None
            self._forget(forgotten.id)

    def _forget(self, number: int) -> None:
        if self.acknowledged.pop(number, None):
            self.changes.acknowledged[number] = None

    def _retold(self, incident: Incident, entry: Entry) -> list[Decision]:
        """Give the incident its newest entry's whole words; nothing where they are another's."""
        key = fingerprint(entry)
        if incident.fingerprint != key:  # a half line has been completed
            if incident.count > 1:
                incident.count -= 1
                self._write(incident)
                return []
            if key in self.incidents:
                return []
            del self.incidents[incident.fingerprint]
            incident.fingerprint, incident.about = key, entry.text
            incident.kind, incident.level = entry.kind, entry.level
        incident.entry = entry
        self._write(incident)
        return [Renew(incident, counted=False)]

    def _hide(self, mute: Mute, incident: Incident, why: Why | None) -> list[Decision]:
        incident.unsaid = why or incident.unsaid
        hidden = {**mute.hidden, incident.id: mute.hidden.get(incident.id, 0) + 1}
        self._keep(replace(mute, hidden=hidden))
        return [Renew(incident, counted=False)] if incident.post else []

    def _post(self, incident: Incident, why: Why | None, now: float) -> Decision:
        given_up = incident.lost and now - incident.posted >= self.rules.quiet_time
        if why is None and incident.post and not given_up:
            return Renew(incident)
        incident.post += 1
        incident.lost = False
        incident.post_why, incident.posted = why or Why.STILL, now
        return Post(incident)

    def _mail_due(self, incident: Incident, why: Why | None, now: float) -> Why | None:
        if incident.mailed is None:
            return why or Why.STILL
        if not 0 <= now - incident.mailed < self.rules.repeat_interval:
            return why or incident.owed or Why.STILL
        incident.owed = why or incident.owed
        return None

    def _mail(self, incident: Incident, why: Why, now: float) -> Mail:
        incident.mailed, incident.owed = now, None
        incident.mail += 1
        incident.mail_why = why
        return Mail(incident)

    def tick(self, now: float) -> list[Decision]:
        """What the passing of time asks for: mails owed, incidents and mutes that ended."""
        decisions: list[Decision] = [*self._ended(now)]
        for incident in self.incidents.values():
            interval = self.rules.repeat_interval
            if incident.owed and not 0 <= now - (incident.mailed or 0) < interval:
                if self.muted(incident.entry, now):
                    continue
                decisions.append(self._mail(incident, incident.owed, now))
                self.changes.incidents[incident.id] = incident
        for mute in [each for each in self.mutes.values() if each.until <= now]:
            decisions.append(MuteEnded(mute))
            self._end(mute)
        return decisions

    def _ended(self, now: float) -> Iterator[Decision]:
        for incident in self.incidents.values():
            if incident.ended is None and now - incident.seen >= self.rules.quiet_time:
                incident.ended = now
                self.changes.incidents[incident.id] = incident
                muted = self.muted(incident.entry, now) is not None
                important = incident.rank <= ENDS_ALOUD and incident.kind is Kind.ERROR
                yield Ended(incident, aloud=important and not muted)

    def acknowledge(self, number: int, author: str, author_id: int, now: float) -> Incident | None:
        """Note who takes care of an incident; the first one stays. None where there is none."""
        incident = self.find(number)
        if incident is not None and number not in self.acknowledged:
            made = Acknowledgement(author, author_id, now)
            self.acknowledged[number] = self.changes.acknowledged[number] = made
        return incident

    def find(self, number: int) -> Incident | None:
        """The incident of this number; None where there is none any more."""
        return next((each for each in self.incidents.values() if each.id == number), None)

    def seen(self, incident: Incident, *, lost: bool) -> None:
        """Whether its post was given up: its count stands nowhere then, so it is posted anew."""
        if incident.lost is not lost:
            incident.lost = lost
            self.changes.incidents[incident.id] = incident

    def catch_up(self, decisions: Iterable[Decision]) -> CatchUp:
        """What was decided about all that came while the service was away, as one digest."""
        decisions = list(decisions)
        posts = Counter(each.incident.id for each in decisions if isinstance(each, Post))
        told = {
            each.incident.id: each.incident
            for each in decisions
            if isinstance(each, Post | Mail) or (isinstance(each, Renew) and each.counted)
        }
        urgent = (each.id for each in told.values() if posts[each.id] and _is_urgent(each))
        singles = set(islice(urgent, SINGLES))
        left = [
            each
            for each in decisions
            if isinstance(each, Renew | Ended | MuteEnded) or each.incident.id in singles
        ]
        for incident in told.values():
            if posts[incident.id] and incident.id not in singles:
                # Its posts were not made after all. The one before them is brought up to date;
                # where there is none, its next entry makes one.
                incident.post -= posts[incident.id]
                if incident.post:
                    left.append(Renew(incident))
        telegram, mail = self.rules.telegram, self.rules.mail
        mails = {each.incident.id for each in decisions if isinstance(each, Mail)}
        mailed = [each for each in told.values() if each.id in mails or mail.takes(each.entry)]
        for incident in mailed:
            incident.owed = None
        return CatchUp(
            # The newest entry may be less important than the one that was to be told.
            tuple(each for each in told.values() if posts[each.id] or telegram.takes(each.entry)),
            tuple(mailed),
            tuple(left),
        )

    def open(self, now: float) -> list[Incident]:
        """Incidents that have not been quiet long enough to count as over, newest first."""
        alive = (
            each for each in self.incidents.values() if now - each.seen < self.rules.quiet_time
        )
        return sorted(alive, key=lambda each: each.last, reverse=True)

    def muted(self, entry: Entry, now: float) -> Mute | None:
        """The mute that hides this entry now."""
        return next((mute for mute in self.mutes.values() if mute.covers(entry, now)), None)

    def covered(self, mute: Mute) -> list[Incident]:
        """The incidents that go on and are, or were, hidden by this mute."""
        lasting = replace(mute, until=inf)
        alive = (each for each in self.incidents.values() if each.ended is None)
        return [each for each in alive if lasting.covers(each.entry, each.last)]

    def mute(
        self,
        scope: str,
        until: float,
        author: str,
        author_id: int,
        now: float,
        incident: Incident | None = None,
    ) -> Mute:
        """Hide what fits `scope` until then; the same scope again moves its end.

        With `incident` only that one is hidden, and `scope` is how people call it.
        """
        like = incident.fingerprint if incident else ""
        for old in list(self.mutes.values()):
            same = old.fingerprint == like and (like or old.scope.lower() == scope.lower())
            if same:
                made = replace(old, until=until, author=author, author_id=author_id)
                break
        else:
            self.numbers = (self.numbers[0], self.numbers[1] + 1)
            number = self.numbers[1]
            made = Mute(number, scope, now, until, author, author_id, fingerprint=like)
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


def _is_urgent(incident: Incident) -> bool:
    return incident.rank == MOST_IMPORTANT
