"""The ledger of the sandbox: what was written against what readers find, from texts alone."""

from __future__ import annotations

import pytest

from sonixbot.alerts import AlertPolicy, Rules
from sonixbot.entry import Entry, Kind
from sonixbot.language import Language, language
from sonixbot.sandbox.ledger import Ledger, Told, Truth, Way
from sonixbot.text import catch_up_words, incident_words, mute_ended_words, script_words
from tests.handclock import NIGHT

STUCK = "position not reached, timeout 60 s (asked 1.000, is {is_:.3f})"
EN, RU = language("en"), language("ru")


def error(text: str, number: int = 0, source: str = "P1_beta") -> Entry:
    return Entry(Kind.ERROR, 1, source, text, NIGHT + number, offset=number)


class Night:
    """Errors as the ledger and as the alert policy see them."""

    def __init__(self) -> None:
        self.ledger, self.policy = Ledger(), AlertPolicy(Rules())

    def write(self, *texts: str, source: str = "P1_beta") -> None:
        for text in texts:
            number = len(self.policy.incidents) + sum(
                each.count for each in self.policy.incidents.values()
            )
            self.ledger.error(source, text, NIGHT + number)
            self.policy.apply(error(text, number, source), NIGHT + number)

    def posts(self) -> list[Told]:
        """What the channel shows of every incident, as the bot words it."""
        return [
            Told(NIGHT, incident_words(each, each.post_why, "YuMO", EN, None, NIGHT).text)
            for each in self.policy.incidents.values()
        ]


@pytest.fixture
def night() -> Night:
    """A night in which nothing has happened yet."""
    return Night()


def test_the_count_of_a_post_accounts_for_like_errors(night: Night) -> None:
    """A post with ×3 accounts for three like errors, and one mail for all of their problem."""
    night.write(*(STUCK.format(is_=each) for each in (0.437, -0.438, 12)))
    posts = night.posts()
    assert night.ledger.truth(Way(posts), Way(posts)) == Truth(3, 3, 3, 0, 0)


def test_a_count_that_lags_waits_or_is_lost(night: Night) -> None:
    """What no count accounts for waits while something is on its way, and is lost afterwards."""
    night.write(STUCK.format(is_=1))
    posts = night.posts()
    night.write(STUCK.format(is_=2), STUCK.format(is_=3))
    told = night.ledger.truth(Way(posts, moving=True), Way(posts))
    assert told == Truth(3, 1, 3, 2, 0)
    assert night.ledger.truth(Way(posts), Way(posts)) == Truth(3, 1, 3, 0, 2)


def test_what_one_way_lost_is_lost(night: Night) -> None:
    """An error that the channel tells and no mail does is lost once no mail is on its way."""
    night.write("stuck")
    posts = night.posts()
    assert night.ledger.truth(Way(posts), Way(moving=True)) == Truth(1, 1, 0, 1, 0)
    assert night.ledger.truth(Way(posts), Way()) == Truth(1, 1, 0, 0, 1)


def test_devices_are_kept_apart(night: Night) -> None:
    """The same words of another device are another problem, also within one list."""
    night.write("no answer", source="COM3")
    night.write("no answer", source="COM4")
    first = night.posts()[:1]
    assert night.ledger.truth(Way(first), Way(first)) == Truth(2, 1, 1, 0, 1)
    whole = catch_up_words([*night.policy.incidents.values()], None, "YuMO", EN, None, NIGHT)
    digest = [Told(NIGHT, whole.text)]
    assert night.ledger.truth(Way(digest), Way(digest)) == Truth(2, 2, 2, 0, 0)


def test_a_digest_counts(night: Night) -> None:
    """A line of a digest accounts for as many errors as it says."""
    night.write("stuck", "stuck", "stuck")
    whole = catch_up_words([*night.policy.incidents.values()], None, "ЮМО", RU, None, NIGHT)
    digest = [Told(NIGHT, whole.text)]
    assert night.ledger.truth(Way(digest), Way(digest)).posted == 3


@pytest.mark.parametrize("spoken", [EN, RU])
def test_the_end_of_a_mute_accounts_for_what_it_hid(night: Night, spoken: Language) -> None:
    """What a mute hid counts with the post before it, and not for what was written after it."""
    night.write("stuck")
    before = night.posts()
    mute = night.policy.mute("P1_beta", NIGHT + 100, "Olga", 1001, NIGHT)
    night.write("stuck", "stuck")
    muted = night.policy.mutes[mute.id]
    assert sum(muted.hidden.values()) == 2
    incidents = {each.id: each for each in night.policy.incidents.values()}
    words = mute_ended_words(muted, incidents, "YuMO", spoken, None, NIGHT)
    told = [*before, Told(NIGHT + 50, words.text)]
    assert night.ledger.truth(Way(told), Way(told)).posted == 3
    night.policy.unmute(mute.id, NIGHT)
    night.write("stuck")
    told += night.posts()
    for _ in range(3):
        night.ledger.error("P1_beta", "stuck", NIGHT + 60)
    assert night.ledger.truth(Way(told), Way(told)) == Truth(7, 4, 7, 0, 3)


def test_each_script_message_is_counted() -> None:
    """Scripts' messages are counted one by one, though they are the same, wherever they stand."""
    ledger = Ledger()
    for _ in range(3):
        ledger.script("Sample 7 of 12\nis measured", NIGHT)
    words = script_words("Sample 7 of 12\nis measured", "YuMO", EN).text
    one, two = Told(NIGHT, words), Told(NIGHT, f"2 messages\n{words}\n\n{words}")
    assert ledger.truth(Way([one, two]), Way([one])) == Truth(3, 3, 1, 0, 2)


@pytest.mark.parametrize(
    "texts",
    [
        ("checksum deadbeef01 wrong", "checksum 00c0ffee99 wrong"),
        ("register 0x7ffe12 lost at 03:22:45", "register 0xdeadbeef lost at 12:00:01"),
        ("cannot open 'a b.dat'", "cannot open 'c.dat'"),
        ("файл «004217.dat» занят", "файл «004218.dat» занят"),
        ("file “a” is in use", "file “b” is in use"),
        ("asked 1e-3, is -2.5E+7", "asked 2, is −0.5"),
        ("bad \x07bell \u202eturned", "bad \x07bell \u202eturned"),
        ("x" * 1500, "x" * 1500),
        ("first (of two) ×3 · done", "first (of two) ×4 · done"),
    ],
)
@pytest.mark.parametrize("source", ["P1_beta", "", "Система накопления " * 5])
def test_what_the_bot_counts_together_is_found(
    night: Night, texts: tuple[str, ...], source: str
) -> None:
    """Whatever values, signs and lengths a text has, its post accounts for all that are like it."""
    night.write(*texts, source=source)
    posts = night.posts()
    assert len(posts) == 1
    assert night.ledger.truth(Way(posts), Way(posts)) == Truth(2, 2, 2, 0, 0)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("P1", "timeout"), ("P1", "timeout on read")),
        (("P1", "timeout"), ("P10", "timeout")),
        (("", "timeout"), ("", "read timeout")),
        (("", "timeout"), ("", "timeout on read")),
    ],
)
def test_what_is_told_of_another_is_not_told(
    night: Night, one: tuple[str, str], other: tuple[str, str]
) -> None:
    """A post about something whose words contain these does not account for them."""
    night.write(one[1], source=one[0])
    night.write(other[1], source=other[0])
    posts = night.posts()[1:]
    assert night.ledger.truth(Way(posts), Way(posts)) == Truth(2, 1, 1, 0, 1)


def test_a_script_is_found_by_whole_lines() -> None:
    """Words of a script that are part of other words are not told by them."""
    ledger = Ledger()
    ledger.script("a", NIGHT)
    others = [Told(NIGHT, "YuMO\nSample a is measured"), Told(NIGHT, "YuMO\nab")]
    assert ledger.truth(Way(others), Way(others)) == Truth(1, 0, 0, 0, 1)
    told = [Told(NIGHT, "May be a repeat.\nYuMO\na")]
    assert ledger.truth(Way(told), Way(told)) == Truth(1, 1, 1, 0, 0)
