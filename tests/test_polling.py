"""Polling: from a Bot API on loopback that fails in every way it can."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
import pytest_asyncio
from aiogram import Router
from aiogram.types import CallbackQuery, Message

from sonixbot import polling
from sonixbot.health import Health, WayView
from sonixbot.language import language
from sonixbot.messengers.telegram import Telegram
from sonixbot.sandbox.botapi import TOKEN, BotApi
from tests.handclock import NIGHT, HandClock
from tests.patience import asleep, until


@dataclass
class Listener:
    """A bot whose handlers note what they hear."""

    api: BotApi
    telegram: Telegram
    clock: HandClock
    health: Health = field(default_factory=Health)
    heard: list[str] = field(default_factory=list)
    prepared: int = 0
    reached: int = 0
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self, *, handling: float = 5.0) -> asyncio.Task[None]:
        """Begin to poll."""
        router = Router()
        router.message.register(self._hear)
        router.callback_query.register(self._pressed)
        polled = polling.poll(
            self.telegram.bot,
            polling.dispatcher(router),
            self.health,
            self.clock,
            prepare=self._prepare,
            reached=self._reach,
            handling=handling,
        )
        self.tasks.append(asyncio.create_task(polled))
        return self.tasks[-1]

    async def stop(self) -> None:
        """End all polling."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def hears(self, *texts: str) -> None:
        """Wait until exactly this was heard."""
        await until(lambda: len(self.heard) >= len(texts))
        assert self.heard == list(texts)

    async def pause(self) -> float:
        """Wait for the pause after a failure, and let just this time pass; its seconds."""
        await asleep(self.clock)
        seconds = self.clock._sleepers[0][0] - self.clock.now()
        await self.clock.move(seconds)
        return seconds

    @property
    def way(self) -> WayView:
        """What is known of the polling's health."""
        (way,) = self.health.ways({})
        return way

    async def _prepare(self) -> None:
        await self.telegram.bot.me()
        self.prepared += 1

    def _reach(self) -> None:
        self.reached += 1

    async def _hear(self, message: Message) -> None:
        if message.text == "hang":
            await asyncio.Event().wait()
        self.heard.append(message.text or "")
        if message.text == "break":
            raise RuntimeError("broken")

    async def _pressed(self, callback: CallbackQuery) -> None:
        """Presses are asked for as well."""


@pytest_asyncio.fixture
async def listener(clock: HandClock) -> AsyncIterator[Listener]:
    """A listener, not yet polling; everything is closed in the end."""
    async with BotApi(clock=clock) as api:
        telegram = Telegram(TOKEN, language=language("en"), api_urls=[api.url])
        made = Listener(api, telegram, clock)
        yield made
        await made.stop()
        await telegram.close()


async def test_updates_are_handled_in_order(listener: Listener) -> None:
    """What was written before and while the bot listens is heard once each, in order."""
    await listener.api.say("1")
    await listener.api.say("2")
    listener.start()
    await listener.hears("1", "2")
    await listener.api.say("3")
    await listener.hears("1", "2", "3")
    assert listener.prepared == 1
    assert listener.way.worked == NIGHT
    asked = listener.api.called("getUpdates")[0].params
    assert json.loads(asked["allowed_updates"]) == ["callback_query", "message"]


async def test_unreachable_telegram_is_asked_again_with_growing_pauses(
    listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    """From the first call on, silence is survived: pauses double up to a minute, one log line."""
    await listener.api.down()
    listener.start()
    pauses = [await listener.pause() for _ in range(8)]
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    assert listener.way.failing == NIGHT
    assert len([each for each in caplog.records if each.name == "sonixbot.polling"]) == 1
    assert TOKEN not in caplog.text
    await listener.api.up()
    await listener.api.say("back")
    assert await listener.pause() == 60
    await listener.hears("back")
    assert listener.way.failing is None
    assert listener.reached == 1


async def test_connection_lost_between_questions_is_survived(listener: Listener) -> None:
    """A dropped connection, a gateway's page and a server's trouble delay, and lose nothing."""
    listener.api.drop("getUpdates")
    listener.api.garble("getUpdates")
    listener.api.refuse("getUpdates", 500, "Internal Server Error")
    await listener.api.say("1")
    listener.start()
    assert [await listener.pause() for _ in range(3)] == [1, 2, 4]
    await listener.hears("1")
    assert listener.reached == 2
    assert listener.prepared == 1


async def test_refused_token_is_reported_once_and_tried_each_minute(
    listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    """A token that Telegram refuses ends nothing: it may be repaired on the other side."""
    listener.api.refuse("getMe", 401, "Unauthorized", times=3)
    listener.start()
    assert [await listener.pause() for _ in range(3)] == [60, 60, 60]
    await listener.api.say("1")
    await listener.hears("1")
    assert caplog.text.count("refuses the bot's token") == 1


async def test_other_poller_is_reported(listener: Listener) -> None:
    """A second program with the same token is named as the reason, and backed off from."""
    listener.api.refuse("getUpdates", 409, "Conflict: terminated by other getUpdates request")
    listener.start()
    await asleep(listener.clock)
    assert "Another program" in str(listener.way.reason)
    assert await listener.pause() == 1
    await listener.api.say("1")
    await listener.hears("1")


async def test_wish_to_wait_is_obeyed(listener: Listener) -> None:
    """Where Telegram asks for seconds of rest, exactly these are kept."""
    listener.api.refuse("getUpdates", 429, "Too Many Requests: retry after 37", retry_after=37)
    listener.start()
    assert await listener.pause() == 37


async def test_broken_handler_does_not_stop_the_next(
    listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    """An error in a handler is logged, and the next update is handled."""
    await listener.api.say("break")
    await listener.api.say("next")
    listener.start()
    await listener.hears("break", "next")
    assert "could not be handled" in caplog.text


async def test_hanging_handler_does_not_stop_the_next(
    listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    """A handler that hangs is cut off after its time, and the next update is handled."""
    await listener.api.say("hang")
    await listener.api.say("next")
    listener.start(handling=0.2)
    await listener.hears("next")
    assert "could not be handled" in caplog.text


async def test_update_that_cannot_be_understood_is_passed_over(
    listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    """What a newer Bot API sends in an unknown form blocks nothing behind it."""
    await listener.api.say("1")
    await listener.api.feed(message={"message_id": "of a new sort"})
    await listener.api.say("2")
    with caplog.at_level(logging.WARNING):
        listener.start()
        await listener.hears("1", "2")
    assert "cannot be understood" in caplog.text


async def test_fault_of_our_own_is_logged_and_survived(
    listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    """Even a fault inside the preparation only delays."""
    faults = [RuntimeError("of our own")]
    prepare = listener._prepare

    async def faulty() -> None:
        if faults:
            raise faults.pop()
        await prepare()

    listener._prepare = faulty  # type: ignore[method-assign]  # the fault to be survived
    listener.start()
    await asleep(listener.clock)
    assert "of our own" in caplog.text
    assert "log" in str(listener.way.reason)
    assert await listener.pause() == 60
    await listener.api.say("1")
    await listener.hears("1")


async def test_end_comes_at_once_and_leaves_nothing(listener: Listener) -> None:
    """Cancelled while Telegram holds the question open, the polling ends at once."""
    task = listener.start()
    await listener.api.until(lambda: listener.api.called("getUpdates"))
    task.cancel()
    async with asyncio.timeout(1):
        await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()


async def test_what_was_handled_is_confirmed_at_the_end(listener: Listener) -> None:
    """Ended in the middle of several updates, those done are not handled again after a restart."""
    await listener.api.say("done")
    await listener.api.say("hang")
    task = listener.start()
    await listener.hears("done")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await listener.api.say("new")
    listener.heard.clear()
    listener.start(handling=0.2)
    await listener.hears("new")


async def test_end_does_not_wait_for_an_unreachable_telegram(listener: Listener) -> None:
    """The last word to Telegram is said within its two seconds, or not at all."""
    await listener.api.say("done")
    await listener.api.say("hang")
    task = listener.start()
    await listener.hears("done")
    listener.api.hang("getUpdates")
    task.cancel()
    async with asyncio.timeout(4):
        await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
