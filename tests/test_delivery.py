"""Delivery: order, pace, retry and giving up, against a messenger that does as it is told."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

from sonixbot.delivery import Deliverer
from sonixbot.endurance import backoff
from sonixbot.errors import (
    AddressMoved,
    DeliveryError,
    NeedsRepair,
    TryLater,
    Undeliverable,
    sentence,
)
from sonixbot.health import Health
from sonixbot.language import language
from sonixbot.message import Attachment, Button, Message, Origin, State
from sonixbot.outbox import Outbox
from sonixbot.store import Store
from tests.facts import message
from tests.handclock import NIGHT, HandClock

CHANNEL, BOSS = "telegram:-100123", "mail:boss@example.test"


class Scripted:
    """A messenger that answers as a test wrote down, and notes what it was given."""

    def __init__(self, name: str, clock: HandClock) -> None:
        self.name = name
        self.sent: list[tuple[float, str, str]] = []
        self.edited: list[tuple[float, str, str]] = []
        #: What each message that was sent answers.
        self.answered: list[str] = []
        #: Answers to the next calls; then all goes well.
        self.answers: list[Exception | None] = []
        self.pieces = 1
        self._clock = clock

    def parts(self, message: Message) -> int:
        return self.pieces

    async def send(self, address: str, message: Message, part: int) -> str:
        self._answer()
        self.answered.append(message.answers)
        words = message.text if self.pieces == 1 else f"{message.text} [{part}]"
        self.sent.append((self._clock.now() - NIGHT, address, words))
        return str(len(self.sent))

    async def edit(self, address: str, remote: str, message: Message) -> None:
        self._answer()
        self.edited.append((self._clock.now() - NIGHT, remote, message.text))

    def _answer(self) -> None:
        answer = self.answers.pop(0) if self.answers else None
        if answer:
            raise answer

    async def rest(self) -> None:
        pass

    async def close(self) -> None:
        pass

    def words(self) -> list[str]:
        return [each for _, _, each in self.sent]


class World:
    """An outbox, its deliverer, and both messengers."""

    def __init__(self, store: Store, clock: HandClock) -> None:
        self.clock = clock
        self.outbox = Outbox(store)
        self.health = Health()
        self.told: list[str] = []
        self.deliverer = Deliverer(
            self.outbox, self.health, clock, language("en"), None, self.told.append
        )
        self.telegram = Scripted("telegram", clock)
        self.mail = Scripted("mail", clock)

    def put(self, *messages: Message, to: str = CHANNEL) -> None:
        for each in messages:
            self.outbox.put(each, [to], self.clock.now())
        self.deliverer.wake()

    async def pass_time(self, seconds: float, step: float = 0.5) -> None:
        for _ in range(round(seconds / step)):
            await self.clock.move(step)


@asynccontextmanager
async def running(tmp_path: Path, clock: HandClock) -> AsyncIterator[World]:
    store = Store(tmp_path)
    world = World(store, clock)
    world.deliverer.add(world.telegram)
    world.deliverer.add(world.mail)
    stop = asyncio.Event()
    task = asyncio.create_task(world.deliverer.run(stop))
    await clock.move(0)
    try:
        yield world
    finally:
        stop.set()
        world.deliverer.wake()
        await world.pass_time(70, 10)
        await task
        store.close()


async def test_messages_leave_in_order_a_second_apart(tmp_path: Path, clock: HandClock) -> None:
    """A chat gets its messages in order, at most one a second, the first at once."""
    async with running(tmp_path, clock) as world:
        world.put(*(message(key, key) for key in "abc"))
        await world.pass_time(3)
    assert [(when, words) for when, _, words in world.telegram.sent] == [
        (0.0, "a"),
        (1.0, "b"),
        (2.0, "c"),
    ]


async def test_thirteen_alerts_a_minute_to_a_chat(tmp_path: Path, clock: HandClock) -> None:
    """No chat gets more than ten alerts in half a minute and thirteen in one, and all arrive."""
    async with running(tmp_path, clock) as world:
        world.put(*(message(str(number), str(number)) for number in range(45)))
        await world.pass_time(240)
    times = [when for when, _, _ in world.telegram.sent]
    assert world.telegram.words() == [str(number) for number in range(45)]
    assert max(sum(1 for t in times if s <= t < s + 30) for s in times) == 10
    assert max(sum(1 for t in times if s <= t < s + 60) for s in times) == 13


async def test_mail_does_not_wait_for_telegram(tmp_path: Path, clock: HandClock) -> None:
    """While Telegram fails, mail goes out at once."""
    async with running(tmp_path, clock) as world:
        world.telegram.answers = [TryLater(sentence("away"))] * 100
        world.put(message("a"))
        world.put(message("b"), to=BOSS)
        await world.pass_time(2)
        assert len(world.mail.sent) == 1


async def test_backoff_doubles_up_to_a_minute(tmp_path: Path, clock: HandClock) -> None:
    """Failures are repeated after 1, 2, 4 … 60 seconds until one gets through, unmarked."""
    async with running(tmp_path, clock) as world:
        tries: list[float] = []

        class Noted(TryLater):
            def __init__(self) -> None:
                super().__init__(sentence("away"))

        world.telegram.answers = [Noted() for _ in range(8)]
        world.put(message("a", "a"))
        left = 8
        for _ in range(2400):
            await clock.move(0.1)
            if len(world.telegram.answers) < left:
                left = len(world.telegram.answers)
                tries.append(clock.now() - NIGHT)
            if world.telegram.sent:
                break
    gaps = [round(b - a) for a, b in pairwise(tries)]
    assert gaps == [1, 2, 4, 8, 16, 32, 60]
    assert world.telegram.words() == ["a"]


def test_backoff_is_bounded() -> None:
    """However often something failed, the next try is at most a minute away."""
    assert [backoff(tries) for tries in (0, 1, 2, 7, 10_000)] == [0, 1, 2, 60, 60]


async def test_retry_after_is_obeyed_exactly(tmp_path: Path, clock: HandClock) -> None:
    """When Telegram asks for 37 seconds, the next call comes after 37, whatever else happens."""
    async with running(tmp_path, clock) as world:
        world.telegram.answers = [TryLater(sentence("busy"), after=37.0)]
        world.put(message("a", "a"), message("b", "b"))
        await world.pass_time(10)
        world.deliverer.reached("telegram")
        await world.pass_time(40)
    assert [(when, words) for when, _, words in world.telegram.sent] == [(37.0, "a"), (38.0, "b")]


async def test_a_success_elsewhere_ends_the_backoff(tmp_path: Path, clock: HandClock) -> None:
    """When any call gets through again, what backed off is tried at once."""
    async with running(tmp_path, clock) as world:
        world.telegram.answers = [TryLater(sentence("away"))] * 6
        world.put(message("a", "a"))
        await world.pass_time(35)
        assert not world.telegram.sent
        world.deliverer.reached("telegram")
        await world.pass_time(0.5)
        assert world.telegram.words() == ["a"]


async def test_an_unknown_outcome_is_repeated_and_marked(tmp_path: Path, clock: HandClock) -> None:
    """What may have arrived is sent again and says that it may be a repeat."""
    async with running(tmp_path, clock) as world:
        world.telegram.answers = [TryLater(sentence("no answer"), unknown=True)]
        world.put(message("a", "stuck"))
        await world.pass_time(5)
    (words,) = world.telegram.words()
    assert "repeat" in words
    assert words.endswith("stuck")


async def test_what_is_late_says_from_when_it_is(tmp_path: Path, clock: HandClock) -> None:
    """A message that waited for days says that it is delayed, and since when."""
    async with running(tmp_path, clock) as world:
        world.telegram.answers = [TryLater(sentence("away"), after=23 * 3600.0)] * 2
        world.put(message("a", "stuck"))
        await world.pass_time(2 * 86400 + 60, 600)
    (words,) = world.telegram.words()
    assert words.startswith("Delayed, from 13.04 ")


async def test_what_cannot_arrive_is_buried_and_blocks_nothing(
    tmp_path: Path, clock: HandClock
) -> None:
    """A refused message is given up with its reason, and the next one leaves."""
    async with running(tmp_path, clock) as world:
        world.telegram.answers = [Undeliverable(sentence("chat not found"))]
        world.put(message("a", "a"), message("b", "b"))
        await world.pass_time(3)
        (fate,) = world.outbox.fate("a")
    assert (fate.state, str(fate.reason)) == (State.BURIED, "chat not found")
    assert world.telegram.words() == ["b"]


async def test_what_needs_repair_is_held_and_tried_rarely(tmp_path: Path, clock: HandClock) -> None:
    """A refused login keeps the messages and is not tried so often that the account is locked."""
    async with running(tmp_path, clock) as world:
        world.mail.answers = [NeedsRepair(sentence("login refused"))] * 3
        world.put(message("a", "a"), to=BOSS)
        await world.pass_time(1500, 5)
        assert len(world.mail.answers) == 0
        (way,) = [each for each in world.health.ways(world.outbox.backlog()) if each.name == BOSS]
        assert (str(way.reason), way.waiting, way.failing) == ("login refused", 1, NIGHT)
        await world.pass_time(600, 5)
        assert world.mail.words()[0].endswith("a")


async def test_a_chat_that_moved_is_followed(tmp_path: Path, clock: HandClock) -> None:
    """When a group became a supergroup, its message and all later ones go to the new id."""
    async with running(tmp_path, clock) as world:
        world.telegram.answers = [AddressMoved(sentence("moved"), "-100999")]
        world.put(message("a", "a"))
        await world.pass_time(5)
        world.put(message("b", "b"))
        await world.pass_time(5)
    assert [(address, words) for _, address, words in world.telegram.sent] == [
        ("-100999", "a"),
        ("-100999", "b"),
    ]


async def test_edits_follow_within_three_seconds_and_are_joined(
    tmp_path: Path, clock: HandClock
) -> None:
    """A burst of changes is one edit, at most three seconds behind."""
    async with running(tmp_path, clock) as world:
        world.put(message("a", "×1"))
        await world.pass_time(1)
        for count in range(2, 12):
            world.outbox.renew(message("a", f"×{count}"), clock.now())
            world.deliverer.wake()
            await world.pass_time(0.1, 0.1)
        await world.pass_time(3)
    assert [(remote, words) for _, remote, words in world.telegram.edited] == [("1", "×11")]
    assert world.telegram.edited[0][0] <= 1 + 3


async def test_edits_leave_room_for_posts(tmp_path: Path, clock: HandClock) -> None:
    """However often an incident changes, its edits use a part of the minute's calls only."""
    async with running(tmp_path, clock) as world:
        world.put(message("a", "×1"))
        await world.pass_time(0.5)
        for count in range(2, 122):
            world.outbox.renew(message("a", f"×{count}"), clock.now())
            world.deliverer.wake()
            await world.pass_time(0.5)
        assert len(world.telegram.edited) == 10
        world.put(message("b", "new"))
        await world.pass_time(1)
        assert world.telegram.words() == ["×1", "new"]


async def test_pieces_that_arrived_are_not_sent_again(tmp_path: Path, clock: HandClock) -> None:
    """A long message that failed in the middle goes on with the piece that failed."""
    async with running(tmp_path, clock) as world:
        world.telegram.pieces = 3
        world.telegram.answers = [None, TryLater(sentence("away"))]
        world.put(message("a", "long"))
        await world.pass_time(10)
    assert world.telegram.words() == ["long [0]", "long [1]", "long [2]"]


async def test_scripts_that_talk_too_much_are_joined(tmp_path: Path, clock: HandClock) -> None:
    """Beyond ten scripts' messages a minute the rest is one list; an alert passes them."""
    async with running(tmp_path, clock) as world:
        world.put(*(message(str(n), f"<{n}>", origin=Origin.SCRIPT, html="") for n in range(30)))
        await world.pass_time(15)
        world.put(message("alert", "alert"))
        await world.pass_time(80)
    words = world.telegram.words()
    assert len([each for each in words if each != "alert"]) <= 11
    assert all(any(f"<{n}>" in each for each in words) for n in range(30))
    assert "alert" in words
    assert sorted(set(world.told) & {str(n) for n in range(9)}) == [str(n) for n in range(9)]


async def test_mail_beyond_sixty_an_hour_is_one_list_in_ten_minutes(
    tmp_path: Path, clock: HandClock
) -> None:
    """A recipient gets sixty mails an hour, then a list every ten minutes with all the rest."""
    async with running(tmp_path, clock) as world:
        world.put(*(message(str(n), f"<{n}>", html="") for n in range(100)), to=BOSS)
        await world.pass_time(60)
        assert len(world.mail.sent) == 60
        await world.pass_time(600, 5)
        assert len(world.mail.sent) == 61
        world.put(*(message(str(n), f"<{n}>", html="") for n in range(100, 110)), to=BOSS)
        await world.pass_time(600, 5)
        assert len(world.mail.sent) == 62
    words = "\n".join(world.mail.words())
    assert all(f"<{n}>" in words for n in range(110))


async def test_scripts_in_a_list_of_alerts_are_answered(tmp_path: Path, clock: HandClock) -> None:
    """A script whose message went by mail in a list that an alert began hears of it."""
    async with running(tmp_path, clock) as world:
        world.put(*(message(str(n), f"<{n}>", html="") for n in range(61)), to=BOSS)
        world.put(message("script-1", "hello", origin=Origin.SCRIPT, html=""), to=BOSS)
        await world.pass_time(700, 5)
        told = [each for key in world.told for each in (key, *world.outbox.listed(key))]
        assert "script-1" in told


async def test_a_fault_of_ours_is_given_up_after_some_tries(
    tmp_path: Path, clock: HandClock
) -> None:
    """A message that makes sonixbot itself fail is given up, and what is behind it leaves."""
    async with running(tmp_path, clock) as world:
        world.telegram.answers = [ZeroDivisionError()] * 5
        world.put(message("a", "a"), message("b", "b"))
        await world.pass_time(120)
        (fate,) = world.outbox.fate("a")
    assert fate.state is State.BURIED
    assert world.telegram.words() == ["b"]


async def test_an_outage_does_not_use_up_the_patience_with_a_fault(
    tmp_path: Path, clock: HandClock
) -> None:
    """After many failures of the network, one fault of ours does not cost the message."""
    async with running(tmp_path, clock) as world:
        world.telegram.answers = [*[TryLater(sentence("away"))] * 8, ZeroDivisionError()]
        world.put(message("a", "a"))
        await world.pass_time(400)
    assert world.telegram.words()[-1].endswith("a")


async def test_an_edit_that_makes_us_fail_is_given_up(tmp_path: Path, clock: HandClock) -> None:
    """A faulty edit is not tried for ever in front of what is behind it."""
    async with running(tmp_path, clock) as world:
        world.put(message("a", "×1"))
        await world.pass_time(1)
        world.telegram.answers = [ZeroDivisionError()] * 100
        world.outbox.renew(message("a", "×2"), clock.now())
        await world.pass_time(300)
        assert len(world.telegram.answers) == 95


async def test_a_result_that_could_not_be_written_is_found_again(
    tmp_path: Path, clock: HandClock
) -> None:
    """When the database fails just after a call, the message is repeated and marked."""
    async with running(tmp_path, clock) as world:
        world.telegram.answers = [TryLater(sentence("away"))]
        failing = world.outbox.failed
        failures = [sqlite3.OperationalError("database is locked")]

        def fail_once(*args: Any, **kwargs: Any) -> None:
            if failures:
                raise failures.pop()
            failing(*args, **kwargs)

        world.outbox.failed = fail_once  # type: ignore[method-assign]  # a disk that fails once
        world.put(message("a", "a"))
        await world.pass_time(30)
    (words,) = world.telegram.words()
    assert "repeat" in words


async def test_a_clock_set_back_ends_a_backoff(tmp_path: Path, clock: HandClock) -> None:
    """When the clock goes back by hours, a pause of seconds does not become one of hours."""
    store = Store(tmp_path)
    later = Outbox(store)
    reason = sentence("away")
    later.hold(CHANNEL, NIGHT + 3 * 3600 + 1, reason=reason, obeyed=False, now=NIGHT + 3 * 3600)
    store.close()
    async with running(tmp_path, clock) as world:
        world.put(message("a", "a"))
        await world.pass_time(1)
        assert world.telegram.words() == ["a"]


async def test_what_may_have_arrived_is_not_joined(tmp_path: Path, clock: HandClock) -> None:
    """A mail whose fate is unknown goes by itself and is marked, not unmarked in a list."""
    async with running(tmp_path, clock) as world:
        world.put(*(message(str(n), f"<{n}>", html="") for n in range(60)), to=BOSS)
        await world.pass_time(30)
        world.put(message("u", "<u>", html=""), to=BOSS)
        world.mail.answers = [TryLater(sentence("no answer"), unknown=True)]
        await world.pass_time(660, 5)
        world.put(*(message(f"v{n}", f"<v{n}>", html="") for n in range(3)), to=BOSS)
        await world.pass_time(1300, 5)
    (words,) = [each for each in world.mail.words() if "<u>" in each]
    assert "repeat" in words


async def test_what_another_process_put_is_found(tmp_path: Path, clock: HandClock) -> None:
    """A message that nobody announced leaves within some seconds."""
    async with running(tmp_path, clock) as world:
        world.outbox.put(message("a", "a"), [CHANNEL], NIGHT)
        await world.pass_time(11)
        assert world.telegram.words() == ["a"]


async def test_stop_awaits_the_call_under_way(tmp_path: Path, clock: HandClock) -> None:
    """A stop lets the message under way arrive, so it is not repeated after the start."""
    store = Store(tmp_path)
    world = World(store, clock)
    gate = asyncio.Event()

    class Slow(Scripted):
        async def send(self, address: str, message: Message, part: int) -> str:
            await gate.wait()
            return await super().send(address, message, part)

    world.deliverer.add(Slow("telegram", clock))
    world.put(message("a"))
    stop = asyncio.Event()
    task = asyncio.create_task(world.deliverer.run(stop))
    await clock.move(0)
    stop.set()
    world.deliverer.wake()
    await clock.move(0)
    assert not task.done()
    gate.set()
    await clock.move(0)
    await task
    assert [each.state for each in world.outbox.fate("a")] == [State.SENT]
    store.close()


def test_errors_show_their_reason() -> None:
    """An error of delivery reads as its reason, for logs."""
    assert str(DeliveryError(sentence("chat {chat} not found", chat=5))) == "chat 5 not found"


async def test_what_a_message_answers_is_named_as_it_is_known_there(
    tmp_path: Path, clock: HandClock
) -> None:
    """A messenger is given the id of the message that is answered; none where it never arrived."""
    async with running(tmp_path, clock) as world:
        world.put(message("m-1"))
        await world.pass_time(2)
        world.put(message("m-2", answers="m-1"), message("m-3", answers="m-0"))
        await world.pass_time(4)
        assert world.telegram.answered == ["", "1", ""]


async def test_a_list_is_no_answer_and_has_no_buttons(tmp_path: Path, clock: HandClock) -> None:
    """What goes as one list answers nothing, and has no buttons, though its messages do."""
    async with running(tmp_path, clock) as world:
        button = (Button("Acknowledge", "incident:ack:1"),)
        for number in range(70):
            each = message(f"m-{number}", answers="m-0", buttons=button)
            world.put(each, to=BOSS)
        await world.pass_time(60)
        await world.pass_time(11 * 60, 5)
        sent = world.outbox.listing([State.SENT], 200)
        newest = next(each for each in sent if each.message.key.startswith("list-"))
        assert (newest.message.buttons, newest.message.answers) == ((), "")


def digest(key: str = "storm-1", text: str = "8 errors", **more: object) -> Message:
    """The digest of a storm with its list."""
    files = (Attachment("errors.txt", "", text=f"list of {text}"),)
    return message(key, text, **{"origin": Origin.DIGEST, "files": files, **more})


async def test_a_digest_goes_first(tmp_path: Path, clock: HandClock) -> None:
    """The digest of a storm passes the alerts that wait, a second after the last call."""
    async with running(tmp_path, clock) as world:
        world.put(*(message(key, key) for key in "abc"))
        await world.pass_time(0.5)
        world.put(digest())
        await world.pass_time(4)
    assert [(when, words) for when, _, words in world.telegram.sent] == [
        (0.0, "a"),
        (1.0, "8 errors"),
        (2.0, "b"),
        (3.0, "c"),
    ]


async def test_a_digest_that_changes_is_edited_at_once(tmp_path: Path, clock: HandClock) -> None:
    """New words of a digest are on the post 12 seconds after its last ones, the newest alone."""
    async with running(tmp_path, clock) as world:
        world.put(digest())
        for count in range(9, 40):
            await world.pass_time(1)
            world.outbox.renew(digest(text=f"{count} errors"), clock.now(), delay=0)
            world.deliverer.wake()
        await world.pass_time(13)
    # What was renewed as the clock struck the twelfth second is in the edit of that second.
    assert [when for when, _, _ in world.telegram.edited[:2]] == [12.0, 24.0]
    assert [remote for _, remote, _ in world.telegram.edited] == ["1", "1", "1"]
    assert world.telegram.edited[-1][2] == "39 errors"


async def test_an_edit_does_not_wait_for_one_that_comes_back(
    tmp_path: Path, clock: HandClock
) -> None:
    """A post that changes all the time does not keep another from being edited."""
    async with running(tmp_path, clock) as world:
        world.put(message("a", "×1"), message("b", "×1"))
        await world.pass_time(2)
        for count in range(2, 122):
            world.outbox.renew(message("a", f"×{count}"), clock.now())
            if count == 100:
                world.outbox.renew(message("b", "acknowledged"), clock.now())
            world.deliverer.wake()
            await world.pass_time(0.5)
        await world.pass_time(20)
    assert "acknowledged" in [words for _, _, words in world.telegram.edited]


async def test_a_digest_is_never_in_a_list(tmp_path: Path, clock: HandClock) -> None:
    """A mail about a storm goes by itself at once, also where the others wait for their list."""
    async with running(tmp_path, clock) as world:
        world.put(*(message(str(n), f"<{n}>", html="") for n in range(70)), to=BOSS)
        await world.pass_time(60)
        world.put(*(digest(f"storm-{n}", f"storm {n}", files=()) for n in range(13)), to=BOSS)
        await world.pass_time(60)
        assert world.mail.words()[60:] == [f"storm {n}" for n in range(12)]
        await world.pass_time(3600, 5)
    listed, last = world.mail.words()[72:]
    assert "<69>" in listed
    assert "storm" not in listed
    assert last.endswith("storm 12")


async def test_what_has_a_file_is_not_in_a_list(tmp_path: Path, clock: HandClock) -> None:
    """A mail with a file keeps it: it is left out of the list that goes before it."""
    async with running(tmp_path, clock) as world:
        world.put(*(message(str(n), f"<{n}>", html="") for n in range(60)), to=BOSS)
        await world.pass_time(60)
        files = (Attachment("scan.txt", "", text="1 2 3"),)
        world.put(message("scan", "scan", html="", files=files), to=BOSS)
        world.put(*(message(f"l{n}", f"<l{n}>", html="") for n in range(2)), to=BOSS)
        await world.pass_time(3700, 5)
    listed, alone = world.mail.words()[60:]
    assert "<l0>" in listed
    assert "scan" not in listed
    assert alone.endswith("scan")


async def test_mails_about_storms_are_twelve_an_hour(tmp_path: Path, clock: HandClock) -> None:
    """Where storm follows storm, the thirteenth mail about them waits for its hour."""
    async with running(tmp_path, clock) as world:
        world.put(*(digest(f"storm-{n}", f"storm {n}") for n in range(13)), to=BOSS)
        await world.pass_time(3590, 5)
        assert len(world.mail.sent) == 12
        await world.pass_time(20, 5)
        assert len(world.mail.sent) == 13
