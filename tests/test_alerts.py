"""AlertPolicy: incidents, posts, mails, mutes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonixbot.alerts import (
    AlertPolicy,
    Decision,
    Ended,
    Incident,
    Mail,
    Mute,
    MuteEnded,
    Numbers,
    Post,
    Push,
    Renew,
    Rules,
    Why,
    fingerprint,
)
from sonixbot.alerts.book import KEPT
from sonixbot.entry import Entry, Kind
from tests.facts import STUCK, WARM, like
from tests.handclock import NIGHT

HOUR = 3600.0


def sorts(decisions: list[Decision]) -> list[type[Decision]]:
    return [type(each) for each in decisions]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("timeout 60 s (asked 1.000, is 0.437)", "timeout 30 s (asked -2, is 1e-3)"),
        ("file 'a b.dat' is in use", "file 'c.dat' is in use"),
        ("файл «004217.dat» занят", "файл «004218.dat» занят"),
        ("handle 0x7ffe12 lost at 03:22:45", "handle 0xdeadbeef lost at 12:00:01"),
        ("checksum deadbeef01 wrong", "checksum 00c0ffee99 wrong"),
        ("Position  not reached", "position not reached"),
    ],
)
def test_values_are_put_aside(one: str, other: str) -> None:
    """Numbers, times, hexadecimal and quoted values do not make another incident."""
    assert fingerprint(like(STUCK, text=one)) == fingerprint(like(STUCK, text=other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("COM3 does not answer", "COM4 does not answer"),
        ("P1_beta stuck", "P2_beta stuck"),
        ("position not reached", "limit switch active"),
        ("deadline passed", "facade passed"),
    ],
)
def test_names_are_kept(one: str, other: str) -> None:
    """A digit within a name tells one device from another, so it stays."""
    assert fingerprint(like(STUCK, text=one)) != fingerprint(like(STUCK, text=other))


def test_the_source_is_kept() -> None:
    """The same text from another device is another incident."""
    assert fingerprint(STUCK) != fingerprint(like(STUCK, source="P2_beta"))


@given(st.text())
def test_any_text_has_a_fingerprint(text: str) -> None:
    """Whatever an entry says, it is grouped with an entry that says the same."""
    assert fingerprint(like(STUCK, text=text)) == fingerprint(like(STUCK, text=text))


@pytest.mark.parametrize(
    ("kind", "level", "pushed"),
    [
        (Kind.ERROR, 1, True),
        (Kind.ERROR, 5, True),
        (Kind.ERROR, None, True),
        (Kind.WARNING, 1, True),
        (Kind.WARNING, 2, False),
        (Kind.WARNING, None, False),
        (Kind.USER, 1, False),
        (Kind.INFO, 1, False),
    ],
)
def test_defaults_push_all_errors_and_level_1_warnings(
    kind: Kind, level: int | None, pushed: bool
) -> None:
    """By default errors of every level and warnings of level 1 are pushed, nothing else."""
    assert Push().takes(like(STUCK, kind=kind, level=level)) is pushed


def test_first_error_is_a_post_and_a_mail() -> None:
    """An error that was not there before is posted and mailed as new."""
    policy = AlertPolicy(Rules())
    post, mail = policy.apply(STUCK, NIGHT)
    assert isinstance(post, Post)
    assert isinstance(mail, Mail)
    assert (post.incident.post_why, mail.incident.mail_why) == (Why.NEW, Why.NEW)


def test_the_same_again_is_an_edit_and_no_mail() -> None:
    """The same error a minute later is counted in its post and not mailed."""
    policy = AlertPolicy(Rules())
    policy.apply(STUCK, NIGHT)
    again = policy.apply(like(STUCK, offset=1100, time=NIGHT + 60), NIGHT + 60)
    assert sorts(again) == [Renew]
    (incident,) = policy.incidents.values()
    assert (incident.count, incident.first, incident.last) == (2, NIGHT, NIGHT + 60)


def test_a_more_important_level_is_a_new_post_but_no_second_mail() -> None:
    """An error that became level 1 is posted anew; its mail waits for the repeat interval."""
    policy = AlertPolicy(Rules())
    policy.apply(like(STUCK, level=3), NIGHT)
    (post,) = policy.apply(like(STUCK, offset=1100), NIGHT + 60)
    assert isinstance(post, Post)
    assert post.incident.post_why is Why.WORSE
    assert post.incident.level == 1
    assert sorts(policy.tick(NIGHT + 4 * HOUR - 1)) == [Ended]
    (mail,) = policy.tick(NIGHT + 4 * HOUR)
    assert isinstance(mail, Mail)
    assert mail.incident.mail_why is Why.WORSE
    assert policy.tick(NIGHT + 9 * HOUR) == []


def test_a_less_important_level_is_no_news() -> None:
    """An error that comes again at a less important level keeps its level and its post."""
    policy = AlertPolicy(Rules())
    policy.apply(STUCK, NIGHT)
    assert sorts(policy.apply(like(STUCK, offset=1100, level=4), NIGHT + 1)) == [Renew]
    assert next(iter(policy.incidents.values())).level == 1


def test_a_warning_that_becomes_an_error_is_worse() -> None:
    """An error is more important than a warning of the same level."""
    policy = AlertPolicy(Rules())
    policy.apply(like(STUCK, kind=Kind.WARNING), NIGHT)
    (post,) = policy.apply(like(STUCK, offset=1100), NIGHT + 1)
    assert isinstance(post, Post)


def test_after_quiet_it_is_a_new_post_of_the_same_incident() -> None:
    """The same error after 30 quiet minutes is posted anew, as the same incident."""
    policy = AlertPolicy(Rules())
    policy.apply(STUCK, NIGHT)
    (edit,) = policy.apply(like(STUCK, offset=1100), NIGHT + 1799)
    assert isinstance(edit, Renew)
    (post,) = policy.apply(like(STUCK, offset=1200), NIGHT + 1799 + 1800)
    assert isinstance(post, Post)
    assert (post.incident.id, post.incident.post, post.incident.post_why) == (1, 2, Why.AGAIN)


def test_while_it_goes_on_one_mail_an_interval() -> None:
    """An error that goes on is mailed once in each repeat interval, however often it comes."""
    policy = AlertPolicy(Rules())
    mails = [
        moment
        for moment in range(0, 12 * 3600, 600)
        for each in policy.apply(like(STUCK, offset=1000 + moment), NIGHT + moment)
        if isinstance(each, Mail)
    ]
    assert mails == [0, 4 * 3600, 8 * 3600]


def test_an_entry_told_again_is_not_counted_twice() -> None:
    """A traceback that arrives later changes the post's words, not its count."""
    policy = AlertPolicy(Rules())
    policy.apply(STUCK, NIGHT)
    longer = like(STUCK, details=("Traceback …",))
    assert sorts(policy.apply(longer, NIGHT + 1, STUCK)) == [Renew]
    (incident,) = policy.incidents.values()
    assert (incident.count, incident.entry.details) == (1, ("Traceback …",))


def test_a_half_line_that_grew_into_another_text_leaves_no_trace_of_itself() -> None:
    """When a half line is completed, the incident takes the whole text and stays one."""
    policy = AlertPolicy(Rules())
    half = like(STUCK, text="position not rea")
    policy.apply(half, NIGHT)
    decisions = policy.apply(STUCK, NIGHT + 3, half)
    assert sorts(decisions) == [Renew]
    (incident,) = policy.incidents.values()
    assert (incident.count, incident.entry.text) == (1, STUCK.text)
    assert incident.fingerprint == fingerprint(STUCK)


def test_a_half_line_of_a_known_incident_joins_the_right_one() -> None:
    """A half line counted to one incident is taken back when the whole line is another's."""
    policy = AlertPolicy(Rules())
    policy.apply(like(STUCK, text="stuck"), NIGHT)
    half = like(STUCK, text="stuck", offset=1100)
    policy.apply(half, NIGHT + 1)
    policy.apply(like(half, text="stuck at limit"), NIGHT + 2, half)
    counts = {each.entry.text: each.count for each in policy.incidents.values()}
    assert counts == {"stuck": 1, "stuck at limit": 1}


def test_a_mute_hides_and_counts() -> None:
    """What a mute covers is neither posted nor mailed, but counted in incident and mute."""
    policy = AlertPolicy(Rules())
    policy.mute("p1_BETA", NIGHT + HOUR, "Anna", 7, NIGHT)
    assert policy.apply(STUCK, NIGHT + 1) == []
    assert sorts(policy.apply(WARM, NIGHT + 2)) == [Post, Mail]
    *_, ended = policy.tick(NIGHT + HOUR)
    assert isinstance(ended, MuteEnded)
    assert ended.mute.hidden == {1: 1}
    assert policy.mutes == {}


def test_after_a_mute_the_next_error_is_posted_and_mailed() -> None:
    """An error that goes on when its mute ends is told at its next entry, with the whole count."""
    policy = AlertPolicy(Rules())
    policy.mute("", NIGHT + 60, "Anna", 7, NIGHT)
    policy.apply(STUCK, NIGHT + 1)
    policy.tick(NIGHT + 60)
    decisions = policy.apply(like(STUCK, offset=1100), NIGHT + 61)
    assert sorts(decisions) == [Post, Mail]
    assert next(iter(policy.incidents.values())).count == 2


@pytest.mark.parametrize(
    ("scope", "hides"),
    [
        ("", True),
        ("P1_beta", True),
        ("p1_*", True),
        ("*not reached*", True),
        ("P1", False),
        ("P1_bet?", False),
        ("P1_[a-z]eta", False),
        ("lauda_1", False),
    ],
)
def test_scope_of_a_mute(scope: str, hides: bool) -> None:
    """A scope is everything, a device, or a pattern in which only the star is special."""
    mute = Mute(1, scope, NIGHT, NIGHT + 1, "Anna", 7)
    assert mute.covers(STUCK, NIGHT) is hides


def test_muting_the_same_scope_again_moves_its_end() -> None:
    """A second mute of the same scope prolongs the first instead of standing beside it."""
    policy = AlertPolicy(Rules())
    policy.mute("P1_beta", NIGHT + 60, "Anna", 7, NIGHT)
    policy.mute("P1_BETA", NIGHT + 600, "Boris", 8, NIGHT)
    (mute,) = policy.mutes.values()
    assert (mute.id, mute.until, mute.author) == (1, NIGHT + 600, "Boris")


def test_unmute_ends_one_or_all() -> None:
    """/unmute ends the mute of that number, without one all of them."""
    policy = AlertPolicy(Rules())
    for scope in ("a*", "b*", "c*"):
        policy.mute(scope, NIGHT + 60, "Anna", 7, NIGHT)
    assert [each.id for each in policy.unmute(2, NIGHT)] == [2]
    assert [each.id for each in policy.unmute(9, NIGHT)] == []
    assert [each.id for each in policy.unmute(None, NIGHT)] == [1, 3]


def test_no_number_is_given_twice() -> None:
    """Numbers go on after those that are forgotten, as old posts speak of them."""
    policy = AlertPolicy(Rules(), numbers=Numbers(41, 6))
    policy.apply(STUCK, NIGHT)
    mute = policy.mute("", NIGHT + 60, "Anna", 7, NIGHT)
    assert [each.id for each in policy.incidents.values()] == [42]
    assert mute.id == 7


def test_catch_up_joins_all_and_lets_level_1_stand_alone() -> None:
    """What came while the service was away is one digest; level 1 is also posted by itself."""
    policy = AlertPolicy(Rules())
    decisions = policy.apply(STUCK, NIGHT) + policy.apply(
        like(STUCK, source="magnet", level=2, offset=1100), NIGHT
    )
    caught = policy.catch_up(decisions)
    assert [each.entry.source for each in caught.posts] == ["P1_beta", "magnet"]
    assert [each.entry.source for each in caught.mails] == ["P1_beta", "magnet"]
    assert sorts(list(caught.decisions)) == [Post, Mail]


def test_what_only_a_digest_told_is_posted_when_it_comes_again() -> None:
    """An error that stood in a digest has no post to be counted in, so its next entry makes one."""
    policy = AlertPolicy(Rules())
    policy.catch_up(policy.apply(like(STUCK, level=2), NIGHT))
    assert sorts(policy.apply(like(STUCK, level=2, offset=1100), NIGHT + 60)) == [Post]


def test_two_posts_while_away_are_taken_back_together() -> None:
    """An error that became worse while nobody watched is posted when it comes again afterwards."""
    policy = AlertPolicy(Rules())
    decisions = policy.apply(like(STUCK, level=3), NIGHT)
    decisions += policy.apply(like(STUCK, level=2, offset=1100), NIGHT)
    policy.catch_up(decisions)
    assert sorts(policy.apply(like(STUCK, level=2, offset=1200), NIGHT + 60)) == [Post]


def test_the_digest_has_what_was_to_be_told_though_it_became_less_important() -> None:
    """An error that came once at a level to be told is in the digest, whatever came after it."""
    policy = AlertPolicy(Rules(telegram=Push(error=2), mail=Push(error=3)))
    decisions = policy.apply(like(STUCK, level=2), NIGHT)
    decisions += policy.apply(like(STUCK, level=3, offset=1100), NIGHT)
    caught = policy.catch_up(decisions)
    assert len(caught.posts) == len(caught.mails) == 1


def test_what_a_mute_hides_is_not_in_the_digest() -> None:
    """Muted errors that came while the service was away are not told by its digest."""
    policy = AlertPolicy(Rules())
    policy.apply(STUCK, NIGHT)
    policy.mute("", NIGHT + HOUR, "Anna", 7, NIGHT)
    caught = policy.catch_up(policy.apply(like(STUCK, offset=1100), NIGHT + 60))
    assert (caught.posts, caught.mails) == ((), ())


def test_what_the_digest_mailed_is_not_mailed_again() -> None:
    """An error that came back while the service was away is mailed by the digest, and only so."""
    policy = AlertPolicy(Rules())
    policy.apply(STUCK, NIGHT)
    policy.catch_up(policy.apply(like(STUCK, offset=1100), NIGHT + HOUR))
    assert sorts(policy.tick(NIGHT + 9 * HOUR)) == [Ended]


def test_a_clock_set_back_does_not_hold_a_mail_for_a_day() -> None:
    """A mail that was sent in the future, by a clock set back, counts as long ago."""
    policy = AlertPolicy(Rules())
    policy.apply(like(STUCK, level=3), NIGHT)
    decisions = policy.apply(like(STUCK, offset=1100), NIGHT - 24 * HOUR)
    assert sorts(decisions) == [Post, Mail]


def test_the_digest_names_what_merely_went_on() -> None:
    """An error that was posted before the service was away, and went on, stands in the digest."""
    policy = AlertPolicy(Rules())
    policy.apply(like(STUCK, level=2), NIGHT)
    caught = policy.catch_up(policy.apply(like(STUCK, level=2, offset=1100), NIGHT + 60))
    assert [each.count for each in caught.posts] == [2]
    assert [each.count for each in caught.mails] == [2]
    assert sorts(list(caught.decisions)) == [Renew]


def test_what_became_worse_under_a_mute_is_said_after_it() -> None:
    """A mute hides that an error became more important until it ends; then it is a new post."""
    policy = AlertPolicy(Rules())
    policy.apply(like(STUCK, level=3), NIGHT)
    policy.mute("", NIGHT + 60, "Anna", 7, NIGHT)
    assert sorts(policy.apply(like(STUCK, offset=1100), NIGHT + 30)) == [Renew]
    policy.tick(NIGHT + 60)
    (post,) = policy.apply(like(STUCK, offset=1200), NIGHT + 61)
    assert isinstance(post, Post)
    assert post.incident.post_why is Why.WORSE


def test_after_a_restart_a_line_below_an_old_error_is_no_new_error() -> None:
    """What belongs to an error told before the restart changes its words and not its count."""
    old = AlertPolicy(Rules())
    old.apply(STUCK, NIGHT)
    policy = AlertPolicy(Rules(), old.incidents.values(), (), old.numbers)
    longer = like(STUCK, details=("RuntimeError: timeout",))
    assert sorts(policy.apply(longer, NIGHT + 5 * HOUR, STUCK)) == [Renew]
    assert next(iter(policy.incidents.values())).count == 1


def test_a_line_below_an_error_of_the_first_reading_is_not_pushed() -> None:
    """An error that stood there at the first start is not told because its traceback goes on."""
    policy = AlertPolicy(Rules())
    assert policy.apply(like(STUCK, details=("RuntimeError",)), NIGHT, STUCK) == []


def test_a_harmless_half_line_that_becomes_an_error_is_told() -> None:
    """A half line that was nothing to be told is told when the whole of it is an error."""
    policy = AlertPolicy(Rules())
    half = like(STUCK, kind=Kind.INFO, level=5)
    policy.apply(half, NIGHT)
    assert sorts(policy.apply(STUCK, NIGHT + 1, half)) == [Post, Mail]


def test_an_error_whose_post_was_given_up_is_posted_anew_after_a_while() -> None:
    """When a post could not be delivered its count stands nowhere, so it is tried again."""
    policy = AlertPolicy(Rules())
    (post, _) = policy.apply(STUCK, NIGHT)
    assert isinstance(post, Post)
    policy.seen(post.incident, lost=True)
    assert sorts(policy.apply(like(STUCK, offset=1100), NIGHT + 60)) == [Renew]
    assert sorts(policy.apply(like(STUCK, offset=1200), NIGHT + 1700)) == [Renew]
    assert sorts(policy.apply(like(STUCK, offset=1300), NIGHT + 1860)) == [Post]


def test_incidents_are_bounded_and_the_longest_silent_go_first() -> None:
    """However many sorts of errors there are, a bounded number is kept, in memory and store."""
    policy = AlertPolicy(Rules())
    policy.apply(STUCK, NIGHT)
    for number in range(KEPT):
        policy.apply(like(STUCK, source=f"axis{number}x", offset=number), NIGHT + number)
        policy.apply(like(WARM, source="lasting"), NIGHT + number)
    assert len(policy.incidents) == KEPT
    assert "P1_beta" not in {each.entry.source for each in policy.incidents.values()}
    assert policy.changes.incidents[1] is None
    assert any(each.entry.source == "lasting" for each in policy.incidents.values())


@pytest.mark.parametrize("source", ["sonixbot", "sonixbot.delivery", "logwatch", "Messangers"])
def test_the_bots_own_lines_make_no_alert(source: str) -> None:
    """What the bot itself writes into a protocol is not pushed, else it would answer itself."""
    assert AlertPolicy(Rules()).apply(like(STUCK, source=source), NIGHT) == []
    assert AlertPolicy(Rules()).apply(like(STUCK, source="sonixbotany"), NIGHT) != []


def test_open_incidents_are_those_not_yet_quiet() -> None:
    """An incident counts as open until it was quiet for the quiet time; the newest first."""
    policy = AlertPolicy(Rules())
    policy.apply(STUCK, NIGHT)
    policy.apply(like(WARM, time=NIGHT + 60), NIGHT + 60)
    assert [each.entry.source for each in policy.open(NIGHT + 61)] == ["lauda_1", "P1_beta"]
    assert [each.entry.source for each in policy.open(NIGHT + 1801)] == ["lauda_1"]


def test_incidents_and_mutes_survive_json() -> None:
    """An incident and a mute come back from JSON as they were."""
    policy = AlertPolicy(Rules())
    policy.apply(like(STUCK, details=("a", "b")), NIGHT)
    mute = policy.mute("P1_beta", NIGHT + 60, "Anna", 7, NIGHT)
    policy.apply(like(STUCK, offset=1100), NIGHT)
    for incident in policy.incidents.values():
        assert Incident.from_json(json.loads(json.dumps(incident.to_json()))) == incident
    mute = policy.mutes[mute.id]
    assert Mute.from_json(json.loads(json.dumps(mute.to_json()))) == mute


@given(
    st.lists(
        st.tuples(
            st.sampled_from([STUCK, WARM, like(STUCK, source="magnet", level=3)]),
            st.floats(0, 7200),
        ),
        max_size=60,
    )
)
def test_every_entry_is_in_a_count(entries: list[tuple[Entry, float]]) -> None:
    """However entries come, the incidents' counts add up to them and each has been told."""
    policy, now = AlertPolicy(Rules()), NIGHT
    for number, (entry, step) in enumerate(entries):
        now += step
        policy.apply(like(entry, offset=number, time=now), now)
    assert sum(each.count for each in policy.incidents.values()) == len(entries)
    assert all(each.post and each.mail for each in policy.incidents.values())
