"""AlertPolicy: which entries become incidents, what is told of them and how, and what is not.

Pure: facts and `now` go in, decisions with their reason come out. Whoever calls it writes the
book and what follows from the decisions into the store in one transaction.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from sonixbot.alerts import catchup, hushes
from sonixbot.alerts.book import FORGOTTEN_AFTER, Changes, Held, Numbers
from sonixbot.alerts.decisions import (
    CatchUp,
    Decision,
    Ended,
    Mail,
    Morning,
    MuteBegan,
    MuteEnded,
    MuteEnding,
    Post,
    Reminded,
    Renew,
    StormBegan,
    StormEnded,
    StormRenewed,
)
from sonixbot.alerts.grouping import Grouping, Taught, fingerprint
from sonixbot.alerts.hushes import Telling, hushed
from sonixbot.alerts.incidents import (
    Acknowledgement,
    Because,
    Happened,
    Incident,
    Note,
    Why,
    importance,
)
from sonixbot.alerts.mutes import Mute, Schedule
from sonixbot.alerts.passing import Passing
from sonixbot.alerts.rules import Push, Quiet, Rules, StormRules, Way
from sonixbot.alerts.storms import Storm
from sonixbot.entry import Entry
from sonixbot.language import HOUR

__all__ = [
    "FORGOTTEN_AFTER",
    "Acknowledgement",
    "AlertPolicy",
    "Because",
    "CatchUp",
    "Changes",
    "Decision",
    "Ended",
    "Grouping",
    "Happened",
    "Held",
    "Incident",
    "Mail",
    "Morning",
    "Mute",
    "MuteBegan",
    "MuteEnded",
    "MuteEnding",
    "Note",
    "Numbers",
    "Post",
    "Push",
    "Quiet",
    "Reminded",
    "Renew",
    "Rules",
    "Schedule",
    "Storm",
    "StormBegan",
    "StormEnded",
    "StormRenewed",
    "StormRules",
    "Way",
    "Why",
    "fingerprint",
]

#: What the bot itself writes to a protocol makes no alert, else it would answer itself for ever.
_OURS: Final = re.compile(r"(?:sonixbot|logwatch|messangers)(?:\.|$)", re.IGNORECASE)
#: How the fingerprint of what is missing begins; no device can be called so.
MISSING: Final = "\nmissing|"


class AlertPolicy(Passing):
    """The book of incidents and mutes, and what follows from an entry or from time's passing."""

    def apply(
        self, entry: Entry, now: float, before: Entry | None = None, *, live: bool = True
    ) -> list[Decision]:
        """Decide about an entry; `before` is its earlier, less complete telling.

        `live` false: it came while nobody watched, and is to be told in one digest anyway.
        """
        taught = self.rules.grouping.taught(entry)
        decisions = [*self._ended_by(taught, now)]
        if before is not None:
            earlier = self.rules.grouping.taught(before)
            incident = self.incidents.get(earlier.key)
            if incident and incident.entry.offset == entry.offset:
                if told := self._retold(incident, taught):
                    return [*decisions, *told]
            elif self._takes(earlier):
                return decisions  # it stood there before anybody was to be told
        if self._takes(taught):
            incident, why = self._count(taught, now)
            decisions += self._tell(incident, taught.entry, why, now, live=live)
        return decisions

    def _takes(self, taught: Taught) -> bool:
        entry = taught.entry
        return not taught.drop and self.rules.takes(entry) and not _OURS.match(entry.source)

    def _count(self, taught: Taught, now: float) -> tuple[Incident, Why | None]:
        """Count the entry in; tell why it deserves a new post, None where it deserves none."""
        entry = taught.entry
        moment = now if entry.time is None else entry.time
        # Taken out and put back, so that the longest silent ones come first.
        incident = self.incidents.pop(taught.key, None)
        if incident is None or now - incident.seen > FORGOTTEN_AFTER:
            self.numbers.incident += 1
            incident = _new(self.numbers.incident, taught, moment, now)
            why: Why | None = Why.NEW
        else:
            why = self._news(incident, entry, now)
            if why is not None:  # whoever took care of it did so of less than it is now
                incident.kind, incident.level = entry.kind, entry.level
                self.uncare(incident.id)
            incident.entry, incident.last, incident.seen = entry, moment, now
            incident.name, incident.rule = taught.name, taught.rule
            incident.ended = None
            incident.count += 1
        self.write(incident)
        return incident, why

    def _news(self, incident: Incident, entry: Entry, now: float) -> Why | None:
        if importance(entry) < incident.importance:
            return Why.WORSE
        over = now - incident.seen >= self.rules.quiet_time and not incident.standing
        return Why.AGAIN if over or incident.ended is not None else None

    def _retold(self, incident: Incident, taught: Taught) -> list[Decision]:
        """Give the incident its newest entry's whole words; nothing where they are another's."""
        if incident.fingerprint != taught.key:  # a half line has been completed
            if incident.count > 1:
                incident.count -= 1
                self.write(incident)
                return []
            if taught.key in self.incidents:
                return []
            del self.incidents[incident.fingerprint]
            incident.fingerprint, incident.about = taught.key, taught.entry.text
            incident.kind, incident.level = taught.entry.kind, taught.entry.level
            incident.name, incident.rule = taught.name, taught.rule
        incident.entry = taught.entry
        self.write(incident)
        return [Renew(incident, counted=False)]

    def _ended_by(self, taught: Taught, now: float) -> Iterator[Decision]:
        """The incidents whose own rule says that this entry ends them."""
        rules = self.rules.grouping.ended_by(taught.entry)
        for incident in [*self.incidents.values()] if rules else ():
            over = incident.rule in rules and incident.fingerprint != taught.key
            if over and incident.ended is None:
                yield self._end_incident(incident, now, taught.entry.text)

    def missed(self) -> set[str]:
        """The keys of what is missing."""
        return {
            each.fingerprint.removeprefix(MISSING)
            for each in self.incidents.values()
            if each.standing and each.ended is None
        }

    def missing(self, found: Mapping[str, Entry], now: float) -> list[Decision]:
        """Compare what is missing now, by a key of its own, with what was: begin and end it."""
        decisions: list[Decision] = []
        for key, entry in found.items():
            incident = self.incidents.get(MISSING + key)
            if incident is not None and incident.ended is None:
                decisions += self._keep_standing(incident, now)
            else:
                taught = Taught(entry, MISSING + key)
                if self.rules.takes(entry):
                    incident, why = self._count(taught, now)
                    incident.standing = True
                    decisions += self._tell(incident, entry, why, now, live=True)
        for incident in [*self.incidents.values()]:
            key = incident.fingerprint.removeprefix(MISSING)
            if incident.standing and incident.ended is None and key not in found:
                incident.last = incident.seen = now
                decisions.append(self._end_incident(incident, now))
        return decisions

    def _keep_standing(self, incident: Incident, now: float) -> list[Decision]:
        """It is still missing: told once nothing hides that any more, and never forgotten."""
        if not 0 <= now - incident.seen < HOUR:
            incident.seen = now
            self.write(self.incidents.pop(incident.fingerprint))
        telling = Telling(incident, incident.entry, incident.unsaid, Way.TELEGRAM, now)
        if incident.unsaid is None or hushed(hushes.ANY_WAY, self, telling):
            return []
        self.changes.incidents[incident.id] = incident
        return self._tell(incident, incident.entry, None, now, live=True)

    def came_since(self, moment: float, way: Way) -> int:
        """How many incidents of which something was read since then are pushed one way."""
        push = self.rules.push(way)
        return sum(
            each.seen >= moment and push.takes(each.entry) for each in self.incidents.values()
        )

    def catch_up(self, decisions: Iterable[Decision]) -> CatchUp:
        """What was decided about all that came while the service was away, as one digest."""
        caught = catchup.catch_up(decisions, self.rules, self.held)
        for incident in {each.id: each for each in (*caught.posts, *caught.mails)}.values():
            self._note(incident, incident.seen, Happened.LISTED, because=Because.AWAY)
        for each in caught.decisions:
            if isinstance(each, Post):
                why = each.incident.post_why
                self._note(each.incident, each.incident.posted, Happened.POSTED, because=why)
            elif isinstance(each, Mail):
                why = each.incident.mail_why
                self._note(each.incident, each.incident.seen, Happened.MAILED, because=why)
        return caught


def _new(number: int, taught: Taught, moment: float, now: float) -> Incident:
    entry = taught.entry
    return Incident(
        number,
        taught.key,
        entry.text,
        entry,
        entry.kind,
        entry.level,
        1,
        moment,
        moment,
        now,
        name=taught.name,
        rule=taught.rule,
    )
