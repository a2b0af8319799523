"""Server: the page of the demo over HTTP on loopback, what happens as events, and its buttons."""

from __future__ import annotations

import asyncio
import json
import logging
import mimetypes
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final, Self

from aiohttp import web

from sonixbot.errors import Problem, sentence, why
from sonixbot.language import language
from sonixbot.sandbox import views
from sonixbot.sandbox.actions import Action, Refused, actions
from sonixbot.sandbox.botapi import Event, Kind, Post
from sonixbot.sandbox.instrument import Written
from sonixbot.sandbox.mailbox import Received
from sonixbot.sandbox.words import words
from sonixbot.sandbox.world import CHANNEL, OPERATOR, World

log = logging.getLogger(__name__)

HOST: Final = "127.0.0.1"
PAGE: Final = Path(__file__).with_name("page")
#: Lines of the protocol that a page which has just been opened shows.
LINES: Final = 400
#: Seconds between two tellings of the demo's clock; they also show that the connection lives.
CLOCK_EVERY: Final = 3.0
#: Seconds in which pages are told that the demo is over.
LAST_WORDS: Final = 1.0
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """Shows one world; an async context manager. Raises `Problem` where it cannot listen."""

    def __init__(self, world: World, port: int = 0) -> None:
        """`port`: 0 for any that is free."""
        self._world, self._port = world, port
        self._lines: deque[dict[str, Any]] = deque(maxlen=LINES)
        self._pages: set[asyncio.Queue[dict[str, Any] | None]] = set()
        #: Set when a page has been told all, or was closed.
        self._left = asyncio.Event()
        self._ticking: asyncio.Task[None] | None = None
        app = web.Application(middlewares=[_guard])
        app.router.add_get("/", _index)
        app.router.add_get("/words.json", _words)
        app.router.add_get("/events", self._events)
        app.router.add_get("/files/{file}/{name}", self._file)
        app.router.add_get("/{name}", _static)
        for path, action in actions(world).items():
            app.router.add_post(path, partial(_act, action))
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)

    @property
    def url(self) -> str:
        """The page's address."""
        return f"http://{HOST}:{self._port}/"

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, self._port)
        try:
            await site.start()
        except OSError as error:
            await self._runner.cleanup()
            said = sentence(
                "The page cannot be served at {address}: {reason}. Name another --port.",
                address=f"{HOST}:{self._port}",
                reason=why(error),
            )
            raise Problem(said) from None
        self._port = self._runner.addresses[0][1]
        self._listen()
        self._ticking = asyncio.create_task(self._tick(), name="the page's clock")
        return self

    async def __aexit__(self, *_exc: object) -> None:
        if self._ticking is not None:
            self._ticking.cancel()
            await asyncio.gather(self._ticking, return_exceptions=True)
        self._send({"kind": "end"})
        for page in self._pages:
            page.put_nowait(None)
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS):
                while self._pages:
                    self._left.clear()
                    await self._left.wait()
        await self._runner.cleanup()

    # What pages are told.

    def _listen(self) -> None:
        world = self._world
        world.listeners.append(lambda what: self._send({"kind": what, what: self._parts[what]()}))
        world.source.listeners.append(self._written)
        world.api.listeners.append(self._happened)
        world.box.listeners.append(self._mailed)

    def _written(self, written: Written) -> None:
        number = self._lines[-1]["file"] if self._lines else None
        lines = views.lines(written)
        self._lines.extend(lines)
        if written.file != number:
            self._send({"kind": "instrument", "instrument": self._instrument()})
        self._send({"kind": "lines", "lines": lines})

    def _happened(self, event: Event) -> None:
        if event.post is not None and (where := _panel(event.post)):
            message = views.message(event.post)
            self._send({"kind": "message", "chat": where, "message": message})
        elif event.kind is Kind.MENUS:
            self._send({"kind": "commands", "commands": self._commands()})
        elif event.answer is not None and event.answer.text:
            answer = {"text": event.answer.text, "alert": event.answer.alert}
            self._send({"kind": "answer", **answer})

    def _mailed(self, received: Received) -> None:
        number = len(self._world.box.mails) - 1
        self._send({"kind": "mail", "mail": views.mail(number, received)})

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(CLOCK_EVERY)
            self._send({"kind": "clock", "clock": self._clock()})

    def _send(self, event: dict[str, Any]) -> None:
        for page in self._pages:
            page.put_nowait(event)

    async def _events(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream", **HEADERS})
        await answer.prepare(request)
        page: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        page.put_nowait({"kind": "all", "state": self._state()})
        self._pages.add(page)
        try:
            while event := await page.get():
                await answer.write(f"data: {json.dumps(event)}\n\n".encode())
            await answer.write_eof()
        except ConnectionResetError:
            log.debug("a page was closed")
        finally:
            self._pages.discard(page)
            self._left.set()
        return answer

    # What there is.

    @property
    def _parts(self) -> dict[str, Callable[[], object]]:
        """How each part of the state is made."""
        world = self._world
        return {
            "language": lambda: world.language.code,
            "clock": self._clock,
            "instrument": self._instrument,
            "bot": lambda: views.bot(world.bot, world.language),
            "telegram": lambda: {"up": world.telegram_up},
            "mailserver": lambda: {"up": world.mail_up},
            "channel": lambda: {"title": world.name, "messages": self._messages(CHANNEL)},
            "chat": lambda: {
                "title": "sonixbot",
                "operator": world.operator,
                "messages": self._messages(OPERATOR),
            },
            "commands": self._commands,
            "mails": lambda: [views.mail(n, each) for n, each in enumerate(world.box.mails)],
            "lines": lambda: list(self._lines),
            "truth": lambda: views.truth(world.truth),
        }

    def _state(self) -> dict[str, object]:
        return {part: make() for part, make in self._parts.items()}

    def _clock(self) -> dict[str, Any]:
        return views.clock(self._world.clock)

    def _instrument(self) -> dict[str, Any]:
        return views.instrument(self._world.source, self._world.name)

    def _messages(self, chat: int) -> list[dict[str, Any]]:
        return [views.message(each) for each in self._world.api.chats.conversation(chat)]

    def _commands(self) -> dict[str, Any]:
        return {code: self._world.api.chats.menu(OPERATOR, code) for code in ("en", "ru")}

    async def _file(self, request: web.Request) -> web.StreamResponse:
        """A file that was posted or mailed; never shown as a page of ours."""
        sort, *numbers = request.match_info["file"].split("-")
        try:
            data = self._attached(sort, *map(int, numbers))
        except (LookupError, TypeError, ValueError):
            raise web.HTTPNotFound from None
        guessed, _ = mimetypes.guess_type(request.match_info["name"])
        kind = guessed if guessed in ("image/png", "image/jpeg") else "application/octet-stream"
        return web.Response(body=data, headers={**HEADERS, "Content-Type": kind})

    def _attached(self, sort: str, number: int, place: int = 0) -> bytes:
        """The bytes of a file. Raises LookupError."""
        world = self._world
        if sort == "mail":
            return world.box.mails[number].files[place][1]
        posts = (*world.api.posts(CHANNEL), *world.api.posts(OPERATOR))
        files = {("post", each.id): each.file for each in posts if each.file}
        return files[sort, number][1]


def _panel(post: Post) -> str | None:
    return {str(CHANNEL): "channel", str(OPERATOR): "chat"}.get(post.chat)


@web.middleware
async def _guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse other sites: a foreign name that leads here, and a request another page made."""
    if request.headers.get("Host", "").partition(":")[0] not in (HOST, "localhost"):
        raise web.HTTPForbidden
    if request.method == "POST" and request.headers.get("X-Sonixbot") != "1":
        raise web.HTTPForbidden
    return await handler(request)


async def _act(action: Action, request: web.Request) -> web.Response:
    try:
        body = await request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise web.HTTPBadRequest
    try:
        await action(body)
    except Refused as refused:
        error = language(str(body.get("language"))).say(refused.said)
        return web.json_response({"error": error}, status=refused.status)
    return web.Response(status=204)


async def _index(_request: web.Request) -> web.FileResponse:
    return web.FileResponse(PAGE / "index.html", headers=HEADERS)


async def _static(request: web.Request) -> web.FileResponse:
    path = PAGE / request.match_info["name"]
    if path.parent != PAGE or path.suffix == "" or not path.is_file():
        raise web.HTTPNotFound
    return web.FileResponse(path, headers=HEADERS)


async def _words(request: web.Request) -> web.Response:
    spoken = language(request.query.get("language"))
    return web.json_response(words(spoken), headers=HEADERS)
