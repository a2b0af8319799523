"""Vigil: what should be there and is not, and the bot's own signs of life, as news."""

from __future__ import annotations

from datetime import time, tzinfo
from typing import Final

from sonixbot.activity import Activity
from sonixbot.alerts import AlertPolicy, Decision
from sonixbot.alerts.absence import Absence, Absences, absences
from sonixbot.alerts.sightings import Sightings
from sonixbot.alerts.tally import Tally, alive_due, was_away
from sonixbot.config import Config
from sonixbot.entry import Entry, Kind
from sonixbot.errors import Sentence
from sonixbot.language import Language, language
from sonixbot.rulebook import absences_of
from sonixbot.store import Store

#: Who says so: the protocol does not.
SOURCE: Final = "sonixbot"


class Vigil:
    """Keeps what was seen and counted; it is written down with the position in the protocol."""

    def __init__(
        self,
        rules: Absences,
        spoken: Language,
        zone: tzinfo | None,
        store: Store,
        now: float,
        *,
        alive_at: time | None = None,
        away_time: float | None = None,
    ) -> None:
        """`alive_at`: when the daily line is said; `away_time`: seconds away that are told."""
        self._rules, self._language, self._zone, self._store = rules, spoken, zone, store
        self._alive_at, self._away_time = alive_at, away_time
        self._sightings = Sightings(rules.values, store.fact("sightings"))
        counted = store.fact("tally")
        #: What came since the last daily line.
        self.tally = Tally.from_json(counted) if counted else Tally(now)

    @classmethod
    def of(cls, config: Config, store: Store, now: float) -> Vigil:
        """The vigil that a configuration wants."""
        health = config.health
        return cls(
            absences_of(config),
            language(config.language),
            config.zone,
            store,
            now,
            alive_at=health.alive_at,
            away_time=health.away_time,
        )

    def note(self, entry: Entry, before: Entry | None, now: float) -> None:
        """Note an entry that was read; `before` is its earlier, less complete telling."""
        self._sightings.note(entry, now)
        self.tally.note(entry, before)

    def look(
        self, policy: AlertPolicy, activity: Activity | None, trouble: Sentence | None, now: float
    ) -> list[Decision]:
        """What is missing now, and what is back, as an incident each and its end."""
        seen = self._sightings.look(now, activity, trouble)
        missed = absences(self._rules, seen, now, self._zone, policy.missed())
        return policy.missing({each.key: self._entry(each, now) for each in missed}, now)

    def _entry(self, absence: Absence, now: float) -> Entry:
        said = self._language.say(absence.said)
        return Entry(Kind.ERROR, absence.level, SOURCE, said, now, 0)

    def alive_due(self, now: float) -> bool:
        """Whether the daily line is to be said now."""
        return alive_due(self._alive_at, now, self.tally.since, self._zone)

    def said_alive(self, now: float) -> None:
        """The daily line was said: count anew."""
        self.tally = Tally(now)

    def was_away(self, alive: float | None, now: float) -> bool:
        """Whether a start tells since when the bot was away, though nothing came meanwhile."""
        return was_away(alive, now, self._away_time)

    def save(self) -> None:
        """Write down what was seen and counted; joins the caller's transaction."""
        self._store.remember("sightings", self._sightings.to_json())
        self._store.remember("tally", self.tally.to_json())
