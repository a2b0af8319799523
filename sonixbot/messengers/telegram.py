"""Telegram: posts to channels, groups and topics through the Bot API."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Final, Self

from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest
from aiogram.methods import SendDocument, SendMessage, SendPhoto, TelegramMethod
from aiogram.methods.base import TelegramType
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup, ReplyParameters
from aiogram.types import Message as Post

from sonixbot.errors import AddressMoved, DeliveryError, Sentence, Undeliverable, sentence
from sonixbot.language import Language
from sonixbot.message import Message
from sonixbot.messengers.attachments import Unreadable
from sonixbot.messengers.telegram_edits import NO_PREVIEW, edit
from sonixbot.messengers.telegram_errors import LIBRARY_ERRORS, translate
from sonixbot.messengers.telegram_files import FILE_REFUSED, read, refusal
from sonixbot.messengers.telegram_pieces import Piece, pieces
from sonixbot.messengers.telegram_session import Ways

__all__ = ["Place", "Telegram", "translate"]

log = logging.getLogger(__name__)

#: The topic of a forum that must not be named (python-telegram-bot/python-telegram-bot#4739).
GENERAL_TOPIC: Final = 1
#: Buttons whose words a phone shows in full side by side; of more the first one stands alone.
IN_A_ROW: Final = 3


@dataclass(frozen=True, slots=True)
class Place:
    """Where to post: `-100123`, `@name`, and in a topic `-100123/55`."""

    chat: int | str
    topic: int | None = None

    @classmethod
    def parse(cls, address: str) -> Self:
        """The place that `address` names."""
        chat, _slash, topic = address.strip().partition("/")
        number = int(topic) if topic.isdecimal() else None
        return cls(
            int(chat) if re.fullmatch(r"-?\d+", chat) else chat,
            None if number == GENERAL_TOPIC else number,
        )


class Telegram:
    """The way to Telegram. Its one `bot` serves posts, polling and handlers alike.

    `api_urls` are base addresses of other Bot APIs, `proxies` URLs of SOCKS5 or HTTP proxies, both
    tried in order.
    """

    name = "telegram"

    def __init__(
        self,
        token: str,
        *,
        language: Language,
        api_urls: Sequence[str] = (),
        proxies: Sequence[str] = (),
        ca_file: Path | None = None,
    ) -> None:
        self.bot = Bot(token, session=Ways(api_urls, proxies, ca_file))
        self._language = language
        #: Chats and their topics that are no more; posts go without a topic.
        self.lost_topics: set[tuple[int | str, int]] = set()

    def parts(self, message: Message) -> int:
        """In how many requests the message goes."""
        return len(pieces(message))

    async def send(self, address: str, message: Message, part: int) -> str:
        """Post one piece; return the number of the post."""
        place = Place.parse(address)
        piece = pieces(message)[part]
        where = {
            "chat_id": place.chat,
            "message_thread_id": place.topic,
            "disable_notification": message.silent or None,
            "reply_parameters": _answered(message),
            "reply_markup": _keyboard(message) if part == 0 else None,
        }
        try:
            if piece.file or piece.whole:
                post = await self._post_file(where, piece)
            else:
                post = await self._post_text(where, piece.text, piece.html)
        except LIBRARY_ERRORS as error:
            # Not "from error": an error's text may hold the URL, and the URL the token.
            raise self._translated(error, place) from None
        return str(post.message_id)

    async def edit(self, address: str, remote: str, message: Message) -> None:
        """Replace the words, the file and the buttons of the post `remote`."""
        place = Place.parse(address)
        piece, *others = pieces(message)
        if others or piece.whole:
            raise Undeliverable(sentence("A post can only be edited into what fits in one post."))
        where = {
            "chat_id": place.chat,
            "message_id": int(remote),
            "reply_markup": _keyboard(message),
        }
        try:
            await edit(self._call, self._language, where, piece)
        except LIBRARY_ERRORS as error:
            raise self._translated(error, place) from None

    async def rest(self) -> None:
        """Nothing to do: the session closes idle connections by itself."""

    async def close(self) -> None:
        """Close the session of `bot`."""
        await self.bot.session.close()

    def _translated(self, error: Exception, place: Place) -> DeliveryError:
        known = translate(error, self.bot.token)
        if isinstance(known, AddressMoved) and place.topic is not None:
            return AddressMoved(known.reason, f"{known.new_address}/{place.topic}")
        return known

    async def _post_text(self, where: dict[str, Any], text: str, markup: str) -> Post:
        request = SendMessage(
            **where,
            text=markup or text,
            parse_mode="HTML" if markup else None,
            link_preview_options=NO_PREVIEW,
        )
        return await self._call(request, text)

    async def _post_file(self, where: dict[str, Any], piece: Piece) -> Post:
        """Post the file; where it cannot go, its words go without it and say so."""
        try:
            upload = await read(piece)
        except Unreadable as error:
            return await self._post_noted(where, piece, error.said)
        words = piece.text
        if piece.whole:
            said = self._language.gettext("The whole text is in the file.")
            words = f"{words.rstrip()}\n…\n{said}"
        caption: dict[str, Any] = {
            "caption": piece.html or words or None,
            "parse_mode": "HTML" if piece.html else None,
        }
        if piece.file and piece.file.picture:
            try:
                return await self._call(SendPhoto(photo=upload, **where, **caption), words)
            except FILE_REFUSED as error:
                log.info("a picture goes as a file, as Telegram refused it: %s", error.message)
        try:
            return await self._call(SendDocument(document=upload, **where, **caption), words)
        except FILE_REFUSED as error:
            return await self._post_noted(where, piece, refusal(upload, error))

    async def _post_noted(self, where: dict[str, Any], piece: Piece, said: Sentence) -> Post:
        note = self._language.say(said)
        markup = f"{piece.html}\n\n{escape(note, quote=False)}" if piece.html else ""
        return await self._post_text(where, f"{piece.text}\n\n{note}".strip(), markup)

    async def _call(self, request: TelegramMethod[TelegramType], plain: str) -> TelegramType:
        """Ask Telegram; give up the markup or the topic where that alone is refused."""
        while True:
            try:
                return await self.bot(request)
            except TelegramBadRequest as error:
                easier = _easier(request, plain, error.message)
                if not easier:
                    raise
                self._tell(request, easier, error.message)
                request = request.model_copy(update=easier)

    def _tell(self, request: TelegramMethod[Any], easier: dict[str, Any], answer: str) -> None:
        if "message_thread_id" not in easier:
            log.warning("a text goes without its markup, as Telegram refused it: %s", answer)
            return
        topic = (request.chat_id, request.message_thread_id)  # type: ignore[attr-defined]  # it has both
        if topic not in self.lost_topics:
            self.lost_topics.add(topic)
            log.warning("chat %s has no topic %s; posting without a topic", *topic)


def _keyboard(message: Message) -> InlineKeyboardMarkup | None:
    if not message.buttons:
        return None
    buttons = [
        InlineKeyboardButton(text=each.text, callback_data=each.data) for each in message.buttons
    ]
    rows = [buttons] if len(buttons) <= IN_A_ROW else [buttons[:1], buttons[1:]]
    return InlineKeyboardMarkup(inline_keyboard=rows)


def _answered(message: Message) -> ReplyParameters | None:
    if not message.answers:
        return None
    return ReplyParameters(message_id=int(message.answers), allow_sending_without_reply=True)


def _easier(request: TelegramMethod[Any], plain: str, complaint: str) -> dict[str, Any]:
    """What to change in a refused request so that it has a chance; nothing if there is none."""
    if "can't parse entities" in complaint and getattr(request, "parse_mode", None):
        words = "caption" if hasattr(request, "caption") else "text"
        return {words: plain, "parse_mode": None}
    media = getattr(request, "media", None)
    if "can't parse entities" in complaint and media and media.parse_mode:
        return {"media": media.model_copy(update={"caption": plain, "parse_mode": None})}
    if "message thread not found" in complaint and getattr(request, "message_thread_id", None):
        return {"message_thread_id": None}
    return {}
