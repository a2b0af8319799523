"""Histories: what became of an incident, and why it was told or not, in words."""

from __future__ import annotations

from datetime import timedelta, timezone

import pytest

from sonixbot.alerts import AlertPolicy, Because, Happened, Incident, Rules, Why
from sonixbot.alerts.incidents import NOTES
from sonixbot.language import language
from sonixbot.text.histories import history_lines
from sonixbot.text.markup import plain
from tests.drills import Drill
from tests.facts import STUCK
from tests.handclock import NIGHT

MOSCOW = timezone(timedelta(hours=3))
EN = language("en")
_WITH_REASON = {Happened.POSTED, Happened.MAILED, Happened.HIDDEN, Happened.LISTED}


@pytest.fixture
def incident() -> Incident:
    """One of which nothing is known yet."""
    return Incident(1, "f", "stuck", STUCK, STUCK.kind, STUCK.level, 1, NIGHT, NIGHT, NIGHT)


def said(incident: Incident, code: str = "en") -> list[str]:
    """Its history, as people read it."""
    return [plain(each) for each in history_lines(incident, language(code), MOSCOW, NIGHT + 60)]


@pytest.mark.parametrize(
    ("because", "words"),
    [
        (Because.MUTE, "muted by Anna <3"),
        (Because.SCHEDULE, "regular work, Anna <3"),
        (Because.CAUSE, "it follows from Anna <3"),
        (Because.STORM, "too much at once"),
        (Because.QUIET, "quiet hours"),
        (Because.AWAY, "sonixbot was away"),
        (Because.ACKNOWLEDGED, "Anna <3 takes care of it"),
        (Because.INTERVAL, "a mail about it was sent a short time before"),
    ],
)
def test_every_silence_has_its_reason(incident: Incident, because: Because, words: str) -> None:
    """Whatever kept an incident from being told, its history says so, escaped."""
    incident.note(NIGHT, Happened.HIDDEN, because, "Anna <3")
    assert said(incident) == [
        "What became of it:", f"03:22:45 not told by itself: {words}",
    ]  # fmt: skip
    assert "Anna &lt;3" in "".join(history_lines(incident, EN, MOSCOW, NIGHT)) or (
        "Anna" not in words
    )


@pytest.mark.parametrize("code", ["en", "ru"])
@pytest.mark.parametrize("what", [*Happened])
def test_no_reason_is_without_words(incident: Incident, what: Happened, code: str) -> None:
    """Every event and every reason has words of its own, whatever the names in them look like."""
    found = set()
    reasons: list[str] = [*Why, *Because] if what in _WITH_REASON else [""]
    for reason in reasons:
        incident.history = []
        incident.note(NIGHT, what, reason, "{who} {0} %s <i>")
        (_, line) = said(incident, code)
        assert line.startswith("03:22:45 ")
        assert "{reason}" not in line
        found.add(line)
    assert len(found) == len(reasons)


def test_the_same_again_is_one_line(incident: Incident) -> None:
    """What happens again and again is one line with its count, first and last time."""
    for second in range(5):
        incident.note(NIGHT + second, Happened.HIDDEN, Because.MUTE, "Anna")
    incident.note(NIGHT + 9, Happened.HIDDEN, Because.MUTE, "Boris")
    assert said(incident)[1:] == [
        "03:22:45 – 03:22:49 ×5 not told by itself: muted by Anna",
        "03:22:54 not told by itself: muted by Boris",
    ]


def test_both_ways_are_one_note(incident: Incident) -> None:
    """What is so on both ways at one moment is noted once."""
    incident.remark(NIGHT, Happened.LISTED, Because.STORM)
    incident.remark(NIGHT, Happened.LISTED, Because.STORM)
    incident.remark(NIGHT + 1, Happened.LISTED, Because.STORM)
    assert [each.count for each in incident.history] == [2]


def test_a_note_is_taken_back(incident: Incident) -> None:
    """What did not come to pass leaves no trace, and nothing else goes with it."""
    incident.note(NIGHT, Happened.POSTED, Why.NEW)
    incident.note(NIGHT, Happened.MAILED, Why.NEW)
    incident.untold(Happened.POSTED)
    incident.untold(Happened.POSTED)
    assert [each.what for each in incident.history] == [Happened.MAILED]


def test_the_first_note_and_the_newest_stay(incident: Incident) -> None:
    """However much happens, a bounded number of notes is kept, the first one among them."""
    for number in range(NOTES * 3):
        incident.note(NIGHT + number, Happened.ACKNOWLEDGED, "", f"person {number}")
    assert len(incident.history) == NOTES
    assert incident.history[0].who == "person 0"
    assert incident.history[-1].who == f"person {NOTES * 3 - 1}"
    lines = said(incident)
    assert lines[1] == f"… {NOTES - 15} earlier ones"
    assert len(lines) == 17


def test_a_history_survives_json(incident: Incident) -> None:
    """Notes are written down and read back as they are."""
    incident.note(NIGHT, Happened.HIDDEN, Because.MUTE, "Anna")
    again = Incident.from_json(incident.to_json())
    assert again == incident
    assert isinstance(again.history[0].what, Happened)


def test_nothing_happened_is_no_line(incident: Incident) -> None:
    """An incident written by an earlier version has no history, and nothing is said of it."""
    assert said(incident) == []


def test_what_came_while_away_was_not_posted() -> None:
    """Who was told by a digest after a time away is not said to have been posted."""
    drill = Drill(AlertPolicy(Rules()))
    drill.policy.catch_up(drill.error("P1_beta", 0, 2, live=False) + drill.error("vac", 0, 1))
    assert [each.reason for each in drill.of("P1_beta").history] == [Because.AWAY]
    drill = Drill(AlertPolicy(Rules()))
    drill.policy.catch_up(drill.error("vac", 0, 1, live=False))
    assert [(each.what, each.reason) for each in drill.of("vac").history] == [
        (Happened.LISTED, Because.AWAY),
        (Happened.POSTED, Why.NEW),
        (Happened.MAILED, Why.NEW),
    ]


def test_an_acknowledged_one_says_why_no_mail_came() -> None:
    """A mail that only says that something goes on is left out when somebody takes care."""
    drill = Drill(AlertPolicy(Rules(reminders={})))
    drill.error("P1_beta", 0)
    drill.policy.acknowledge(drill.of("P1_beta").id, "Anna", 7, NIGHT)
    for minute in range(10, 300, 10):
        drill.error("P1_beta", minute * 60)
    note = drill.of("P1_beta").history[-1]
    assert (note.what, note.reason, note.who) == (Happened.HIDDEN, Because.ACKNOWLEDGED, "Anna")
