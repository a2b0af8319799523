"""Storms, as policy: when they begin and end, what stays single, and that nothing is lost."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonixbot.alerts import (
    AlertPolicy,
    Because,
    Happened,
    Incident,
    Mail,
    Morning,
    Mute,
    Post,
    Push,
    Quiet,
    Reminded,
    Renew,
    Rules,
    Storm,
    StormBegan,
    StormEnded,
    StormRenewed,
    StormRules,
    Way,
    Why,
)
from sonixbot.alerts.book import KEPT
from sonixbot.store import Store
from sonixbot.week import parse_week
from tests.drills import Drill, sorts
from tests.facts import STUCK, like
from tests.handclock import NIGHT

HOUR = 3600.0


def stormy(incidents: int = 9, level: int | None = 2) -> Drill:
    """So many new errors at once, the last of which makes a storm of them."""
    drill = Drill()
    for number in range(incidents):
        drill.error(f"dev_{number}", number * 0.1, level)
    return drill


@pytest.mark.parametrize(
    ("incidents", "apart", "storm"),
    [
        (8, 1.0, False),
        (9, 1.0, True),
        (9, 1.25, False),  # the first one is ten seconds old
        (10, 2.9, False),
        (11, 2.9, True),  # more than ten singles in 30 s
        (15, 3.9, False),
        (16, 3.9, True),  # more than fifteen in a minute
        (40, 4.1, False),
    ],
)
def test_what_makes_a_storm(incidents: int, apart: float, *, storm: bool) -> None:
    """More new incidents than 8 in 10 s, 10 in 30 s or 15 in a minute are a storm; less is none."""
    drill = Drill()
    for number in range(incidents):
        assert not drill.when(StormBegan)
        drill.error(f"dev_{number}", number * apart)
    assert bool(drill.when(StormBegan)) is storm
    assert len(drill.when(Post)) == incidents - storm


def test_thresholds_are_those_of_the_configuration() -> None:
    """How many incidents in which time are a storm, and when it is calm, is configured."""
    rules = Rules(storm=StormRules(incidents=2, within=60.0, calm=10.0))
    drill = Drill(AlertPolicy(rules))
    for number in range(3):
        drill.error(f"dev_{number}", number * 20)
    assert drill.when(StormBegan) == [40]
    assert sorts(drill.look(49)) == [StormRenewed] * 0
    assert sorts(drill.look(50)) == [StormEnded]


def test_the_same_error_again_and_again_is_no_storm() -> None:
    """However often one error comes, it is one incident and no storm."""
    drill = Drill()
    for number in range(500):
        drill.error("P1_beta", number * 0.02)
    assert drill.when(StormBegan) == []
    assert len(drill.when(Post)) == 1


def test_all_of_the_last_seconds_belong_to_the_storm() -> None:
    """The storm has the incidents that made it, also those that were told by themselves."""
    drill = stormy()
    (storm,) = drill.policy.storms.values()
    listed = [each.entry.source for each in drill.policy.in_storm(storm)]
    assert listed == [f"dev_{number}" for number in range(9)]
    assert drill.of("dev_8").listed
    assert drill.of("dev_8").history[-1].reason == Because.STORM
    assert not drill.of("dev_0").listed


def test_in_a_storm_nothing_is_single_but_level_1() -> None:
    """In a storm an error of level 2 goes into the digest, also by mail; level 1 is posted."""
    drill = Drill()
    for number in range(20):
        drill.error(f"dev_{number}", 20 + number * 0.1)
    assert sorts(drill.error("late", 30)) == [StormRenewed, Renew, Renew]
    drill.look(45)
    assert sorts(drill.error("urgent", 51, 1)) == [StormRenewed, Post, Renew]
    assert drill.of("late").mailed == drill.begin + 30  # within the mail of the storm
    assert (drill.of("late").post, drill.of("late").mail) == (0, 0)


@pytest.mark.parametrize("level", [1, None])
def test_level_1_stays_single_up_to_five_a_minute(level: int | None) -> None:
    """Of level 1, five in a minute are posted beside the digest, further ones only stand in it."""
    drill = stormy()
    for second in (12, 22, 29):  # it goes on
        drill.error(f"dev_{second}", second)
    for number in range(20):
        drill.error(f"urgent_{number}", 31 + number, level)
    singles = [each for each in drill.devices(Post) if each.startswith("urgent")]
    assert singles == [f"urgent_{number}" for number in range(5)]
    assert drill.of("urgent_19").listed
    drill.error("urgent_later", 92, level)
    assert drill.devices(Post)[-1] == "urgent_later"


def test_a_digest_is_renewed_while_it_grows() -> None:
    """While a storm grows its digest is renewed at least each 15 s, at most each 8 s."""
    drill = Drill()
    for number in range(600):
        drill.error(f"dev_{number}", number * 0.2)
        if number % 25 == 0:
            drill.look(number * 0.2)
    (begun,) = drill.when(StormBegan)
    moments = [begun, *drill.when(StormRenewed)]
    gaps = [after - before for before, after in pairwise(moments)]
    assert moments[-1] > 600 * 0.2 - 15
    assert 8 <= min(gaps) <= max(gaps) <= 15


def test_counts_alone_renew_the_digest_too() -> None:
    """What is counted in the digest is shown in it, though nothing new comes."""
    drill = stormy()
    drill.look(10)
    assert sorts(drill.error("dev_8", 12)) == [StormRenewed]
    assert sorts(drill.error("dev_8", 13)) == []
    assert sorts(drill.look(17)) == []
    assert sorts(drill.look(21)) == [StormRenewed]
    assert sorts(drill.look(29)) == []
    assert drill.of("dev_8").count == 3


def test_it_ends_once_and_with_one_summary() -> None:
    """After half a minute without a new incident the storm is over, and that is said once."""
    drill = stormy()
    drill.wait(5, 30)
    assert drill.when(StormEnded) == []
    ended = drill.wait(31, 600)
    assert sorts(ended) == [StormEnded]


def test_what_comes_thick_prolongs_it() -> None:
    """Three new incidents within the calm time put the end off; fewer, and known ones, do not."""
    drill = stormy()
    for second in (20, 21, 22):
        drill.error(f"late_{second}", second)
    drill.wait(25, 45)
    drill.error("one", 46)
    drill.error("two", 47)
    drill.error("dev_8", 48)
    drill.look(51)
    assert drill.when(StormEnded) == []
    drill.look(52)
    assert drill.when(StormEnded) == [52]
    assert sorts(drill.error("three", 55)) == [Post, Mail]


def test_after_its_end_counts_go_to_the_digest_once_a_minute() -> None:
    """What was only listed is counted in the digest after the storm, without a post of its own."""
    drill = stormy()
    drill.wait(5, 65)
    posts = len(drill.when(Post))
    for second in range(70, 370):
        drill.error("dev_8", second)
        drill.look(second)
    renewed = [at for at in drill.when(StormRenewed) if at > 65]
    assert 4 <= len(renewed) <= 6
    assert min(b - a for a, b in pairwise(renewed)) >= 60
    assert len(drill.when(Post)) == posts
    drill.wait(370, 435)
    assert not any(each.changed for each in drill.policy.storms.values())


def test_worse_and_again_after_the_end_are_posts() -> None:
    """After the storm what becomes worse, or comes again after quiet, is told by itself."""
    drill = stormy()
    drill.wait(5, 65)
    assert sorts(drill.error("dev_8", 70, 1)) == [Post]  # its mail was that of the storm
    assert drill.of("dev_8").post_why is Why.WORSE
    assert not drill.of("dev_8").listed
    drill.wait(75, 2100, every=60)
    assert drill.policy.storms == {}
    assert Post in sorts(drill.error("dev_8", 5000, 1))
    assert drill.of("dev_8").post_why is Why.AGAIN


def test_a_storm_is_kept_as_long_as_something_of_it_is_open() -> None:
    """The digest of a storm is forgotten when all of it is over, and its last state was told."""
    drill = stormy()
    drill.wait(5, 1700)
    drill.error("dev_8", 1700)
    drill.wait(1705, 1900)
    assert drill.policy.storms
    drill.wait(1900, 3700)
    assert drill.policy.storms == {}
    assert drill.policy.changes.storms == {1: None}
    assert drill.when(StormRenewed)[-1] > 3490  # its button is gone


def test_a_clock_set_back_ends_a_storm() -> None:
    """A storm does not last for the hours by which a clock was set back."""
    drill = stormy()
    assert sorts(drill.look(-3 * HOUR)) == [StormEnded]
    assert Post in sorts(drill.error("later", -3 * HOUR + 1))


def test_an_end_that_nobody_looked_at_is_an_end() -> None:
    """What comes long after the last of a storm is single, though no look came between them."""
    drill = stormy()
    assert sorts(drill.error("later", 61)) == [Post, Mail]
    assert sorts(drill.look(65)) == [StormEnded]


def test_a_storm_goes_on_after_a_restart(tmp_path: Path) -> None:
    """A restart neither begins a storm anew nor ends it: its digest goes on being renewed."""
    drill = stormy()
    store = Store(tmp_path)
    store.save(drill.policy, NIGHT)
    again = Drill(store.policy(Rules()), offset=5000)
    assert again.policy.storms == drill.policy.storms
    assert again.policy.incidents == drill.policy.incidents
    again.error("late", 12)
    again.error("dev_8", 13)
    assert again.when(StormBegan) == []
    assert again.of("late").storm == again.of("dev_0").storm == 1
    assert again.when(StormRenewed) == [12]
    again.wait(15, 75)
    assert len(again.when(StormEnded)) == 1
    store.save(again.policy, NIGHT + 75)
    assert store.policy(Rules()).storms == again.policy.storms
    assert Storm.from_json(again.policy.storms[1].to_json()) == again.policy.storms[1]
    store.close()


def test_what_came_while_away_makes_no_storm() -> None:
    """Errors that came while the service was away are one digest of that time, and no storm."""
    drill = Drill()
    decisions = [each for n in range(50) for each in drill.error(f"dev_{n}", n * 0.1, live=False)]
    caught = drill.policy.catch_up(decisions)
    assert len(caught.posts) == len(caught.mails) == 50
    assert drill.policy.storms == {}
    assert drill.when(StormBegan) == []
    assert sorts(drill.error("later", 60)) == [Post, Mail]


def test_what_a_storm_listed_and_went_on_while_away_is_in_the_digest_of_that_time() -> None:
    """An incident that only a storm's digest told stands in the digest of a time away too."""
    drill = stormy()
    drill.wait(5, 65)
    caught = drill.policy.catch_up(drill.error("dev_8", 300, live=False))
    assert [each.entry.source for each in caught.posts] == ["dev_8"]
    assert drill.of("dev_8").listed


def test_what_is_muted_is_no_storm() -> None:
    """What a mute hides makes no storm and stands in no digest, whatever else does."""
    drill = Drill()
    drill.policy.mute("dev_*", NIGHT + HOUR, "Anna", 7, NIGHT)
    for number in range(50):
        drill.error(f"dev_{number}", number * 0.1)
    assert drill.decided == []
    for number in range(9):
        drill.error(f"other_{number}", 10)
    (storm,) = drill.policy.storms.values()
    assert len(drill.policy.in_storm(storm)) == 9


def test_what_the_quiet_hours_hold_is_no_storm() -> None:
    """What waits for the morning makes no storm; what may sound at night does."""
    quiet = (Quiet(parse_week("22-7"), 2),)
    rules = Rules(telegram=Push(quiet=quiet), mail=Push(quiet=quiet))
    drill = Drill(AlertPolicy(rules))
    for number in range(50):
        drill.error(f"dev_{number}", number * 0.1)
    assert drill.decided == []
    for number in range(9):
        drill.error(f"urgent_{number}", 10, 1)
    (storm,) = drill.policy.storms.values()
    assert len(drill.policy.in_storm(storm)) == 9


def test_mails_that_only_go_on_are_no_storm() -> None:
    """Long known errors whose mails fall due at once are no storm in Telegram."""
    drill = Drill()
    for second in range(0, 5 * 3600, 900):
        for number in range(12):
            drill.error(f"dev_{number}", second + number * (0.5 if second else 20))
    assert len(drill.when(Mail)) == 24
    assert drill.when(StormBegan) == []


def test_what_was_taken_in_is_told_when_it_becomes_worse() -> None:
    """An incident whose post went within a digest gets a new number for its next post."""
    drill = stormy()
    for way in Way:
        drill.policy.absorbed(drill.of("dev_3"), way)
    incident = drill.of("dev_3")
    assert incident.listed
    assert [(each.what, each.reason, each.count) for each in incident.history] == [
        (Happened.LISTED, Because.STORM, 1)
    ]
    assert sorts(drill.error("dev_3", 70)) == [StormRenewed]
    assert Post in sorts(drill.error("dev_3", 71, 1))
    assert incident.post == 2
    assert not incident.listed


def test_an_incident_that_is_forgotten_stays_a_count() -> None:
    """Of a storm with more incidents than are kept, the digest still counts every message."""
    drill = Drill()
    for number in range(KEPT + 100):
        drill.error(f"dev_{number}", number * 0.001, 3)
    (storm,) = drill.policy.storms.values()
    kept = sum(each.count for each in drill.policy.in_storm(storm))
    assert kept == KEPT
    assert storm.forgotten == 100 - 8  # the others were posted by themselves


def test_ten_thousand_errors_of_level_1_are_taken_in() -> None:
    """A flood of different errors is decided about in time, within what a test may take."""
    drill = Drill()
    for number in range(10_000):
        drill.error(f"dev_{number}", number * 0.005, None)
        if number % 1000 == 0:
            drill.look(number * 0.005)
    assert len(drill.policy.incidents) == 10_000
    (storm,) = drill.policy.storms.values()
    assert len(drill.policy.in_storm(storm)) == 10_000


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["error", "error", "error", "burst", "look", "mute", "care"]),
        st.integers(0, 30),  # the device
        st.sampled_from([1, 2, 3, None]),
        st.sampled_from([0.0, 0.1, 0.5, 2.0, 5.0, 20.0, 70.0, 600.0, 2000.0, 20000.0]),
    ),
    min_size=1,
    max_size=80,
)
NIGHTS = (Quiet(parse_week("22-5"), 2),)


@given(steps=STEPS, quiet=st.booleans())
@settings(max_examples=150, deadline=None)
def test_nothing_is_lost(steps: list[tuple[str, int, int | None, float]], *, quiet: bool) -> None:
    """Whatever comes, every entry is in a post, a digest, a mute or held; singles keep the pace."""
    push = Push(quiet=NIGHTS if quiet else ())
    drill = Drill(AlertPolicy(Rules(telegram=push, mail=push)))
    written, at = 0, 0.0
    for what, device, level, later in steps:
        before, now = at, at + later
        drill.wait(before, now, every=max(5.0, later / 50))
        at = now
        if what == "look":
            drill.look(at)
        elif what == "mute":
            drill.policy.mute(f"dev_{device}", drill.begin + at + 300, "Anna", 7, drill.begin + at)
        elif what == "care":
            for each in drill.policy.open(drill.begin + at)[:1]:
                drill.policy.acknowledge(each.id, "Anna", 7, drill.begin + at)
        else:
            for number in range(12 if what == "burst" else 1):
                drill.error(f"dev_{device + number}", at, level)
                written += 1
    incidents = [*drill.policy.incidents.values()]
    assert sum(each.count for each in incidents) == written
    told = _told(drill)
    for each in incidents:
        assert told[each.id] or _kept_back(drill, each), each
    singles = sorted(drill.when(Post))
    for number, start in enumerate(singles):
        within = [each - start for each in singles[number:]]
        assert sum(1 for each in within if each < 30) <= 10
        assert sum(1 for each in within if each < 60) <= 15


def _told(drill: Drill) -> dict[int, bool]:
    """By incident: whether a post of its own, a digest or a list has it."""
    storms = {each.storm.id for _, each in drill.decided if isinstance(each, StormBegan)}
    told = {
        each.id: bool(each.post) or (each.listed and each.storm in storms)
        for each in drill.policy.incidents.values()
    }
    for _, each in drill.decided:
        if isinstance(each, Morning | Reminded):
            told |= {one.id: True for one in each.incidents}
    return told


def _kept_back(drill: Drill, incident: Incident) -> bool:
    """Whether a mute, in force or over, counted all of it, or the quiet hours hold it."""
    mutes: list[Mute] = [*drill.policy.mutes.values()]
    mutes += [each.mute for _, each in drill.decided if hasattr(each, "mute")]
    hidden = {each.id: each.hidden.get(incident.id, 0) for each in mutes}
    held = incident.id in drill.policy.held.quiet.get("telegram", ())
    return held or sum(hidden.values()) == incident.count


def test_a_reminder_goes_through_a_list_once_a_storm_is_over() -> None:
    """What only stood in the digest of a storm is said again as one list, not post by post."""
    drill = stormy(40)
    drill.policy.acknowledge(drill.of("dev_39").id, "Anna", 7, NIGHT)
    for second in range(900, 2 * 3600 + 600, 900):
        for number in range(40):
            drill.error(f"dev_{number}", second + number)
        drill.look(second + 45)
    reminded = [each for _, each in drill.decided if isinstance(each, Reminded)]
    (first,) = [each for each in reminded if each.way == "telegram"]
    assert [each.entry.source for each in first.incidents] == [f"dev_{n}" for n in range(39)]
    assert STUCK.text == first.incidents[0].entry.text == like(STUCK).text
