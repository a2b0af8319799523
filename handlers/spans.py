"""Spans: stretches of time as people type them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final, NamedTuple

from sonixbot.excerpts import Span
from sonixbot.language import parse_duration

_DATE: Final = r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}\.\d{1,2}(?:\.\d{4})?|today|yesterday|сегодня|вчера"
_TIME: Final = r"\d{1,2}:\d{2}(?::\d{2})?"
_MOMENT: Final = rf"(?:({_DATE})(?:,?\s+({_TIME}))?|({_TIME}))"
_RANGE: Final = re.compile(
    rf"(?:(?:from|since|с|со)\s+)?{_MOMENT}"
    rf"(?:(?:\s*(?:\.\.|[-–—])\s*|\s+(?:to|till|until|до|по)\s+){_MOMENT})?",
    re.IGNORECASE,
)
_LAST: Final = re.compile(r"^(?:the\s+)?(?:last|за|последни[ей])\s+", re.IGNORECASE)
_YESTERDAY: Final = frozenset({"yesterday", "вчера"})
_TODAY: Final = frozenset({"today", "сегодня"})
_DAY: Final = timedelta(days=1)
#: The last moment of a day, fractions of its last second included.
_LATEST: Final = time(23, 59, 59, 999_999)


class _Moment(NamedTuple):
    """A moment as it is typed; a part that is None is not."""

    day: date | None
    of_day: time | None
    #: The year is not typed.
    any_year: bool = False


def parse_span(text: str, zone: tzinfo | None, now: float) -> Span | None:
    """What `30m`, `03:00-04:30`, `23.11 22:00 - 24.11 03:00`, `23.11` or `с 3:00` name, or None.

    What is left out is filled up so that it lies in the past, as near as it can: the day of a time,
    the year of a date. A date alone is the whole day; a moment alone goes on until now.
    """
    text = " ".join(text.split())
    lasted = parse_duration(_LAST.sub("", text))
    if lasted is not None:
        return Span(max(0.0, now - lasted), now)
    found = _RANGE.fullmatch(text)
    if found is None:
        return None
    try:
        moment = datetime.fromtimestamp(now, UTC).astimezone(zone)
        first = _read(found[1], found[2] or found[3], moment.date())
        last = _read(found[4], found[5] or found[6], moment.date())
        span = _span(first, last, zone, moment)
    except (ValueError, OverflowError, OSError):  # no calendar has it
        return None
    return span if span.start <= span.end else None


def _read(day: str | None, of_day: str | None, today: date) -> _Moment:
    """A moment by its parts. Raises ValueError."""
    at = _of_day(of_day) if of_day else None
    if not day:
        return _Moment(None, at)
    if day.lower() in _TODAY | _YESTERDAY:
        return _Moment(today - _DAY if day.lower() in _YESTERDAY else today, at)
    if "-" in day:
        year, month, of_month = map(int, day.split("-"))
        return _Moment(date(year, month, of_month), at)
    of_month, month, *years = map(int, day.split("."))
    return _Moment(date(years[0] if years else today.year, month, of_month), at, not years)


def _of_day(typed: str) -> time:
    if typed == "24:00":
        return _LATEST
    hour, minute, *seconds = map(int, typed.split(":"))
    return time(hour, minute, seconds[0] if seconds else 0)


def _span(first: _Moment, last: _Moment, zone: tzinfo | None, now: datetime) -> Span:
    day, of_day = first.day or now.date(), first.of_day or time()
    if first.any_year and day > now.date():
        day = day.replace(year=day.year - 1)
    if first.day is None:
        ended = last.day and _at(last.day, last.of_day or _LATEST, zone)
        day = last.day or day
        if _at(day, of_day, zone) > (ended or now.timestamp()):
            day -= _DAY
    start = _at(day, of_day, zone)
    if last == _Moment(None, None):
        return Span(start, now.timestamp() if first.of_day else _at(day, _LATEST, zone))
    ends, ended_on = last.of_day or _LATEST, last.day or day
    if last.any_year:
        ended_on = ended_on.replace(year=day.year)
        if ended_on < day and day.year < now.year:  # over New Year
            ended_on = ended_on.replace(year=day.year + 1)
    end = _at(ended_on, ends, zone)
    if last.day is None and end < start:
        end = _at(ended_on + _DAY, ends, zone)
    return Span(start, end)


def _at(day: date, of_day: time, zone: tzinfo | None) -> float:
    return datetime.combine(day, of_day, zone).timestamp()
