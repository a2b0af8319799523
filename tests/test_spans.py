"""Spans: stretches of time as people type them after /log."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from handlers.spans import parse_span
from sonixbot.excerpts import Span
from tests.handclock import NIGHT

#: The night of the 13th of April 2021, 03:22:45.
MOSCOW = timezone(timedelta(hours=3))


def at(
    day: int, hour: int, minute: int, second: int = 0, *, month: int = 4, year: int = 2021
) -> float:
    return datetime(year, month, day, hour, minute, second, tzinfo=MOSCOW).timestamp()


@pytest.mark.parametrize(
    ("typed", "start", "end"),
    [
        ("30m", NIGHT - 1800, NIGHT),
        ("за 2 ч", NIGHT - 7200, NIGHT),
        ("last 1h30", NIGHT - 5400, NIGHT),
        ("час", NIGHT - 3600, NIGHT),
        ("03:00-03:10", at(13, 3, 0), at(13, 3, 10)),
        ("3:00 – 04:30", at(13, 3, 0), at(13, 4, 30)),
        ("с 23:00 до 1:00", at(12, 23, 0), at(13, 1, 0)),
        ("from 3:00 to 3:10:30", at(13, 3, 0), at(13, 3, 10, 30)),
        ("04:00-05:00", at(12, 4, 0), at(12, 5, 0)),
        ("03:00", at(13, 3, 0), NIGHT),
        ("since 22:00", at(12, 22, 0), NIGHT),
        ("11.04 22:00 - 12.04 03:00", at(11, 22, 0), at(12, 3, 0)),
        ("11.04 22:00 - 03:00", at(11, 22, 0), at(12, 3, 0)),
        ("22:00 - 12.04 03:00", at(11, 22, 0), at(12, 3, 0)),
        ("11.04, 22:00 - 11.04, 23:00", at(11, 22, 0), at(11, 23, 0)),
        ("2021-04-11 22:00 - 2021-04-12 03:00", at(11, 22, 0), at(12, 3, 0)),
        (
            "23.11 22:00 - 24.11 03:00",
            at(23, 22, 0, month=11, year=2020),
            at(24, 3, 0, month=11, year=2020),
        ),
        ("30.12 - 2.01", at(30, 0, 0, month=12, year=2020), at(3, 0, 0, month=1) - 1e-6),
        ("12.04.2020 10:00-11:00", at(12, 10, 0, year=2020), at(12, 11, 0, year=2020)),
        ("12.04", at(12, 0, 0), at(13, 0, 0) - 1e-6),
        ("вчера", at(12, 0, 0), at(13, 0, 0) - 1e-6),
        ("yesterday 22:00 - today 02:00", at(12, 22, 0), at(13, 2, 0)),
        ("22:00-24:00", at(12, 22, 0), at(13, 0, 0) - 1e-6),
    ],
)
def test_a_stretch_of_time_as_typed(typed: str, start: float, end: float) -> None:
    """Durations, times, dates and both, in either language; what is left out lies in the past."""
    found = parse_span(typed, MOSCOW, NIGHT)
    assert isinstance(found, Span)
    assert list(found) == pytest.approx([start, end])


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "",
            "-",
            "yesterday-",
            "P1_beta",
            "25:00-26:00",
            "03:60",
            "31.02",
            "12.04 03:00 - 11.04 02:00",
            "12.04 20:00, 21:00",
        ),
        *("1.1.99999", "0000-01-01", "-30m", "03:00-"),
    ],
)
def test_what_is_no_stretch_of_time(typed: str) -> None:
    """What no calendar has, or what ends before it begins, is not guessed at."""
    assert parse_span(typed, MOSCOW, NIGHT) is None
