"""Absence: what should be there and is not.

What is missed once is missed until it is seen again, or until nobody expects it any more; a
restart of the bot, a sleep of the computer and a file that is gone for a while do not end it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import tzinfo
from math import inf
from typing import Final

from sonixbot.activity import Activity, Doing
from sonixbot.alerts.sightings import Seen, Value
from sonixbot.entry import MOST_IMPORTANT
from sonixbot.errors import Sentence, sentence
from sonixbot.language import DAY, HOUR, MINUTE
from sonixbot.week import Week

SILENT: Final = "silent"
IDLE: Final = "idle"
GONE: Final = "gone"


@dataclass(frozen=True, slots=True)
class Absence:
    """One thing that should be there and is not."""

    #: Its identity, the same as long as it is missing: `silent`, `idle`, `gone`, `value:helium`.
    key: str
    #: When it was last there, in Unix seconds.
    since: float
    said: Sentence
    level: int


@dataclass(frozen=True, slots=True)
class Absences:
    """What is missed, and after how many seconds; None: never."""

    #: The protocol says nothing while a script runs.
    silent_time: float | None = 30 * MINUTE
    #: No script runs …
    idle_time: float | None = None
    #: … in these hours; None: at any time.
    idle_hours: Week | None = None
    #: The protocol is gone or cannot be read.
    gone_time: float | None = MINUTE
    level: int = MOST_IMPORTANT
    values: tuple[Value, ...] = ()


def absences(
    rules: Absences,
    seen: Seen,
    now: float,
    zone: tzinfo | None,
    known: Collection[str] = (),
) -> list[Absence]:
    """All that is missing now; `known`: the keys of what was missing at the last look.

    What was not known is missed only after the bot has watched for as long as it may be away.
    """
    found = [*_silent(rules, seen, now, known), *_idle(rules, seen, now, zone, known)]
    found += _values(rules, seen, now, known)
    if seen.trouble:
        # Of what cannot be read nobody knows whether it is there.
        found = [each for each in found if each.key in known]
    return [*_gone(rules, seen, now, known), *found]


def _missed(last: float | None, limit: float, seen: Seen, now: float, *, known: bool) -> bool:
    """Whether something that was last there at that moment, None for never, is missed."""
    if known:
        return last is None or now - last >= limit
    return now - max(seen.watched, -inf if last is None else last) >= limit


def _gone(rules: Absences, seen: Seen, now: float, known: Collection[str]) -> Iterator[Absence]:
    if rules.gone_time is None or seen.trouble is None or seen.gone is None:
        return
    if GONE in known or _missed(seen.gone, rules.gone_time, seen, now, known=False):
        yield Absence(GONE, seen.gone, seen.trouble, rules.level)


def _silent(rules: Absences, seen: Seen, now: float, known: Collection[str]) -> Iterator[Absence]:
    limit = rules.silent_time
    if limit is None or seen.running is None:
        return
    if _missed(seen.heard, limit, seen, now, known=SILENT in known):
        said = sentence(
            "The protocol has said nothing for more than {limit}, though {script} is running.",
            limit=_long(limit),
            script=_script(seen.activity),
        )
        since = seen.watched if seen.heard is None else seen.heard
        yield Absence(SILENT, since, said, rules.level)


def _idle(
    rules: Absences, seen: Seen, now: float, zone: tzinfo | None, known: Collection[str]
) -> Iterator[Absence]:
    limit = rules.idle_time
    if limit is None or seen.idle is None:
        return
    begin = -inf
    if rules.idle_hours:
        span = rules.idle_hours.span(now, zone)
        if span is None:
            return
        begin = span.begin
    if IDLE in known or _missed(max(seen.idle, begin), limit, seen, now, known=False):
        yield Absence(IDLE, seen.idle, _no_script(seen.activity, _long(limit)), rules.level)


def _values(rules: Absences, seen: Seen, now: float, known: Collection[str]) -> Iterator[Absence]:
    for value in rules.values:
        if not value.always and seen.running is None:
            continue
        key, reported = f"value:{value.name}", seen.reported.get(value.name)
        # Nobody expects one before the script begins, but one that is missed is not back by that.
        begin = None if value.always else seen.running
        there = [at for at in (begin, reported) if at is not None]
        since = max(there, default=seen.watched)
        last = reported if key in known else since
        if _missed(last, value.within, seen, now, known=key in known):
            said = sentence(
                "{name}: not reported for more than {limit}.",
                name=value.name,
                limit=_long(value.within),
            )
            yield Absence(key, since, said, value.level)


def _script(activity: Activity | None) -> Sentence:
    if activity is None or not activity.script:
        return sentence("a script")
    return sentence("script {name}", name=activity.script)


def _no_script(activity: Activity | None, limit: Sentence) -> Sentence:
    if activity is None:
        return sentence(
            "No script has run for more than {limit}, as far as the protocol says.", limit=limit
        )
    script = _script(activity)
    if activity.doing is Doing.PAUSED:
        return sentence(
            "No script has run for more than {limit}: {script} is paused.",
            limit=limit,
            script=script,
        )
    return sentence(
        "No script has run for more than {limit}: {script} has finished.",
        limit=limit,
        script=script,
    )


def _long(seconds: float) -> Sentence:
    """A configured length of time, in the largest unit that tells it exactly."""
    if seconds % DAY == 0:
        return sentence("{n} d", n=int(seconds / DAY))
    if seconds % HOUR == 0:
        return sentence("{n} h", n=int(seconds / HOUR))
    if seconds % MINUTE == 0:
        return sentence("{n} min", n=int(seconds / MINUTE))
    return sentence("{n} s", n=round(seconds))
