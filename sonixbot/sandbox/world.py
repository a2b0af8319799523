"""World: an instrument, Telegram, a mail server and the bot between them, all on loopback."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any, Final, Protocol, Self

from sonixbot.entry import MOST_IMPORTANT, Kind
from sonixbot.errors import Problem
from sonixbot.language import Language
from sonixbot.sandbox.bot import Bot, State, apart
from sonixbot.sandbox.botapi import BotApi, Event, Post
from sonixbot.sandbox.clock import FastClock
from sonixbot.sandbox.instrument import Instrument, Written
from sonixbot.sandbox.ledger import Ledger, Told, Truth, Way
from sonixbot.sandbox.mailbox import Mailbox, Received
from sonixbot.sandbox.traffic import WAYS, moving

CHANNEL: Final = -1001618273365
OPERATOR: Final = 1001
RECIPIENT: Final = "olga@yumo.example"
#: Seconds of the computer's clock between two looks at how everything fared.
LOOK_EVERY: Final = 0.5
#: What was written so lately, or was on its way so lately, may still arrive.
SETTLED: Final = 3.0
#: From the first post until the operator asks how things are.
WONDERING: Final = 4.0
SCRIPT: Final = (
    "import sys; from bot import messangers; "
    "messangers.send_message(sys.stdin.buffer.read().decode())"
)


class Source(Protocol):
    """What writes the protocol: the simulated instrument, or somebody's own protocol."""

    path: Path
    #: Counts protocols, from 1.
    number: int
    layout: str
    encoding: str
    listeners: list[Callable[[Written], None]]

    def begin(self) -> None:
        """Write what stands there before the bot starts."""

    async def run(self, stop: asyncio.Event) -> None:
        """Write what comes, until `stop`."""


class World:
    """The whole sandbox; `run` lives in it. What happens is told to the listeners of its parts."""

    def __init__(
        self,
        folder: Path,
        source: Source,
        clock: FastClock,
        language: Language,
        name: str,
        protocol: Mapping[str, Any] | None = None,
    ) -> None:
        """`folder`: empty, for everything that is written; `name`: the instrument's.

        `protocol`: what the configuration says of the protocol beside its path.
        """
        self.folder, self.source, self.clock, self.language = folder, source, clock, language
        self.name, self._protocol = name, protocol or {}
        self.api = BotApi(clock=clock)
        self.api.chats.channels.add(str(CHANNEL))
        self.box = Mailbox(security="starttls", login=("sonix-bot", "secret"), clock=clock)
        self.bot = Bot(folder / "data", folder / "config.json", clock)
        self.telegram_up = self.mail_up = True
        self.truth = Truth()
        #: Called with "bot", "telegram", "mailserver" or "truth" when that changed.
        self.listeners: list[Callable[[str], None]] = []
        self._ledger = Ledger()
        self._moved = 0.0
        self._lives = self._wondered = False
        self._aside: set[asyncio.Task[None]] = set()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Open Telegram and the mail server, and write what the bot will find."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.api)
            await stack.enter_async_context(self.box)
            self.source.listeners.append(self._written)
            self.api.listeners.append(self._wonder)
            self.source.begin()
            (self.folder / "config.json").write_text(json.dumps(self._settings()), "utf-8")
            self.bot.changed = lambda: self._tell("bot")
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.bot.stop()
        await asyncio.gather(*self._aside)
        await self._end_deliverer()
        await self._stack.aclose()

    async def run(self, stop: asyncio.Event, quiet: asyncio.Event) -> None:
        """Start the bot, let the instrument live, and keep the accounts, until `stop`.

        The instrument falls silent at `quiet`, if that comes before.
        """
        await self.bot.start()
        while self.bot.state is not State.UP and not stop.is_set():
            if self.bot.state is State.DOWN and self.bot.note:
                raise Problem(self.bot.note)
            await asyncio.sleep(LOOK_EVERY / 5)
        self._lives = True
        async with asyncio.TaskGroup() as group:
            measuring = group.create_task(self.source.run(quiet), name="instrument")
            while not stop.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY):
                        await stop.wait()
                self.look()
            measuring.cancel()

    # What can be made to happen.

    @property
    def instrument(self) -> Instrument | None:
        """The simulated instrument, if it lives; None: there is none that could be disturbed."""
        return self.source if isinstance(self.source, Instrument) and self._lives else None

    async def set_telegram(self, *, up: bool) -> None:
        """Let Telegram go away, or come back."""
        if up != self.telegram_up:
            self.telegram_up = up
            await (self.api.up() if up else self.api.down())
            self._tell("telegram")

    async def set_mail(self, *, up: bool) -> None:
        """Let the mail server go away, or come back."""
        if up != self.mail_up:
            self.mail_up = up
            await (self.box.up() if up else self.box.down())
            self._tell("mailserver")

    async def set_bot(self, *, up: bool) -> None:
        """Kill the bot, or start it again."""
        await (self.bot.start() if up else self.bot.kill())

    def script(self, text: str) -> None:
        """Let a measurement script say something: a Python of its own, as on the instrument."""
        self._ledger.script(text, self.clock.now())
        self._moved = time.monotonic()
        self._do_aside(self._script(text))

    async def _script(self, text: str) -> None:
        settings = apart()
        settings["env"]["SONIXBOT_CONFIG"] = str(self.folder / "config.json")
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", SCRIPT, stdin=asyncio.subprocess.PIPE, **settings
        )
        await process.communicate(text.encode())

    def _do_aside(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name="aside")
        self._aside.add(task)
        task.add_done_callback(self._aside.discard)

    def _wonder(self, event: Event) -> None:
        """Let the operator ask how things are once the first post is there."""
        if not self._wondered and event.post and event.post.chat == str(CHANNEL):
            self._wondered = True
            self._do_aside(self._ask())

    async def _ask(self) -> None:
        await self.clock.sleep(WONDERING)
        await self.say("/status", self.language.code)

    async def say(self, text: str, language: str) -> None:
        """Let the operator write to the bot."""
        await self.api.say(text, by=OPERATOR, language=language, name=self.operator)

    async def press(self, data: str, post: Post, language: str) -> None:
        """Let the operator press a button under a post."""
        await self.api.press(data, post, by=OPERATOR, language=language, name=self.operator)

    @property
    def operator(self) -> str:
        """Who sits before the page."""
        return self.language.gettext("Olga")

    # The accounts.

    def _written(self, written: Written) -> None:
        said = written.said
        urgent = said.kind is Kind.WARNING and said.level == MOST_IMPORTANT
        if not written.past and (said.kind is Kind.ERROR or urgent):
            self._ledger.error(said.source, said.text, written.at)
            self._moved = time.monotonic()

    def look(self) -> None:
        """Bring the accounts up to date."""
        ways = moving(self.folder / "data", self.source.path)
        if self.bot.state is not State.UP:
            ways = WAYS
        if ways:
            self._moved = time.monotonic()
        elif time.monotonic() - self._moved < SETTLED:
            ways = WAYS
        found = self._ledger.truth(
            Way([*self._in_channel()], "telegram" in ways),
            Way([_told(each) for each in self.box.mails], "mail" in ways),
        )
        if found != self.truth:
            self.truth = found
            self._tell("truth")

    def _in_channel(self) -> list[Told]:
        told = []
        for post in self.api.posts(CHANNEL):
            told.append(Told(post.date, post.text))
            if post.file is not None and not post.photo:
                told.append(Told(post.date, post.file[1].decode("utf-8", "replace")))
        return told

    def _tell(self, what: str) -> None:
        for listener in self.listeners:
            listener(what)

    # Beginning and end.

    def _settings(self) -> dict[str, Any]:
        user, password = self.box.login or ("", "")
        return {
            "mail": {
                "user": user,
                "password": password,
                "server": self.box.host,
                "port": self.box.port,
                "ca-file": str(self.box.ca_file),
                "sender": "sonixbot@yumo.example",
                "recipients": [RECIPIENT],
            },
            "telegram": {
                "bot-id": self.api.token,
                "channel-id": CHANNEL,
                "api-url": self.api.url,
                "operators": [OPERATOR],
            },
            "instrument": self.name,
            "language": self.language.code,
            "protocol": {**self._protocol, "path": str(self.source.path)},
            "data-dir": str(self.folder / "data"),
        }

    async def _end_deliverer(self) -> None:
        """End the deliverer that a script may have started while the bot was down."""
        try:
            told = json.loads((self.folder / "data/inbox/service.json").read_bytes())
        except (OSError, ValueError):
            return
        if told.get("role") == "deliverer":
            with suppress(OSError):
                os.kill(told["pid"], 15)
                await asyncio.sleep(LOOK_EVERY)


def _told(received: Received) -> Told:
    return Told(received.date, f"{received.message['Subject']}\n{received.text}")
