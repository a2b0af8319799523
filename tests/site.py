"""A site: an instrument with its protocol, a Bot API, a mail server, and a configuration."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

from aiogram import Router

import handlers
from sonixbot import service
from sonixbot.clock import Clock
from sonixbot.config import Config, load
from sonixbot.inbox.presence import service_alive
from sonixbot.sandbox.botapi import BotApi
from sonixbot.sandbox.mailbox import Mailbox
from sonixbot.store import FILE_NAME
from tests.patience import until

CHANNEL = "-100123"
OPERATOR = 1001
ERROR = "13.04.2021 03:22:45\tE1\tP1_beta\tДвигатель не достиг заданной позиции (таймаут 60 с)\r\n"


class Site:
    """An instrument, a Bot API, a mail server, and a configuration for all of them."""

    def __init__(self, folder: Path, api: BotApi, box: Mailbox) -> None:
        self.folder, self.api, self.box = folder, api, box
        self.protocol = folder / "protocol.log"
        self.protocol.write_bytes(b"")
        self.config_file = folder / "config.json"
        self.settings: dict[str, Any] = {
            "mail": {
                "user": "bot",
                "password": "secret",
                "server": box.host,
                "port": box.port,
                "ca-file": str(box.ca_file),
                "recipients": ["anna@example.test", "boris@example.test"],
            },
            "telegram": {
                "bot-id": api.token,
                "channel-id": CHANNEL,
                "api-url": api.url,
                "operators": [OPERATOR],
            },
            "instrument": "YuMO",
            "time-zone": "Europe/Moscow",
            "protocol": {"path": str(self.protocol)},
            "data-dir": str(folder / "data"),
        }

    def config(self) -> Config:
        self.config_file.write_text(json.dumps(self.settings), encoding="utf-8")
        return load(self.config_file, {})

    def write(self, text: str) -> None:
        with self.protocol.open("ab") as file:
            file.write(text.encode("cp1251"))

    async def say(self, text: str, *, by: int, language: str = "en") -> None:
        await self.api.say(text, by=by, language=language)

    def posts(self) -> list[str]:
        return [post.text for post in self.api.posts(CHANNEL)]


@asynccontextmanager
async def open_site(folder: Path) -> AsyncIterator[Site]:
    """A site in an empty folder, with its servers up."""
    async with BotApi() as api, Mailbox(security="starttls", login=("bot", "secret")) as box:
        yield Site(folder, api, box)


@asynccontextmanager
async def running(
    config: Config, load_router: Callable[[], Router] = handlers.router
) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(service.run(config, load_router, Clock(), stop))
    try:
        await until(lambda: task.done() or watches(config))
        yield
    finally:
        stop.set()
        async with asyncio.timeout(10):
            await task


def watches(config: Config) -> bool:
    """Whether the service has told from where on it pushes, and takes scripts' messages."""
    if not (config.data_dir / FILE_NAME).exists() or not service_alive(str(config.inbox)):
        return False
    with closing(sqlite3.connect(config.data_dir / FILE_NAME)) as db:
        facts = "select 1 from facts where name = 'position'"
        return not config.protocol.path or bool(db.execute(facts).fetchone())
