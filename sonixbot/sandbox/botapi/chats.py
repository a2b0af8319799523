"""The chats behind the Bot API: what each method does there, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from sonixbot.sandbox.botapi.markup import Unparsable, read, trimmed, units

USERNAME: Final = "sonix_test_bot"
#: The moment at which everything was written (Unix seconds).
DATE: Final = 1618273365
TEXT_LIMIT, CAPTION_LIMIT = 4096, 1024
#: https://core.telegram.org/bots/api#chatmemberadministrator
RIGHTS: Final = (
    *("can_manage_chat", "can_delete_messages", "can_manage_video_chats"),
    *("can_restrict_members", "can_promote_members", "can_change_info", "can_invite_users"),
    *("can_post_stories", "can_edit_stories", "can_delete_stories"),
    *("can_send_welcome_messages", "can_post_messages", "can_edit_messages"),
)


@dataclass(frozen=True)
class Call:
    """One request as it came."""

    method: str
    params: dict[str, str]
    #: Name and bytes of each uploaded file, by its form field.
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)


@dataclass
class Post:
    """One message in a chat, as its readers see it now."""

    id: int
    chat: str
    text: str
    #: The text as it was sent, with its markup.
    source: str
    topic: int | None = None
    silent: bool = False
    #: Name and bytes of the document or photo.
    file: tuple[str, bytes] | None = None
    photo: bool = False
    #: The inline keyboard as it was sent: rows of buttons.
    keyboard: list[list[dict[str, str]]] = field(default_factory=list)
    edits: int = 0
    #: What its markup came to.
    entities: list[dict[str, Any]] = field(default_factory=list)


class Refusal(Exception):
    """What Telegram says instead of doing it."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.body: dict[str, Any] = {"ok": False, "error_code": code, "description": description}
        if parameters:
            self.body["parameters"] = parameters


class Chats:
    """Every chat there is, the bot in them, and its menu of commands."""

    def __init__(self, token: str) -> None:
        self._bot_id = int(token.partition(":")[0])
        self._counter = 0
        self.posts: dict[tuple[str, int], Post] = {}
        #: Chats that do not exist, as addresses; every other exists.
        self.unknown: set[str] = set()
        #: Chats that threw the bot out, or people that blocked it.
        self.closed: set[str] = set()
        #: Groups that became supergroups: the old number and the new one.
        self.moved: dict[str, int] = {}
        #: The number of the pinned post, by chat.
        self.pinned: dict[str, int] = {}
        #: The topics of a chat; in a chat that is not here every topic but General exists.
        self.topics: dict[str, set[int]] = {}
        #: What the bot is in every chat, over the rights of an administrator.
        self.rights: dict[str, Any] = {}
        #: The menus by scope (as JSON, "" for all) and language ("" for all).
        self.commands: dict[tuple[str, str], list[dict[str, str]]] = {}
        #: Presses of buttons that are too old to be answered.
        self.expired: set[str] = set()
        #: What answerCallbackQuery was asked.
        self.answers: list[dict[str, str]] = []
        self._methods: dict[str, Callable[[Call], object]] = {
            "getMe": lambda _call: self.me(),
            "deleteWebhook": lambda _call: True,
            "getChat": self._get_chat,
            "getChatMember": self._get_chat_member,
            "setMyCommands": self._set_my_commands,
            "sendMessage": self._send,
            "sendDocument": self._send,
            "sendPhoto": self._send,
            "editMessageText": self._edit,
            "editMessageReplyMarkup": self._edit,
            "answerCallbackQuery": self._answer,
            "pinChatMessage": self._pin,
            "unpinChatMessage": self._unpin,
        }

    def answer(self, call: Call) -> object:
        """Do what was asked; raises `Refusal`."""
        if call.method not in self._methods:
            raise Refusal(404, f"Not Found: method {call.method} is not known")
        return self._methods[call.method](call)

    def number(self) -> int:
        """The next number nobody has."""
        self._counter += 1
        return self._counter

    def me(self) -> dict[str, Any]:
        """The bot."""
        return {
            "id": self._bot_id,
            "is_bot": True,
            "first_name": "Sonix test",
            "username": USERNAME,
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
        }

    def message(self, post: Post) -> dict[str, Any]:
        """A post as the Bot API tells it."""
        told: dict[str, Any] = {
            "message_id": post.id,
            "date": DATE,
            "chat": chat(post.chat),
            "from": self.me(),
        }
        if post.topic is not None:
            told |= {"message_thread_id": post.topic, "is_topic_message": True}
        if post.keyboard:
            told["reply_markup"] = {"inline_keyboard": post.keyboard}
        if post.file is None:
            return {**told, "text": post.text, "entities": post.entities}
        told |= {"caption": post.text, "caption_entities": post.entities}
        size = {"file_id": f"f{post.id}", "file_unique_id": f"u{post.id}"}
        if post.photo:
            return {**told, "photo": [{**size, "width": 90, "height": 90}]}
        return {**told, "document": {**size, "file_name": post.file[0]}}

    def _existing(self, call: Call) -> str:
        address = call.params.get("chat_id", "")
        if not address:
            raise Refusal(400, "Bad Request: chat_id is empty")
        if address in self.unknown:
            raise Refusal(400, "Bad Request: chat not found")
        if address in self.moved:
            raise Refusal(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                migrate_to_chat_id=self.moved[address],
            )
        if address in self.closed:
            private = address.isdecimal()
            why = "bot was blocked by the user" if private else "bot was kicked from the chat"
            raise Refusal(403, f"Forbidden: {why}")
        return address

    def _get_chat(self, call: Call) -> dict[str, Any]:
        kept = {
            "unlimited_gifts": False,
            "limited_gifts": False,
            "unique_gifts": False,
            "premium_subscription": False,
            "gifts_from_channels": False,
        }
        return {
            **chat(self._existing(call)),
            "accent_color_id": 0,
            "max_reaction_count": 11,
            "accepted_gift_types": kept,
        }

    def _get_chat_member(self, call: Call) -> dict[str, Any]:
        self._existing(call)
        if call.params.get("user_id") != str(self._bot_id):
            return {"status": "member", "user": user(int(call.params["user_id"]))}
        able = dict.fromkeys(RIGHTS, True)
        rank = {"status": "administrator", "can_be_edited": False, "is_anonymous": False}
        return {"user": self.me(), **rank, **able, **self.rights}

    def _set_my_commands(self, call: Call) -> bool:
        key = (call.params.get("scope", ""), call.params.get("language_code", ""))
        self.commands[key] = json.loads(call.params["commands"])
        return True

    def _send(self, call: Call) -> dict[str, Any]:
        address = self._existing(call)
        topic = (
            int(call.params["message_thread_id"]) if "message_thread_id" in call.params else None
        )
        if topic is not None and topic not in self.topics.get(address, {topic} - {1}):
            raise Refusal(400, "Bad Request: message thread not found")
        what = {"sendDocument": "document", "sendPhoto": "photo"}.get(call.method)
        source = call.params.get("caption" if what else "text", "")
        mode = call.params.get("parse_mode")
        text, entities = _read_text(source, mode, caption=what is not None)
        post = Post(self.number(), address, text, source, topic, photo=what == "photo")
        post.entities = entities
        post.silent = call.params.get("disable_notification") == "true"
        post.keyboard = _keyboard(call)
        if what:
            post.file = call.files[call.params[what].removeprefix("attach://")]
            if not post.file[1]:
                raise Refusal(400, "Bad Request: file must be non-empty")
        self.posts[address, post.id] = post
        return self.message(post)

    def _edit(self, call: Call) -> dict[str, Any]:
        post = self.posts.get((self._existing(call), int(call.params.get("message_id", "0"))))
        if post is None:
            raise Refusal(400, "Bad Request: message to edit not found")
        keyboard, source = _keyboard(call), call.params.get("text", post.source)
        if call.method == "editMessageText":
            if post.file:
                raise Refusal(400, "Bad Request: there is no text in the message to edit")
            text, entities = _read_text(source, call.params.get("parse_mode"), caption=False)
        else:
            text, entities = post.text, post.entities
        if (source, keyboard) == (post.source, post.keyboard):
            raise Refusal(
                400,
                "Bad Request: message is not modified: specified new message content and reply "
                "markup are exactly the same as a current content and reply markup of the message",
            )
        post.text, post.source, post.keyboard = text, source, keyboard
        post.entities = entities
        post.edits += 1
        return self.message(post)

    def _answer(self, call: Call) -> bool:
        """Answer a press, in time: a query older than that cannot be answered any more."""
        if call.params.get("callback_query_id") in self.expired:
            raise Refusal(
                400,
                "Bad Request: query is too old and response timeout expired or query ID is invalid",
            )
        self.answers.append(call.params)
        return True

    def _pin(self, call: Call) -> bool:
        address, number = self._existing(call), int(call.params.get("message_id", "0"))
        if (address, number) not in self.posts:
            raise Refusal(400, "Bad Request: message to pin not found")
        self.pinned[address] = number
        return True

    def _unpin(self, call: Call) -> bool:
        if self.pinned.pop(self._existing(call), None) is None:
            raise Refusal(400, "Bad Request: message to unpin not found")
        return True


def chat(address: int | str) -> dict[str, Any]:
    """A chat: private with a positive number, else a channel with a name, else a supergroup."""
    if str(address).startswith("@"):
        return {"id": -1001, "type": "channel", "title": "Test", "username": str(address)[1:]}
    number = int(address)
    if number > 0:
        return {"id": number, "type": "private", "first_name": "Olga"}
    return {"id": number, "type": "supergroup", "title": "Test"}


def user(number: int, language: str = "en", name: str = "Olga") -> dict[str, Any]:
    """A person."""
    return {"id": number, "is_bot": False, "first_name": name, "language_code": language}


def _keyboard(call: Call) -> list[list[dict[str, str]]]:
    markup = json.loads(call.params.get("reply_markup", "{}"))
    rows: list[list[dict[str, str]]] = markup.get("inline_keyboard", [])
    return rows


def _read_text(source: str, mode: str | None, *, caption: bool) -> tuple[str, list[dict[str, Any]]]:
    """What readers see, and its entities; raises `Refusal` where Telegram would refuse it."""
    try:
        text, entities = read(source) if mode == "HTML" else (source, [])
    except Unparsable as error:
        raise Refusal(400, f"Bad Request: can't parse entities: {error}") from None
    text, entities = trimmed(text, entities)
    length = units(text)
    if caption and length > CAPTION_LIMIT:
        raise Refusal(400, "Bad Request: message caption is too long")
    if not caption and length > TEXT_LIMIT:
        raise Refusal(400, "Bad Request: message is too long")
    if not caption and not text:
        raise Refusal(400, "Bad Request: message text is empty")
    return text, entities
