"""Hushes: why an incident is not told by itself.

Three lists, each asked from the top; the first rule that applies gives the reason, which the
history of the incident keeps. Each rule is a function of the facts in the book, the incident and
`now`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sonixbot.alerts.book import Book
from sonixbot.alerts.incidents import Because, Incident, Why
from sonixbot.alerts.rules import Way
from sonixbot.entry import MOST_IMPORTANT, Entry


@dataclass(frozen=True, slots=True)
class Hush:
    """A reason for silence."""

    because: Because
    #: The number of the mute, or of the incident that is the cause.
    number: int = 0
    #: Whose wish it is, or what hides it.
    who: str = ""


@dataclass(frozen=True, slots=True)
class Telling:
    """An incident that is to be told: why, which way, and because of which entry."""

    incident: Incident
    entry: Entry
    why: Why | None
    way: Way
    now: float


def muted(book: Book, telling: Telling) -> Hush | None:
    """Somebody, or regular work, wants silence about it."""
    mute = book.muted(telling.entry, telling.now, telling.incident.fingerprint)
    if mute is None:
        return None
    if mute.schedule:
        return Hush(Because.SCHEDULE, mute.id, mute.schedule)
    return Hush(Because.MUTE, mute.id, mute.author)


def consequence(book: Book, telling: Telling) -> Hush | None:
    """It follows from another incident, which tells of it.

    A cause of which nobody has been told yet hides nothing that is more important than itself.
    """
    cause = book.cause_of(telling.incident, telling.entry, telling.now)
    if cause is None or (telling.entry.rank < cause.rank and book.kept_back(cause)):
        return None
    return Hush(Because.CAUSE, cause.id, cause.name or cause.about)


def quiet_hours(book: Book, telling: Telling) -> Hush | None:
    """It can wait for the digest after the quiet hours of this way."""
    push, now = book.rules.push(telling.way), telling.now
    quiet = push.quieted(telling.incident.rank, now, book.rules.zone)
    return Hush(Because.QUIET) if quiet and quiet.hold else None


def cared_for(book: Book, telling: Telling) -> Hush | None:
    """Somebody takes care of it, and a further mail would say nothing new."""
    care = book.acknowledged.get(telling.incident.id)
    if care is None or telling.way is not Way.MAIL or telling.why is not None:
        return None
    return Hush(Because.ACKNOWLEDGED, who=care.author)


def lately_mailed(book: Book, telling: Telling) -> Hush | None:
    """A mail about it was sent within the repeat interval."""
    mailed = telling.incident.mailed
    if telling.way is not Way.MAIL or mailed is None:
        return None
    recent = 0 <= telling.now - mailed < book.rules.repeat_interval
    return Hush(Because.INTERVAL) if recent else None


def stormy(book: Book, telling: Telling) -> Hush | None:
    """It stands in the digest of the storm; in Telegram the first of level 1 stand by themselves.

    Whether it is a storm has been found out before.
    """
    if book.storm(telling.now) is None:
        return None
    urgent = telling.way is Way.TELEGRAM and telling.incident.rank == MOST_IMPORTANT
    if urgent and book.news.urgent_room(telling.now):
        return None
    return Hush(Because.STORM)


Rule = Callable[[Book, Telling], Hush | None]

#: What hides an entry whatever the way: it is only counted.
ANY_WAY: Final[tuple[Rule, ...]] = (muted, consequence)
#: What keeps an incident from being told by itself one way, before the weather is asked …
ONE_WAY: Final[tuple[Rule, ...]] = (cared_for, lately_mailed, quiet_hours)
#: … and after.
WEATHER: Final[tuple[Rule, ...]] = (stormy,)
ALL: Final = (*ANY_WAY, *ONE_WAY, *WEATHER)


def hushed(rules: tuple[Rule, ...], book: Book, telling: Telling) -> Hush | None:
    """The reason for silence that the first of these rules gives; None: it is told."""
    return next((hush for rule in rules if (hush := rule(book, telling))), None)
