"""Pace: the limits as a table, in any storm, and against a Bot API that keeps its own."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonixbot.delivery import Deliverer
from sonixbot.health import Health
from sonixbot.language import HOUR, language
from sonixbot.message import Attachment, Message, Origin
from sonixbot.messengers.telegram import Telegram
from sonixbot.outbox import Outbox
from sonixbot.pace import PACES, Call, pause
from sonixbot.sandbox.botapi import BotApi, Event, Kind, Post
from sonixbot.store import Store
from tests.facts import message
from tests.handclock import NIGHT, HandClock

CHAT = "-100123"
TELEGRAM, MAIL = PACES["telegram"], PACES["mail"]

Calls = list[tuple[float, Call]]


def most(times: list[float], window: float) -> int:
    """The largest number of these moments within a window."""
    return max(
        (sum(1 for each in times if start <= each < start + window - 1e-3) for start in times),
        default=0,
    )


def every(seconds: float, count: int, call: Call, last: float = 0.0) -> Calls:
    """So many calls, the last one so many seconds ago."""
    return [(NIGHT - last - seconds * number, call) for number in reversed(range(count))]


@pytest.mark.parametrize(
    ("before", "call", "seconds"),
    [
        ([], Call.SINGLE, 0),
        (every(1, 1, Call.POST), Call.DIGEST, 1),
        (every(1, 10, Call.SINGLE, last=5), Call.SINGLE, 30 - 14),
        (every(1, 10, Call.SINGLE, last=5), Call.POST, 0),
        (every(3, 13, Call.SINGLE, last=2), Call.SINGLE, 60 - 38),
        (every(3, 13, Call.SINGLE, last=2), Call.EDIT, 60 - 38),
        (every(3, 13, Call.SINGLE, last=2), Call.DIGEST, 0),
        (every(12, 1, Call.DIGEST, last=5), Call.DIGEST, 7),
        (every(12, 4, Call.DIGEST, last=12), Call.DIGEST, 0),
        (every(4, 10, Call.EDIT, last=2), Call.EDIT, 60 - 38),
        (every(4, 10, Call.EDIT, last=2), Call.SINGLE, 0),
        (every(2, 10, Call.SCRIPT, last=2), Call.SCRIPT, 60 - 20),
        # Two of the twenty calls that Telegram allows in a minute are left to answers.
        ([*every(12, 5, Call.DIGEST, last=11), *every(1, 12, Call.POST, 1)], Call.POST, 0),
        ([*every(12, 5, Call.DIGEST, last=12), *every(1, 13, Call.POST, 1)], Call.DIGEST, 60 - 60),
        ([*every(10, 5, Call.DIGEST, last=13), *every(1, 13, Call.POST, 1)], Call.DIGEST, 60 - 53),
    ],
)
def test_limits_of_telegram(before: Calls, call: Call, seconds: float) -> None:
    """Each sort of call waits for its own limits and for those of the chat, and no other."""
    assert pause(TELEGRAM, sorted(before), call, NIGHT) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("before", "call", "seconds"),
    [
        (every(1, 60, Call.SINGLE), Call.POST, HOUR - 59),
        (every(1, 60, Call.SINGLE), Call.LIST, 600),
        (every(1, 60, Call.SINGLE, last=600), Call.LIST, 0),
        (every(1, 60, Call.SINGLE), Call.DIGEST, 0),
        (every(1, 12, Call.DIGEST), Call.DIGEST, HOUR - 11),
        (every(1, 12, Call.DIGEST), Call.LIST, 0),
    ],
)
def test_limits_of_mail(before: Calls, call: Call, seconds: float) -> None:
    """Sixty mails an hour, then a list every ten minutes; twelve about storms beside them."""
    assert pause(MAIL, before, call, NIGHT) == pytest.approx(seconds)


@given(st.lists(st.tuples(st.floats(0, 5), st.sampled_from([*Call])), max_size=80))
def test_whatever_comes_the_pace_is_kept(wishes: list[tuple[float, Call]]) -> None:
    """If every call waits as long as it is told, the limits hold for any sequence of calls."""
    calls, now = Calls(), NIGHT
    for step, call in wishes:
        now += step
        now += pause(TELEGRAM, calls, call, now)
        assert pause(TELEGRAM, calls, call, now) == pytest.approx(0, abs=1e-6)
        calls.append((now, call))
    _keep(calls)


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.sampled_from([Call.SINGLE, Call.POST, Call.SCRIPT, Call.EDIT]), min_size=1),
    st.integers(0, 60),
)
def test_nothing_holds_a_digest_up(others: list[Call], begins: int) -> None:
    """In a storm a digest that always has something new goes every 13 s, whatever else waits."""
    calls = Calls()
    for half in range(2 * (begins + 90)):
        now = NIGHT + half / 2
        for call in [Call.DIGEST, *others] if half >= 2 * begins else others:
            if pause(TELEGRAM, calls[-40:], call, now) <= 0:
                calls.append((now, call))
                break
    _keep(calls)
    digests = [NIGHT + begins, *(moment for moment, call in calls if call is Call.DIGEST)]
    assert max(later - earlier for earlier, later in pairwise(digests)) <= 13
    assert digests[-1] >= NIGHT + begins + 90 - 13


def _keep(calls: Calls) -> None:
    times = [moment for moment, _ in calls]
    assert all(later - earlier >= 1 - 1e-6 for earlier, later in pairwise(times))
    assert most(times, 60) <= 18
    assert most([moment for moment, call in calls if call is not Call.DIGEST], 60) <= 13
    assert most([moment for moment, call in calls if call is Call.SINGLE], 30) <= 10
    assert most([moment for moment, call in calls if call is Call.EDIT], 60) <= 10


# The whole way out.


def digest(number: int) -> Message:
    """The digest as it is after so many changes."""
    files = (Attachment("errors.txt", "", text=f"{number} errors\nP1_beta"),)
    return message("storm", f"Storm ×{number}", origin=Origin.DIGEST, files=files)


class Counted(Telegram):
    """The messenger, with what is under way, as the clock must not run on meanwhile."""

    busy = 0

    async def send(self, address: str, message: Message, part: int) -> str:
        self.busy += 1
        try:
            return await super().send(address, message, part)
        finally:
            self.busy -= 1

    async def edit(self, address: str, remote: str, message: Message) -> None:
        self.busy += 1
        try:
            await super().edit(address, remote, message)
        finally:
            self.busy -= 1


class Storm:
    """A chat at a Bot API that keeps its limits, and what was said there and when."""

    def __init__(self, clock: HandClock, outbox: Outbox, api: BotApi) -> None:
        self.clock, self.outbox, self.api = clock, outbox, api
        self.telegram = Counted(api.token, api_urls=[api.url], language=language("en"))
        self.deliverer = Deliverer(outbox, Health(), clock, language("en"), None)
        self.deliverer.add(self.telegram)
        self.said: list[tuple[float, Kind, Post]] = []
        api.listeners.append(self._hear)

    def _hear(self, event: Event) -> None:
        if event.post:
            self.said.append((self.clock.now() - NIGHT, event.kind, event.post))

    def times(self, kind: Kind, word: str) -> list[float]:
        """When something was posted, or edited, that tells of this."""
        return [at for at, sort, post in self.said if sort is kind and word in post.text]

    def put(self, *messages: Message) -> None:
        for each in messages:
            self.outbox.put(each, [f"telegram:{CHAT}"], self.clock.now())
        self.deliverer.wake()

    def renew(self, *messages: Message) -> None:
        for each in messages:
            self.outbox.renew(each, self.clock.now(), delay=0)
        self.deliverer.wake()

    async def pass_time(self, seconds: float) -> None:
        for _ in range(round(seconds * 2)):
            await self.clock.move(0.5)
            while self.telegram.busy:
                await asyncio.sleep(0.001)
                await self.clock.move(0)


async def test_a_storm_at_the_bot_api(tmp_path: Path, clock: HandClock) -> None:
    """While 40 alerts and 30 edits wait, a digest is renewed within 15 s; all arrives, none early.

    Answers to people, which go past the outbox, are not refused meanwhile.
    """
    store = Store(tmp_path)
    async with BotApi(clock=clock) as api:
        storm = Storm(clock, Outbox(store), api)
        stop = asyncio.Event()
        task = asyncio.create_task(storm.deliverer.run(stop))
        storm.put(*(message(f"old-{n}", f"old {n}") for n in range(30)))
        await storm.pass_time(200)
        storm.renew(*(message(f"old-{n}", f"again {n}") for n in range(30)))
        storm.put(*(message(f"new-{n}", f"new {n}") for n in range(40)), digest(0))
        begin = clock.now() - NIGHT
        for number in range(1, 13):
            await storm.pass_time(10)
            storm.renew(digest(number))
            if number in (6, 9, 12):
                await storm.telegram.bot.send_message(CHAT, "answer")
        await storm.pass_time(300)
        stop.set()
        storm.deliverer.wake()
        await storm.pass_time(1)
        await task
        await storm.deliverer.close(1)
    store.close()
    assert api.counts[Kind.REFUSAL] == 0
    digests = [*storm.times(Kind.POST, "Storm"), *storm.times(Kind.EDIT, "Storm")]
    assert digests[0] <= begin + 1
    assert max(later - earlier for earlier, later in pairwise(digests)) <= 15
    (post,) = [each for each in api.posts(CHAT) if "Storm" in each.text]
    assert (post.text, post.file) == (
        "Storm ×12",
        ("errors.txt", b"\xef\xbb\xbf12 errors\r\nP1_beta"),
    )
    singles = storm.times(Kind.POST, "new")
    assert (len(singles), most(singles, 30)) == (40, 10)
    assert most(singles, 60) <= 15
    assert len(storm.times(Kind.EDIT, "again")) == 30
    assert most([at for at, _, post in storm.said if post.text != "answer"], 60) <= 20
