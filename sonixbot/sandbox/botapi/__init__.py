"""A Bot API on loopback, over real HTTP: keeps what was posted, feeds updates, fails on demand.

It refuses what Telegram refuses (lengths, markup, unknown chats and topics, unchanged edits), so a
test needs to arrange only the unusual:

    async with BotApi() as api:
        telegram = Telegram(api.token, api_urls=[api.url], language=language("en"))
        await telegram.send("-100123", message, 0)
        assert api.posts("-100123")[0].text == "…"
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from typing import Any, Self

from aiohttp import web

from sonixbot.sandbox.botapi.chats import DATE, Call, Chats, Post, Refusal, chat, user

__all__ = ["TOKEN", "BotApi", "Call", "Post"]

TOKEN = "123456:TEST-token-of-a-bot-that-lives-on-loopback"  # noqa: S105 - no secret

Fault = Callable[[web.Request], Awaitable[web.StreamResponse]]


class BotApi:
    """The server: an async context manager; `url` is good once it is entered."""

    def __init__(self, token: str = TOKEN, *, tls: ssl.SSLContext | None = None) -> None:
        self.token = token
        self.calls: list[Call] = []
        #: The world behind it: who is where, and what stands there.
        self.chats = Chats(token)
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._updates: list[dict[str, Any]] = []
        self._changed = asyncio.Condition()
        self._poller = 0
        self._released = asyncio.Event()
        self._tls = tls
        self._port = 0
        self._runner: web.AppRunner | None = None

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
        self._released.clear()
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/bot{token}/{method}", self._handle)
        self._runner = web.AppRunner(app, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, ssl_context=self._tls)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def down(self) -> None:
        """Stop listening and drop every connection; what was posted is kept."""
        self._released.set()
        async with self._changed:
            self._changed.notify_all()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    # What a test arranges.

    def refuse(
        self, method: str, code: int, description: str, *, times: int = 1, **parameters: int
    ) -> None:
        """Answer the next `times` requests with an error, e.g. 429 with `retry_after=7`."""

        async def refusing(_request: web.Request) -> web.StreamResponse:
            raise Refusal(code, description, **parameters)

        self._faults[method].extend([refusing] * times)

    def drop(self, method: str, *, times: int = 1) -> None:
        """Drop the connection of the next `times` requests instead of answering."""

        async def dropping(request: web.Request) -> web.StreamResponse:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()

        self._faults[method].extend([dropping] * times)

    def hang(self, method: str, *, times: int = 1) -> None:
        """Leave the next `times` requests without an answer until the server goes down."""

        async def hanging(_request: web.Request) -> web.StreamResponse:
            await self._released.wait()
            return web.Response(status=503)

        self._faults[method].extend([hanging] * times)

    def garble(self, method: str, *, code: int = 502, times: int = 1) -> None:
        """Answer the next `times` requests with a page of HTML, as a gateway does."""

        async def garbling(_request: web.Request) -> web.StreamResponse:
            return web.Response(status=code, text="<html>Bad Gateway</html>")

        self._faults[method].extend([garbling] * times)

    async def feed(self, **update: Any) -> int:
        """Queue an update (`message={…}`, `callback_query={…}`); return its number."""
        number = self.chats.number()
        async with self._changed:
            self._updates.append({"update_id": number, **update})
            self._changed.notify_all()
        return number

    async def say(
        self,
        text: str,
        *,
        by: int = 42,
        where: int | None = None,
        language: str = "en",
        name: str = "Olga",
        date: int = DATE,
    ) -> int:
        """Somebody writes `text`, in private or in a chat; return the message's number."""
        number = self.chats.number()
        message: dict[str, Any] = {
            "message_id": number,
            "date": date,
            "chat": chat(by if where is None else where),
            "from": user(by, language, name),
            "text": text,
        }
        if text.startswith("/"):
            length = len(text.split(maxsplit=1)[0])
            message["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
        await self.feed(message=message)
        return number

    async def press(
        self, data: str, post: Post, *, by: int = 42, language: str = "en", name: str = "Olga"
    ) -> str:
        """Somebody presses the button with `data` under `post`; return the press's id."""
        press = str(self.chats.number())
        await self.feed(
            callback_query={
                "id": press,
                "from": user(by, language, name),
                "chat_instance": "1",
                "data": data,
                "message": self.chats.message(post),
            }
        )
        return press

    # What a test looks at.

    def posts(self, address: int | str) -> list[Post]:
        """What stands in a chat, oldest first."""
        return [post for post in self.chats.posts.values() if post.chat == str(address)]

    def called(self, method: str) -> list[Call]:
        """The requests of one method."""
        return [call for call in self.calls if call.method == method]

    async def until(self, happened: Callable[[], object], seconds: float = 5.0) -> None:
        """Wait until something is true; it is looked at after every request."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(lambda: bool(happened()))

    # How requests are answered.

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        call = await _read(request)
        self.calls.append(call)
        try:
            if request.match_info["token"] != self.token:
                raise Refusal(401, "Unauthorized")
            for faults in (self._faults[call.method], self._faults["*"]):
                if faults:
                    return await faults.popleft()(request)
            if call.method == "getUpdates":
                return _json({"ok": True, "result": await self._get_updates(call)})
            return _json({"ok": True, "result": self.chats.answer(call)})
        except Refusal as refusal:
            return _json(refusal.body, refusal.code)
        finally:
            async with self._changed:
                self._changed.notify_all()

    async def _get_updates(self, call: Call) -> list[dict[str, Any]]:
        """Wait for updates; a later poller turns the waiting one away, as Telegram does."""
        offset = int(call.params.get("offset", "0"))
        limit = int(call.params.get("limit", "100"))
        self._updates = [each for each in self._updates if each["update_id"] >= offset]
        self._poller += 1
        turn = self._poller
        async with self._changed:
            self._changed.notify_all()
            try:
                async with asyncio.timeout(float(call.params.get("timeout", "0"))):
                    await self._changed.wait_for(
                        lambda: self._updates or turn != self._poller or self._released.is_set()
                    )
            except TimeoutError:
                return []
        if turn != self._poller:
            raise Refusal(
                409,
                "Conflict: terminated by other getUpdates request; make sure that only one bot "
                "instance is running",
            )
        return self._updates[:limit]


async def _read(request: web.Request) -> Call:
    """The request: its query, and its body as a form or JSON."""
    params: dict[str, str] = dict(request.query)
    files: dict[str, tuple[str, bytes]] = {}
    if request.content_type == "application/json":
        body = await request.json()
        params |= {k: v if isinstance(v, str) else json.dumps(v) for k, v in body.items()}
    elif request.can_read_body:
        for name, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                files[name] = (value.filename, value.file.read())
            elif isinstance(value, str):
                params[name] = value
    return Call(request.match_info["method"], params, files)


def _json(body: dict[str, Any], status: int = 200) -> web.Response:
    return web.json_response(body, status=status)
