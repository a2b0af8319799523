"""Reminders, as policy: what nobody acknowledged is said again, and what keeps it from that."""

from __future__ import annotations

from datetime import timedelta, timezone

import pytest

from sonixbot import text
from sonixbot.alerts import (
    AlertPolicy,
    Because,
    Ended,
    Happened,
    Mail,
    Post,
    Push,
    Quiet,
    Reminded,
    Rules,
    StormRules,
    Why,
)
from sonixbot.language import language
from sonixbot.week import parse_week
from tests.drills import Drill, sorts
from tests.facts import STUCK, WARM, like
from tests.handclock import NIGHT

MINUTE, HOUR = 60.0, 3600.0
MOSCOW = timezone(timedelta(hours=3))
#: Something that is missing as long as nobody says that it is back.
GONE = like(STUCK, source="varman", text="nothing was reported", time=None)


def reminded(drill: Drill) -> list[float]:
    """When an incident was posted again though nothing was new."""
    return drill.when(Post)[1:]


def going_on(drill: Drill, until: float, level: int | None = 2, start: float = 0.0) -> None:
    """One error each five minutes, and a look each minute."""
    for minute in range(int(start // 60), int(until // 60)):
        if minute % 5 == 0:
            drill.error("P1_beta", minute * 60, level)
        drill.look(minute * 60 + 1)


@pytest.mark.parametrize(
    ("level", "minutes"),
    [(1, [20, 40, 60, 80, 100, 120]), (None, [20, 40, 60, 80, 100, 120]), (2, [120]), (3, [])],
)
def test_intervals_by_level(level: int | None, minutes: list[int]) -> None:
    """An error of level 1 is said again each 20 minutes, of level 2 each two hours, no others."""
    drill = Drill()
    going_on(drill, 130 * MINUTE, level)
    assert [at // 60 for at in reminded(drill)] == minutes


def test_intervals_are_those_of_the_configuration() -> None:
    """Each level has its own interval, or none."""
    drill = Drill(AlertPolicy(Rules(reminders={3: 10 * MINUTE})))
    going_on(drill, 35 * MINUTE, 3)
    assert [at // 60 for at in reminded(drill)] == [10, 20, 30]
    drill = Drill(AlertPolicy(Rules(reminders={})))
    going_on(drill, 200 * MINUTE, 1)
    assert reminded(drill) == []


def test_it_is_worded_as_a_reminder() -> None:
    """A reminder is a post of the same incident which says that nobody acknowledged it."""
    drill = Drill()
    going_on(drill, 21 * MINUTE, 1)
    incident = drill.of("P1_beta")
    assert (incident.post, incident.post_why) == (2, Why.REMINDER)
    note = incident.history[-1]
    assert (note.what, note.reason) == (Happened.POSTED, Why.REMINDER)
    said = text.incident_words(
        incident, incident.post_why, "YuMO", language("en"), MOSCOW, NIGHT + 1200
    ).text
    assert "Reminder: nobody has acknowledged it." in said


def test_an_acknowledgement_stops_it() -> None:
    """What somebody takes care of is not said again, until it becomes worse."""
    drill = Drill()
    going_on(drill, 15 * MINUTE)
    drill.policy.acknowledge(drill.of("P1_beta").id, "Anna", 7, NIGHT + 900)
    going_on(drill, 5 * HOUR, start=900)
    assert reminded(drill) == []
    going_on(drill, 5 * HOUR + 25 * MINUTE, 1, start=5 * HOUR)
    assert [drill.of("P1_beta").post, drill.of("P1_beta").post_why] == [3, Why.REMINDER]


def test_what_is_over_is_not_said_again() -> None:
    """After its end an error is not said again."""
    drill = Drill()
    drill.error("P1_beta", 0, 2)
    drill.wait(60, 5 * HOUR, every=60)
    assert drill.when(Ended) == [30 * MINUTE]
    assert reminded(drill) == []


def test_a_warning_is_no_error() -> None:
    """A warning is told once, and nobody has to acknowledge it."""
    drill = Drill()
    drill.policy.apply(WARM, NIGHT)
    drill.wait(60, 29 * MINUTE, every=60)
    assert drill.when(Post) == []


def test_a_mute_holds_it_up() -> None:
    """What is muted is not said again before the mute ends."""
    drill = Drill()
    going_on(drill, 5 * MINUTE, 1)
    drill.policy.mute("", NIGHT + HOUR, "Anna", 7, NIGHT + 300)
    going_on(drill, HOUR, 1, start=300)
    assert reminded(drill) == []
    going_on(drill, HOUR + 120, 1, start=HOUR)
    assert [at // 60 for at in reminded(drill)] == [60]


def test_quiet_hours_hold_it_up() -> None:
    """A reminder of what may not disturb at night waits for the morning; level 1 does not."""
    quiet = (Quiet(parse_week("03:30-07:00"), 2),)
    drill = Drill(AlertPolicy(Rules(telegram=Push(quiet=quiet), zone=MOSCOW)))
    morning = (7 - 3) * HOUR - (22 * MINUTE + 45)  # the night is at 03:22:45
    going_on(drill, morning + 120)
    assert [at // 60 for at in reminded(drill)] == [morning // 60 + 1]
    drill = Drill(AlertPolicy(Rules(telegram=Push(quiet=quiet), zone=MOSCOW)))
    going_on(drill, 65 * MINUTE, 1)
    assert [at // 60 for at in reminded(drill)] == [20, 40, 60]


@pytest.mark.parametrize(("level", "posts"), [(1, 2), (2, 1)])
def test_a_storm_holds_it_up(level: int, posts: int) -> None:
    """In a storm only level 1 is said again by itself; the others are afterwards."""
    calm = StormRules(calm=5 * MINUTE)
    drill = Drill(AlertPolicy(Rules(storm=calm, reminders={1: 20 * MINUTE, 2: 20 * MINUTE})))
    drill.error("P1_beta", 0, level)
    for number in range(20):
        drill.error(f"dev_{number}", 19 * MINUTE + number * 0.1, 3)
    drill.wait(19 * MINUTE + 5, 23 * MINUTE)
    assert drill.of("P1_beta").post == posts
    drill.wait(23 * MINUTE, 25 * MINUTE)
    assert (drill.of("P1_beta").post, drill.of("P1_beta").post_why) == (2, Why.REMINDER)


def test_mails_remind_too() -> None:
    """By mail a reminder waits for the repeat interval, and what is over by then has none."""
    drill = Drill()
    drill.missing({"gone": GONE})
    drill.wait(60, 9 * HOUR, every=60)
    assert [at // 60 for at in drill.when(Mail)] == [0, 240, 480]
    incident = drill.of("varman")
    assert (incident.mail_why, incident.owed) == (Why.REMINDER, None)
    drill = Drill()
    drill.error("P1_beta", 0, 1)
    drill.wait(60, 9 * HOUR, every=60)
    assert drill.when(Mail) == [0]


def test_mails_remind_without_telegram() -> None:
    """Where a thing goes by mail only, its reminder does too."""
    rules = Rules(telegram=Push(error=0), repeat_interval=HOUR, reminders={1: 20 * MINUTE})
    drill = Drill(AlertPolicy(rules))
    drill.missing({"gone": GONE})
    drill.wait(60, 2.5 * HOUR, every=60)
    assert drill.when(Post) == []
    assert [at // 60 for at in drill.when(Mail)] == [0, 60, 120]


def test_what_only_a_list_told_is_said_again_too() -> None:
    """An error that stood in the digest of a time away is said again if nobody acknowledged it."""
    drill = Drill()
    drill.policy.catch_up(drill.error("P1_beta", 0, 2, live=False))
    assert drill.of("P1_beta").post == 0
    drill.policy.rules = Rules(reminders={2: 10 * MINUTE})
    drill.wait(60, 11 * MINUTE, every=60)
    assert drill.when(Post)[-1] == 10 * MINUTE
    assert drill.of("P1_beta").post_why is Why.REMINDER


def test_many_reminders_are_one_list() -> None:
    """Many errors that wait for somebody are said again together, with those that soon would be."""
    drill = Drill(AlertPolicy(Rules(reminders={2: 20 * MINUTE})))
    for number in range(12):
        drill.error(f"dev_{number}", number * 15.0, 2)
    drill.wait(185, 1195)
    assert drill.when(Reminded) == []
    (one,) = [each for each in drill.look(1200) if isinstance(each, Reminded)]
    assert len(one.incidents) == 12
    assert drill.of("dev_11").history[-1].reason == Why.REMINDER
    assert drill.wait(1205, 1400) == []
    said = text.reminder_words(one.incidents, "YuMO", language("en"), MOSCOW, NIGHT + 1200).text
    first, *lines, last = said.splitlines()
    assert first == "🔴 YuMO: reminder: nobody has acknowledged this: 12 problems"
    assert lines[0].startswith("1 🔴 03:22:45 · Error 2 · dev_0: position not reached")
    assert last == "/ack and a number: you see to it."


def test_three_reminders_are_posts() -> None:
    """A few reminders are posts with buttons of their own."""
    drill = Drill(AlertPolicy(Rules(reminders={2: 20 * MINUTE})))
    for number in range(3):
        drill.error(f"dev_{number}", number * 15.0, 2)
    assert sorts(drill.wait(50, 1300)) == [Post, Post, Post]


def test_a_clock_set_back_reminds_neither_at_once_nor_hours_later() -> None:
    """After the clock was set back the interval begins anew."""
    drill = Drill()
    drill.error("P1_beta", 0, 1)
    back = -5 * HOUR
    assert drill.wait(back, back + 19 * MINUTE, every=60) == []
    drill.wait(back + 19 * MINUTE, back + 21 * MINUTE, every=60)
    assert reminded(drill) == [back + 20 * MINUTE]
    drill.wait(back + 21 * MINUTE, back + 31 * MINUTE, every=60)
    assert drill.when(Ended) == [back + 30 * MINUTE]


def test_a_reminder_is_no_reason_for_silence() -> None:
    """The history names a reminder among the reasons why it was told."""
    drill = Drill()
    going_on(drill, 21 * MINUTE, 1)
    reasons = [each.reason for each in drill.of("P1_beta").history]
    assert reasons == [Why.NEW, Why.NEW, Why.REMINDER]
    assert Because.INTERVAL not in reasons
