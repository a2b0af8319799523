"""Mutes, as policy and in words: what they hide, their warning, schedules, and what breaks in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from math import inf
from pathlib import Path

import pytest

from handlers import mute_wishes
from handlers.mute_wishes import Wish
from sonixbot import text
from sonixbot.alerts import (
    AlertPolicy,
    Because,
    Happened,
    Mail,
    Mute,
    MuteBegan,
    MuteEnded,
    MuteEnding,
    Post,
    Renew,
    Rules,
    Schedule,
)
from sonixbot.language import language
from sonixbot.store import Store
from sonixbot.text.incidents import wishes
from sonixbot.text.mutes import mute_line
from sonixbot.week import parse_week
from tests.drills import Drill, sorts
from tests.facts import STUCK, WARM, like
from tests.handclock import NIGHT

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
MOSCOW = timezone(timedelta(hours=3))
EN = language("en")
#: Tuesday, 8:00 in Moscow.
MORNING = datetime(2021, 4, 13, 5, 0, tzinfo=UTC).timestamp()
CHANGE = Schedule("sample change", parse_week("mon-fri 09:00-10:00"), "P1_*", 2)


def scheduled(*schedules: Schedule) -> Drill:
    """A policy with regular work, at eight in the morning."""
    rules = Rules(schedules=schedules or (CHANGE,), zone=MOSCOW, reminders={})
    return Drill(AlertPolicy(rules), begin=MORNING)


@pytest.mark.parametrize(
    ("level", "entry", "hidden"),
    [
        (1, STUCK, True),
        (2, STUCK, False),
        (2, like(STUCK, level=2), True),
        (3, like(STUCK, level=2), False),
        (3, like(STUCK, level=5), True),
        (2, like(STUCK, level=None), False),  # counts as 1
        (2, WARM, False),
        (1, WARM, True),
    ],
)
def test_a_mute_of_a_level_hides_no_more_important_one(
    level: int, entry: object, *, hidden: bool
) -> None:
    """A mute of level 3 hides levels 3 to 5 and lets 1 and 2 through, each with its reason."""
    policy = AlertPolicy(Rules())
    mute = policy.mute("", NIGHT + HOUR, "Anna", 7, NIGHT, level=level)
    decisions = policy.apply(entry, NIGHT + 1)  # type: ignore[arg-type]  # an entry
    assert bool(decisions) is not hidden
    (incident,) = policy.incidents.values()
    assert policy.mutes[mute.id].hidden == ({incident.id: 1} if hidden else {})
    reasons = [(each.what, each.reason, each.who) for each in incident.history]
    assert ((Happened.HIDDEN, Because.MUTE, "Anna") in reasons) is hidden


def test_a_level_is_another_mute() -> None:
    """A mute of a device from a level on stands beside the mute of all of it."""
    policy = AlertPolicy(Rules())
    whole = policy.mute("P1_beta", NIGHT + HOUR, "Anna", 7, NIGHT, comment="new motor")
    some = policy.mute("P1_beta", NIGHT + HOUR, "Anna", 7, NIGHT, level=3)
    again = policy.mute("p1_BETA", NIGHT + 2 * HOUR, "Boris", 8, NIGHT)
    assert whole.id == again.id != some.id
    assert (again.comment, again.until) == ("new motor", NIGHT + 2 * HOUR)


@pytest.mark.parametrize(("break_through", "hidden"), [(0, 2), (1, 1), (2, 0)])
def test_what_breaks_through(break_through: int, hidden: int) -> None:
    """Errors up to the level that breaks through are told whatever is muted; warnings are not."""
    policy = AlertPolicy(Rules(break_through=break_through))
    mute = policy.mute("", NIGHT + HOUR, "Anna", 7, NIGHT)
    policy.apply(STUCK, NIGHT + 1)
    policy.apply(like(STUCK, source="magnet", level=2), NIGHT + 2)
    policy.apply(WARM, NIGHT + 3)
    assert len(policy.mutes[mute.id].hidden) == hidden + 1


@pytest.mark.parametrize(
    ("minutes", "warned"), [(60, 50), (480, 470), (30, 20), (15, 10), (3, 2), (1, 0.75)]
)
def test_when_the_warning_comes(minutes: float, warned: float) -> None:
    """The end of a mute is announced ten minutes before; of a short one, when a third is left."""
    drill = Drill()
    drill.policy.mute("P1_beta", NIGHT + minutes * MINUTE, "Anna", 7, NIGHT)
    drill.wait(0, minutes * MINUTE + 60)
    assert [at / 60 for at in drill.when(MuteEnding)] == [pytest.approx(warned, abs=0.1)]
    assert [at / 60 for at in drill.when(MuteEnded)] == [minutes]


def test_a_prolonged_mute_warns_anew() -> None:
    """Whoever prolongs a mute is warned before its new end."""
    drill = Drill()
    mute = drill.policy.mute("P1_beta", NIGHT + HOUR, "Anna", 7, NIGHT)
    drill.wait(0, 55 * MINUTE)
    made = drill.policy.prolong(mute.id, NIGHT + 2 * HOUR, "Boris", 8)
    assert made is not None
    assert (made.until, made.author, made.warned) == (NIGHT + 2 * HOUR, "Boris", False)
    drill.wait(55 * MINUTE, 3 * HOUR)
    assert [at // 60 for at in drill.when(MuteEnding)] == [50, 110]
    assert drill.when(MuteEnded) == [2 * HOUR]
    assert drill.policy.prolong(mute.id, NIGHT + 9 * HOUR, "Boris", 8) is None


def test_no_warning_about_what_is_over() -> None:
    """A mute of one incident that has ended meanwhile ends without a warning."""
    drill = Drill()
    drill.error("P1_beta", 0)
    incident = drill.of("P1_beta")
    drill.policy.mute("P1_beta: stuck", NIGHT + HOUR, "Anna", 7, NIGHT, incident)
    drill.wait(60, 2 * HOUR)
    assert drill.when(MuteEnding) == []
    assert drill.when(MuteEnded) == [HOUR]


def test_the_mute_of_an_incident_is_in_its_history() -> None:
    """Who muted an incident, what that hid, and its end stand in the history of the incident."""
    drill = Drill()
    drill.error("P1_beta", 0)
    incident = drill.of("P1_beta")
    mute = drill.policy.mute("P1_beta: stuck", NIGHT + HOUR, "Anna", 7, NIGHT, incident)
    assert sorts(drill.error("P1_beta", 60)) == [Renew]
    drill.error("P1_beta", 61)
    drill.policy.unmute(mute.id, NIGHT + 70)
    notes = [(each.what, each.count) for each in incident.history[-3:]]
    assert notes == [(Happened.MUTED, 1), (Happened.HIDDEN, 2), (Happened.UNMUTED, 1)]
    assert sorts(drill.error("P1_beta", 80)) == [Renew]  # it was told before, and nothing is new


# Regular work


def test_work_that_is_no_longer_in_the_configuration_is_not_muted() -> None:
    """The mute of a schedule ends when the schedule is taken out, and nobody's own mute does."""
    drill = scheduled()
    drill.look(HOUR)
    drill.policy.mute("magnet", MORNING + 5 * HOUR, "Anna", 7, MORNING)
    drill.policy.rules = Rules()
    (ended,) = drill.look(HOUR + 5)
    assert isinstance(ended, MuteEnded)
    assert ended.mute.schedule == CHANGE.name
    assert [each.scope for each in drill.policy.mutes.values()] == ["magnet"]


def test_regular_work_is_muted_by_itself() -> None:
    """A schedule mutes its scope from its level on while its window lasts, and then reports."""
    drill = scheduled()
    assert sorts(drill.wait(0, HOUR - 5)) == []
    drill.wait(HOUR, 2 * HOUR - 5)
    (began,) = [each for _, each in drill.decided if isinstance(each, MuteBegan)]
    assert (began.mute.scope, began.mute.level, began.mute.schedule) == ("P1_*", 2, CHANGE.name)
    assert began.mute.until == MORNING + 2 * HOUR
    assert drill.error("P1_beta", 1.5 * HOUR) == []
    note = drill.of("P1_beta").history[0]
    assert (note.reason, note.who) == (Because.SCHEDULE, "sample change")
    assert Post in sorts(drill.error("P1_gamma", 1.5 * HOUR, 1))
    assert Post in sorts(drill.error("magnet", 1.5 * HOUR))
    (ended,) = [each for each in drill.look(2 * HOUR) if isinstance(each, MuteEnded)]
    assert ended.mute.hidden == {1: 1}
    assert drill.when(MuteEnding) == []  # it ends as it always does
    drill.wait(2 * HOUR, 27 * HOUR, every=60)
    assert drill.when(MuteBegan) == [HOUR, 25 * HOUR]


def test_unmuted_regular_work_stays_unmuted_until_its_window_ends(tmp_path: Path) -> None:
    """Whoever ends a schedule's mute has peace from it until the next window, restarts included."""
    drill = scheduled()
    drill.wait(HOUR, 1.2 * HOUR)
    (mute,) = drill.policy.mutes.values()
    assert drill.policy.unmute(mute.id, MORNING + 1.2 * HOUR) == [mute]
    assert Post in sorts(drill.error("P1_beta", 1.3 * HOUR))
    store = Store(tmp_path)
    store.save(drill.policy, MORNING + 1.3 * HOUR)
    again = Drill(store.policy(drill.policy.rules), begin=MORNING)
    store.close()
    again.wait(1.3 * HOUR, 24.5 * HOUR, every=60)
    assert again.policy.mutes == {}
    again.wait(24.5 * HOUR, 25.5 * HOUR, every=60)
    assert again.when(MuteBegan) == [25 * HOUR]


def test_regular_work_goes_on_after_a_restart(tmp_path: Path) -> None:
    """A restart within the window neither announces the mute again nor forgets what it hid."""
    drill = scheduled()
    drill.wait(HOUR, 1.2 * HOUR)
    drill.error("P1_beta", 1.25 * HOUR)
    store = Store(tmp_path)
    store.save(drill.policy, MORNING)
    again = Drill(store.policy(drill.policy.rules), begin=MORNING)
    store.close()
    again.wait(1.3 * HOUR, 2.1 * HOUR, every=60)
    assert again.when(MuteBegan) == []
    (ended,) = [each for _, each in again.decided if isinstance(each, MuteEnded)]
    assert ended.mute.hidden == {1: 1}


def test_regular_work_without_an_end_is_said_each_week() -> None:
    """A schedule that never ends is announced anew each week, so that nobody forgets it."""
    drill = scheduled(Schedule("always", parse_week("mon-sun"), "old_*"))
    drill.wait(0, 15 * DAY, every=600)
    began = [each for _, each in drill.decided if isinstance(each, MuteBegan)]
    assert [each.mute.until < inf for each in began] == [True] * 3
    assert len(drill.when(MuteEnded)) == 2
    assert "7 d" in text.mute_words(began[0].mute, "YuMO", EN, MOSCOW, MORNING).text


def test_a_mute_of_a_person_stands_beside_regular_work() -> None:
    """Somebody's mute of the same scope is his own, and does not move the end of the schedule's."""
    drill = scheduled(Schedule("work", parse_week("mon-fri 9-10"), "P1_*"))
    drill.look(HOUR)
    made = drill.policy.mute("P1_*", MORNING + 5 * HOUR, "Anna", 7, MORNING + HOUR)
    assert [each.id for each in drill.policy.mutes.values()] == [1, made.id]
    drill.wait(HOUR, 2.1 * HOUR)
    assert [*drill.policy.mutes] == [made.id]
    assert drill.error("P1_beta", 3 * HOUR) == []


# Words


def test_what_a_mute_says() -> None:
    """The announcement names scope, level, author, comment and how to end it; escaped."""
    mute = Mute(
        3, "P1_*", NIGHT, NIGHT + 2 * HOUR, "Anna <3", 7, level=3, comment="new <b>motor</b> & co"
    )
    said = text.mute_words(mute, "YuMO", EN, MOSCOW, NIGHT)
    assert said.text.splitlines() == [
        "🔕 YuMO: muted until 05:22:45 (2 h): P1_* of level 3 and less important",
        "new <b>motor</b> & co",
        "By Anna <3. What it hides is counted; /unmute 3 ends it.",
    ]
    assert "<b>motor" not in said.html
    line = text.plain(mute_line(mute, EN, MOSCOW, NIGHT))
    assert line.endswith("by Anna <3 · new <b>motor</b> & co")


def test_what_regular_work_says() -> None:
    """A mute that a schedule made names the schedule; so does the post that it hides."""
    mute = Mute(3, "", NIGHT, NIGHT + HOUR, "", 0, schedule="R&D <sample>")
    said = text.mute_words(mute, "YuMO", EN, MOSCOW, NIGHT).text
    assert "By the schedule R&D <sample>." in said
    assert "by the schedule R&D <sample>" in text.plain(mute_line(mute, EN, MOSCOW, NIGHT))
    hides = "\n".join(wishes(None, mute, EN, MOSCOW, NIGHT))
    assert text.plain(hides) == "🔕 muted until 04:22:45 by the schedule R&D <sample>"


@pytest.mark.parametrize(
    ("level", "said"), [(1, "P1_beta"), (5, "P1_beta of level 5"), (2, "P1_beta of level 2 and")]
)
def test_levels_in_words(level: int, said: str) -> None:
    """A level is only named where it leaves something out."""
    mute = Mute(3, "P1_beta", NIGHT, NIGHT + HOUR, "Anna", 7, level=level)
    line = text.plain(mute_line(mute, EN, MOSCOW, NIGHT))
    assert f"3: {said} " in line
    assert ("level" in line) is (level > 1)


# What people type


@pytest.mark.parametrize(
    ("typed", "wish"),
    [
        ("2h level 3 # new motor", Wish("", NIGHT + 2 * HOUR, level=3, comment="new motor")),
        ("level 3 2h", Wish("", NIGHT + 2 * HOUR, level=3)),
        ("P1_beta levels 3-5", Wish("P1_beta", NIGHT + HOUR, level=3)),
        ("P1_beta level 4+, 30m", Wish("P1_beta", NIGHT + 1800, level=4)),
        ("LEVEL 2", Wish("", NIGHT + HOUR, level=2)),
        (
            "на 2 ч уровень 3 # ставим мотор",
            Wish("", NIGHT + 7200, level=3, comment="ставим мотор"),
        ),
        ("P1_beta уровня 4 до 8:00", Wish("P1_beta", NIGHT + 16635, level=4)),
        ("уровни 3–5 всё", Wish("", NIGHT + HOUR, level=3)),
        ("30m # level 9 is no level", Wish("", NIGHT + 1800, comment="level 9 is no level")),
        ("# only a comment", Wish("", NIGHT + HOUR, comment="only a comment")),
        ("30m #new motor", Wish("", NIGHT + 1800, comment="new motor")),
        ("1h\nline one\n line two", Wish("", NIGHT + HOUR, comment="line one line two")),
        ("P1_beta # # 2", Wish("P1_beta", NIGHT + HOUR, comment="# 2")),
        ("2h level 9", "level 9"),
        ("level 0", "level 0"),
        ("уровень 6 2ч", "уровень 6"),
        ("level three", "level three"),
        ("level", "level"),
        ("sea_level 3", "sea_level 3"),
        ("2h level 3 level 4", "level 4"),
    ],
)
def test_levels_and_comments_as_typed(typed: str, wish: Wish | str) -> None:
    """A level and a comment are read in both languages; what makes no sense comes back."""
    found = mute_wishes.parse_wish(typed, lambda name: name == "P1_beta", MOSCOW, NIGHT)
    assert found == wish


def test_mails_are_muted_as_posts_are() -> None:
    """A mute holds both ways, and both tell when it is over."""
    drill = Drill()
    drill.policy.mute("", NIGHT + 60, "Anna", 7, NIGHT)
    drill.error("P1_beta", 1)
    drill.look(60)
    assert sorts(drill.error("P1_beta", 61)) == [Post, Mail]


@pytest.mark.parametrize(
    ("typed", "hours", "incident", "comment"),
    [
        ("#12", 1, 12, ""),
        ("2h incident 12", 2, 12, ""),
        ("проблема 12, 2 ч #чиним", 2, 12, "чиним"),
        ("2h #12 # 3 days", 2, 12, "3 days"),
        ("2h #new sample", 2, None, "new sample"),
    ],
)
def test_an_incident_is_named_by_its_number(
    typed: str, hours: int, incident: int | None, comment: str
) -> None:
    """/mute takes the number of an incident, and tells it from a comment."""
    wish = mute_wishes.parse_wish(typed, lambda _name: False, MOSCOW, NIGHT)
    assert wish == Wish("", NIGHT + hours * HOUR, comment=comment, incident=incident)


def test_an_incident_and_a_device_are_not_muted_together() -> None:
    """Where both are named, it is not guessed which of them is meant."""
    assert mute_wishes.parse_wish("#12 P1_beta", lambda _name: True, MOSCOW, NIGHT) == "P1_beta"
