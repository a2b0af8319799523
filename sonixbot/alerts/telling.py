"""Telling: how what is to be told is told, or why it is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from sonixbot.alerts import hushes
from sonixbot.alerts.book import Book
from sonixbot.alerts.decisions import Decision, Ended, Mail, Post, Renew, StormBegan, StormRenewed
from sonixbot.alerts.hushes import Hush, Telling, hushed
from sonixbot.alerts.incidents import Because, Happened, Incident, Why
from sonixbot.alerts.rules import Way
from sonixbot.alerts.storms import Storm
from sonixbot.entry import MOST_IMPORTANT, Entry, Kind

#: The end of an incident up to this level is told in a message of its own.
ENDS_ALOUD: Final = 2


class Teller(Book):
    """The book, and how news in it is told."""

    def _tell(
        self, incident: Incident, entry: Entry, why: Why | None, now: float, *, live: bool
    ) -> list[Decision]:
        """Tell what was counted, each way by itself or with its reason not."""
        telling = Telling(incident, entry, why, Way.TELEGRAM, now)
        if hush := hushed(hushes.ANY_WAY, self, telling):
            return self._hide(incident, why, hush, now)
        why, incident.unsaid = why or incident.unsaid, None
        decisions, due = self._due(incident, entry, why, now)
        if due and live:
            decisions += self._weather(incident, due, now)
        for each in due:
            hush = hushed(hushes.WEATHER, self, each) if live else None
            decisions.append(self._list(each) if hush else self._say(each))
        return decisions

    def _due(
        self, incident: Incident, entry: Entry, why: Why | None, now: float
    ) -> tuple[list[Decision], list[Telling]]:
        """The ways on which it is to be told anew, and what is done on the others."""
        decisions: list[Decision] = []
        due: list[Telling] = []
        for way in Way:
            if not self.rules.push(way).takes(entry):
                continue
            reason = self._reason(incident, why, way, now)
            if reason is None:
                decisions += self._renewed(incident)
                continue
            telling = Telling(incident, entry, reason, way, now)
            news = replace(telling, why=why)  # a mere repetition is no news
            if hush := hushed(hushes.ONE_WAY, self, news):
                decisions += self._spare(telling, news.why, hush)
            else:
                due.append(telling)
        return decisions, due

    def _reason(self, incident: Incident, why: Why | None, way: Way, now: float) -> Why | None:
        """Why it is to be told anew this way; None where what was told is brought up to date."""
        if way is Way.MAIL:
            return why or incident.owed or Why.STILL
        given_up = incident.lost and now - incident.posted >= self.rules.quiet_time
        told = incident.listed or (incident.post and not given_up)
        return why or (None if told else Why.STILL)

    def _renewed(self, incident: Incident) -> Iterator[Decision]:
        if not incident.listed:
            yield Renew(incident)
        elif storm := self.storms.get(incident.storm):
            yield from self._touch(storm, incident.seen)

    def _touch(self, storm: Storm, now: float) -> Iterator[Decision]:
        storm.changed = True
        if storm.due(now):
            storm.told, storm.changed = now, False
            yield StormRenewed(storm)
        self.mark(storm)

    def _spare(self, telling: Telling, why: Why | None, hush: Hush) -> Iterator[Decision]:
        """Do not tell it this way, and remember what that takes."""
        incident = telling.incident
        if hush.because is Because.INTERVAL:
            incident.owed = why or incident.owed
            if why is None:
                return  # nothing is kept back: the last mail told as much
        if hush.because is Because.QUIET:
            held = self.held.quiet.setdefault(telling.way, [])
            if incident.id not in held:
                held.append(incident.id)
        incident.note(telling.now, Happened.HIDDEN, hush.because, hush.who)
        if telling.way is Way.TELEGRAM and incident.post:
            yield Renew(incident)

    def _hide(self, incident: Incident, why: Why | None, hush: Hush, now: float) -> list[Decision]:
        """Only count it, where that is asked for; whatever hides it tells of it."""
        incident.unsaid = why or incident.unsaid
        incident.note(now, Happened.HIDDEN, hush.because, hush.who)
        decisions: list[Decision] = [Renew(incident, counted=False)] if incident.post else []
        if hush.because is Because.CAUSE:
            cause = self.find(hush.number)
            if cause:
                cause.hidden[incident.id] = cause.hidden.get(incident.id, 0) + 1
                self.changes.incidents[cause.id] = cause
                decisions += self._renewed(cause)
            return decisions
        mute = self.mutes[hush.number]
        self.keep(replace(mute, hidden=_one_more(mute.hidden, incident.id)))
        return decisions

    def _weather(self, incident: Incident, due: list[Telling], now: float) -> list[Decision]:
        """Note the news; where it is one too many, a storm begins."""
        begun: list[Decision] = []
        storm = self.storm()
        if storm is None and self.news.breaks(incident.id, self.rules.storm, now):
            self.numbers.storm += 1
            storm = Storm(self.numbers.storm, now, now, now)
            for each in map(self.find, self.news.lately(now, self.rules.storm.within)):
                if each:
                    each.storm = storm.id
                    self.changes.incidents[each.id] = each
            begun.append(StormBegan(storm))
        urgent = incident.rank == MOST_IMPORTANT
        posts = any(each.way is Way.TELEGRAM for each in due)
        single = posts and (storm is None or (urgent and self.news.urgent_room(now)))
        if storm:
            storm.grew = now
            incident.storm = storm.id
            begun += [each for each in self._touch(storm, now) if not begun]
        self.news.came(incident.id, now, single=single, urgent=urgent)
        return begun

    def _say(self, telling: Telling) -> Decision:
        """Tell it by itself."""
        incident, now = telling.incident, telling.now
        why = telling.why or Why.STILL
        if telling.way is Way.MAIL:
            incident.mailed, incident.owed = now, None
            incident.mail += 1
            incident.mail_why = why
            incident.note(now, Happened.MAILED, why)
            return Mail(incident)
        quiet = self.rules.telegram.quieted(telling.entry.rank, now, self.rules.zone)
        incident.post += 1
        incident.lost = incident.listed = False
        incident.post_why, incident.posted = why, now
        incident.note(now, Happened.POSTED, why)
        return Post(incident, silent=quiet is not None)

    def _list(self, telling: Telling) -> Decision:
        """Leave it to the digest of the storm."""
        incident, now = telling.incident, telling.now
        if telling.way is Way.MAIL:
            incident.mailed, incident.owed = now, None
        else:
            incident.listed, incident.posted = True, now
        incident.note(now, Happened.LISTED, Because.STORM)
        return Renew(incident, counted=False)

    def _end_incident(self, incident: Incident, now: float, who: str = "") -> Decision:
        incident.ended = now
        incident.hides_until = 0.0
        incident.note(now, Happened.ENDED, who=who)
        self.changes.incidents[incident.id] = incident
        muted = self.muting(incident, now) is not None
        important = incident.rank <= ENDS_ALOUD and incident.kind is Kind.ERROR
        told = bool(incident.hidden) or (important and not incident.listed)
        return Ended(incident, aloud=told and not muted)


def _one_more(hidden: Mapping[int, int], number: int) -> dict[int, int]:
    return {**hidden, number: hidden.get(number, 0) + 1}
