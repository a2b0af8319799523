"""Reply: words go back to where the question was asked."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from dataclasses import replace as replace_field
from typing import Final, Self

from aiogram import Bot
from aiogram.enums import ChatType
from aiogram.exceptions import TelegramBadRequest, TelegramRetryAfter
from aiogram.methods import SendDocument, SendMessage
from aiogram.types import (
    CallbackQuery,
    InaccessibleMessage,
    InlineKeyboardMarkup,
    InputFile,
    LinkPreviewOptions,
    Message,
    ReplyParameters,
)

from sonixbot.clock import Clock
from sonixbot.messengers.words import split
from sonixbot.text.markup import MESSAGE_LENGTH, Words, escape, length, shortened

log = logging.getLogger(__name__)

#: Seconds: an answer that would have to wait longer comes too late to be of use.
LONGEST_WAIT: Final = 30
#: Real seconds that the upload of a file may take.
UPLOADING: Final = 300
#: UTF-16 units of an answer to a button (https://core.telegram.org/bots/api#answercallbackquery).
NOTICE_LENGTH: Final = 200
NO_PREVIEW: Final = LinkPreviewOptions(is_disabled=True)


@dataclass(frozen=True, slots=True)
class Place:
    """Where words go: a chat, its topic, and the message there that they answer."""

    bot: Bot
    chat_id: int
    topic: int | None = None
    answered: int | None = None

    @classmethod
    def under(cls, message: Message | InaccessibleMessage, bot: Bot) -> Self:
        """Under a message, as a reply to it."""
        topic = None
        if isinstance(message, Message) and message.is_topic_message:
            topic = message.message_thread_id
        return cls(bot, message.chat.id, topic, message.message_id)

    @classmethod
    def asked(cls, message: Message, bot: Bot) -> Self:
        """Where a question was asked; in a group as a reply to it, in its topic."""
        place = cls.under(message, bot)
        return replace_field(place, answered=None) if _is_private(message) else place

    async def say(
        self, said: Words, clock: Clock, keyboard: InlineKeyboardMarkup | None = None
    ) -> None:
        """Post words; without their markup where Telegram does not take it.

        Too many for one message are several, plain, as markup cannot be cut anywhere.
        """
        if length(said.text) > MESSAGE_LENGTH:
            *first, last = (each for each in split(said.text, MESSAGE_LENGTH) if each.strip())
            for piece in first:
                await self._say_once(Words(piece, escape(piece)), clock, None)
            said = Words(last, escape(last))
        await self._say_once(said, clock, keyboard)

    async def _say_once(
        self, said: Words, clock: Clock, keyboard: InlineKeyboardMarkup | None
    ) -> None:
        async def post(text: str, parse_mode: str | None) -> None:
            await self.bot(
                SendMessage(
                    chat_id=self.chat_id,
                    message_thread_id=self.topic,
                    text=text,
                    parse_mode=parse_mode,
                    link_preview_options=NO_PREVIEW,
                    reply_markup=keyboard,
                    reply_parameters=self._quoted,
                )
            )

        await _in_either_form(post, said, clock)

    async def hand(self, file: InputFile, said: Words, clock: Clock) -> None:
        """Post a file with words under it."""

        async def post(text: str, parse_mode: str | None) -> None:
            await self.bot(
                SendDocument(
                    chat_id=self.chat_id,
                    message_thread_id=self.topic,
                    document=file,
                    caption=text,
                    parse_mode=parse_mode,
                    reply_parameters=self._quoted,
                ),
                request_timeout=UPLOADING,
            )

        await _in_either_form(post, said, clock)

    @property
    def _quoted(self) -> ReplyParameters | None:
        if self.answered is None:
            return None
        return ReplyParameters(message_id=self.answered, allow_sending_without_reply=True)


def _is_private(message: Message) -> bool:
    return message.chat.type == ChatType.PRIVATE


async def reply(
    message: Message, said: Words, clock: Clock, keyboard: InlineKeyboardMarkup | None = None
) -> None:
    """Answer a message; in a group as a reply to it, in its topic."""
    bot = message.bot
    assert bot is not None  # noqa: S101 - it came from one
    await Place.asked(message, bot).say(said, clock, keyboard)


async def _in_either_form(
    post: Callable[[str, str | None], Awaitable[None]], said: Words, clock: Clock
) -> None:
    try:
        await _patiently(lambda: post(said.html, "HTML"), clock)
    except TelegramBadRequest as error:
        if "can't parse entities" not in error.message:
            raise
        log.warning("an answer goes without its markup, as Telegram refused it: %s", error.message)
        await _patiently(lambda: post(said.text, None), clock)


async def replace(
    message: Message, said: Words, clock: Clock, keyboard: InlineKeyboardMarkup | None = None
) -> None:
    """Put other words in place of an answer given earlier."""
    request = message.edit_text(
        said.html, parse_mode="HTML", link_preview_options=NO_PREVIEW, reply_markup=keyboard
    )
    try:
        await _patiently(lambda: request, clock)
    except TelegramBadRequest as error:
        if "is not modified" not in error.message:  # pressed twice
            raise


async def acknowledge(callback: CallbackQuery, notice: str = "") -> None:
    """Answer a button, at once, lest the presser wait; with a notice in a window of its own."""
    try:
        if notice:
            await callback.answer(shortened(notice, NOTICE_LENGTH), show_alert=True)
        else:
            await callback.answer()
    except TelegramBadRequest as error:  # pressed too long ago: nobody waits for it any more
        log.debug("a button was not answered: %s", error.message)


async def _patiently(request: Callable[[], Awaitable[object]], clock: Clock) -> None:
    """Ask Telegram; where it asks to wait a little, wait and ask again.

    Several answers may wait for the same moment, and only one of them gets it.
    """
    left = LONGEST_WAIT
    while True:
        try:
            await request()
        except TelegramRetryAfter as error:
            left -= max(1, error.retry_after)
            if left < 0:
                raise
            await clock.sleep(error.retry_after)
        else:
            return
