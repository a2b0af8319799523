"""Passing: what the passing of time asks for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sonixbot.alerts import hushes
from sonixbot.alerts.decisions import (
    Decision,
    Morning,
    MuteBegan,
    MuteEnded,
    MuteEnding,
    StormEnded,
)
from sonixbot.alerts.hushes import Telling, hushed
from sonixbot.alerts.incidents import Because, Happened, Incident, Why
from sonixbot.alerts.mutes import Mute
from sonixbot.alerts.rules import Way
from sonixbot.alerts.telling import Teller
from sonixbot.entry import Kind


class Passing(Teller):
    """The book, and what is told as time goes by."""

    def tick(self, now: float) -> list[Decision]:
        """What the passing of time asks for, in the order in which it is told."""
        return [
            *self._schedules(now),
            *self._ended(now),
            *self._mails_owed(now),
            *self._reminders(now),
            *self._storms(now),
            *self._mornings(now),
            *self._mutes(now),
        ]

    def _ended(self, now: float) -> Iterator[Decision]:
        for incident in self.incidents.values():
            quiet = now - incident.seen >= self.rules.quiet_time and not incident.standing
            if incident.ended is None and quiet:
                yield self._end_incident(incident, now)

    def _mails_owed(self, now: float) -> Iterator[Decision]:
        for incident in self.incidents.values():
            if incident.owed:
                telling = Telling(incident, incident.entry, incident.owed, Way.MAIL, now)
                if not hushed((*hushes.ANY_WAY, *hushes.ONE_WAY, *hushes.WEATHER), self, telling):
                    yield self._say(telling)
                    self.changes.incidents[incident.id] = incident

    def _reminders(self, now: float) -> Iterator[Decision]:
        """What nobody acknowledged is said again, as far as there is room for it."""
        for incident in self.incidents.values():
            interval = self.rules.reminders.get(incident.rank)
            if interval is None or not self._unheeded(incident, now, interval):
                continue
            telling = Telling(incident, incident.entry, Why.REMINDER, Way.TELEGRAM, now)
            silent = hushed((*hushes.ANY_WAY, *hushes.ONE_WAY, *hushes.WEATHER), self, telling)
            if silent or not self.news.room(now):
                continue
            self.news.came(incident.id, now, single=True, urgent=False)
            yield self._say(telling)
            self.changes.incidents[incident.id] = incident

    def _unheeded(self, incident: Incident, now: float, interval: float) -> bool:
        told = incident.post or incident.listed
        open_error = incident.ended is None and incident.kind is Kind.ERROR
        waits = incident.id not in self.acknowledged and now - incident.posted >= interval
        return bool(told and open_error and waits)

    def _storms(self, now: float) -> Iterator[Decision]:
        for storm in [*self.storms.values()]:
            if storm.ended is None and now - storm.grew >= self.rules.storm.calm:
                storm.ended = storm.told = now
                storm.changed = False
                self.mark(storm)
                yield StormEnded(storm)
            elif storm.due(now):
                yield from self._touch(storm, now)
            elif storm.ended is not None and all(each.ended for each in self.in_storm(storm)):
                del self.storms[storm.id]
                self.changes.storms[storm.id] = None

    def _mornings(self, now: float) -> Iterator[Decision]:
        """What the quiet hours held, once they are over for it."""
        for way in Way:
            push = self.rules.push(way)
            over = [
                each
                for each in self.held_for(way)
                if not ((quiet := push.quieted(each.rank, now, self.rules.zone)) and quiet.hold)
            ]
            for incident in over:
                incident.note(now, Happened.LISTED, Because.QUIET)
                if way is Way.MAIL:
                    incident.mailed, incident.owed = now, None
                self.changes.incidents[incident.id] = incident
            if over:
                kept = {each.id for each in over}
                left = [each for each in self.held.quiet[way] if each not in kept]
                self.held.quiet[way] = left
                yield Morning(way, tuple(over))

    def _schedules(self, now: float) -> Iterator[Decision]:
        """Regular work that begins is muted."""
        running = {each.schedule for each in self.mutes.values()}
        for schedule in self.rules.schedules:
            until = schedule.week.end(now, self.rules.zone)
            lifted = self.held.lifted.get(schedule.name, 0.0) > now
            if until is None or lifted or schedule.name in running:
                continue
            self.numbers.mute += 1
            mute = Mute(
                self.numbers.mute, schedule.scope, now, until, "", 0, level=schedule.level,
                schedule=schedule.name,
            )  # fmt: skip
            self.keep(mute)
            yield MuteBegan(mute)

    def _mutes(self, now: float) -> Iterator[Decision]:
        for mute in [*self.mutes.values()]:
            if mute.until <= now:
                yield MuteEnded(mute)
                self.end(mute, now)
            elif mute.warns_at <= now and not mute.warned and not mute.schedule:
                warned = replace(mute, warned=True)
                self.keep(warned)
                if not mute.fingerprint or self.covered(mute):
                    yield MuteEnding(warned)
