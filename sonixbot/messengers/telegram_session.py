"""The HTTP session behind the bot: whom it trusts, over which way it goes, how long it waits."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator, Sequence
from itertools import product
from pathlib import Path
from typing import Any, Final, cast

import aiohttp
import aiohttp_socks
import certifi
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.session.base import BaseSession
from aiogram.client.telegram import PRODUCTION, TelegramAPIServer
from aiogram.exceptions import TelegramNetworkError
from aiogram.methods import TelegramMethod
from aiogram.methods.base import TelegramType

from sonixbot.messengers.certificates import trust

#: Seconds to reach the other side, and for a whole request that does not say its own.
CONNECT_TIMEOUT: Final = 10.0
REQUEST_TIMEOUT: Final = 30.0

#: Raised before anything of the request left.
UNREACHED: Final = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp_socks.ProxyError,
    aiohttp_socks.ProxyConnectionError,
    aiohttp_socks.ProxyTimeoutError,
)


class Session(AiohttpSession):
    """aiogram's session with our trust, and with little patience for reaching the other side."""

    def __init__(self, api_url: str | None, proxy: str | None, ca_file: Path | None) -> None:
        api = TelegramAPIServer.from_base(api_url) if api_url else PRODUCTION
        super().__init__(proxy=proxy, api=api, timeout=REQUEST_TIMEOUT)
        self._ca_file = ca_file
        self._trust: ssl.SSLContext | None = None

    async def create_session(self) -> aiohttp.ClientSession:
        """The session; raises `NeedsRepair` where `ca_file` is of no use."""
        if self._trust is None:
            self._trust = trust(self._ca_file, "telegram.ca-file")
            # A fresh Windows learns its roots only as its browser meets them.
            self._trust.load_verify_locations(certifi.where())
            self._connector_init["ssl"] = self._trust
        return await super().create_session()

    async def make_request(
        self,
        bot: Bot,
        method: TelegramMethod[TelegramType],
        timeout: int | None = None,  # noqa: ASYNC109 - aiogram's signature
    ) -> TelegramType:
        """Make one request; `timeout` in seconds is for the whole of it."""
        limits = aiohttp.ClientTimeout(
            total=self.timeout if timeout is None else timeout, connect=CONNECT_TIMEOUT
        )
        # aiogram hands the value to aiohttp as it is, which takes this type too.
        return await super().make_request(bot, method, timeout=cast("int", limits))


class Ways(BaseSession):
    """The ways to the Bot API in the order of preference, behind one session that every call uses.

    A request that could not leave is tried over the next way at once; the way that worked is kept.
    """

    def __init__(
        self, api_urls: Sequence[str], proxies: Sequence[str], ca_file: Path | None
    ) -> None:
        super().__init__(timeout=REQUEST_TIMEOUT)
        self._ways = [
            Session(api_url or None, proxy or None, ca_file)
            for api_url, proxy in product(api_urls or [""], proxies or [""])
        ]
        self._current = 0

    async def make_request(
        self,
        bot: Bot,
        method: TelegramMethod[TelegramType],
        timeout: int | None = None,  # noqa: ASYNC109 - aiogram's signature
    ) -> TelegramType:
        """Make one request over the first way that can be reached; `timeout` in seconds."""
        limit = cast("int", self.timeout) if timeout is None else timeout
        for tried in range(1, len(self._ways) + 1):
            way = self._current
            try:
                return await self._ways[way].make_request(bot, method, limit)
            except (*UNREACHED, TelegramNetworkError) as error:
                if self._current == way:  # another request may have changed it meanwhile
                    self._current = (way + 1) % len(self._ways)
                left = not isinstance(error.__cause__ or error, UNREACHED)
                if left or tried == len(self._ways):
                    raise
        raise AssertionError("there is at least one way")

    async def stream_content(self, *args: Any, **kwargs: Any) -> AsyncGenerator[bytes, None]:
        """A file's bytes, over the way that worked last."""
        async for chunk in self._ways[self._current].stream_content(*args, **kwargs):
            yield chunk

    async def close(self) -> None:
        """Close every way."""
        for way in self._ways:
            await way.close()
