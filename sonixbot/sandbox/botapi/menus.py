"""Menus: the lists of commands that Telegram shows, by whom and where and in which language.

The rules are those of https://core.telegram.org/bots/api#setmycommands and of
https://core.telegram.org/bots/api#determining-list-of-commands; complaints are worded as TDLib's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Self

from sonixbot.sandbox.botapi.call import Call, bad

MOST_COMMANDS: Final = 100
COMMAND_LENGTH, DESCRIPTION_LENGTH = 32, 256
_WIDE: Final = ("default", "all_private_chats", "all_group_chats", "all_chat_administrators")
_NARROW: Final = ("chat", "chat_administrators", "chat_member")
_COMMAND: Final = re.compile(r"[a-z0-9_]+")
_LANGUAGE: Final = re.compile(r"([a-z]{2})?")

Commands = list[dict[str, str]]


@dataclass(frozen=True)
class Scope:
    """Who sees a menu."""

    type: str = "default"
    chat: str = ""
    user: int = 0

    @classmethod
    def of(cls, call: Call, reached: Callable[[str], dict[str, Any]]) -> Self:
        """The scope that a request names; `reached` tells a chat or refuses it."""
        given = call.value("scope", "BotCommandScope", dict) or {"type": "default"}
        kind = given.get("type")
        if kind in _WIDE:
            return cls(kind)
        if kind not in _NARROW:
            raise bad("can't parse BotCommandScope: Unsupported type specified")
        address = str(given.get("chat_id", ""))
        chat = reached(address)
        if chat["type"] == "channel":
            raise bad("can't change commands in channel chats")
        if chat["type"] == "private" and kind != "chat":
            raise bad("can't use specified scope in private chats")
        return cls(kind, address, int(given.get("user_id", 0)) if kind == "chat_member" else 0)


class Menus:
    """Every list that was set; the languages are codes of two letters, "" for all."""

    def __init__(self) -> None:
        self._lists: dict[tuple[Scope, str], Commands] = {}

    def set(self, scope: Scope, call: Call) -> None:
        """Set a list; an empty one lets a wider one show. Raises `Refusal`."""
        given = call.value("commands", "commands", list) or []
        commands = [_command(each) for each in given]
        if len(commands) > MOST_COMMANDS:
            raise bad("BOT_COMMANDS_TOO_MUCH")
        self._lists[scope, _language(call)] = commands

    def get(self, scope: Scope, call: Call) -> Commands:
        """What was set for just this scope and language."""
        return self._lists.get((scope, _language(call)), [])

    def delete(self, scope: Scope, call: Call) -> None:
        """Forget a list, so that a wider one shows."""
        self._lists.pop((scope, _language(call)), None)

    def shown(self, user: int, language: str) -> Commands:
        """What Telegram shows this person in the private chat with the bot: the narrowest list."""
        scopes = (Scope("chat", str(user)), Scope("all_private_chats"), Scope())
        lists = (
            self._lists.get((scope, code))
            for scope in scopes
            for code in (language[:2].lower(), "")
        )
        return next((each for each in lists if each), [])


def _language(call: Call) -> str:
    code = call.params.get("language_code", "")
    if not _LANGUAGE.fullmatch(code):
        raise bad("invalid language code specified")
    return code


def _command(given: object) -> dict[str, str]:
    if not isinstance(given, dict):
        raise bad("can't parse BotCommand: expected an Object")
    for name in ("command", "description"):
        if not isinstance(given.get(name), str):
            raise bad(f"can't parse BotCommand: Can't find field \"{name}\"")
    command = given["command"].strip().removeprefix("/")
    description = given["description"].strip()
    if not command:
        raise bad("command must be non-empty")
    if len(command) > COMMAND_LENGTH:
        raise bad(f"command length must not exceed {COMMAND_LENGTH}")
    if not description:
        raise bad("command description must be non-empty")
    if len(description) > DESCRIPTION_LENGTH:
        raise bad(f"command description length must not exceed {DESCRIPTION_LENGTH}")
    if not _COMMAND.fullmatch(command):
        raise bad("BOT_COMMAND_INVALID")
    return {"command": command, "description": description}
