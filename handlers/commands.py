"""Commands: the menu that Telegram shows, to each role its own, in each language."""

from __future__ import annotations

import logging
from typing import Final

from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest, TelegramForbiddenError
from aiogram.types import (
    BotCommand,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    BotCommandScopeDefault,
)

from handlers.access import People, Role
from sonixbot.language import LANGUAGES, language
from sonixbot.text.answers import command_list

log = logging.getLogger(__name__)

Scope = (
    BotCommandScopeDefault
    | BotCommandScopeAllPrivateChats
    | BotCommandScopeAllGroupChats
    | BotCommandScopeChat
)
#: None is for everybody whose language is none of ours; the texts are English then.
CODES: Final = (None, *LANGUAGES)


async def announce_commands(bot: Bot, people: People) -> None:
    """Register the menus. Raises what aiogram raises when Telegram cannot be reached."""
    await _announce(bot, BotCommandScopeDefault(), None)
    await _announce(bot, BotCommandScopeAllPrivateChats(), None)
    await _announce(bot, BotCommandScopeAllGroupChats(), Role.VIEWER)
    for user_id in sorted(people.known):
        await _announce(bot, BotCommandScopeChat(chat_id=user_id), people.role(user_id))


async def _announce(bot: Bot, scope: Scope, role: Role | None) -> None:
    try:
        for code in CODES:
            await bot.set_my_commands(_menu(role, code), scope=scope, language_code=code)
    except (TelegramBadRequest, TelegramForbiddenError) as error:
        # Somebody who never wrote to the bot has no chat with it, and no menu.
        level = logging.DEBUG if isinstance(scope, BotCommandScopeChat) else logging.WARNING
        log.log(level, "no command menu for %s: %s", scope, error.message)


def _menu(role: Role | None, code: str | None) -> list[BotCommand]:
    listed = command_list(language(code), asks=role is not None, acts=bool(role and role.acts))
    return [BotCommand(command=name, description=purpose) for name, purpose in listed]
