"""The sandbox's bot: the service as a child that is started, killed and ends by itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sonixbot.clock import Clock
from sonixbot.sandbox.bot import Bot, State
from sonixbot.sandbox.clock import FastClock
from sonixbot.turn import service_turn
from tests.patience import until

pytestmark = pytest.mark.process


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Bot]:
    """A bot that has a protocol to read and nobody to tell."""
    (tmp_path / "protocol.log").touch()
    config = tmp_path / "config.json"
    keys = {"data-dir": "data", "protocol": {"path": "protocol.log"}}
    config.write_text(json.dumps(keys), encoding="utf-8")
    made = Bot(tmp_path / "data", config, FastClock.begin(2.0))
    yield made
    await made.stop()


async def test_it_is_up_when_it_reads(bot: Bot) -> None:
    """It starts, is up once it knows from where on it reads, and ends in order without a note."""
    states = []
    bot.changed = lambda: states.append(bot.state)
    await bot.start()
    await bot.start()
    await until(lambda: bot.state is State.UP, 20)
    await bot.stop()
    assert states == [State.STARTING, State.UP, State.DOWN]
    assert bot.note is None
    assert "stopping" in bot.log.read_text(encoding="utf-8")


async def test_it_is_killed_and_started_again(bot: Bot) -> None:
    """Killed, it is down at once, without a word, and can be started again."""
    await bot.start()
    await until(lambda: bot.state is State.UP, 20)
    await asyncio.gather(bot.kill(), bot.kill())
    assert (bot.state, bot.note) == (State.DOWN, None)
    assert "stopping" not in bot.log.read_text(encoding="utf-8")
    await bot.start()
    await until(lambda: bot.state is State.UP, 20)


async def test_its_own_end_is_told(bot: Bot, tmp_path: Path) -> None:
    """Where it ends by itself, the note says so with its last words."""
    async with service_turn(tmp_path / "data", Clock()):
        await bot.start()
        await until(lambda: bot.state is State.DOWN, 20)
    assert "ended by itself (exit code 1): Another sonixbot already works" in str(bot.note)
