"""Telling: how what is to be told is told, or why it is not."""

from __future__ import annotations

from collections.abc import Iterator
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
        hush = hushed(hushes.ANY_WAY, self, telling)
        if hush is None or hush.because is not Because.CAUSE:  # else two would hide each other
            self._begin_to_hide(incident, now)
        if hush:
            return self._hide(incident, why, hush, now)
        why, incident.unsaid = why or incident.unsaid, None
        decisions, due = self._due(incident, entry, why, now)
        if not live:
            # The digest of the time away also names what goes on and only a storm's digest told.
            known = [Renew(incident)] if incident.listed and not due else []
            return [*decisions, *known, *(self._say(each, noted=False) for each in due)]
        # A mail that only says that something goes on is no news.
        news = why is not None or any(each.way is Way.TELEGRAM for each in due)
        decisions += self._weather(incident, now, news=news) if due else ()
        told = [
            self._list(each) if hushed(hushes.WEATHER, self, each) else self._say(each)
            for each in due
        ]
        single = any(isinstance(each, Post) for each in told)
        if single or (told and news and not self.storm(now)):
            urgent = incident.rank == MOST_IMPORTANT
            self.news.came(incident.id, now, single=single, urgent=urgent)
        return [*decisions, *told]

    def _begin_to_hide(self, incident: Incident, now: float) -> None:
        """A main cause hides from now on what follows from it."""
        if hides := self.rules.grouping.hides(incident.rule):
            incident.hides_until = now + hides.seconds
            self.causes[incident.id] = incident

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
                decisions += self._renewed(incident, now)
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
        listed = incident.listed and incident.storm in self.storms
        told = listed or (incident.post and not given_up)
        return why or (None if told else Why.STILL)

    def _renewed(self, incident: Incident, now: float) -> Iterator[Decision]:
        if not incident.listed:
            yield Renew(incident)
        elif storm := self.storms.get(incident.storm):
            yield from self._touch(storm, now)

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
            self.held.spare(incident.id, telling.way)
            if telling.way is Way.MAIL:
                incident.owed = None  # the morning's mail tells it
        if telling.way is Way.MAIL:
            incident.remark(telling.now, Happened.HIDDEN, hush.because, hush.who)
        else:
            incident.note(telling.now, Happened.HIDDEN, hush.because, hush.who)
        if telling.way is Way.TELEGRAM and incident.post:
            yield Renew(incident)

    def _hide(self, incident: Incident, why: Why | None, hush: Hush, now: float) -> list[Decision]:
        """Only count it, where that is asked for; whatever hides it tells of it."""
        incident.unsaid = why or incident.unsaid
        incident.note(now, Happened.HIDDEN, hush.because, hush.who)
        decisions: list[Decision] = [Renew(incident, counted=False)] if incident.post else []
        if hush.because is Because.CAUSE:
            cause = self.causes[hush.number]
            _count_in(cause.hidden, incident.id)
            self.changes.incidents[cause.id] = cause
            return [*decisions, *self._renewed(cause, now)]
        mute = self.mutes[hush.number]
        _count_in(mute.hidden, incident.id)
        self.keep(mute)
        return decisions

    def _weather(self, incident: Incident, now: float, *, news: bool) -> Iterator[Decision]:
        """Let it go with the storm; where it is one piece of news too many, a storm begins."""
        if storm := self.storm(now):
            storm.grow(now)
            incident.storm = storm.id
            yield from self._touch(storm, now)
        elif news and self.news.breaks(incident.id, self.rules.storm, now):
            self.numbers.storm += 1
            within = self.rules.storm.within
            storm = Storm(self.numbers.storm, self.news.begin(now, within), [now], now)
            for each in self.news.lately(now, within):
                if found := self.find(each):
                    found.storm = storm.id
                    self.changes.incidents[found.id] = found
            incident.storm = storm.id
            self.mark(storm)
            yield StormBegan(storm)

    def _say(self, telling: Telling, *, noted: bool = True) -> Decision:
        """Tell it by itself; `noted` false: whether it comes to that is seen later."""
        incident, now, why = telling.incident, telling.now, telling.why or Why.STILL
        self.held.release(incident.id, telling.way)
        if noted:
            mail = telling.way is Way.MAIL
            incident.note(now, Happened.MAILED if mail else Happened.POSTED, why)
        if telling.way is Way.MAIL:
            incident.mailed, incident.owed = now, None
            incident.mail += 1
            incident.mail_why = why
            return Mail(incident)
        quiet = self.rules.telegram.quieted(incident.rank, now, self.rules.zone)
        incident.post += 1
        incident.lost = incident.listed = False
        incident.post_why, incident.posted = why, now
        return Post(incident, silent=quiet is not None)

    def _list(self, telling: Telling) -> Decision:
        """Leave it to the digest of the storm."""
        incident, now = telling.incident, telling.now
        self.held.release(incident.id, telling.way)
        if telling.way is Way.MAIL:
            incident.mailed, incident.owed = now, None
        else:
            incident.listed, incident.posted = True, now
        incident.remark(now, Happened.LISTED, Because.STORM)
        return Renew(incident, counted=False)

    def _end_incident(self, incident: Incident, now: float, who: str = "") -> Decision:
        incident.ended = now
        incident.hides_until = 0.0
        incident.note(now, Happened.ENDED, who=who)
        self.changes.incidents[incident.id] = incident
        if incident.listed and (storm := self.storms.get(incident.storm)):
            storm.changed = True
            self.mark(storm)
        return Ended(incident, aloud=self._ends_aloud(incident, now))

    def _ends_aloud(self, incident: Incident, now: float) -> bool:
        """Whether somebody who was told of it by itself waits for its end."""
        if self.kept_back(incident) or self.muting(incident, now):
            return False
        important = incident.rank <= ENDS_ALOUD and incident.kind is Kind.ERROR
        return bool(incident.hidden) or (important and not incident.listed)


def _count_in(hidden: dict[int, int], number: int) -> None:
    # In place: a copy for each of ten thousand incidents would cost the square of that.
    hidden[number] = hidden.get(number, 0) + 1
