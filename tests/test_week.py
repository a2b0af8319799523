"""Hours that come again every week."""

from __future__ import annotations

from datetime import datetime
from math import inf
from zoneinfo import ZoneInfo

import pytest

from sonixbot.language import language
from sonixbot.week import Week, WeekError, parse_week

MOSCOW = ZoneInfo("Europe/Moscow")
BERLIN = ZoneInfo("Europe/Berlin")
NIGHTS = "mon-fri 22:00-07:00"


def at(text: str, zone: ZoneInfo = MOSCOW) -> float:
    """Unix seconds of a time of the wall clock; 12 April 2021 was a Monday."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (NIGHTS, NIGHTS),
        ("Mon - Fri, 22 – 7", NIGHTS),
        ("пн-пт 22:00-07:00", NIGHTS),
        ("с пн по пт с 22 до 7", NIGHTS),
        ("по будням с 22.00 до 7.00", NIGHTS),
        ("from Monday to Friday from 22 until 7", NIGHTS),
        ("22-7", "22:00-07:00"),
        ("каждый день 9-18", "09:00-18:00"),
        ("every day 9-18", "09:00-18:00"),
        ("sat-sun", "sat-sun 00:00-24:00"),
        ("сб,вс", "sat-sun 00:00-24:00"),
        ("weekend; workdays 22-7", f"sat-sun 00:00-24:00; {NIGHTS}"),
        ("mon, wed and fri 9-12", "mon,wed,fri 09:00-12:00"),
        ("mon 9-12, 14-18, sat", "mon 09:00-12:00; mon 14:00-18:00; sat 00:00-24:00"),
        ("fri-mon 0-24", "mon,fri-sun 00:00-24:00"),
        ("ср., чт. 7:30-24:00", "wed-thu 07:30-24:00"),
    ],
)
def test_days_and_hours_are_read_as_people_write_them(text: str, meant: str) -> None:
    """What people write in English or Russian means these windows, and is read back as written."""
    week = parse_week(text)
    assert str(week) == meant
    assert parse_week(str(week)) == week


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "there is neither a day nor an hour"),
        (" ; ", "there is neither a day nor an hour"),
        ("fryday 9-18", '"fryday" is neither a day nor hours'),
        ("mon-tue-wed 9-18", '"mon-tue-wed" is neither a day nor hours'),
        ("weekend-mon", '"weekend-mon" is neither a day nor hours'),
        ("mon 22:00", '"22:00" is neither a day nor hours'),
        ("mon 22:60-7", "22:60-7 is no time of a day"),
        ("22-25", "22-25 is no time of a day"),
        ("24-7", "24-7 is no time of a day"),
        ("8:00-8:00", "8:00-8:00 ends as it begins; a whole day is 00:00-24:00"),
    ],
)
def test_what_is_no_week_is_refused_with_an_example(text: str, reason: str) -> None:
    """A mistake is named, beside an example of what makes sense."""
    with pytest.raises(WeekError) as refused:
        parse_week(text)
    assert str(refused.value) == (
        f'I expect days and hours such as "mon-fri 22:00-07:00" or "sat-sun": {reason}.'
    )


def test_a_week_is_said_in_the_language_of_its_reader() -> None:
    """English readers and Russian readers see their own days; a window of every day names none."""
    week = parse_week("пн-пт 22-7; 12-13")
    assert week.said(language("en")) == "mon–fri 22:00–07:00; 12:00–13:00"
    assert week.said(language("ru")) == "пн–пт 22:00–07:00; 12:00–13:00"


@pytest.mark.parametrize(
    ("moment", "inside"),
    [
        ("2021-04-12 06:59", False),  # Monday: the night of Sunday is not among them
        ("2021-04-12 21:59:59", False),
        ("2021-04-12 22:00", True),
        ("2021-04-13 00:00", True),
        ("2021-04-13 06:59:59", True),
        ("2021-04-13 07:00", False),
        ("2021-04-17 06:59", True),  # Saturday: the night began on Friday
        ("2021-04-17 22:30", False),
    ],
)
def test_a_night_belongs_to_the_day_on_which_it_begins(moment: str, inside: bool) -> None:
    """Hours over midnight go on into the next day, whichever day that is."""
    assert parse_week(NIGHTS).contains(at(moment), MOSCOW) is inside


def test_the_zone_decides_which_hour_it_is() -> None:
    """The same moment is within in Moscow and outside in Berlin."""
    moment = at("2021-04-12 22:30")
    week = parse_week(NIGHTS)
    assert (week.contains(moment, MOSCOW), week.contains(moment, BERLIN)) == (True, False)


def test_a_window_tells_when_it_ends_and_when_the_next_begins() -> None:
    """Within, the end of this night and the begin of the next; outside, no end."""
    week = parse_week(NIGHTS)
    friday = at("2021-04-16 23:00")
    assert week.end(friday, MOSCOW) == at("2021-04-17 07:00")
    assert week.next_begin(friday, MOSCOW) == at("2021-04-19 22:00")
    noon = at("2021-04-13 12:00")
    assert week.end(noon, MOSCOW) is None
    assert week.next_begin(noon, MOSCOW) == at("2021-04-13 22:00")
    assert week.next_begin(at("2021-04-13 22:00"), MOSCOW) == at("2021-04-14 22:00")


def test_windows_that_touch_are_one() -> None:
    """A night that goes over into a free weekend ends when the weekend and its night do."""
    week = parse_week("22-7; sat-sun")
    span = week.span(at("2021-04-16 23:00"), MOSCOW)
    assert span is not None
    assert (span.begin, span.end) == (at("2021-04-16 22:00"), at("2021-04-19 07:00"))


@pytest.mark.parametrize("text", ["0-24", "mon-sun", "7-22; 22-7", "7:00-7:01, 7:01-7:00"])
def test_a_week_without_a_gap_never_ends(text: str) -> None:
    """Windows that leave no minute out have no end and no next begin."""
    week: Week = parse_week(text)
    moment = at("2021-04-16 23:00")
    assert week.end(moment, MOSCOW) == inf
    assert week.next_begin(moment, MOSCOW) is None


def test_one_minute_a_week_is_found_from_any_day() -> None:
    """The next begin of a single minute lies within a week, also just after it began."""
    week = parse_week("wed 12:00-12:01")
    first, second = at("2021-04-14 12:00"), at("2021-04-21 12:00")
    assert week.next_begin(first - 1, MOSCOW) == first
    assert week.next_begin(first, MOSCOW) == second
    assert week.end(first, MOSCOW) == first + 60


def test_a_night_of_summer_time_is_an_hour_shorter_and_one_of_winter_time_longer() -> None:
    """Ends are moments of the wall clock, whatever the clock did in between."""
    week = parse_week("22-7")
    for day, hours in (("2021-03-27", 8), ("2021-10-30", 10), ("2021-06-01", 9)):
        begin = at(f"{day} 22:00", BERLIN)
        assert week.end(begin, BERLIN) == begin + hours * 3600


def test_hours_that_the_clock_leaves_out_count_as_those_after_them() -> None:
    """A window within the hour that summer time leaves out still comes, an hour later."""
    week = parse_week("2:15-2:45")
    begin = at("2021-03-28 03:15", BERLIN)
    assert week.next_begin(at("2021-03-28 01:00", BERLIN), BERLIN) == begin
    assert week.end(begin, BERLIN) == begin + 1800


def test_without_a_zone_the_hours_are_the_computers() -> None:
    """The wall clock of the computer decides where no zone is configured."""
    begin = datetime(2021, 6, 1, 22).timestamp()  # noqa: DTZ001 - the computer's own clock is meant
    week = parse_week("22-7")
    assert week.span(begin, None) is not None
    assert not week.contains(begin - 1, None)
