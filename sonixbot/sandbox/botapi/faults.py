"""Faults: what goes wrong at the Bot API because somebody arranged it."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from typing import Any, Final

from aiohttp import web

from sonixbot.sandbox.arranged import Arranged
from sonixbot.sandbox.botapi.call import Refusal

#: The ordinary course of a request, and what happens in its place.
Course = Callable[[], Awaitable[web.StreamResponse]]
Fault = Callable[[web.Request, Course], Awaitable[web.StreamResponse]]

KINDS: Final = ("refuse", "drop", "hang", "garble", "delay", "swallow")


class Faults:
    """What the next requests of a method meet, in the order of arrangement; "*": of any method."""

    def __init__(self, methods: Collection[str]) -> None:
        """`methods`: those that there are."""
        self._known = methods
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)

    def refuse(
        self, method: str, code: int, description: str, *, times: int = 1, **parameters: int
    ) -> None:
        """Answer the next `times` requests with an error, e.g. 429 with `retry_after=7`."""

        async def refusing(_request: web.Request, _course: Course) -> web.StreamResponse:
            raise Refusal(code, description, **parameters)

        self._faults[method].extend([refusing] * times)

    def drop(self, method: str, *, times: int = 1) -> None:
        """Drop the connection of the next `times` requests instead of answering."""

        async def dropping(request: web.Request, _course: Course) -> web.StreamResponse:
            return dropped(request)

        self._faults[method].extend([dropping] * times)

    def swallow(self, method: str, *, times: int = 1) -> None:
        """Do what the next `times` requests ask, then drop the connection: nobody learns of it."""

        async def swallowing(request: web.Request, course: Course) -> web.StreamResponse:
            with suppress(Refusal):
                await course()
            return dropped(request)

        self._faults[method].extend([swallowing] * times)

    def hang(self, method: str, *, times: int = 1) -> None:
        """Leave the next `times` requests without an answer until the server goes down."""

        async def hanging(_request: web.Request, _course: Course) -> web.StreamResponse:
            never: asyncio.Future[web.StreamResponse] = asyncio.Future()
            return await never

        self._faults[method].extend([hanging] * times)

    def garble(self, method: str, *, code: int = 502, times: int = 1) -> None:
        """Answer the next `times` requests with a page of HTML, as a gateway does."""

        async def garbling(_request: web.Request, _course: Course) -> web.StreamResponse:
            return web.Response(status=code, text="<html>Bad Gateway</html>")

        self._faults[method].extend([garbling] * times)

    def delay(self, method: str, seconds: float, *, times: int = 1) -> None:
        """Let the next `times` requests wait for so many real seconds, then do them as usual."""

        async def delaying(_request: web.Request, course: Course) -> web.StreamResponse:
            await asyncio.sleep(seconds)
            return await course()

        self._faults[method].extend([delaying] * times)

    def clear(self) -> None:
        """Take back what was arranged; a request that already meets it is left to it."""
        self._faults.clear()

    def arrange(self, fault: object) -> None:
        """Arrange what plain JSON asks for; raises ValueError that names the mistake.

        `{"method": "sendMessage", "fault": "refuse", "code": 429, "description": "…",
        "retry_after": 7, "times": 2}`. The other faults are drop, hang, garble (code), delay
        (seconds) and swallow.
        """
        wish = Arranged(fault)
        method, kind = wish.word("method", "*", *sorted(self._known)), wish.word("fault", *KINDS)
        more: dict[str, Any] = {"times": wish.whole("times", 1, least=1)}
        if kind == "refuse":
            more["code"] = wish.whole("code", least=400, most=599)
            more["description"] = wish.word("description")
            for parameter in ("retry_after", "migrate_to_chat_id"):
                if parameter in wish:
                    more[parameter] = wish.whole(parameter)
        elif kind == "garble":
            more["code"] = wish.whole("code", 502, least=200, most=599)
        elif kind == "delay":
            more["seconds"] = wish.number("seconds", least=0)
        wish.done()
        getattr(self, kind)(method, **more)

    def fault(self, method: str) -> Fault | None:
        """What the next request of this method meets; it does so once."""
        for faults in (self._faults[method], self._faults["*"]):
            if faults:
                return faults.popleft()
        return None


def dropped(request: web.Request) -> web.Response:
    """Nothing: the connection is gone."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
