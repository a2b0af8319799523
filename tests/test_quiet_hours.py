"""Quiet hours, as policy: what waits for the morning, what makes no sound, what breaks in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from sonixbot import text
from sonixbot.alerts import (
    AlertPolicy,
    Because,
    Ended,
    Happened,
    Held,
    Mail,
    Morning,
    Post,
    Push,
    Quiet,
    Rules,
    Way,
    Why,
)
from sonixbot.alerts.book import KEPT
from sonixbot.language import language
from sonixbot.store import Store
from sonixbot.week import parse_week
from tests.drills import Drill, sorts

MINUTE, HOUR = 60.0, 3600.0
MOSCOW = timezone(timedelta(hours=3))
#: Tuesday in Moscow.
EVENING = datetime(2021, 4, 13, 18, 0, tzinfo=UTC).timestamp()  # 21:00
NIGHTLY = Quiet(parse_week("22:00-07:00"), 2)


def at(hour: float) -> float:
    """Seconds after the evening's beginning of an hour of Moscow's clock, 24 and more tomorrow."""
    return (hour - 21) * HOUR


def drill(posts: tuple[Quiet, ...] = (NIGHTLY,), mails: tuple[Quiet, ...] = (NIGHTLY,)) -> Drill:
    """A policy with these quiet hours, from nine in the evening on."""
    rules = Rules(telegram=Push(quiet=posts), mail=Push(quiet=mails), zone=MOSCOW, reminders={})
    return Drill(AlertPolicy(rules), begin=EVENING)


@pytest.mark.parametrize(
    ("hour", "level", "told"),
    [
        (21.9, 2, True),
        (22.0, 2, False),
        (23.99, 5, False),
        (24.0, 2, False),  # midnight
        (30.99, 2, False),
        (31.0, 2, True),
        (23.0, 1, True),
        (23.0, None, True),  # an error of unknown level counts as 1
    ],
)
def test_what_is_held(hour: float, level: int | None, *, told: bool) -> None:
    """From 22:00 up to 7:00 errors of level 2 and less important ones wait, level 1 does not."""
    night = drill()
    assert sorts(night.error("P1_beta", at(hour), level)) == [Post, Mail] * told
    incident = night.of("P1_beta")
    assert night.policy.held.quiet.get(Way.TELEGRAM, []) == [incident.id] * (not told)
    if not told:
        (note,) = incident.history
        assert (note.what, note.reason, note.count) == (Happened.HIDDEN, Because.QUIET, 1)


def test_each_way_has_its_own_hours() -> None:
    """What may not be mailed at night may be posted all the same."""
    night = drill(posts=())
    assert sorts(night.error("P1_beta", at(23))) == [Post]
    morning = night.wait(at(23.1), at(31.1), every=60)
    assert sorts(morning) == [Ended, Morning]
    assert [each.way for each in morning if isinstance(each, Morning)] == [Way.MAIL]


def test_levels_may_have_their_own_hours() -> None:
    """The first hours that are in force for a level decide; each level is released on its own."""
    holiday = Quiet(parse_week("tue 00:00-24:00; wed 00:00-20:00"), 4)
    night = drill(posts=(NIGHTLY, holiday), mails=())
    for device, level in (("two", 2), ("four", 4)):
        night.error(device, at(23), level)
    night.wait(at(23.1), at(45), every=60)
    told = [
        (when, each.incidents[0].entry.source)
        for when, each in night.decided
        if isinstance(each, Morning)
    ]
    assert [device for _, device in told] == ["two", "four"]
    assert [when // HOUR for when, _ in told] == [at(31) // HOUR, at(44) // HOUR]


def test_one_digest_in_the_morning() -> None:
    """What was held goes in one digest each way, with its counts; then it is told as usual."""
    night = drill()
    for number in range(20):
        for minute in range(3):
            night.error(f"dev_{number}", at(23) + number * 60 + minute * 30)
    assert {*sorts(night.wait(at(23.5), at(30.95), every=60))} == {Ended}
    morning = [each for each in night.wait(at(31), at(32)) if isinstance(each, Morning)]
    assert [each.way for each in morning] == [Way.TELEGRAM, Way.MAIL]
    assert [[each.count for each in one.incidents] for one in morning] == [[3] * 20] * 2
    note = night.of("dev_3").history[-1]
    assert (note.what, note.reason, note.count) == (Happened.LISTED, Because.QUIET, 1)
    assert night.policy.held.quiet == {Way.TELEGRAM: [], Way.MAIL: []}
    said = text.morning_words(morning[0].incidents, "YuMO", language("en"), MOSCOW, EVENING).text
    assert said.startswith("🔴 YuMO: in the quiet hours: 20 problems\n")
    assert all(f"dev_{number}: position not reached" in said for number in range(20))
    assert said.count("×3") == 20
    assert Post in sorts(night.error("dev_3", at(33)))


def test_what_is_held_and_over_makes_no_noise() -> None:
    """The end of what nobody has been told of yet is not told aloud; the morning tells it."""
    night = drill()
    night.error("P1_beta", at(23))
    ended = [each for each in night.wait(at(23.1), at(24), every=60) if isinstance(each, Ended)]
    assert [each.aloud for each in ended] == [False]
    night.wait(at(30.9), at(31.1))
    assert Morning in [type(each) for _, each in night.decided]


def test_worse_breaks_through_and_leaves_the_list() -> None:
    """An error that is held and becomes level 1 is told at once, and not by the morning too."""
    night = drill()
    night.error("P1_beta", at(23), 3)
    assert sorts(night.error("P1_beta", at(23.1), 1)) == [Post, Mail]
    assert night.of("P1_beta").post_why is Why.WORSE
    assert night.policy.held.quiet == {Way.TELEGRAM: [], Way.MAIL: []}
    night.wait(at(31), at(31.5))
    assert night.when(Morning) == []


def test_worse_but_still_quiet_is_held() -> None:
    """An error that becomes more important and still is none for the night goes on waiting."""
    night = drill()
    night.error("P1_beta", at(23), 4)
    assert night.error("P1_beta", at(23.1), 2) == []
    (morning, _) = [each for each in night.wait(at(31), at(31.1)) if isinstance(each, Morning)]
    assert [each.level for each in morning.incidents] == [2]


def test_what_was_told_in_the_evening_is_not_held() -> None:
    """An error that was told before the quiet hours and goes on is counted in its post."""
    night = drill()
    night.error("P1_beta", at(21))
    for minute in range(5, 610, 5):
        night.look(at(21) + minute * 60)
        night.error("P1_beta", at(21) + minute * 60)
    assert len(night.when(Post)) == 1
    mornings = [each for _, each in night.decided if isinstance(each, Morning)]
    assert [each.way for each in mornings] == [Way.MAIL]  # its next mail fell due at one


def test_silent_hours_post_without_a_sound() -> None:
    """Where quiet hours do not hold, the post goes out at once without a sound; level 1 sounds."""
    silent = Quiet(parse_week("22-7"), 2, hold=False)
    night = drill(posts=(silent,), mails=())
    for device, hour, level in (("a", 21.5, 2), ("b", 23, 2), ("c", 23, 1)):
        night.error(device, at(hour), level)
    posts = [each for _, each in night.decided if isinstance(each, Post)]
    assert [each.silent for each in posts] == [False, True, False]
    assert night.policy.held.quiet == {}


def test_a_mail_that_falls_due_at_night_waits_for_the_morning() -> None:
    """A mail that was owed and whose interval passes at night is in the morning's digest."""
    night = drill(posts=())
    night.error("P1_beta", at(19), 4)
    night.error("P1_beta", at(19.1), 3)
    assert night.of("P1_beta").owed is Why.WORSE
    night.wait(at(19.2), at(30.9), every=60)
    assert len(night.when(Mail)) == 1
    (morning,) = [each for each in night.wait(at(31), at(31.1)) if isinstance(each, Morning)]
    assert [each.entry.source for each in morning.incidents] == ["P1_beta"]


def test_a_restart_in_the_night_keeps_what_is_held(tmp_path: Path) -> None:
    """What the quiet hours hold is known after a restart, and goes with the morning's digest."""
    night = drill()
    for number in range(3):
        night.error(f"dev_{number}", at(23))
    store = Store(tmp_path)
    store.save(night.policy, EVENING)
    again = Drill(store.policy(night.policy.rules), begin=EVENING, offset=5000)
    store.close()
    assert again.policy.held == night.policy.held
    again.error("dev_0", at(24))
    morning = [each for each in again.wait(at(31), at(31.1)) if isinstance(each, Morning)]
    assert [[each.count for each in one.incidents] for one in morning] == [[2, 1, 1]] * 2


def test_what_came_while_away_at_night_waits_too() -> None:
    """Errors of a time away that may not disturb at night stand in the morning's digest only."""
    night = drill()
    told = night.error("P1_beta", at(23), live=False) + night.error("vac", at(23), 1, live=False)
    caught = night.policy.catch_up(told)
    assert [each.entry.source for each in caught.posts] == ["vac"]
    assert [each.entry.source for each in caught.mails] == ["vac"]
    (morning, _) = [each for each in night.wait(at(31), at(31.1)) if isinstance(each, Morning)]
    assert [each.entry.source for each in morning.incidents] == ["P1_beta"]


def test_what_is_muted_by_the_morning_waits_for_the_end_of_the_mute() -> None:
    """The morning does not tell what somebody muted in the night before the mute is over."""
    night = drill()
    night.error("P1_beta", at(23), 3)
    night.policy.mute("P1_beta", EVENING + at(33), "Anna", 7, EVENING + at(24))
    night.error("P1_beta", at(24.1), 1)  # else it would not be quiet any more
    night.wait(at(24.2), at(32.9), every=60)
    assert night.when(Morning) == []
    night.wait(at(33), at(33.1))
    assert len(night.when(Morning)) == 2


def test_what_is_no_longer_kept_is_counted() -> None:
    """Of a night with more incidents than are kept, the morning still counts every message."""
    night = drill(mails=())
    night.policy.rules = Rules(
        telegram=Push(quiet=(NIGHTLY,)), mail=Push(error=0), zone=MOSCOW, reminders={}
    )
    for number in range(KEPT + 5):
        night.error(f"dev_{number}", at(23), 3)
    (morning,) = [each for each in night.look(at(31)) if isinstance(each, Morning)]
    assert (len(morning.incidents), morning.forgotten) == (KEPT, 5)
    said = text.morning_words(
        morning.incidents[:2], "YuMO", language("en"), MOSCOW, EVENING, morning.forgotten
    ).text
    assert said.endswith("… and 5 messages of problems that are no longer kept")
    assert night.look(at(31.1)) == []
    assert Held().forgotten == {}


def test_what_the_last_mail_told_is_not_held() -> None:
    """Within the repeat interval nothing is held of what goes on: the last mail told as much."""
    night = drill()
    night.error("P1_beta", at(21.5))
    night.error("P1_beta", at(22.5))
    assert night.policy.held.quiet.get(Way.MAIL, []) == []


def test_it_is_told_as_important_as_it_is() -> None:
    """An error of level 1 that was hidden is told at night, though its newest entry is of less."""
    night = drill()
    night.policy.mute("", EVENING + at(23.2), "Anna", 7, EVENING + at(23))
    night.error("P1_beta", at(23.1), 1)
    night.look(at(23.2))
    assert sorts(night.error("P1_beta", at(23.3), 3)) == [Post, Mail]


def test_a_time_away_at_night_holds_one_way_only() -> None:
    """What is held for one way is told on the other by the digest of the time away."""
    night = drill(mails=())
    caught = night.policy.catch_up(night.error("P1_beta", at(23), live=False))
    assert (caught.posts, len(caught.mails)) == ((), 1)
