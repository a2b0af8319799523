"""The bot about itself: the daily line, and the one after it was away."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sonixbot import text
from sonixbot.alerts import Incident, fingerprint
from sonixbot.alerts.tally import Tally, alive_due, was_away
from sonixbot.entry import Kind
from sonixbot.errors import sentence
from sonixbot.health import Status, WayView
from sonixbot.language import DAY, HOUR, MINUTE, language
from sonixbot.state import Activity, Doing, ProtocolState
from tests.facts import STUCK, WARM, like
from tests.handclock import NIGHT

MOSCOW = ZoneInfo("Europe/Moscow")
BERLIN = ZoneInfo("Europe/Berlin")
EIGHT = time(8)


def at(moment: str, zone: ZoneInfo = MOSCOW) -> float:
    """Unix seconds of a time of the wall clock."""
    return datetime.fromisoformat(moment).replace(tzinfo=zone).timestamp()


@pytest.mark.parametrize(
    ("said", "now", "due"),
    [
        ("2021-04-12 08:00", "2021-04-13 07:59:59", False),
        ("2021-04-12 08:00", "2021-04-13 08:00", True),
        ("2021-04-12 08:00:03", "2021-04-13 15:00", True),
        ("2021-04-13 08:00:03", "2021-04-13 23:59", False),
        ("2021-04-13 08:00:03", "2021-04-14 00:01", False),
        ("2021-04-12 22:00", "2021-04-13 08:00:01", True),  # the first day, or a late line
        ("2021-03-01 08:00", "2021-04-13 03:00", True),  # away for weeks
        ("2021-04-13 08:00:03", "2021-04-13 07:59:59", False),  # set back by a little
        ("2021-04-13 08:00", "2021-04-12 12:00", False),
        ("2099-01-01 08:00", "2021-04-13 12:00", True),  # said while the clock was wrong
    ],
)
def test_the_daily_line_is_due_once_a_day(said: str, now: str, due: bool) -> None:
    """At its time, or as soon as the bot can after it, and never twice for one day."""
    assert alive_due(EIGHT, at(now), at(said), MOSCOW) is due


def test_after_weeks_away_one_daily_line_is_enough() -> None:
    """What was said just now is not said again before its next time."""
    now = at("2021-04-13 03:00")
    assert alive_due(EIGHT, now, at("2021-03-01 08:00"), MOSCOW)
    assert not alive_due(EIGHT, now + 5, now, MOSCOW)


def test_without_a_time_of_day_there_is_no_daily_line() -> None:
    """Never is never."""
    assert not alive_due(None, NIGHT, 0.0, MOSCOW)


@pytest.mark.parametrize("day", ["2021-03-28", "2021-10-31"])
@pytest.mark.parametrize("clock", [time(8), time(2, 30), time(0), time(23, 59)])
def test_the_daily_line_comes_once_on_the_days_on_which_the_clock_changes(
    day: str, clock: time
) -> None:
    """Neither an hour that is left out nor one that comes twice drops or doubles it."""
    said = now = at(f"{day} 00:00", BERLIN) - 1.5 * DAY
    lines = []
    while now < at(f"{day} 00:00", BERLIN) + 2.5 * DAY:
        if alive_due(clock, now, said, BERLIN):
            said = now
            lines.append(datetime.fromtimestamp(now, BERLIN).date())
        now += 10 * MINUTE
    assert len(lines) == len(set(lines)) == 4


@pytest.mark.parametrize(
    ("alive", "away_time", "told"),
    [
        (NIGHT - 299, 300.0, False),
        (NIGHT - 300, 300.0, True),
        (None, 300.0, False),  # the very first start
        (NIGHT - DAY, None, False),  # never
        (NIGHT + DAY, 300.0, False),  # the clock was set back
    ],
)
def test_a_short_restart_is_not_told_and_a_long_absence_is(
    alive: float | None, away_time: float | None, told: bool
) -> None:
    """From away-time on a start tells that the bot was away."""
    assert was_away(alive, NIGHT, away_time) is told


def test_a_tally_counts_each_entry_once_and_survives_a_restart() -> None:
    """An entry told again more completely counts once, as what it turned out to be."""
    tally = Tally(NIGHT)
    half = like(STUCK, kind=Kind.INFO)
    tally.note(half)
    tally.note(STUCK, half)
    tally.note(WARM)
    kept = Tally.from_json(json.loads(json.dumps(tally.to_json())))
    assert (kept.since, kept.total()) == (NIGHT, 2)
    assert [kept.counts[kind] for kind in Kind] == [1, 1, 0, 0]


def test_a_tally_begun_between_two_tellings_does_not_count_below_nothing() -> None:
    """The earlier telling was counted yesterday."""
    tally = Tally(NIGHT)
    tally.note(STUCK, like(STUCK, kind=Kind.INFO))
    assert (tally.counts[Kind.ERROR], tally.counts[Kind.INFO], tally.total()) == (1, 0, 1)


def status(**values: Any) -> Status:
    """The state of an instrument on which all is well and a script runs."""
    protocol = ProtocolState("<YuMO>", lambda _text: None, path="sonix.log")
    protocol.activity = Activity(Doing.STARTED, "scan.py", "start", NIGHT - HOUR)
    made = Status(
        "<YuMO>", NIGHT, NIGHT - 3 * DAY, protocol.view(), None, None, NIGHT - 5, 0, (), (), (), 0
    )
    return replace(made, **values)


def incident(number: int) -> Incident:
    """An open incident."""
    key = fingerprint(STUCK)
    return Incident(number, key, STUCK.text, STUCK, Kind.ERROR, 1, 1, NIGHT, NIGHT, NIGHT)


def tally(errors: int, warnings: int, infos: int = 0) -> Tally:
    """What a day brought."""
    counted = Tally(NIGHT - DAY)
    counted.counts.update({Kind.ERROR: errors, Kind.WARNING: warnings, Kind.INFO: infos})
    return counted


EN, RU = language("en"), language("ru")


def test_the_daily_line_tells_the_day_and_how_things_stand() -> None:
    """Counts, problems, script, and what waits; foreign names are escaped."""
    ways = (WayView("mail:a@b", NIGHT, None, None, 3), WayView("polling", NIGHT, None, None, 0))
    shown = status(incidents=(incident(1), incident(2)), ways=ways)
    said = text.alive_words(tally(3, 1, 200), shown, EN, MOSCOW)
    assert said.text.splitlines() == [
        "🔴 <YuMO>: sonixbot is alive.",
        "Since 12.04 03:22:45: 3 errors, 1 warning; 204 messages in all.",
        "2 open problems",
        "Script scan.py: running since 02:22:45 (1 h)",
        "3 messages wait to be delivered.",
    ]
    assert said.html.startswith("🔴 <b>&lt;YuMO&gt;</b>: ")
    assert said.subject == "[<YuMO>] sonixbot is alive. 3 errors, 1 warning"


def test_the_daily_line_of_a_quiet_day_is_short() -> None:
    """Nothing is open and nothing waits."""
    said = text.alive_words(tally(0, 0), status(), EN, MOSCOW)
    assert said.text.splitlines()[0].startswith("🟢")
    assert said.text.splitlines()[1:3] == [
        "Since 12.04 03:22:45: 0 errors, 0 warnings; 0 messages in all.",
        "No open problems.",
    ]
    assert len(said.text.splitlines()) == 4


def test_the_daily_line_is_russian_for_russian_readers() -> None:
    """The same in Russian, with its forms of the plural."""
    said = text.alive_words(tally(3, 1, 200), status(incidents=(incident(1),)), RU, MOSCOW)
    assert said.text.splitlines()[:3] == [
        "🔴 <YuMO>: sonixbot работает.",
        "С 12.04 03:22:45: 3 ошибки, 1 предупреждение; всего 204 сообщения.",
        "1 открытая проблема",
    ]


def test_the_daily_line_says_what_cannot_be_watched() -> None:
    """Trouble with the file is red; without a protocol there are neither counts nor a script."""
    broken = sentence("The protocol {path} may not be read.", path="a<b")
    shown = status(trouble=broken, trouble_since=NIGHT - HOUR)
    said = text.alive_words(tally(0, 0), shown, EN, MOSCOW)
    assert said.text.startswith("🔴")
    assert "The protocol a&lt;b may not be read." in said.html
    empty = ProtocolState("YuMO", lambda _text: None).view()
    none = status(protocol=empty, trouble=sentence("No protocol is configured."))
    assert text.alive_words(tally(0, 0), none, EN, MOSCOW).text.splitlines() == [
        "⚪ <YuMO>: sonixbot is alive.",
        "No protocol is configured.",
        "No open problems.",
    ]


@pytest.mark.parametrize(
    ("missed", "spoken", "said"),
    [
        (0, EN, "🟢 YuMO: sonixbot was away from 00:22:45 to 03:22:45 (3 h). Nothing was missed."),
        (2, EN, "🟡 YuMO: sonixbot was away from 00:22:45 to 03:22:45 (3 h). 2 problems came"),
        (0, RU, "🟢 YuMO: sonixbot не работал с 00:22:45 до 03:22:45 (3 ч). Ничего не пропущено."),
        (
            5,
            RU,
            "🟡 YuMO: sonixbot не работал с 00:22:45 до 03:22:45 (3 ч). За это время: 5 проблем",
        ),
    ],
)
def test_after_being_away_the_bot_says_from_when_to_when_and_what_it_missed(
    missed: int, spoken: Any, said: str
) -> None:
    """The time away, and the number of problems that came meanwhile."""
    made = text.away_words(NIGHT - 3 * HOUR, missed, "YuMO", spoken, MOSCOW, NIGHT)
    assert made.text.startswith(said)
    assert made.subject.startswith("[YuMO] sonixbot ")
