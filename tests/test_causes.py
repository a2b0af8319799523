"""Causes and what is missing, as policy: consequences, own ends, what lasts until it is back."""

from __future__ import annotations

from datetime import timedelta, timezone
from pathlib import Path

import pytest

from sonixbot import text
from sonixbot.alerts import (
    AlertPolicy,
    Because,
    Decision,
    Ended,
    Grouping,
    Happened,
    Mail,
    Post,
    Push,
    Quiet,
    Renew,
    Rules,
    StormBegan,
    StormRenewed,
    Why,
)
from sonixbot.alerts.book import FORGOTTEN, KEPT
from sonixbot.alerts.grouping import Hides, Pattern, Rule
from sonixbot.entry import Kind
from sonixbot.language import language
from sonixbot.store import Store
from sonixbot.text.incident_answers import story_words
from sonixbot.week import parse_week
from tests.drills import Drill, sorts
from tests.facts import STUCK, like
from tests.handclock import NIGHT

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
MOSCOW = timezone(timedelta(hours=3))
EN = language("en")
RULES = (
    Rule(
        "varman gone", Pattern("varman"), rename="Varman does not answer",
        ends=Pattern("", "varman is back"), hides=Hides(Pattern("P*"), 60.0),
    ),
    Rule("network", Pattern("network"), hides=Hides(Pattern(), 60.0)),
)  # fmt: skip
LOST = like(STUCK, source="archive", text="nothing was reported", time=None)


def taught() -> Drill:
    """A policy in which a missing Varman hides what the motors then write."""
    return Drill(AlertPolicy(Rules(grouping=Grouping(RULES), reminders={})))


def decided(drill: Drill, *notes: tuple[Happened, str]) -> bool:
    """Whether this is what became of P1_beta."""
    return [(each.what, each.reason) for each in drill.of("P1_beta").history] == [*notes]


def test_a_cause_hides_what_follows_from_it() -> None:
    """What follows from a main cause is counted in it, renews its post, and is not told."""
    drill = taught()
    assert sorts(drill.error("varman", 0)) == [Post, Mail]
    renewed = drill.error("P1_beta", 10)
    assert [each.incident.entry.source for each in renewed if isinstance(each, Renew)] == ["varman"]
    drill.error("P1_beta", 20)
    drill.error("P2_beta", 30)
    cause = drill.of("varman")
    assert cause.hidden == {2: 2, 3: 1}
    assert cause in drill.policy.changes.incidents.values()
    (note,) = drill.of("P1_beta").history
    assert (note.reason, note.who, note.count) == (Because.CAUSE, "Varman does not answer", 2)
    assert Post in sorts(drill.error("magnet", 30))


def test_after_its_time_a_consequence_is_told_as_new() -> None:
    """What still goes on when the cause hides no longer is told by itself, as new."""
    drill = taught()
    drill.error("varman", 0)
    drill.error("P1_beta", 59)
    assert sorts(drill.error("P1_beta", 60)) == [Post, Mail]
    incident = drill.of("P1_beta")
    assert (incident.post_why, incident.count) == (Why.NEW, 2)
    assert decided(
        drill,
        (Happened.HIDDEN, Because.CAUSE),
        (Happened.POSTED, Why.NEW),
        (Happened.MAILED, Why.NEW),
    )


def test_each_entry_of_the_cause_prolongs_it() -> None:
    """The time is counted from the newest entry of the cause."""
    drill = taught()
    for second in range(0, 300, 30):
        drill.error("varman", second)
        assert Post not in sorts(drill.error("P1_beta", second + 29))


def test_an_end_of_its_own() -> None:
    """An entry that ends an incident by its rule ends it at once and frees what it hid."""
    drill = taught()
    drill.error("varman", 0)
    drill.error("P1_beta", 1)
    back = like(STUCK, source="loader", text="Varman is back", kind=Kind.INFO, level=4)
    (ended,) = drill.policy.apply(back, NIGHT + 10)
    assert ended == Ended(drill.of("varman"), aloud=True)
    note = drill.of("varman").history[-1]
    assert (note.what, note.who) == (Happened.ENDED, "Varman is back")
    assert drill.policy.apply(back, NIGHT + 11) == []
    assert sorts(drill.error("P1_beta", 12)) == [Post, Mail]
    assert Post in sorts(drill.error("varman", 20))
    assert drill.of("varman").post_why is Why.AGAIN


def test_causes_do_not_hide_each_other() -> None:
    """What is hidden as a consequence hides nothing, so two causes never silence each other."""
    drill = Drill(AlertPolicy(Rules(grouping=Grouping((
        Rule("network", Pattern("network"), hides=Hides(Pattern(), 60.0)),
        Rule("varman gone", Pattern("varman"), hides=Hides(Pattern(), 60.0)),
    )))))  # fmt: skip
    drill.error("network", 0, 3)
    drill.error("varman", 1, 3)
    assert drill.of("varman").history[0].reason == Because.CAUSE
    assert Post in sorts(drill.error("network", 2, 1))
    assert drill.of("network").hidden == {2: 1}
    assert drill.of("varman").hidden == {}


def test_a_cause_in_a_storm_renews_the_digest() -> None:
    """What follows from a cause that only stands in a digest renews that digest."""
    drill = taught()
    for number in range(9):
        drill.error(f"dev_{number}", 0)
    drill.error("varman", 1)
    assert drill.of("varman").listed
    assert sorts(drill.error("P1_beta", 20)) == [StormRenewed]
    assert len(drill.when(StormBegan)) == 1


def test_a_muted_cause_hides_all_the_same() -> None:
    """Who mutes the cause is not told of its consequences either."""
    drill = taught()
    drill.policy.mute("varman", NIGHT + HOUR, "Anna", 7, NIGHT)
    drill.error("varman", 0)
    drill.error("P1_beta", 1)
    assert Post not in [type(each) for _, each in drill.decided]
    assert drill.of("varman").hidden == {2: 1}


def test_what_it_hid_is_known_after_a_restart(tmp_path: Path) -> None:
    """A restart neither ends the hiding nor forgets the counts; /incident lists them."""
    drill = taught()
    drill.error("varman", 0)
    drill.error("P1_beta", 1)
    store = Store(tmp_path)
    store.save(drill.policy, NIGHT)
    again = Drill(store.policy(drill.policy.rules), offset=5000)
    store.close()
    assert Post not in sorts(again.error("P1_beta", 10))
    assert again.of("varman").hidden == {2: 2}
    said = story_words(again.of("varman"), again.policy, "YuMO", EN, MOSCOW, NIGHT + 20).text
    assert "It hid what followed from it:\n×2 P1_beta: position not reached" in said
    assert "By the rule varman gone." in said
    assert "what follows from it is only counted until 03:23:45" in said
    said = story_words(again.of("P1_beta"), again.policy, "YuMO", EN, MOSCOW, NIGHT + 20).text
    assert "not told by itself: it follows from Varman does not answer" in said


@pytest.mark.parametrize(("level", "told"), [(1, True), (3, False), (4, False)])
def test_a_cause_that_waits_for_the_morning_hides_nothing_worse(level: int, *, told: bool) -> None:
    """What is more important than its cause is told as long as nobody was told of the cause."""
    night = (Quiet(parse_week("22:00-07:00"), 3),)
    rules = Rules(Push(quiet=night), Push(quiet=night), grouping=Grouping(RULES), zone=MOSCOW)
    drill = Drill(AlertPolicy(rules))
    assert sorts(drill.error("varman", 0, 3)) == []
    assert (Post in sorts(drill.error("P1_beta", 1, level))) is told


@pytest.mark.parametrize("muted", [False, True])
def test_incidents_that_are_no_longer_kept_are_one_number(*, muted: bool) -> None:
    """What mute and cause hid stays counted, and their lists do not grow with what is forgotten."""
    drill = taught()
    if muted:
        drill.policy.mute("P*", NIGHT + HOUR, "Anna", 7, NIGHT)
    drill.error("varman", 0)
    for number in range(KEPT + 4):
        drill.error(f"P{number}", 1)
        if number == 100:
            drill.error("varman", 1)  # else it would be the first to go
    (mute,) = drill.policy.mutes.values() if muted else (None,)
    hidden = mute.hidden if mute else drill.of("varman").hidden
    assert hidden[FORGOTTEN] == 5
    assert {*hidden} - {FORGOTTEN} <= {each.id for each in drill.policy.incidents.values()}


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (
            Rule("stalls", Pattern("motor_*", "stall"), merge="motors stall"),
            "Counted together: whatever fits the rule.\nBy the rule stalls.",
        ),
        (
            Rule("axes", Pattern("", r"axis (?P<axis>\w+)"), split=("axis",)),
            "# for any value:\nstall # of axis x1\nTold apart by: x1\nBy the rule axes.",
        ),
    ],
)
def test_a_story_says_what_a_rule_counts_together(rule: Rule, said: str) -> None:
    """/incident tells of a rule that merges and of one that splits what they count together."""
    policy = AlertPolicy(Rules(grouping=Grouping([rule])))
    policy.apply(like(STUCK, source="motor_1", text="stall 7 of axis X1"), NIGHT)
    (incident,) = policy.incidents.values()
    assert said in story_words(incident, policy, "YuMO", EN, MOSCOW, NIGHT).text


# What is missing


def test_what_is_missing_begins_once_and_ends_aloud() -> None:
    """What is missing is told once, does not end by quiet, and its return is told aloud."""
    drill = Drill(AlertPolicy(Rules(reminders={})))
    assert sorts(drill.missing({"gone": LOST})) == [Post, Mail]
    for minute in range(1, 300):
        assert drill.missing({"gone": LOST}, minute * 60) == []
        assert drill.look(minute * 60) == []
    incident = drill.of("archive")
    assert [each.id for each in drill.policy.open(NIGHT + 5 * HOUR)] == [incident.id]
    assert drill.missing({}, 5 * HOUR) == [Ended(incident, aloud=True)]
    assert incident.last - incident.first == 5 * HOUR
    assert drill.missing({}, 5 * HOUR + 1) == []
    assert drill.policy.open(NIGHT + 5 * HOUR) == []
    said = text.incident_ended_words(incident, "YuMO", EN, MOSCOW, NIGHT + 5 * HOUR).text
    assert "It went on for 5 h." in said


def test_it_comes_again_as_the_same_incident() -> None:
    """What is missing again after it was back is a new post of the same incident."""
    drill = Drill()
    drill.missing({"gone": LOST})
    drill.missing({}, 60)
    assert Post in sorts(drill.missing({"gone": LOST}, 120))
    incident = drill.of("archive")
    assert (incident.id, incident.post, incident.post_why) == (1, 2, Why.AGAIN)
    assert drill.missing({"gone": LOST}, 180) == []


def test_it_is_not_forgotten_after_a_week(tmp_path: Path) -> None:
    """What has been missing for ten days is still the same incident after a restart."""
    drill = Drill(AlertPolicy(Rules(reminders={})))
    drill.missing({"gone": LOST})
    store = Store(tmp_path)
    for hours in range(240):
        drill.missing({"gone": LOST}, hours * HOUR)
        store.save(drill.policy, NIGHT + hours * HOUR)
    again = Drill(store.policy(Rules()))
    store.close()
    assert again.missing({"gone": LOST}, 240 * HOUR) == []
    assert sorts(again.missing({}, 241 * HOUR)) == [Ended]


def test_each_key_is_an_incident_of_its_own() -> None:
    """Two things that are missing are two incidents, whatever they say."""
    drill = Drill()
    drill.missing({"a": LOST, "b": LOST})
    assert len(drill.policy.incidents) == 2
    (ended,) = drill.missing({"b": LOST}, 60)
    assert isinstance(ended, Ended)
    assert ended.incident.id == 1


def test_it_is_muted_like_any_other() -> None:
    """Somebody's mute hides what is missing, and its end too; afterwards it is reminded of."""
    drill = Drill()
    drill.policy.mute("archive", NIGHT + HOUR, "Anna", 7, NIGHT)
    assert drill.missing({"gone": LOST}) == []
    assert drill.of("archive").history[0].reason == Because.MUTE
    assert drill.missing({}, 60) == [Ended(drill.of("archive"), aloud=False)]


def test_what_no_way_takes_is_not_there() -> None:
    """What is pushed no way makes no incident."""
    none = Push(error=0)
    drill = Drill(AlertPolicy(Rules(telegram=none, mail=none)))
    assert drill.missing({"gone": LOST}) == []
    assert drill.policy.incidents == {}


@pytest.mark.parametrize("hidden", [True, False])
def test_a_missing_thing_that_was_hidden_is_told_after_the_mute(*, hidden: bool) -> None:
    """What began to be missing under a mute and still is, is told when the mute is over."""
    drill = Drill()
    if hidden:
        drill.policy.mute("archive", NIGHT + HOUR, "Anna", 7, NIGHT)
    drill.missing({"gone": LOST})
    told: list[Decision] = []
    for minute in range(59, 70):
        told += drill.look(minute * 60)
        told += drill.missing({"gone": LOST}, minute * 60)
    assert (Post in sorts(told) and drill.of("archive").post_why is Why.NEW) is hidden


def test_words_about_what_is_missing_do_not_say_the_contrary() -> None:
    """What is missing again is not "back", its end is no "quiet", and it is no likeness."""
    drill = Drill()
    drill.missing({"archive": LOST}, 0)
    drill.missing({}, 60)
    drill.missing({"archive": LOST}, 120)
    incident = drill.of("archive")
    moment = NIGHT + 180
    post = text.incident_words(incident, Why.AGAIN, "YuMO", EN, MOSCOW, moment).text
    assert "It is so again, after it was over." in post
    drill.missing({}, 180)
    said = story_words(incident, drill.policy, "YuMO", EN, MOSCOW, moment).text
    assert "over since 03:25:45" in said
    assert "It lasts until what is missing is back." in said
    assert "it was so again, after it was over" in said
    assert "over: nothing is missing any more" in said
    assert "quiet" not in said.replace("quiet hours", "")
    assert "Counted together" not in said
