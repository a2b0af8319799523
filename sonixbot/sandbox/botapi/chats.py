"""The world behind the Bot API: who is where, what was said there, and how the Bot API tells it."""

from __future__ import annotations

import re
from typing import Any, Final

from sonixbot.clock import Clock
from sonixbot.sandbox.botapi.call import Refusal, bad
from sonixbot.sandbox.botapi.menus import Menus
from sonixbot.sandbox.botapi.pictures import size
from sonixbot.sandbox.botapi.posts import Answer, Post

USERNAME: Final = "sonix_test_bot"
#: Seconds for which Telegram remembers that a button was pressed.
PRESS_AGE: Final = 150.0
#: The number of the first channel that is called by its name; Telegram's are longer.
_NAMED: Final = -1001
#: https://core.telegram.org/bots/api#acceptedgifttypes
_GIFTS: Final = (
    *("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription"),
    "gifts_from_channels",
)


class Chats:
    """Every chat there is, the bot and the people in them, and what was written.

    Addresses are the numbers of chats and people as text, and `@names` of channels.
    """

    def __init__(self, token: str, clock: Clock) -> None:
        self.bot_id = int(token.partition(":")[0])
        #: What was written, by chat and number, in this order.
        self.messages: dict[tuple[str, int], Post] = {}
        #: Chats that do not exist; every other exists.
        self.unknown: set[str] = set()
        #: Chats that threw the bot out, or people that blocked it.
        self.closed: set[str] = set()
        #: Groups that became supergroups: the old number and the new one.
        self.moved: dict[str, int] = {}
        #: Channels that are called by their number; every other negative number is a supergroup.
        self.channels: set[str] = set()
        #: The topics of a group; in a group that is not here every topic but General exists.
        self.topics: dict[str, set[int]] = {}
        #: What the bot is in every chat, over the rights of an administrator.
        self.rights: dict[str, Any] = {}
        self.menus = Menus()
        #: How the bot answered presses, oldest first.
        self.answers: list[Answer] = []
        self._clock = clock
        self._counter = 0
        #: Everybody who ever wrote or pressed, as he was the last time.
        self._people: dict[int, dict[str, Any]] = {}
        #: The numbers of channels that are called by their name.
        self._named: dict[str, int] = {}
        #: Who pressed which button when, by the number of the press.
        self._presses: dict[str, tuple[float, int]] = {}

    def number(self) -> int:
        """The next number nobody has."""
        self._counter += 1
        return self._counter

    # What people do.

    def said(
        self,
        text: str,
        *,
        by: int,
        where: int | None,
        language: str,
        name: str,
        date: float | None,
    ) -> Post:
        """Somebody wrote `text`, in private or in a chat, now unless `date` is given."""
        self._people[by] = user(by, language, name)
        address = str(by if where is None else where)
        moment = self._clock.now() if date is None else date
        post = Post(self.number(), address, text, text, moment, sender=by)
        if text.startswith("/"):
            length = len(text.split(maxsplit=1)[0])
            post.entities = [{"type": "bot_command", "offset": 0, "length": length}]
        self.messages[address, post.id] = post
        return post

    def pressed(
        self, data: str, post: Post, *, by: int, language: str, name: str
    ) -> dict[str, Any]:
        """Somebody pressed the button with `data` under `post`; the press as it is told."""
        self._people[by] = user(by, language, name)
        press = str(self.number())
        self._presses[press] = (self._clock.now(), by)
        return {
            "id": press,
            "from": self.user(by),
            "chat_instance": "1",
            "data": data,
            "message": self.message(post),
        }

    def presser(self, press: str) -> int:
        """Who waits for an answer to a press; raises `Refusal` once nobody does."""
        pressed, by = self._presses.get(press, (None, 0))
        if pressed is None or self._clock.now() - pressed > PRESS_AGE:
            raise bad("query is too old and response timeout expired or query ID is invalid")
        return by

    # What is there.

    def existing(self, address: str) -> str:
        """The address under which a chat is kept; raises `Refusal` if the bot cannot reach it."""
        if not address:
            raise bad("chat_id is empty")
        if address in self.unknown or not re.fullmatch(r"-?\d+|@\w+", address):
            raise bad("chat not found")
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
        names = (name for name, number in self._named.items() if str(number) == address)
        return next(names, address)

    def topic(self, address: str, number: int | None) -> int | None:
        """A topic that exists, None for none. Raises `Refusal`, also for General's number."""
        if number is None:
            return None
        forum = self.chat(address)["type"] == "supergroup"
        if not forum or number == 1 or number not in self.topics.get(address, {number}):
            raise bad("message thread not found")
        return number

    def pinned(self, address: str) -> Post | None:
        """The post of a chat that was pinned last."""
        posts = [each for each in self.conversation(address) if each.pinned]
        return max(posts, key=lambda each: each.pinned, default=None)

    def conversation(self, address: int | str) -> list[Post]:
        """What a reader of a chat sees, oldest first: the bot's posts and what people wrote."""
        return [post for post in self.messages.values() if post.chat == str(address)]

    def menu(self, user_id: int, language: str) -> list[dict[str, str]]:
        """The commands that Telegram shows this person in the private chat with the bot."""
        return self.menus.shown(user_id, language)

    # How the Bot API tells it.

    def me(self) -> dict[str, Any]:
        """The bot."""
        return {
            "id": self.bot_id,
            "is_bot": True,
            "first_name": "Sonix test",
            "username": USERNAME,
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
        }

    def user(self, number: int) -> dict[str, Any]:
        """A person, or the bot."""
        return self.me() if number in (0, self.bot_id) else self._people.get(number, user(number))

    def chat(self, address: str) -> dict[str, Any]:
        """A chat, in short."""
        if address.startswith("@"):
            number = self._named.setdefault(address, _NAMED - len(self._named))
            return {"id": number, "type": "channel", "title": "Test", "username": address[1:]}
        number = int(address)
        if number > 0:
            name = self.user(number)["first_name"]
            return {"id": number, "type": "private", "first_name": name}
        if address in self.channels:
            return {"id": number, "type": "channel", "title": "Test"}
        told = {"id": number, "type": "supergroup", "title": "Test"}
        return {**told, "is_forum": True} if address in self.topics else told

    def whole_chat(self, address: str) -> dict[str, Any]:
        """A chat with everything that is known of it."""
        told = {
            **self.chat(address),
            "accent_color_id": 0,
            "max_reaction_count": 11,
            "accepted_gift_types": dict.fromkeys(_GIFTS, False),
        }
        pinned = self.pinned(address)
        return {**told, "pinned_message": self.message(pinned)} if pinned else told

    def message(self, post: Post, *, quoting: bool = True) -> dict[str, Any]:
        """A message; `quoting`: with the one that it answers."""
        chat = self.chat(post.chat)
        told: dict[str, Any] = {"message_id": post.id, "date": int(post.date), "chat": chat}
        # Who writes in a channel is not told.
        channel = chat["type"] == "channel"
        told |= {"sender_chat": chat} if channel else {"from": self.user(post.sender)}
        if post.edited is not None:
            told["edit_date"] = int(post.edited)
        if post.topic is not None:
            told |= {"message_thread_id": post.topic, "is_topic_message": True}
        if post.keyboard:
            told["reply_markup"] = {"inline_keyboard": post.keyboard}
        answered = self.messages.get((post.chat, post.reply or 0))
        if quoting and answered:
            told["reply_to_message"] = self.message(answered, quoting=False)
        return told | _content(post)


def user(number: int, language: str = "en", name: str = "Olga") -> dict[str, Any]:
    """A person."""
    return {"id": number, "is_bot": False, "first_name": name, "language_code": language}


def _content(post: Post) -> dict[str, Any]:
    words, marks = ("text", "entities") if post.file is None else ("caption", "caption_entities")
    told: dict[str, Any] = {words: post.text} if post.text else {}
    if post.entities:
        told[marks] = post.entities
    if post.file is None:
        return told
    name, data = post.file
    file = {"file_id": f"f{post.id}", "file_unique_id": f"u{post.id}", "file_size": len(data)}
    if not post.photo:
        return {**told, "document": {**file, "file_name": name}}
    width, height = size(data) or (0, 0)
    return {**told, "photo": [{**file, "width": width, "height": height}]}
