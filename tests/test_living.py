"""Living incidents, as policy: who takes care, what one mute of one incident hides, and the end."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sonixbot.alerts import AlertPolicy, Decision, Ended, Incident, Post, Renew, Rules
from sonixbot.entry import Entry, Kind
from sonixbot.message import Message
from sonixbot.store import FILE_NAME, MIGRATIONS, Store
from tests.facts import STUCK, WARM, like, message
from tests.handclock import NIGHT

MINUTE, HOUR = 60.0, 3600.0
ANNA, BORIS = ("Anna", 7), ("Boris", 8)


@pytest.fixture
def policy() -> AlertPolicy:
    """A policy that was told of one error."""
    made = AlertPolicy(Rules())
    made.apply(STUCK, NIGHT)
    return made


def only(policy: AlertPolicy) -> Incident:
    (incident,) = policy.incidents.values()
    return incident


def again(policy: AlertPolicy, after: float, **changes: object) -> list[Decision]:
    return policy.apply(like(STUCK, offset=1000 + int(after), **changes), NIGHT + after)


def test_the_first_to_acknowledge_stays(policy: AlertPolicy) -> None:
    """Acknowledging twice is acknowledging once: the first author stays, and is written down."""
    number = only(policy).id
    assert policy.acknowledge(number, *ANNA, NIGHT + 10) is only(policy)
    assert policy.acknowledge(number, *BORIS, NIGHT + 20) is only(policy)
    assert policy.acknowledged[number].author == "Anna"
    assert policy.changes.acknowledged == policy.acknowledged


def test_what_is_not_there_is_not_acknowledged(policy: AlertPolicy) -> None:
    """An incident that is no longer kept cannot be acknowledged."""
    assert policy.acknowledge(77, *ANNA, NIGHT) is None
    assert policy.acknowledged == {}


@pytest.mark.parametrize(
    ("after", "changes", "stays"),
    [
        (60.0, {}, True),
        (31 * MINUTE, {}, False),
        (60.0, {"kind": Kind.WARNING}, True),
    ],
)
def test_how_long_somebody_takes_care(
    policy: AlertPolicy, after: float, changes: dict[str, object], *, stays: bool
) -> None:
    """Care lasts while the incident goes on, and ends when it is back after quiet."""
    policy.acknowledge(only(policy).id, *ANNA, NIGHT + 1)
    again(policy, after, **changes)
    assert bool(policy.acknowledged) is stays


def test_care_was_taken_of_less() -> None:
    """When an incident becomes more important, somebody has to take care of it anew."""
    policy = AlertPolicy(Rules())
    policy.apply(like(STUCK, level=3), NIGHT)
    policy.acknowledge(only(policy).id, *ANNA, NIGHT + 1)
    again(policy, 60)
    assert policy.acknowledged == {}
    assert policy.changes.acknowledged == {only(policy).id: None}


def test_a_mute_of_one_incident_hides_no_other(policy: AlertPolicy) -> None:
    """A mute of an incident hides its next entries, and not those of the same device beside it."""
    mute = policy.mute("P1_beta: stuck", NIGHT + HOUR, *ANNA, NIGHT, only(policy))
    assert [type(each) for each in again(policy, 60)] == [Renew]
    assert policy.mutes[mute.id].hidden == {only(policy).id: 1}
    other = policy.apply(like(STUCK, text="limit switch active", offset=5000), NIGHT + 61)
    assert isinstance(other[0], Post)


def test_muting_it_again_moves_the_end(policy: AlertPolicy) -> None:
    """A second mute of the same incident moves the end of the first, and is no other mute."""
    first = policy.mute("P1_beta: stuck", NIGHT + HOUR, *ANNA, NIGHT, only(policy))
    second = policy.mute("P1_beta: other words", NIGHT + 2 * HOUR, *BORIS, NIGHT, only(policy))
    device = policy.mute("P1_beta", NIGHT + HOUR, *ANNA, NIGHT)
    assert (second.id, second.until, second.author) == (first.id, NIGHT + 2 * HOUR, "Boris")
    assert {each.id for each in policy.mutes.values()} == {first.id, device.id}


def test_an_incident_ends_once(policy: AlertPolicy) -> None:
    """After the quiet time an incident is over, said once; another entry opens it again."""
    policy.acknowledge(only(policy).id, "Olga", 42, NIGHT)
    assert policy.tick(NIGHT + 30 * MINUTE - 1) == []
    (ended,) = policy.tick(NIGHT + 30 * MINUTE)
    assert ended == Ended(only(policy), aloud=True)
    assert only(policy).ended == NIGHT + 30 * MINUTE
    assert policy.changes.incidents[only(policy).id] is only(policy)
    assert policy.tick(NIGHT + 31 * MINUTE) == []
    again(policy, HOUR)
    assert only(policy).ended is None


@pytest.mark.parametrize(
    ("entry", "muted", "aloud"),
    [
        (STUCK, False, True),
        (like(STUCK, level=2), False, True),
        (like(STUCK, level=None), False, True),
        (like(STUCK, level=3), False, False),
        (WARM, False, False),
        (STUCK, True, False),
    ],
)
def test_which_ends_are_told(entry: Entry, *, muted: bool, aloud: bool) -> None:
    """The end of an error of level 1 or 2 is told by itself, unless somebody muted it."""
    policy = AlertPolicy(Rules())
    policy.apply(entry, NIGHT)
    if muted:
        policy.mute("", NIGHT + 2 * HOUR, *ANNA, NIGHT + 1)
    assert policy.tick(NIGHT + HOUR) == [Ended(only(policy), aloud=aloud)]


def test_what_a_mute_covers(policy: AlertPolicy) -> None:
    """A mute covers the incidents that fit it and go on, also once it is over."""
    policy.apply(WARM, NIGHT)
    mute = policy.mute("P1_*", NIGHT + 60, *ANNA, NIGHT)
    assert [each.entry.source for each in policy.covered(mute)] == ["P1_beta"]
    policy.tick(NIGHT + HOUR)
    assert policy.covered(mute) == []


def test_what_an_earlier_version_wrote_is_taken_over(tmp_path: Path) -> None:
    """A database from before acknowledgements is brought up to date, with all that is in it."""
    policy = AlertPolicy(Rules())
    policy.apply(STUCK, NIGHT)
    mute = policy.mute("P1_beta", NIGHT + HOUR, *ANNA, NIGHT)
    told = message().to_json()
    rows = (only(policy).to_json(), mute.to_json(), told)
    for row, new in zip(rows, (["ended"], ["fingerprint"], ["buttons", "answers"]), strict=True):
        for name in new:
            del row[name]
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as db:
        db.executescript(MIGRATIONS[0] + "pragma user_version = 1;")
        db.execute("insert into incidents values (1, ?, ?)", (NIGHT, json.dumps(rows[0])))
        db.execute("insert into mutes values (1, ?)", (json.dumps(rows[1]),))
        db.commit()
    store = Store(tmp_path)
    found = store.policy(Rules())
    assert (only(found), found.mutes) == (only(policy), {1: mute})
    found.acknowledge(1, *ANNA, NIGHT)
    store.save_wishes(found)
    assert store.policy(Rules()).acknowledged == found.acknowledged
    store.close()
    assert Message.from_json(told) == message()
