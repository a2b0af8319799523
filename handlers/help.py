"""/start, /help, /id: what the asker may do, and who he is to Telegram."""

from __future__ import annotations

from aiogram import Router
from aiogram.filters import Command
from aiogram.types import Message, User

from handlers.access import Role
from handlers.reply import reply
from sonixbot.clock import Clock
from sonixbot.language import Language
from sonixbot.text import help_words, id_words
from sonixbot.text.markup import together


def router() -> Router:
    """The handlers of /start, /help and /id; strangers are answered by the gate before them."""
    made = Router(name="help")
    made.message.register(welcome, Command("start", ignore_case=True))
    made.message.register(explain, Command("help", ignore_case=True))
    made.message.register(identify, Command("id", ignore_case=True))
    return made


async def welcome(
    message: Message, event_from_user: User, role: Role, language: Language, clock: Clock
) -> None:
    """Tell the asker's id and what he may do."""
    said = together(id_words(event_from_user.id, language), help_words(language, acts=role.acts))
    await reply(message, said, clock)


async def explain(message: Message, role: Role, language: Language, clock: Clock) -> None:
    """Tell what the asker may do."""
    await reply(message, help_words(language, acts=role.acts), clock)


async def identify(
    message: Message, event_from_user: User, language: Language, clock: Clock
) -> None:
    """Tell the asker's id."""
    await reply(message, id_words(event_from_user.id, language), clock)
