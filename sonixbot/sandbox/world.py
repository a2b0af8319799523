"""World: an instrument, Telegram, a mail server and the bot between them, all on loopback."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final, Protocol, Self

from sonixbot.entry import MOST_IMPORTANT, Kind
from sonixbot.errors import Problem
from sonixbot.language import Language
from sonixbot.sandbox.bot import PATH, Bot, State, apart, end_deliverer
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
SCRIPT_NAME: Final = "script"
SCRIPT: Final = (
    "import sys; from bot import messangers; "
    "messangers.send_message(sys.stdin.buffer.read().decode())"
)


class Unfit(Problem):
    """The bot cannot start in this world."""


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
        self.box = Mailbox(
            security="starttls", login=("sonix-bot", "secret"), clock=clock, folder=folder
        )
        self.bot = Bot(folder / "data", folder / "config.json", clock)
        self.telegram_up = self.mail_up = True
        self.truth = Truth()
        #: Called with "bot", "telegram", "mailserver" or "truth" when that changed.
        self.listeners: list[Callable[[str], None]] = []
        self._ledger = Ledger()
        self._moved = 0.0
        #: It ends, so nothing can be made to happen any more.
        self.over = False
        self._lives = self._wondered = False
        #: One switch at a time.
        self._changing = asyncio.Lock()
        #: What stands in the channel, by post and its edits; and in the mailbox.
        self._posted: dict[int, tuple[int, Told]] = {}
        self._mailed: list[Told] = []
        self._asides: set[asyncio.Task[None]] = set()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Open Telegram and the mail server, and write what the bot will find."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.api)
            await stack.enter_async_context(self.box)
            self.source.listeners.append(self._written)
            self.api.listeners.append(self._wonder)
            self.box.listeners.append(self._received)
            self.source.begin()
            (self.folder / "config.json").write_text(json.dumps(self._settings()), "utf-8")
            self.bot.changed = lambda: self._tell("bot")
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        self.over = True
        try:
            await self.bot.stop()
            for task in self._asides:
                task.cancel()
            await asyncio.gather(*self._asides, return_exceptions=True)
            await end_deliverer(self.folder / "data" / "inbox")
            self._account(moving(self.folder / "data", self.source.path))
        finally:
            await self._stack.aclose()

    async def run(self, stop: asyncio.Event, quiet: asyncio.Event) -> None:
        """Start the bot, let the instrument live, and keep the accounts, until `stop`.

        The instrument falls silent at `quiet`, if that comes before. Raises OSError where the
        protocol cannot be written, and `Unfit` where the bot cannot start.
        """
        await self.bot.start()
        while self.bot.state is not State.UP and not stop.is_set():
            if self.bot.note:
                raise Unfit(self.bot.note)
            await asyncio.sleep(LOOK_EVERY / 5)
        self._lives = True
        measuring = asyncio.create_task(self.source.run(quiet), name="instrument")
        ending = asyncio.create_task(stop.wait(), name="end")
        try:
            while not stop.is_set():
                await asyncio.wait({ending}, timeout=LOOK_EVERY)
                self.look()
                if measuring.done():
                    measuring.result()
        finally:
            for task in (measuring, ending):
                task.cancel()
            await asyncio.gather(measuring, ending, return_exceptions=True)

    # What can be made to happen.

    @property
    def instrument(self) -> Instrument | None:
        """The simulated instrument, if it lives; None: there is none that could be disturbed."""
        return self.source if isinstance(self.source, Instrument) and self._lives else None

    async def set_telegram(self, *, up: bool) -> None:
        """Let Telegram go away, or come back."""
        async with self._changing:
            if up != self.telegram_up:
                await (self.api.up() if up else self.api.down())
                self.telegram_up = up
                self._tell("telegram")

    async def set_mail(self, *, up: bool) -> None:
        """Let the mail server go away, or come back."""
        async with self._changing:
            if up != self.mail_up:
                await (self.box.up() if up else self.box.down())
                self.mail_up = up
                self._tell("mailserver")

    async def set_bot(self, *, up: bool) -> None:
        """Kill the bot, or start it again."""
        await (self.bot.start() if up else self.bot.kill())

    def script(self, text: str) -> None:
        """Let a measurement script say something: a Python of its own, as on the instrument."""
        self._ledger.script(text, self.clock.now())
        self._moved = time.monotonic()
        self._do_aside(self._script(text), SCRIPT_NAME)

    async def _script(self, text: str) -> None:
        settings = apart()
        settings["env"]["SONIXBOT_CONFIG"] = str(self.folder / "config.json")
        process = await asyncio.create_subprocess_exec(
            sys.executable, PATH, "-c", SCRIPT, stdin=asyncio.subprocess.PIPE, **settings
        )
        await process.communicate(text.encode())

    def _do_aside(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._asides.add(task)
        task.add_done_callback(self._asides.discard)

    def _wonder(self, event: Event) -> None:
        """Let the operator ask how things are once the first post is there."""
        if not self._wondered and event.post and event.post.chat == str(CHANNEL):
            self._wondered = True
            self._do_aside(self._ask(), "operator")

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
        handing_over = any(each.get_name() == SCRIPT_NAME for each in self._asides)
        if self.bot.state is not State.UP or handing_over:
            ways = WAYS
        if ways:
            self._moved = time.monotonic()
        elif time.monotonic() - self._moved < SETTLED:
            ways = WAYS
        self._account(ways)

    def _account(self, ways: frozenset[str]) -> None:
        """Compare what was written with what is told; on `ways` something may still arrive."""
        found = self._ledger.truth(
            Way([*self._in_channel()], "telegram" in ways), Way(self._mailed, "mail" in ways)
        )
        if found != self.truth:
            self.truth = found
            self._tell("truth")

    def _in_channel(self) -> Iterator[Told]:
        for post in self.api.posts(CHANNEL):
            known = self._posted.get(post.id)
            if known is None or known[0] != post.edits:
                attached = [post.file] if post.file and not post.photo else []
                found = Told.of(post.date, post.text, attached)
                known = self._posted[post.id] = post.edits, found
            yield known[1]

    def _received(self, received: Received) -> None:
        words = f"{received.message['Subject']}\n{received.text}"
        self._mailed.append(Told.of(received.date, words, received.files))

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
