"""The HTTP session behind the bot: whom it trusts, over which way it goes, how long it waits."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Final, cast

import aiohttp
import certifi
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import PRODUCTION, TelegramAPIServer
from aiogram.methods import TelegramMethod
from aiogram.methods.base import TelegramType

from sonixbot.messengers.certificates import trust

#: Seconds to reach the other side, and for a whole request that does not say its own.
CONNECT_TIMEOUT: Final = 10.0
REQUEST_TIMEOUT: Final = 30.0


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
