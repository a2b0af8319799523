"""Digests of storms: through a real herald and a real outbox, and in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonixbot import text
from sonixbot.alerts import Acknowledgement, AlertPolicy, Decision, Incident, Push, Quiet, Rules
from sonixbot.alerts.storms import Storm
from sonixbot.entry import Kind
from sonixbot.herald import Herald
from sonixbot.language import Language, language
from sonixbot.message import Marks, Message, Origin, State
from sonixbot.outbox import Outbox
from sonixbot.pace import Call
from sonixbot.store import Store
from sonixbot.text.markup import length
from sonixbot.week import parse_week
from tests.drills import Drill
from tests.facts import STUCK, like
from tests.handclock import NIGHT

MOSCOW = timezone(timedelta(hours=3))
CHANNEL, BOSS = "telegram:-100123", "mail:boss@example.test"
EN, RU = language("en"), language("ru")


class Desk:
    """A policy whose decisions a real herald puts into a real outbox."""

    def __init__(self, folder: Path, rules: Rules | None = None) -> None:
        self.store = Store(folder)
        self.outbox = Outbox(self.store)
        self.herald = Herald(self.outbox, "YuMO", EN, MOSCOW, posts=(CHANNEL,), mails=(BOSS,))
        self.drill = Drill(AlertPolicy(rules or Rules(reminders={})))

    def errors(self, *devices: str, at: float = 0.0, level: int = 2) -> None:
        """Devices write errors within one turn."""
        decisions = [each for device in devices for each in self.drill.error(device, at, level)]
        self.tell(decisions, at)

    def look(self, at: float) -> None:
        """Time has passed."""
        self.tell(self.drill.look(at), at)

    def tell(self, decisions: list[Decision], at: float) -> None:
        """Carry out and write down, as a turn of the watch does."""
        with self.store.transaction():
            self.herald.tell(decisions, self.drill.policy, NIGHT + at)
            self.store.save(self.drill.policy, NIGHT + at)

    def waiting(self, way: str = CHANNEL) -> list[Message]:
        """What waits to be sent, oldest first."""
        return [each.message for each in self.outbox.waiting(way)]

    def digest(self, way: str = CHANNEL) -> Message:
        """The digest, wherever it stands."""
        (found,) = [
            each.message
            for each in self.outbox.listing([*State], 1000)
            if each.destination == way
            and each.message.origin is Origin.DIGEST
            and not each.message.answers
        ]
        return found

    def send(self, number: int = 1, way: str = CHANNEL) -> None:
        """Deliver the next ones, as the deliverer would."""
        for _ in range(number):
            delivery = self.outbox.waiting(way)[0]
            self.outbox.begin(delivery, Marks.NONE, Call.POST, NIGHT)
            self.outbox.arrived(delivery, 1, ["77"], NIGHT)
            self.outbox.sent(delivery, NIGHT)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A herald with an empty outbox."""
    made = Desk(tmp_path)
    yield made
    made.store.close()


def devices(first: int, last: int) -> list[str]:
    """Names of devices."""
    return [f"dev_{number}" for number in range(first, last + 1)]


def test_what_waits_unsent_goes_into_the_digest(desk: Desk) -> None:
    """Posts and mails that have not left when a storm begins go with its digest; sent ones stay."""
    desk.errors(*devices(1, 3))
    desk.send(2)
    desk.send(1, BOSS)
    desk.errors(*devices(4, 9), at=1)
    (digest,), (mail,) = desk.waiting(), desk.waiting(BOSS)
    assert digest.origin is mail.origin is Origin.DIGEST
    listed = digest.files[0].text
    assert all(f"{device}: position not reached" in listed for device in devices(1, 9))
    assert len(listed.splitlines()) == 9
    assert len(desk.outbox.listed(digest.key)) == 6
    assert len(desk.outbox.listed(mail.key)) == 7
    policy = desk.drill.policy
    assert [each.listed for each in policy.incidents.values()] == [False] * 2 + [True] * 7
    assert desk.outbox.count(State.SENT) == 3


def test_all_of_one_turn_is_one_digest(desk: Desk) -> None:
    """A hundred errors within one reading of the file are one post and one mail."""
    desk.errors(*devices(1, 100), level=3)
    assert len(desk.waiting()) == len(desk.waiting(BOSS)) == 1
    assert len(desk.digest().files[0].text.splitlines()) == 100


def test_the_first_of_level_1_stay_posts(desk: Desk) -> None:
    """When a storm begins, five posts of level 1 go on by themselves; the others go with it."""
    desk.errors(*devices(1, 20), level=1)
    singles = [each for each in desk.waiting() if each.origin is Origin.ALERT]
    assert len(singles) == 5
    assert len(desk.waiting(BOSS)) == 1
    assert len(desk.digest().files[0].text.splitlines()) == 20
    assert desk.digest().text.count("dev_") > 5  # they head it


def test_counts_go_to_the_digest(desk: Desk) -> None:
    """What was taken in is counted in the digest and its list, and in no post."""
    desk.errors(*devices(1, 12))
    for second in range(20, 60, 2):
        desk.errors("dev_1", "dev_12", at=second)
    desk.look(62)
    lines = desk.digest().files[0].text.splitlines()
    assert sum(line.endswith("×21") for line in lines) == 2
    assert "52 messages, 12 problems" in desk.digest().text
    assert {each.origin for each in desk.waiting()} == {Origin.DIGEST}


def test_what_was_taken_in_is_posted_when_it_becomes_worse(desk: Desk) -> None:
    """A post that follows one which went within the digest does leave, and so does its mail."""
    desk.errors(*devices(1, 9), level=3)
    desk.look(70)
    desk.errors("dev_1", at=80, level=1)
    posts = [each for each in desk.waiting() if each.origin is Origin.ALERT]
    assert ["More important than before." in each.text for each in posts] == [True]
    desk.look(5 * 3600)
    mails = [each.text for each in desk.waiting(BOSS) if each.origin is Origin.ALERT]
    assert sum("More important than before." in each for each in mails) == 1


def test_its_end_is_one_summary(desk: Desk) -> None:
    """By Telegram a digest and a summary that answers it, by mail one message at either end."""
    desk.errors(*devices(1, 9))
    for second in range(5, 300, 5):
        desk.look(second)
    digest, summary = desk.waiting()
    assert summary.answers == digest.key
    assert summary.silent
    assert summary.text.startswith("🔴 YuMO: it has calmed down after 0 s: 9 messages, 9 problems")
    assert "9 of them still open" in summary.text
    began, ended = desk.waiting(BOSS)
    assert began.thread == ended.thread
    assert (began.subject, ended.subject) == (
        "[YuMO] Too much at once",
        "[YuMO] It has calmed down",
    )


def test_a_level_that_became_less_important_stays_listed(desk: Desk) -> None:
    """What stands in a digest stays in it, though its newest entry would not be pushed."""
    desk.drill.policy.rules = Rules(telegram=Push(error=3), reminders={})
    desk.errors(*devices(1, 9))
    desk.errors("dev_9", at=1, level=5)
    desk.errors("dev_10", at=12)
    assert len(desk.digest().files[0].text.splitlines()) == 10


def test_a_digest_at_night_makes_no_sound(tmp_path: Path) -> None:
    """A storm of what is posted without a sound is a digest without one; level 1 makes it sound."""
    silent = (Quiet(parse_week("22-7"), 2, hold=False),)
    rules = Rules(telegram=Push(quiet=silent), zone=MOSCOW, reminders={})
    for folder, level in (("a", 2), ("b", 1)):
        desk = Desk(tmp_path / folder, rules)
        desk.errors(*devices(1, 9), level=level)
        assert desk.digest().silent is (level == 2)
        desk.store.close()


def test_the_newest_reason_decides_about_the_sound(tmp_path: Path) -> None:
    """An error that becomes level 1 within one turn of a silent night is posted with a sound."""
    silent = (Quiet(parse_week("22-7"), 2, hold=False),)
    desk = Desk(tmp_path, Rules(telegram=Push(quiet=silent), zone=MOSCOW))
    desk.tell(desk.drill.error("P1_beta", 0, 3) + desk.drill.error("P1_beta", 0, 1), 0)
    (post,) = desk.waiting()
    assert not post.silent
    desk.store.close()


def test_who_takes_care_shows_at_once(desk: Desk) -> None:
    """Who takes care of what a digest lists is shown in it, and its button goes."""
    desk.errors(*devices(1, 9))
    assert [each.text for each in desk.digest().buttons] == ["Acknowledge all"]
    policy = desk.drill.policy
    incidents = [*policy.incidents.values()]
    for each in incidents:
        policy.acknowledge(each.id, "Olga <3", 42, NIGHT)
    desk.herald.refresh(incidents, policy, NIGHT + 1)
    assert "✔ Olga <3 takes care of 9" in desk.digest().text
    assert desk.digest().buttons == ()


def test_the_button_goes_with_the_last_incident(desk: Desk) -> None:
    """When all that a digest lists is over, nothing is left to be acknowledged."""
    desk.errors(*devices(1, 9))
    for second in range(60, 2000, 60):
        desk.look(second)
    assert desk.digest().buttons == ()
    assert desk.drill.policy.storms == {}


def test_an_end_nobody_waits_for_is_no_message(desk: Desk) -> None:
    """The end of an incident that only a list told leaves nothing without an address behind."""
    desk.tell(desk.drill.missing({"gone": like(STUCK, time=None)}), 0)
    incident = desk.drill.of("P1_beta")
    incident.post = incident.mail = 0
    desk.tell(desk.drill.missing({}, 60), 60)
    rows = desk.store.db.execute("select key from messages where key like '%ended%'").fetchall()
    assert rows == []


def test_reminders_and_mornings_are_sent(tmp_path: Path) -> None:
    """A list of reminders and the digest of the morning go out each once, the way they are for."""
    quiet = (Quiet(parse_week("22-7"), 2),)
    rules = Rules(mail=Push(quiet=quiet), zone=MOSCOW, reminders={2: 600.0})
    desk = Desk(tmp_path, rules)
    desk.errors(*devices(1, 5))
    for second in range(5, 700, 5):
        desk.look(second)
    assert [each.text.splitlines()[0] for each in desk.waiting()[5:]] == [
        "🔴 YuMO: reminder: nobody has acknowledged this: 5 problems"
    ]
    assert desk.waiting(BOSS) == []
    desk.look(4 * 3600)
    (mail,) = desk.waiting(BOSS)
    assert mail.subject == "[YuMO] In the quiet hours: 5 problems"
    desk.store.close()


# Words

#: Foreign text at its worst.
NASTY = st.text(max_size=80) | st.sampled_from(
    ["<b>&amp;</b>", "{instrument}", "{0}%s", "😀" * 60, "\ud800", "\x00\r\n\u202e", "Система " * 9]
)
INCIDENTS = st.lists(
    st.tuples(NASTY, NASTY, st.sampled_from([*Kind]), st.sampled_from([None, 1, 2, 3, 5])),
    min_size=1,
    max_size=60,
)
STORM = Storm(1, NIGHT, [NIGHT + 30], NIGHT)


def incident(number: int, device: str, said: str, kind: Kind, level: int | None) -> Incident:
    """An incident of this sort."""
    entry = replace(STUCK, source=device, text=said, kind=kind, level=level)
    count = 10**number if number < 9 else number
    return Incident(number, f"{number}", said, entry, kind, level, count, NIGHT, NIGHT, NIGHT)


@given(told=INCIDENTS, author=NASTY)
@settings(max_examples=80, deadline=None)
@pytest.mark.parametrize("tongue", [EN, RU])
def test_a_digest_fits_under_a_file(
    tongue: Language, told: list[tuple[str, str, Kind, int | None]], author: str
) -> None:
    """Whatever devices are called and say, the words fit under a file and the list has them all."""
    incidents = [incident(number, *each) for number, each in enumerate(told, 1)]
    care = {each.id: Acknowledgement(author, 7, NIGHT) for each in incidents}
    manner = ("ЮМО " * 30, tongue, MOSCOW, NIGHT + 60)
    for make in (text.storm_words, text.storm_ended_words):
        words = make(STORM, incidents, care, *manner)
        assert length(words.text) <= 1024 - 60  # marks of a delay and a repeat come on top
        assert words.text == text.plain(words.html)
        assert "\n" not in words.subject
        words.html.encode()
    listed = text.storm_list(STORM, incidents, tongue, MOSCOW, NIGHT + 60)
    assert len(listed.splitlines()) == len(incidents)
    listed.encode()
    assert text.storm_list_name(STORM, tongue, MOSCOW).endswith(".txt")


def test_a_digest_in_russian() -> None:
    """The digest is in the language of the channel."""
    incidents = [
        incident(1, "P1_beta", "двигатель не достиг позиции", Kind.ERROR, 1),
        incident(2, "magnet", "нет поля", Kind.ERROR, 2),
    ]
    words = text.storm_words(STORM, incidents, {}, "ЮМО", RU, MOSCOW, NIGHT + 60)
    assert "двигатель не достиг позиции" in words.text
    assert "Ошибка 1" in words.text


def test_what_is_no_longer_kept_is_named() -> None:
    """The list of a storm with more incidents than are kept says how many messages are missing."""
    storm = replace(STORM, forgotten=12)
    one = [incident(1, "P1_beta", "stuck", Kind.ERROR, 2)]
    listed = text.storm_list(storm, one, EN, MOSCOW, NIGHT)
    assert listed.endswith("\n… and 12 messages of problems that are no longer kept")
    assert (
        "22 messages, 1 problem" in text.storm_words(storm, one, {}, "YuMO", EN, MOSCOW, NIGHT).text
    )
