"""Access: who may come in, and as what. Deny by default, for messages and buttons alike."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, cast

from aiogram import Bot, Router
from aiogram.enums import ChatType
from aiogram.types import CallbackQuery, Message, TelegramObject, User

from handlers.reply import acknowledge, reply
from sonixbot.language import Language, language
from sonixbot.text.answers import anonymous_words, stranger_words

#: Users that stand for many people: an anonymous admin, a channel's voice, Telegram's own
#: forwards from a linked channel (https://core.telegram.org/bots/api#message, `sender_chat`).
MASKS: Final = frozenset({1087968824, 136817688, 777000})

Handler = Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]]


class Role(StrEnum):
    """What somebody may do."""

    ADMIN = "admin"
    OPERATOR = "operator"
    VIEWER = "viewer"

    @property
    def acts(self) -> bool:
        """Whether he may change something, not only ask."""
        return self is not Role.VIEWER


@dataclass(frozen=True, slots=True)
class People:
    """Who is known, by Telegram user id."""

    admins: frozenset[int] = frozenset()
    operators: frozenset[int] = frozenset()
    viewers: frozenset[int] = frozenset()

    def role(self, user_id: int) -> Role | None:
        """The most that this user may be; None: a stranger."""
        if user_id in self.admins:
            return Role.ADMIN
        if user_id in self.operators:
            return Role.OPERATOR
        return Role.VIEWER if user_id in self.viewers else None

    @property
    def known(self) -> frozenset[int]:
        """Everybody who has a role."""
        return self.admins | self.operators | self.viewers


def guard(router: Router) -> None:
    """Put the gates before everything that the router and the routers in it handle."""
    router.message.outer_middleware(_message_gate)
    router.callback_query.outer_middleware(_button_gate)


def language_of(user: User | None, default: Language) -> Language:
    """The language in which this user reads Telegram; `default` where Telegram does not say."""
    return language(user.language_code) if user and user.language_code else default


async def _message_gate(handler: Handler, event: TelegramObject, data: dict[str, Any]) -> Any:
    message = cast("Message", event)
    user = message.from_user
    spoken = language_of(user, data["default_language"])
    if message.sender_chat or user is None or user.id in MASKS:
        if await _addressed(message, data["bot"]):
            await reply(message, anonymous_words(spoken), data["clock"])
        return None
    role = data["people"].role(user.id)
    if role is not None:
        return await handler(event, {**data, "role": role, "language": spoken})
    # Bots that answer each other's answers would never end.
    if not user.is_bot and await _addressed(message, data["bot"]):
        await reply(message, stranger_words(user.id, spoken), data["clock"])
    return None


async def _button_gate(handler: Handler, event: TelegramObject, data: dict[str, Any]) -> Any:
    callback = cast("CallbackQuery", event)
    user = callback.from_user
    spoken = language_of(user, data["default_language"])
    role = data["people"].role(user.id)
    if role is None:
        return await acknowledge(callback, stranger_words(user.id, spoken).text)
    return await handler(event, {**data, "role": role, "language": spoken})


async def _addressed(message: Message, bot: Bot) -> bool:
    """Whether a message was meant for this bot beyond doubt: in private, or `/command@name`."""
    if message.chat.type == ChatType.PRIVATE:
        return True
    command = (message.text or message.caption or "").partition(" ")[0]
    _, _, name = command.partition("@")
    if not command.startswith("/") or not name:
        return False
    return name.lower() == ((await bot.me()).username or "").lower()
