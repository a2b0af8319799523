"""Passing: what the passing of time asks for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from sonixbot.alerts import hushes
from sonixbot.alerts.decisions import (
    Decision,
    Morning,
    MuteBegan,
    MuteEnded,
    MuteEnding,
    Reminded,
    StormEnded,
)
from sonixbot.alerts.hushes import Telling, hushed
from sonixbot.alerts.incidents import Because, Happened, Incident, Why
from sonixbot.alerts.mutes import Mute
from sonixbot.alerts.rules import Way
from sonixbot.alerts.telling import Teller
from sonixbot.entry import MOST_IMPORTANT, Kind
from sonixbot.language import DAY

#: Reminders that are posted by themselves at one look; more of them are one list.
REMINDED_ALONE: Final = 3
#: What falls due within the rest of its interval goes with such a list.
SOON: Final = 0.75
#: Regular work without an end is announced anew so often: no mute is forgotten.
LONGEST_SCHEDULE: Final = 7 * DAY


class Passing(Teller):
    """The book, and what is told as time goes by."""

    def tick(self, now: float) -> list[Decision]:
        """What the passing of time asks for, in the order in which it is told."""
        self._set_back(now)
        return [
            *self._schedules(now),
            *self._ended(now),
            *self._mails_owed(now),
            *self._reminders(now),
            *self._storms(now),
            *self._mornings(now),
            *self._mutes(now),
        ]

    def _set_back(self, now: float) -> None:
        """Where the clock was set back, what was told in the future was told now at the latest."""
        for incident in self.incidents.values():
            latest = max(incident.seen, incident.posted, incident.mailed or 0.0)
            if incident.ended is None and latest > now:
                incident.seen, incident.posted = min(incident.seen, now), min(incident.posted, now)
                incident.mailed = incident.mailed and min(incident.mailed, now)
                self.changes.incidents[incident.id] = incident

    def _ended(self, now: float) -> Iterator[Decision]:
        for incident in self.incidents.values():
            quiet = now - incident.seen >= self.rules.quiet_time and not incident.standing
            if incident.ended is None and quiet:
                yield self._end_incident(incident, now)

    def _mails_owed(self, now: float) -> Iterator[Decision]:
        for incident in self.incidents.values():
            if incident.owed:
                telling = Telling(incident, incident.entry, incident.owed, Way.MAIL, now)
                hush = hushed(hushes.ALL, self, telling)
                if hush is None:
                    yield self._say(telling)
                elif hush.because is Because.QUIET:  # the morning's mail tells it
                    yield from self._spare(telling, telling.why, hush)
                else:
                    continue
                self.changes.incidents[incident.id] = incident

    def _reminders(self, now: float) -> Iterator[Decision]:
        """What nobody acknowledged is said again; many of them in one list."""
        for way in Way:
            soon = [
                each for each in self.incidents.values() if self._unheeded(each, way, now, SOON)
            ]
            due = [each for each in soon if self._unheeded(each, way, now)]
            if due and len(soon) > REMINDED_ALONE:
                for incident in soon:
                    self._told_in_list(incident, way, now, Why.REMINDER)
                yield Reminded(way, tuple(soon))
                continue
            for incident in due:
                if way is Way.TELEGRAM:
                    if not self.news.room(now):
                        break
                    urgent = incident.rank == MOST_IMPORTANT
                    self.news.came(incident.id, now, single=True, urgent=urgent)
                yield self._say(Telling(incident, incident.entry, Why.REMINDER, way, now))
                self.changes.incidents[incident.id] = incident

    def _unheeded(self, incident: Incident, way: Way, now: float, part: float = 1.0) -> bool:
        """Whether this part of the interval for its reminder has passed, and nothing forbids it."""
        if incident.ended is not None or incident.kind is not Kind.ERROR:
            return False
        interval = self.rules.reminders.get(incident.rank)
        told = incident.posted if way is Way.TELEGRAM else incident.mailed
        if interval is None or not told or incident.id in self.acknowledged:
            return False
        if now - told < interval * part:
            return False
        telling = Telling(incident, incident.entry, Why.REMINDER, way, now)
        return self.rules.push(way).takes(incident.worst) and not hushed(hushes.ALL, self, telling)

    def _told_in_list(self, incident: Incident, way: Way, now: float, reason: str) -> None:
        if way is Way.MAIL:
            incident.mailed, incident.owed = now, None
        else:
            incident.posted = now
        incident.remark(now, Happened.LISTED, reason)
        self.changes.incidents[incident.id] = incident

    def _storms(self, now: float) -> Iterator[Decision]:
        for storm in [*self.storms.values()]:
            if storm.ended is None and not storm.lasts(now, self.rules.storm.calm):
                storm.ended = storm.told = now
                storm.changed = False
                self.mark(storm)
                yield StormEnded(storm)
            elif storm.changed:
                if storm.due(now):
                    yield from self._touch(storm, now)
            elif storm.ended is not None and all(each.ended for each in self.in_storm(storm)):
                del self.storms[storm.id]
                self.changes.storms[storm.id] = None

    def _mornings(self, now: float) -> Iterator[Decision]:
        """What the quiet hours held, once they are over for it."""
        for way in Way:
            push, held = self.rules.push(way), self.held_for(way)
            waiting = {
                rank
                for rank in {each.rank for each in held}
                if (quiet := push.quieted(rank, now, self.rules.zone)) and quiet.hold
            }
            # What is muted by now is told of with the end of the mute at the earliest.
            over = [
                each for each in held if each.rank not in waiting and not self.muting(each, now)
            ]
            for incident in over:
                self.held.release(incident.id, way)
                self._told_in_list(incident, way, now, Because.QUIET)
            if over:
                yield Morning(way, tuple(over), self.held.forgotten.pop(way, 0))

    def _schedules(self, now: float) -> Iterator[Decision]:
        """Regular work that begins is muted."""
        running = {each.schedule for each in self.mutes.values()}
        for schedule in self.rules.schedules:
            end = schedule.week.end(now, self.rules.zone)
            lifted = self.held.lifted.get(schedule.name, 0.0) > now
            if end is None or lifted or schedule.name in running:
                continue
            until = min(end, now + LONGEST_SCHEDULE)
            self.numbers.mute += 1
            mute = Mute(
                self.numbers.mute,
                schedule.scope,
                now,
                until,
                "",
                0,
                level=schedule.level,
                schedule=schedule.name,
            )
            self.keep(mute)
            yield MuteBegan(mute)

    def _mutes(self, now: float) -> Iterator[Decision]:
        names = {"", *(each.name for each in self.rules.schedules)}
        for mute in [*self.mutes.values()]:
            if mute.until <= now or mute.schedule not in names:  # or out of the configuration
                yield MuteEnded(mute)
                self.end(mute, now)
            elif mute.warns_at <= now and not mute.warned and not mute.schedule:
                warned = replace(mute, warned=True)
                self.keep(warned)
                if not mute.fingerprint or self.covered(mute):
                    yield MuteEnding(warned)
