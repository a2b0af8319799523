"""Reply: words go back to where the question was asked."""

from __future__ import annotations

import logging
from typing import Final

from aiogram.enums import ChatType
from aiogram.exceptions import TelegramBadRequest, TelegramRetryAfter
from aiogram.methods import TelegramMethod
from aiogram.methods.base import TelegramType
from aiogram.types import CallbackQuery, InlineKeyboardMarkup, LinkPreviewOptions, Message

from sonixbot.clock import Clock
from sonixbot.text.markup import Words, shortened

log = logging.getLogger(__name__)

#: Seconds: an answer that would have to wait longer comes too late to be of use.
LONGEST_WAIT: Final = 30
#: UTF-16 units of an answer to a button (https://core.telegram.org/bots/api#answercallbackquery).
NOTICE_LENGTH: Final = 200
NO_PREVIEW: Final = LinkPreviewOptions(is_disabled=True)


async def reply(
    message: Message, said: Words, clock: Clock, keyboard: InlineKeyboardMarkup | None = None
) -> None:
    """Answer a message; in a group as a reply to it, in its topic."""
    quoted = (
        None
        if message.chat.type == ChatType.PRIVATE
        else message.as_reply_parameters(allow_sending_without_reply=True)
    )

    def request(text: str, parse_mode: str | None) -> TelegramMethod[Message]:
        return message.answer(
            text,
            parse_mode=parse_mode,
            link_preview_options=NO_PREVIEW,
            reply_markup=keyboard,
            reply_parameters=quoted,
        )

    try:
        await _patiently(request(said.html, "HTML"), clock)
    except TelegramBadRequest as error:
        if "can't parse entities" not in error.message:
            raise
        log.warning("an answer goes without its markup, as Telegram refused it: %s", error.message)
        await _patiently(request(said.text, None), clock)


async def replace(
    message: Message, said: Words, clock: Clock, keyboard: InlineKeyboardMarkup | None = None
) -> None:
    """Put other words in place of an answer given earlier."""
    request = message.edit_text(
        said.html, parse_mode="HTML", link_preview_options=NO_PREVIEW, reply_markup=keyboard
    )
    try:
        await _patiently(request, clock)
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


async def _patiently(request: TelegramMethod[TelegramType], clock: Clock) -> TelegramType:
    """Ask Telegram; where it asks to wait a little, wait and ask once more."""
    try:
        return await request
    except TelegramRetryAfter as error:
        if error.retry_after > LONGEST_WAIT:
            raise
        await clock.sleep(error.retry_after)
        return await request
