"""A Bot API on loopback, over real HTTP: keeps what was posted, feeds updates, fails on demand.

It refuses what Telegram refuses (lengths, markup, unknown chats and topics, unchanged edits, too
many posts in a while, presses too old), so a test needs to arrange only the unusual:

    async with BotApi() as api:
        telegram = Telegram(api.token, api_urls=[api.url], language=language("en"))
        await telegram.send("-100123", message, 0)
        assert api.posts("-100123")[0].text == "…"
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections import Counter
from collections.abc import Callable
from typing import Any, Final, Self

from aiohttp import web

from sonixbot.clock import Clock
from sonixbot.sandbox.botapi.call import Call, Refusal, bad
from sonixbot.sandbox.botapi.chats import Chats
from sonixbot.sandbox.botapi.faults import Faults, dropped
from sonixbot.sandbox.botapi.methods import Methods, check
from sonixbot.sandbox.botapi.posts import Answer, Event, Kind, Post
from sonixbot.sandbox.botapi.updates import Updates

__all__ = ["TOKEN", "Answer", "BotApi", "Call", "Event", "Kind", "Post"]

TOKEN: Final = "123456:TEST-token-of-a-bot-that-lives-on-loopback"  # noqa: S105 - no secret
#: Bytes of a request (https://core.telegram.org/bots/api#sending-files).
UPLOAD_LIMIT: Final = 50 * 1024 * 1024


class BotApi(Faults):
    """The server: an async context manager; `url` is good once it is entered.

    Dates, paces and ages are those of `clock`; waiting takes real seconds. Not `paced`, it takes
    any number of posts at once.
    """

    def __init__(
        self,
        token: str = TOKEN,
        *,
        clock: Clock | None = None,
        paced: bool = True,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        clock = clock or Clock()
        self.token = token
        self.calls: list[Call] = []
        #: The world behind it: who is where, and what stands there.
        self.chats = Chats(token, clock)
        #: Told of everything that happens, as it happens.
        self.listeners: list[Callable[[Event], None]] = []
        #: How often what happened.
        self.counts: Counter[Kind] = Counter()
        self._methods = Methods(self.chats, clock, paced=paced, tell=self._tell)
        super().__init__({*self._methods.names, "getUpdates"})
        self._updates = Updates(clock)
        self._changed = asyncio.Condition()
        self._tls = tls
        self._port = 0
        self._runner: web.AppRunner | None = None
        #: The answers under way.
        self._open: set[asyncio.Task[web.StreamResponse]] = set()

    async def __aenter__(self) -> Self:
        await self.up()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.down()

    @property
    def url(self) -> str:
        """The base address, for `telegram.api-url`."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._port}"

    async def up(self) -> None:
        """Listen, on the same port as before."""
        app = web.Application(client_max_size=UPLOAD_LIMIT)
        app.router.add_route("*", "/bot{token}/{method}", self._handle)
        self._runner = web.AppRunner(app, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, ssl_context=self._tls)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def down(self) -> None:
        """Stop listening and drop every connection; what was posted is kept."""
        if self._runner is None:
            return
        for site in self._runner.sites:
            await site.stop()
        for answering in self._open:
            answering.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        await self._runner.cleanup()
        self._runner = None

    # What people do.

    async def feed(self, **update: Any) -> int:
        """Queue an update (`message={…}`, `callback_query={…}`); return its number."""
        number = self.chats.number()
        await self._updates.put(number, update)
        return number

    async def say(
        self,
        text: str,
        *,
        by: int = 42,
        where: int | None = None,
        language: str = "en",
        name: str = "Olga",
        date: float | None = None,
    ) -> int:
        """Somebody writes `text`, in private or in a chat; return the message's number."""
        post = self.chats.said(text, by=by, where=where, language=language, name=name, date=date)
        self._tell(Event(Kind.POST, post))
        await self.feed(message=self.chats.message(post))
        return post.id

    async def press(
        self, data: str, post: Post, *, by: int = 42, language: str = "en", name: str = "Olga"
    ) -> str:
        """Somebody presses the button with `data` under `post`; return the press's id."""
        press = self.chats.pressed(data, post, by=by, language=language, name=name)
        await self.feed(callback_query=press)
        return str(press["id"])

    # What a test looks at.

    def posts(self, address: int | str) -> list[Post]:
        """What the bot posted in a chat, oldest first."""
        return [post for post in self.chats.conversation(address) if not post.sender]

    def called(self, method: str) -> list[Call]:
        """The requests of one method."""
        return [call for call in self.calls if call.method == method]

    async def until(self, happened: Callable[[], object], seconds: float = 5.0) -> None:
        """Wait until something is true; it is looked at as requests come and are answered."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(lambda: bool(happened()))

    # How requests are answered.

    def _tell(self, event: Event) -> None:
        self.counts[event.kind] += 1
        for listener in self.listeners:
            listener(event)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        """Answer; where the server goes down meanwhile, drop the connection."""
        answering = asyncio.create_task(self._respond(request))
        self._open.add(answering)
        answering.add_done_callback(self._open.discard)
        try:
            return await answering
        except asyncio.CancelledError:
            return dropped(request)

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        try:
            call = await _read(request)
            self.calls.append(call)
            await self._notify()
            if request.match_info["token"] != self.token:
                raise Refusal(401, "Unauthorized")
            if fault := self.fault(call.method):
                return await fault(request, lambda: self._answer(call))
            return await self._answer(call)
        except Refusal as refusal:
            self._tell(Event(Kind.REFUSAL, refusal=refusal))
            return web.json_response(refusal.body, status=refusal.code)
        finally:
            await self._notify()

    async def _answer(self, call: Call) -> web.Response:
        """The ordinary course; raises `Refusal`."""
        check(call)
        polls = call.method == "getUpdates"
        result = await self._updates.fetch(call) if polls else self._methods.do(call)
        return web.json_response({"ok": True, "result": result})

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()


async def _read(request: web.Request) -> Call:
    """The request: its query, and its body as a form or JSON. Raises `Refusal`."""
    params: dict[str, str] = dict(request.query)
    files: dict[str, tuple[str, bytes]] = {}
    try:
        if request.content_type == "application/json":
            body = await request.json()
            if not isinstance(body, dict):
                raise bad("object expected as JSON content")
            params |= {k: v if isinstance(v, str) else json.dumps(v) for k, v in body.items()}
        elif request.can_read_body:
            for name, value in (await request.post()).items():
                if isinstance(value, web.FileField):
                    files[name] = (value.filename, value.file.read())
                elif isinstance(value, str):
                    params[name] = value
    except ValueError:
        raise bad("can't parse JSON content") from None
    except web.HTTPRequestEntityTooLarge:
        raise Refusal(413, "Request Entity Too Large") from None
    return Call(request.match_info["method"], params, files)
