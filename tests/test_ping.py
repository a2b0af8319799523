"""The ping that tells an outside address that the bot lives."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from sonixbot.ping import Ping
from tests.handclock import HandClock
from tests.patience import until

KEY = "7e0c1f9a-1b2c-4d5e-8f90-123456789abc"
MINUTE = 60.0


class Checks:
    """A server of checks on loopback: remembers what was asked for, answers as told."""

    def __init__(self) -> None:
        self.asked: asyncio.Queue[str] = asyncio.Queue()
        self.status = 200
        #: While it is not set, answers wait.
        self.answering = asyncio.Event()
        self.answering.set()
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        """Take one ping."""
        self.asked.put_nowait(request.path_qs)
        await self.answering.wait()
        return web.Response(status=self.status)

    async def next(self) -> str:
        """What is asked for next."""
        return await asyncio.wait_for(self.asked.get(), 5)


@pytest.fixture
async def checks() -> AsyncIterator[Checks]:
    """A server that stands in for healthchecks.io."""
    checks = Checks()
    app = web.Application()
    app.router.add_get("/{path:.*}", checks.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    checks.url = f"http://127.0.0.1:{port}"
    yield checks
    await runner.cleanup()


@asynccontextmanager
async def pinging(ping: Ping) -> AsyncIterator[asyncio.Event]:
    """The ping at work, until the end of the block."""
    stop = asyncio.Event()
    task = asyncio.create_task(ping.run(stop))
    try:
        yield stop
    finally:
        stop.set()
        await asyncio.wait_for(task, 5)


async def settled(clock: HandClock) -> None:
    """Wait until the ping has its answer and sleeps on the clock."""
    await until(lambda: any(not each[2].done() for each in clock._sleepers))


async def test_the_address_is_asked_for_at_once_and_then_at_intervals(
    checks: Checks, clock: HandClock
) -> None:
    """The first ping is that of the start; the next one comes when the interval has passed."""
    ping = Ping(f"{checks.url}/{KEY}", 5 * MINUTE, clock, lambda: True)
    async with pinging(ping):
        assert await checks.next() == f"/{KEY}"
        await settled(clock)
        await clock.move(5 * MINUTE - 1)
        assert checks.asked.empty()
        await clock.move(1)
        assert await checks.next() == f"/{KEY}"


@pytest.mark.parametrize(
    ("address", "well", "ill"),
    [
        (f"/{KEY}", f"/{KEY}", f"/{KEY}/fail"),
        (f"/ping/{KEY}/yumo/", f"/ping/{KEY}/yumo/", f"/ping/{KEY}/yumo/fail"),
        (
            f"/push?key={KEY}&msg=a%20b",
            f"/push?key={KEY}&msg=a%20b",
            f"/push/fail?key={KEY}&msg=a%20b",
        ),
    ],
)
async def test_a_bot_that_does_not_get_on_says_so(
    checks: Checks, clock: HandClock, address: str, well: str, ill: str
) -> None:
    """The path gets /fail for as long as the watch stands still, and loses it afterwards."""
    alive = False
    ping = Ping(f"{checks.url}{address}", MINUTE, clock, lambda: alive)
    async with pinging(ping):
        assert await checks.next() == ill
        await settled(clock)
        alive = True
        await clock.move(MINUTE)
        assert await checks.next() == well


async def test_a_lost_ping_is_repeated_soon(checks: Checks, clock: HandClock) -> None:
    """After a failure the next ping does not wait for an interval of hours."""
    checks.status = 503
    ping = Ping(f"{checks.url}/{KEY}", 3600, clock, lambda: True)
    async with pinging(ping):
        await checks.next()
        await settled(clock)
        checks.status = 200
        await clock.move(MINUTE)
        await checks.next()
        await settled(clock)
        await clock.move(3599)
        assert checks.asked.empty()


async def test_trouble_is_logged_once_and_its_end_without_the_key(
    checks: Checks, clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    """However long it lasts there is one line for it, one for its end, and the key is in none."""
    caplog.set_level(logging.INFO)
    checks.status = 404
    ping = Ping(f"{checks.url}/{KEY}", MINUTE, clock, lambda: True)
    async with pinging(ping):
        for status in (404, 404, 200, 200):
            checks.status = status
            await checks.next()
            await settled(clock)
            await clock.move(MINUTE)
    said = [record.getMessage() for record in caplog.records if record.name == "sonixbot.ping"]
    assert said == [
        "the ping does not reach 127.0.0.1: HTTP 404",
        "the ping reaches 127.0.0.1",
    ]
    assert not any(KEY in each for each in said)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/{key}", "http://nobody.invalid/{key}", "http://127.0.0.1:99999/{key}"],
)
async def test_an_address_that_cannot_be_reached_stops_nothing(
    url: str, clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody there, no such name, no such port: it is logged without the key and tried again."""
    ping = Ping(url.format(key=KEY), MINUTE, clock, lambda: True)
    async with pinging(ping):
        await settled(clock)
        await clock.move(MINUTE)
        await settled(clock)
    assert caplog.text.count("the ping does not reach") == 1
    assert KEY not in caplog.text


async def test_the_stop_does_not_wait_for_an_answer(checks: Checks, clock: HandClock) -> None:
    """A server that never answers does not hold the service at its end."""
    checks.answering.clear()
    ping = Ping(f"{checks.url}/{KEY}", MINUTE, clock, lambda: True)
    async with pinging(ping) as stop:
        await checks.next()
        stop.set()
    checks.answering.set()
