"""The installed command in child processes: started, stopped, killed, and started again."""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from sonixbot.inbox import presence
from tests.patience import until
from tests.site import ERROR, OPERATOR, Site, open_site, watches

pytestmark = pytest.mark.process

ROOT = Path(__file__).parent.parent
SCRIPT = "from bot import messangers; messangers.send_message({text!r})"


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(tmp_path) as made:
        yield made


@asynccontextmanager
async def started(site: Site, *words: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """`sonixbot run`, ready; killed at the end where it still runs."""
    config = site.config()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "sonixbot", "run", "--config", str(site.config_file), *words),
        stdin=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=ROOT,
    )
    try:
        await until(lambda: process.returncode is not None or watches(config), 20)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        assert process.stdin is not None
        process.stdin.close()


async def script(site: Site, text: str) -> None:
    """A measurement script that sends one message, in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", SCRIPT.format(text=text)),
        env={**os.environ, "SONIXBOT_CONFIG": str(site.config_file)},
        cwd=ROOT,
    )
    assert await process.wait() == 0


async def test_run_alerts_and_ends_on_sigterm(site: Site) -> None:
    """`sonixbot run` tells an error everywhere and ends well within ten seconds of SIGTERM."""
    async with started(site) as process:
        site.write(ERROR)
        await until(lambda: site.posts() and len(site.box.mails) == 2, 15)
        process.terminate()
        async with asyncio.timeout(10):
            assert await process.wait() == 0
    found = presence.presence(str(site.folder / "data" / "inbox"))
    assert found is not None
    assert found.role == "ended"


async def test_run_ends_when_standard_input_closes(site: Site) -> None:
    """A service that logwatch started ends when its host is gone and its standard input closes."""
    async with started(site, "--until-stdin-closes") as process:
        assert process.stdin is not None
        process.stdin.close()
        async with asyncio.timeout(10):
            assert await process.wait() == 0


async def test_scripts_message_with_the_service_down(site: Site) -> None:
    """With no service a script's message is sent within 15 s by a deliverer that then ends."""
    inbox = str(site.config().inbox)
    await script(site, "beam is back")
    async with asyncio.timeout(15):
        await until(lambda: site.posts() and len(site.box.mails) == 2, 15)
    assert "beam is back" in site.posts()[0]
    await until(lambda: (found := presence.presence(inbox)) and not found.alive, 20)


async def test_scripts_message_with_the_service_killed_in_between(site: Site) -> None:
    """A message is delivered once though the service is killed right after the script's call."""
    async with started(site) as process:
        await script(site, "first words")
        process.kill()
        await process.wait()
        await script(site, "second words")
        await until(lambda: sum("words" in post for post in site.posts()) >= 2, 20)
    texts = [post for post in site.posts() if "repeat" not in post]
    assert sum("first words" in text for text in texts) == 1
    assert sum("second words" in text for text in texts) == 1


@pytest.mark.chaos
async def test_killed_at_random_moments_nothing_is_lost(site: Site) -> None:
    """Though the service is killed again and again, every error is told, twice only if marked."""
    seed = random.randrange(10**6)  # noqa: S311 - no secret
    print(f"seed {seed}")  # noqa: T201 - names the run that failed
    chance = random.Random(seed)  # noqa: S311 - no secret
    site.settings["alerts"] = {"telegram": {"error-max-level": 5}, "mail": {"error-max-level": 0}}
    written: list[str] = []

    def write_some() -> None:
        for _ in range(chance.randrange(1, 3)):
            device = f"axis_{chance.randrange(10**9)}"
            written.append(device)
            site.write(ERROR.replace("P1_beta", device).replace("E1", "E2"))

    for _ in range(5):
        async with started(site) as process:
            for _ in range(chance.randrange(1, 3)):
                write_some()
                await asyncio.sleep(chance.random())
            process.kill()
            await process.wait()
        if chance.random() < 0.5:
            write_some()
        if chance.random() < 0.4:
            site.protocol.rename(site.protocol.with_suffix(f".{len(written)}"))
            write_some()
    async with started(site):
        await until(lambda: all(_told(site, device) for device in written), 150)
    for device in written:
        plain = [post for post in site.posts() if device in post and "repeat" not in post]
        assert len(plain) <= 1, f"{device} was told twice, seed {seed}"


def _told(site: Site, device: str) -> bool:
    files = " ".join(str(post.file) for post in site.api.posts("-100123"))
    return any(re.search(rf"\b{device}\b", post) for post in (*site.posts(), files))


async def test_a_mute_by_chat_survives_a_kill(site: Site) -> None:
    """A mute that an operator was told of holds after the service was killed at once."""
    site.write(ERROR)
    async with started(site) as process:
        await site.say("/mute 2h P1_beta", by=OPERATOR)
        await until(lambda: site.api.posts(str(OPERATOR)), 20)
        process.send_signal(signal.SIGKILL)
        await process.wait()
    async with started(site):
        site.write(ERROR)
        await site.say("/mutes", by=OPERATOR)
        # /mute may be answered twice, as the kill came before Telegram knew that it was handled.
        await until(lambda: len(site.api.posts(str(OPERATOR))) >= 2, 20)
    assert "P1_beta" in site.api.posts(str(OPERATOR))[-1].text
    assert not any("Двигатель" in post for post in site.posts())


async def test_logwatch_keeps_the_service_alive_and_leaves_no_orphan(site: Site) -> None:
    """logwatch starts the service, starts it again after a kill, and takes it along when killed."""
    config = site.config()
    inbox = str(config.inbox)

    def service_pid() -> int:
        found = json.loads((config.inbox / "service.json").read_text(encoding="utf-8"))
        return int(found["pid"]) if found["role"] == "service" else 0

    host = await asyncio.create_subprocess_exec(
        sys.executable,
        str(ROOT / "bot" / "logwatch.py"),
        env={**os.environ, "SONIXBOT_CONFIG": str(site.config_file)},
        cwd=site.folder,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await until(lambda: watches(config), 20)
        first = service_pid()
        os.kill(first, signal.SIGKILL)
        await until(lambda: presence.service_alive(inbox) and service_pid() != first, 20)
        site.write(ERROR)
        await until(lambda: len(site.box.mails) == 2, 20)
        second = service_pid()
    finally:
        host.kill()
        await host.wait()
    await until(lambda: not presence.process_alive(second), 15)
