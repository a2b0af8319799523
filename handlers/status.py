"""/status: is the measurement all right?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo

from aiogram import Router
from aiogram.filters import Command
from aiogram.types import Message

from handlers.reply import reply
from sonixbot.clock import Clock
from sonixbot.health import Status
from sonixbot.language import Language
from sonixbot.text import status_words


def router() -> Router:
    """The handler of /status."""
    made = Router(name="status")
    made.message.register(answer, Command("status", ignore_case=True))
    return made


async def answer(
    message: Message,
    status: Callable[[], Status],
    language: Language,
    zone: tzinfo | None,
    clock: Clock,
) -> None:
    """Say everything at a glance."""
    await reply(message, status_words(status(), language, zone), clock)
