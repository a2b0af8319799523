"""The methods of the Bot API: what each does in the chats, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from sonixbot.clock import Clock
from sonixbot.sandbox.botapi import content
from sonixbot.sandbox.botapi.call import Call, Refusal, bad
from sonixbot.sandbox.botapi.chats import Chats
from sonixbot.sandbox.botapi.markup import units
from sonixbot.sandbox.botapi.menus import Commands, Scope
from sonixbot.sandbox.botapi.pace import Budget
from sonixbot.sandbox.botapi.posts import Answer, Event, Kind, Post

#: UTF-16 units of an answer to a press (https://core.telegram.org/bots/api#answercallbackquery).
ANSWER_LIMIT: Final = 200
#: https://core.telegram.org/bots/api#chatmemberadministrator
RIGHTS: Final = (
    *("can_manage_chat", "can_delete_messages", "can_manage_video_chats"),
    *("can_restrict_members", "can_promote_members", "can_change_info", "can_invite_users"),
    *("can_post_stories", "can_edit_stories", "can_delete_stories"),
    *("can_send_welcome_messages", "can_post_messages", "can_edit_messages"),
)
#: What is sent beside words, by method.
_FILES: Final = {"sendDocument": "document", "sendPhoto": "photo"}
#: What fills a chat, so that only so many are taken in a while.
_PACED: Final = frozenset(
    [
        *("sendMessage", *_FILES, "editMessageText", "editMessageCaption", "editMessageMedia"),
        "editMessageReplyMarkup",
    ]
)
_PLACED: Final = frozenset(["chat_id", "parse_mode", "reply_markup", "link_preview_options"])
_SENT: Final = _PLACED | {"message_thread_id", "disable_notification", "reply_parameters"}
_EDITED: Final = frozenset(["chat_id", "message_id", "reply_markup"])
_MENU: Final = frozenset(["scope", "language_code"])
#: What each method can be told; anything else would change what comes of it, and does not here.
_PARAMETERS: Final = {
    "getMe": frozenset[str](),
    "deleteWebhook": {"drop_pending_updates"},
    "getUpdates": {"offset", "limit", "timeout", "allowed_updates"},
    "getChat": {"chat_id"},
    "getChatMember": {"chat_id", "user_id"},
    "setMyCommands": _MENU | {"commands"},
    "getMyCommands": _MENU,
    "deleteMyCommands": _MENU,
    "sendMessage": _SENT | {"text"},
    "sendDocument": _SENT | {"document", "caption"},
    "sendPhoto": _SENT | {"photo", "caption"},
    "editMessageText": _PLACED | {"message_id", "text"},
    "editMessageCaption": _EDITED | {"parse_mode", "caption"},
    "editMessageMedia": _EDITED | {"media"},
    "editMessageReplyMarkup": _PLACED | {"message_id"},
    "answerCallbackQuery": {"callback_query_id", "text", "show_alert"},
    "pinChatMessage": {"chat_id", "message_id", "disable_notification"},
    "unpinChatMessage": {"chat_id", "message_id"},
}


def check(call: Call) -> None:
    """Refuse, by its name, a method that is not known here, or a parameter of one that is."""
    known = _PARAMETERS.get(call.method)
    if known is None:
        raise Refusal(404, f"Not Found: method {call.method} is not known")
    if unknown := sorted(call.params.keys() - known):
        raise bad(f"parameter {unknown[0]} of {call.method} is not known")


class Methods:
    """Every method but getUpdates. What it does not know it refuses by name."""

    def __init__(
        self, chats: Chats, clock: Clock, *, paced: bool, tell: Callable[[Event], None]
    ) -> None:
        """`paced`: a chat takes only so many posts and edits in a while; `tell` hears of events."""
        self._chats = chats
        self._clock = clock
        self._paced = paced
        self._tell = tell
        self._budgets: dict[str, Budget] = {}
        self._methods: dict[str, Callable[[Call], object]] = {
            "getMe": lambda _call: chats.me(),
            "deleteWebhook": lambda _call: True,
            "getChat": lambda call: chats.whole_chat(self._address(call)),
            "getChatMember": self._get_chat_member,
            "setMyCommands": self._set_my_commands,
            "getMyCommands": self._get_my_commands,
            "deleteMyCommands": self._delete_my_commands,
            "sendMessage": self._send,
            "sendDocument": self._send,
            "sendPhoto": self._send,
            "editMessageText": self._edit_text,
            "editMessageCaption": self._edit_caption,
            "editMessageMedia": self._edit_media,
            "editMessageReplyMarkup": self._edit_keyboard,
            "answerCallbackQuery": self._answer,
            "pinChatMessage": self._pin,
            "unpinChatMessage": self._unpin,
        }

    @property
    def names(self) -> frozenset[str]:
        """The methods that are known."""
        return frozenset(self._methods)

    def do(self, call: Call) -> object:
        """Do what was asked and tell what came of it; raises `Refusal`."""
        if not self._paced or call.method not in _PACED:
            return self._methods[call.method](call)
        address, now = self._address(call), self._clock.now()
        budget = self._budgets.get(address, Budget())
        if seconds := budget.wait(now, group=address.startswith(("-", "@"))):
            why = f"Too Many Requests: retry after {seconds}"
            raise Refusal(429, why, retry_after=seconds)
        result = self._methods[call.method](call)
        self._budgets[address] = budget.spent(now)
        return result

    def _address(self, call: Call) -> str:
        return self._chats.existing(call.params.get("chat_id", ""))

    def _get_chat_member(self, call: Call) -> dict[str, Any]:
        self._address(call)
        number = call.number("user_id")
        if number != self._chats.bot_id:
            return {"status": "member", "user": self._chats.user(number or 0)}
        able = dict.fromkeys(RIGHTS, True)
        rank = {"status": "administrator", "can_be_edited": False, "is_anonymous": False}
        return {"user": self._chats.me(), **rank, **able, **self._chats.rights}

    # Menus.

    def _scope(self, call: Call) -> Scope:
        return Scope.of(call, lambda address: self._chats.chat(self._chats.existing(address)))

    def _set_my_commands(self, call: Call) -> bool:
        self._chats.menus.set(self._scope(call), call)
        self._tell(Event(Kind.MENUS))
        return True

    def _get_my_commands(self, call: Call) -> Commands:
        return self._chats.menus.get(self._scope(call), call)

    def _delete_my_commands(self, call: Call) -> bool:
        self._chats.menus.delete(self._scope(call), call)
        self._tell(Event(Kind.MENUS))
        return True

    # Posts.

    def _send(self, call: Call) -> dict[str, Any]:
        address = self._address(call)
        topic = self._chats.topic(address, call.number("message_thread_id"))
        what = _FILES.get(call.method)
        source = call.params.get("caption" if what else "text", "")
        words, entities = content.text(
            source, call.params.get("parse_mode"), caption=what is not None
        )
        post = Post(
            self._chats.number(),
            address,
            words,
            source,
            self._clock.now(),
            topic=topic,
            silent=call.flag("disable_notification"),
            reply=self._replied(call, address),
            file=content.file(call, what) if what else None,
            photo=what == "photo",
            keyboard=content.keyboard(call),
            entities=entities,
        )
        self._chats.messages[address, post.id] = post
        self._tell(Event(Kind.POST, post))
        return self._chats.message(post)

    def _replied(self, call: Call, address: str) -> int | None:
        """The message that is answered; None: none is."""
        wish = call.value("reply_parameters", "reply parameters", dict) or {}
        number = wish.get("message_id")
        if number is None or (address, number) in self._chats.messages:
            return number
        if not wish.get("allow_sending_without_reply"):
            raise bad("message to be replied not found")
        return None

    def _own(self, call: Call, address: str) -> Post:
        """The bot's post that is to be edited."""
        post = self._chats.messages.get((address, call.number("message_id") or 0))
        if post is None:
            raise bad("message to edit not found")
        if post.sender:
            raise bad("message can't be edited")
        return post

    def _edit_text(self, call: Call) -> dict[str, Any]:
        post = self._own(call, self._address(call))
        if post.file:
            raise bad("there is no text in the message to edit")
        source = call.params.get("text", "")
        words, entities = content.text(source, call.params.get("parse_mode"), caption=False)
        return self._edit(post, call, source=source, text=words, entities=entities)

    def _edit_caption(self, call: Call) -> dict[str, Any]:
        post = self._own(call, self._address(call))
        if not post.file:
            raise bad("there is no caption in the message to edit")
        source = call.params.get("caption", "")
        words, entities = content.text(source, call.params.get("parse_mode"), caption=True)
        return self._edit(post, call, source=source, text=words, entities=entities)

    def _edit_media(self, call: Call) -> dict[str, Any]:
        """Replace the file and the words under it; a text becomes a file with words under it."""
        post = self._own(call, self._address(call))
        file, told = content.media(call)
        source, photo = told.get("caption", ""), told["type"] == "photo"
        words, entities = content.text(source, told.get("parse_mode"), caption=True)
        new = {"source": source, "text": words, "entities": entities, "file": file, "photo": photo}
        return self._edit(post, call, **new)

    def _edit_keyboard(self, call: Call) -> dict[str, Any]:
        return self._edit(self._own(call, self._address(call)), call)

    def _edit(self, post: Post, call: Call, **new: Any) -> dict[str, Any]:
        """Give the post its new fields, and the buttons that came with them."""
        edited = replace(post, keyboard=content.keyboard(call), **new)
        if replace(edited, source=post.source) == post:
            raise bad(
                "message is not modified: specified new message content and reply markup are "
                "exactly the same as a current content and reply markup of the message"
            )
        vars(post).update(vars(edited))
        post.edits += 1
        post.edited = self._clock.now()
        self._tell(Event(Kind.EDIT, post))
        return self._chats.message(post)

    def _answer(self, call: Call) -> bool:
        press = call.params.get("callback_query_id", "")
        by, text = self._chats.presser(press), call.params.get("text", "")
        if units(text) > ANSWER_LIMIT:
            raise bad("MESSAGE_TOO_LONG")
        answer = Answer(press, by, text, call.flag("show_alert"), self._clock.now())
        self._chats.answers.append(answer)
        self._tell(Event(Kind.ANSWER, answer=answer))
        return True

    # Pins. Nobody hears them here; in channels and private chats nobody does at Telegram either.

    def _pin(self, call: Call) -> bool:
        address = self._address(call)
        post = self._chats.messages.get((address, call.number("message_id") or 0))
        if post is None:
            raise bad("message to pin not found")
        post.pinned = self._chats.number()
        self._tell(Event(Kind.PIN, post))
        return True

    def _unpin(self, call: Call) -> bool:
        """Unpin one post, or the one that was pinned last where none is named."""
        address, number = self._address(call), call.number("message_id")
        last = self._chats.pinned(address)
        post = last if number is None else self._chats.messages.get((address, number))
        if post is None or not post.pinned:
            raise bad("message to unpin not found")
        post.pinned = 0
        self._tell(Event(Kind.PIN, post))
        return True
