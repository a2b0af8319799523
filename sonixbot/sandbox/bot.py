"""Bot: the service as a child process of the sandbox, to be started, killed and started again."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from sonixbot.errors import Sentence, sentence
from sonixbot.inbox import presence
from sonixbot.sandbox.clock import FastClock
from sonixbot.store import FILE_NAME

LOOK_EVERY: Final = 0.1
#: So many looks at whether a deliverer still runs; a start takes a second, or two.
DELIVERER_LOOKS: Final = 30
#: Seconds for an orderly end, within those that a demo which is told to stop has itself.
PATIENCE: Final = 7.0
#: Modules that lie in the working folder must not take the place of ours.
PATH: Final = "-P"


class State(StrEnum):
    """How the bot is."""

    STARTING = "starting"
    UP = "up"
    DOWN = "down"


class Bot:
    """One service on one data folder, in a process of its own."""

    def __init__(self, folder: Path, config: Path, clock: FastClock) -> None:
        """`folder`: its data folder; `config`: its configuration."""
        self.state = State.DOWN
        #: Why it is down though nobody killed it.
        self.note: Sentence | None = None
        #: Called when the state changed.
        self.changed: Callable[[], None] = lambda: None
        self.log = config.with_name("service.log")
        self._folder, self._config, self._clock = folder, config, clock
        self._process: asyncio.subprocess.Process | None = None
        self._watching: asyncio.Task[None] | None = None
        #: One start or end at a time.
        self._changing = asyncio.Lock()

    async def start(self) -> None:
        """Start it, unless it runs."""
        async with self._changing:
            if self._process is None:
                await self._start()

    async def _start(self) -> None:
        speed, began = repr(self._clock.speed), repr(self._clock.began)
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *(PATH, "-m", "sonixbot.sandbox", str(self._config), speed, began),
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
                **apart(),
            )
        self._be(State.STARTING)
        self._watching = asyncio.create_task(self._watch(self._process), name="the bot")

    async def kill(self) -> None:
        """Kill it on the spot, as a power cut would."""
        await self._end(patience=0.0)

    async def stop(self) -> None:
        """Let it end in order; kill it if it does not."""
        await self._end(patience=PATIENCE)

    async def _end(self, patience: float) -> None:
        async with self._changing:
            process, self._process = self._process, None
            if process is None or process.stdin is None or self._watching is None:
                return
            if patience:
                process.stdin.close()
                await asyncio.wait([self._watching], timeout=patience)
            with suppress(ProcessLookupError):
                process.kill()
            await self._watching
            self._be(State.DOWN)

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        """Tell when it is ready, and when it ended by itself."""
        while process.returncode is None:
            if self.state is State.STARTING and self._ready(process.pid):
                self._be(State.UP)
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY):
                    await process.wait()
        if self._process is process:
            self._process = None
            said = sentence(
                "The bot ended by itself (exit code {code}): {said}",
                code=process.returncode,
                said=self._last_words(),
            )
            self._be(State.DOWN, said)

    def _last_words(self) -> str:
        """The last line of its log."""
        lines = self.log.read_text("utf-8", "replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "…")

    def _ready(self, pid: int) -> bool:
        """Whether it takes scripts' messages, and knows from where on it reads the protocol."""
        try:
            told = json.loads((self._folder / "inbox" / "service.json").read_bytes())
        except (OSError, ValueError):
            return False
        return told.get("pid") == pid and told.get("role") == "service" and self._has_position()

    def _has_position(self) -> bool:
        try:
            with closing(read_only(self._folder / FILE_NAME)) as store:
                query = "select 1 from facts where name = 'position'"
                return store.execute(query).fetchone() is not None
        except sqlite3.Error:
            return False

    def _be(self, state: State, note: Sentence | None = None) -> None:
        self.state, self.note = state, note
        self.changed()


async def end_deliverer(inbox: Path) -> None:
    """End the deliverer that a script may have started while the bot was down.

    One that has only just been started announces itself some moments later.
    """
    asked = 0
    for _ in range(DELIVERER_LOOKS):
        with suppress(OSError, ValueError, KeyError):
            told = json.loads((inbox / "service.json").read_bytes())
            if told["role"] == "deliverer" and told["pid"] != asked:
                asked = told["pid"]
                os.kill(asked, signal.SIGTERM)
        if not presence.service_alive(str(inbox)) and not (inbox / "starting").exists():
            return
        await asyncio.sleep(LOOK_EVERY)


def read_only(path: Path) -> sqlite3.Connection:
    """The bot's database as somebody who only looks. Raises sqlite3.Error."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)


def apart() -> dict[str, Any]:
    """What keeps a child from hearing the Ctrl-C of our terminal, and from this user's settings."""
    environment = {key: value for key, value in os.environ.items() if "SONIXBOT" not in key}
    if sys.platform == "win32":
        return {"env": environment, "creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"env": environment, "start_new_session": True}
