"""What should be there and is not."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sonixbot.activity import Activity, Doing
from sonixbot.alerts.absence import Absence, Absences, absences
from sonixbot.alerts.sightings import Sightings, Value
from sonixbot.entry import Kind
from sonixbot.errors import Sentence, sentence
from sonixbot.language import HOUR, MINUTE
from sonixbot.week import parse_week
from tests.facts import STUCK, like
from tests.handclock import NIGHT

MOSCOW = ZoneInfo("Europe/Moscow")
HELIUM = Value("helium", r"helium level \d+", 15 * MINUTE, device="cryo*")
RULES = Absences(values=(HELIUM,))
LEVEL = like(STUCK, kind=Kind.INFO, source="Cryo_1", text="Helium level 43 %")
RUNNING = Activity(Doing.STARTED, "scan.py", "start of script scan.py", NIGHT)
FINISHED = replace(RUNNING, doing=Doing.FINISHED)
PAUSED = replace(RUNNING, doing=Doing.PAUSED)
NO_SHARE = sentence("There is no protocol {path}.", path="//share/log")


class Bot:
    """Looks every five seconds, as the service does, and remembers what is missing."""

    def __init__(self, rules: Absences = RULES, now: float = NIGHT) -> None:
        self.rules = rules
        self.now = now
        self.sightings = Sightings(rules.values)
        self.activity: Activity | None = RUNNING
        self.trouble: Sentence | None = None
        self.found: list[Absence] = []
        #: Every begin and end of an absence: seconds after the night began, and its key.
        self.told: list[tuple[float, str]] = []
        self.look()

    def read(self, text: str = "") -> None:
        """Read a line: a report of helium, unless it says something else."""
        self.sightings.note(like(LEVEL, text=text) if text else LEVEL, self.now)
        self.look()

    def look(self) -> None:
        """Look once, now."""
        seen = self.sightings.look(self.now, self.activity, self.trouble)
        before = {each.key for each in self.found}
        self.found = absences(self.rules, seen, self.now, MOSCOW, before)
        after = {each.key for each in self.found}
        moment = self.now - NIGHT
        self.told += [(moment, f"+{key}") for key in sorted(after - before)]
        self.told += [(moment, f"-{key}") for key in sorted(before - after)]

    def watch(self, seconds: float) -> None:
        """Let time pass, looking."""
        end = self.now + seconds
        while self.now < end:
            self.now = min(end, self.now + 5)
            self.look()

    def sleep(self, seconds: float) -> None:
        """Let time pass without a look, as a computer does that sleeps."""
        self.now += seconds
        self.look()

    def restart(self, seconds: float, *, keeping: bool = True) -> None:
        """Be away for a while; what is missing is known from the book of incidents."""
        data = json.loads(json.dumps(self.sightings.to_json())) if keeping else None
        self.now += seconds
        self.sightings = Sightings(self.rules.values, data)
        self.look()


def only(bot: Bot) -> Absence:
    """The one thing that is missing."""
    (found,) = bot.found
    return found


def test_a_protocol_that_is_silent_while_a_script_runs_is_missed_until_it_speaks() -> None:
    """It is missed half an hour after its last line, with its script, and back with the next."""
    bot = Bot(Absences())
    bot.watch(MINUTE)
    bot.read()
    bot.watch(40 * MINUTE)
    found = only(bot)
    assert (found.key, found.since, found.level) == ("silent", NIGHT + MINUTE, 1)
    assert str(found.said) == (
        "The protocol has said nothing for more than 30 min, though script scan.py is running."
    )
    bot.read("anything")
    assert bot.told == [(31 * MINUTE, "+silent"), (41 * MINUTE, "-silent")]


@pytest.mark.parametrize("activity", [FINISHED, PAUSED, None])
def test_silence_is_no_error_while_no_script_runs(activity: Activity | None) -> None:
    """Nobody expects a word after a script has finished, was paused, or without one."""
    bot = Bot()
    bot.activity = activity
    bot.watch(3 * HOUR)
    assert bot.told == []


def test_a_value_is_missed_after_its_time_and_back_with_its_next_report() -> None:
    """Other lines do not stand for it; its own ends the absence, which tells its last report."""
    bot = Bot()
    bot.watch(MINUTE)
    bot.read()
    for _line in range(4):
        bot.watch(5 * MINUTE)
        bot.read("Helium pump started")
    found = only(bot)
    assert (found.key, found.since) == ("value:helium", NIGHT + MINUTE)
    assert str(found.said) == "helium: not reported for more than 15 min."
    bot.read()
    assert bot.told == [(16 * MINUTE, "+value:helium"), (21 * MINUTE, "-value:helium")]


@pytest.mark.parametrize(
    ("source", "text", "counts"),
    [
        ("cryo", "HELIUM LEVEL 5", True),
        ("CRYO_2", "now helium level 5 %", True),
        ("lauda", "helium level 5", False),
        ("cryo", "helium level unknown", False),
    ],
)
def test_a_report_has_the_device_and_the_text_of_its_value(
    source: str, text: str, counts: bool
) -> None:
    """Device and expression decide, both whatever the case."""
    sightings = Sightings([HELIUM])
    sightings.note(like(LEVEL, source=source, text=text), NIGHT)
    assert ("helium" in sightings.look(NIGHT, None, None).reported) is counts


def test_a_value_is_expected_from_the_begin_of_a_script_on() -> None:
    """After a week without a script, its first quarter of an hour is no absence."""
    bot = Bot(Absences(silent_time=None, values=(HELIUM,)))
    bot.read()
    bot.activity = FINISHED
    bot.watch(HOUR)
    bot.activity = RUNNING
    bot.watch(16 * MINUTE)
    begun = HOUR + 5
    assert bot.told == [(begun + 15 * MINUTE, "+value:helium")]
    assert only(bot).since == NIGHT + begun


def test_a_value_that_is_always_expected_is_missed_without_a_script() -> None:
    """One that was never reported is missed from the begin of watching on."""
    bot = Bot(Absences(values=(replace(HELIUM, always=True, level=3),)))
    bot.activity = None
    bot.watch(16 * MINUTE)
    assert bot.told == [(15 * MINUTE, "+value:helium")]
    assert (only(bot).since, only(bot).level) == (NIGHT, 3)


def test_what_is_expected_while_a_script_runs_ends_with_it() -> None:
    """The end of the script ends the silence and the missing value."""
    bot = Bot()
    bot.watch(HOUR)
    bot.activity = FINISHED
    bot.watch(5)
    assert bot.told[-2:] == [(HOUR + 5, "-silent"), (HOUR + 5, "-value:helium")]
    assert bot.found == []


IDLE = Absences(silent_time=None, idle_time=2 * HOUR)


@pytest.mark.parametrize(
    ("activity", "said"),
    [
        (FINISHED, "No script has run for more than 2 h: script scan.py has finished."),
        (PAUSED, "No script has run for more than 2 h: script scan.py is paused."),
        (
            replace(PAUSED, script=""),
            "No script has run for more than 2 h: a script is paused.",
        ),
        (None, "No script has run for more than 2 h, as far as the protocol says."),
    ],
)
def test_a_script_that_should_run_is_missed(activity: Activity | None, said: str) -> None:
    """Whether the last one has finished, is paused, or there never was any."""
    bot = Bot(IDLE)
    bot.watch(HOUR)
    bot.activity = activity
    bot.watch(3 * HOUR)
    assert str(only(bot).said) == said
    bot.activity = RUNNING
    bot.watch(5)
    idle = HOUR + 5
    assert bot.told == [(idle + 2 * HOUR, "+idle"), (4 * HOUR + 5, "-idle")]


def test_nobody_misses_a_script_unless_the_configuration_does() -> None:
    """Without idle-time a pause of a day is no error."""
    bot = Bot(Absences())
    bot.activity = FINISHED
    bot.watch(24 * HOUR)
    assert bot.told == []


def test_a_script_is_missed_only_in_the_hours_in_which_one_should_run() -> None:
    """Idle time counts from the begin of these hours, and nobody misses a script after them."""
    nine = datetime(2021, 4, 12, 9, tzinfo=MOSCOW).timestamp()  # a Monday
    bot = Bot(replace(IDLE, idle_hours=parse_week("mon-fri 9-18")), nine - 6 * HOUR)
    bot.activity = FINISHED
    bot.watch(3 * 24 * HOUR)
    hours = [((NIGHT + at - nine) / HOUR, key) for at, key in bot.told]
    assert hours == [
        *((2, "+idle"), (9, "-idle"), (26, "+idle"), (33, "-idle")),
        *((50, "+idle"), (57, "-idle")),
    ]


def test_a_share_that_hiccups_is_no_error_and_one_that_stays_away_is() -> None:
    """The reason is told after a minute without the file, and its end with the first look at it."""
    bot = Bot(Absences(silent_time=None))
    bot.trouble = NO_SHARE
    bot.watch(50)
    bot.trouble = None
    bot.watch(50)
    bot.trouble = NO_SHARE
    bot.watch(90)
    found = only(bot)
    assert (found.key, found.since, found.said) == ("gone", NIGHT + 105, NO_SHARE)
    bot.trouble = None
    bot.watch(5)
    assert bot.told == [(165, "+gone"), (195, "-gone")]


def test_while_the_file_is_gone_nothing_else_begins_to_be_missed() -> None:
    """One cause is one error: neither the silence nor a value is told beside it."""
    bot = Bot()
    bot.watch(MINUTE)
    bot.read()
    bot.trouble = NO_SHARE
    bot.watch(2 * HOUR)
    assert [key for _, key in bot.told] == ["+gone"]
    bot.trouble = None
    bot.read()  # what was written meanwhile is read with the first look
    assert [key for _, key in bot.told] == ["+gone", "-gone"]


def test_what_was_missed_before_the_file_went_is_not_back_because_of_that() -> None:
    """A file that is gone tells of no end."""
    bot = Bot()
    bot.watch(HOUR)
    bot.trouble = NO_SHARE
    bot.watch(HOUR)
    assert {each.key for each in bot.found} == {"gone", "silent", "value:helium"}
    assert [key for _, key in bot.told] == ["+value:helium", "+silent", "+gone"]


@pytest.mark.parametrize("away", [5, 10 * HOUR])
def test_after_a_sleep_nothing_is_missed_before_there_was_time_to_see_it(away: float) -> None:
    """A computer that slept all night looks for half an hour before it speaks of silence."""
    bot = Bot()
    bot.watch(10 * MINUTE)
    bot.sleep(away)
    bot.watch(14 * MINUTE)
    early = [] if away > MINUTE else [(15 * MINUTE, "+value:helium")]
    assert bot.told == early
    bot.watch(20 * MINUTE)
    started = 10 * MINUTE + away if away > MINUTE else 0
    assert bot.told == [
        (started + 15 * MINUTE, "+value:helium"),
        (started + 30 * MINUTE, "+silent"),
    ]


def test_a_share_that_is_not_back_at_once_after_a_sleep_is_no_error() -> None:
    """Trouble from before the sleep counts anew after it."""
    bot = Bot()
    bot.trouble = NO_SHARE
    bot.watch(30)
    bot.sleep(8 * HOUR)
    bot.watch(55)
    bot.trouble = None
    bot.watch(MINUTE)
    assert bot.told == []


@pytest.mark.parametrize("keeping", [True, False])
def test_what_was_missed_before_a_restart_is_missed_after_it(keeping: bool) -> None:
    """A restart is no end of what is missing, even where the sightings were lost."""
    bot = Bot(replace(RULES, idle_time=None))
    bot.watch(HOUR)
    bot.restart(2 * HOUR, keeping=keeping)
    bot.watch(10 * MINUTE)
    assert [key for _, key in bot.told] == ["+value:helium", "+silent"]


@pytest.mark.parametrize("keeping", [True, False])
def test_an_idle_instrument_stays_idle_over_a_restart(keeping: bool) -> None:
    """No script has begun meanwhile, so nothing has ended."""
    bot = Bot(IDLE)
    bot.activity = FINISHED
    bot.watch(3 * HOUR)
    bot.restart(HOUR, keeping=keeping)
    bot.watch(HOUR)
    assert [key for _, key in bot.told] == ["+idle"]


@pytest.mark.parametrize("keeping", [True, False])
def test_a_file_that_is_gone_before_and_after_a_restart_was_not_back(keeping: bool) -> None:
    """The minute that a share may hiccup is not counted anew."""
    bot = Bot(Absences(silent_time=None))
    bot.trouble = NO_SHARE
    bot.watch(2 * MINUTE)
    bot.restart(HOUR, keeping=keeping)
    bot.watch(2 * MINUTE)
    assert [key for _, key in bot.told] == ["+gone"]


def test_after_a_long_time_away_nothing_is_missed_at_once() -> None:
    """Silence is counted from the start, as nobody knows whether all could be read before."""
    bot = Bot()
    bot.read()
    bot.restart(2 * HOUR)
    bot.watch(10 * MINUTE)
    assert bot.told == []
    bot.watch(21 * MINUTE)
    assert [key for _, key in bot.told] == ["+value:helium", "+silent"]
    assert {each.key: each.since for each in bot.found}["silent"] == NIGHT


def test_restarts_one_after_another_do_not_hide_a_silence() -> None:
    """A start within a minute goes on counting where the last one ended."""
    bot = Bot()
    for _start in range(8):
        bot.watch(4 * MINUTE)
        bot.restart(20)
    assert [key for _, key in bot.told] == ["+value:helium", "+silent"]


@pytest.mark.parametrize("back", [10, HOUR, 100 * 24 * HOUR])
def test_a_clock_that_is_set_back_neither_begins_nor_ends_an_absence(back: float) -> None:
    """Silence goes on counting on the new clock, before it is missed and after it."""
    bot = Bot(Absences())
    bot.watch(20 * MINUTE)
    bot.now -= back
    bot.watch(9 * MINUTE)
    assert bot.told == []
    bot.watch(2 * MINUTE)
    bot.now -= back
    bot.watch(10 * MINUTE)
    assert [key for _, key in bot.told] == ["+silent"]


def test_a_clock_that_is_set_on_begins_no_absence() -> None:
    """An hour that the clock leaves out is no hour of silence."""
    bot = Bot()
    bot.watch(MINUTE)
    bot.now += HOUR
    bot.watch(10 * MINUTE)
    assert bot.told == []


def test_times_in_the_protocol_take_no_part() -> None:
    """A protocol whose zone is wrong by hours, or that has no times, is heard all the same."""
    bot = Bot()
    for time in (NIGHT - 5 * HOUR, NIGHT + 5 * HOUR, None):
        bot.watch(14 * MINUTE)
        bot.sightings.note(like(LEVEL, time=time), bot.now)
    bot.watch(14 * MINUTE)
    assert bot.told == []


@pytest.mark.parametrize(
    ("rules", "activity", "trouble"),
    [
        (Absences(silent_time=None), RUNNING, None),
        (Absences(idle_time=None), FINISHED, None),
        (Absences(gone_time=None), RUNNING, NO_SHARE),
    ],
)
def test_each_absence_can_be_switched_off(
    rules: Absences, activity: Activity, trouble: Sentence | None
) -> None:
    """What nobody wants to miss is never missed."""
    bot = Bot(rules)
    bot.activity, bot.trouble = activity, trouble
    bot.watch(24 * HOUR)
    assert bot.told == []


def test_what_is_no_longer_configured_is_no_longer_missed() -> None:
    """Of a value that left the configuration nothing stays, neither missing nor remembered."""
    bot = Bot()
    bot.read()
    bot.watch(20 * MINUTE)
    bot.rules = Absences()
    bot.restart(5)
    assert bot.found == []
    assert bot.sightings.to_json()["reported"] == {}


def test_an_expression_that_takes_too_long_counts_as_no_report_and_is_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A slow expression neither stops the reading nor floods the log."""
    slow = replace(HELIUM, text=r"(a|a)+(b|c)", device="*")
    sightings = Sightings([slow])
    for _line in range(2):
        sightings.note(like(LEVEL, text="a" * 40), NIGHT)
    assert sightings.look(NIGHT, None, None).reported == {}
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "helium" in caplog.text


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(90.0, "90 s"), (90 * MINUTE, "90 min"), (4 * HOUR, "4 h"), (48 * HOUR, "2 d")],
)
def test_a_limit_is_told_as_exactly_as_it_was_configured(seconds: float, said: str) -> None:
    """The largest unit that tells it exactly."""
    bot = Bot(Absences(silent_time=seconds))
    bot.watch(seconds)
    assert str(only(bot).said.values["limit"]) == said


def test_sentences_survive_the_database() -> None:
    """What is said can be kept as JSON, with the sentences inside it."""
    bot = Bot()
    bot.watch(HOUR)
    for found in bot.found:
        kept: dict[str, Any] = json.loads(json.dumps(found.said.to_json()))
        assert str(Sentence.from_json(kept)) == str(found.said)
