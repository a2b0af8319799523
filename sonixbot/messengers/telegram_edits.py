"""Edits of posts: their words, or their file with the words under it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from html import escape
from typing import Any, Final

from aiogram.exceptions import TelegramBadRequest
from aiogram.methods import (
    EditMessageCaption,
    EditMessageMedia,
    EditMessageText,
    TelegramMethod,
)
from aiogram.types import InputMediaDocument, InputMediaPhoto, LinkPreviewOptions

from sonixbot.errors import Sentence
from sonixbot.language import Language
from sonixbot.messengers.attachments import Unreadable
from sonixbot.messengers.telegram_files import FILE_REFUSED, read, refusal
from sonixbot.messengers.telegram_pieces import CAPTION_LIMIT, Piece
from sonixbot.messengers.words import head
from sonixbot.text import length, plain

NO_PREVIEW: Final = LinkPreviewOptions(is_disabled=True)

#: Makes a request; with the plain words where Telegram does not understand the markup.
Ask = Callable[[TelegramMethod[Any], str], Awaitable[Any]]


async def edit(ask: Ask, language: Language, where: Mapping[str, Any], piece: Piece) -> None:
    """Make the post `where` say what the piece says. Raises what `ask` raises."""
    try:
        if piece.file is None:
            await _edit_text(ask, where, piece)
        else:
            await _edit_file(ask, language, where, piece)
    except TelegramBadRequest as error:
        if "is not modified" not in error.message:
            raise


async def _edit_text(ask: Ask, where: Mapping[str, Any], piece: Piece) -> None:
    request = EditMessageText(
        **where,
        text=piece.html or piece.text,
        parse_mode="HTML" if piece.html else None,
        link_preview_options=NO_PREVIEW,
    )
    await ask(request, piece.text)


async def _edit_file(ask: Ask, language: Language, where: Mapping[str, Any], piece: Piece) -> None:
    """Replace file and words at once, also where the post had to go without its file."""
    try:
        file = await read(piece)
    except Unreadable as error:
        return await _edit_caption(ask, where, _noted(piece, error.said, language))
    sort = InputMediaPhoto if piece.file and piece.file.picture else InputMediaDocument
    media = sort(
        media=file,
        caption=piece.html or piece.text or None,
        parse_mode="HTML" if piece.html else None,
    )
    try:
        await ask(EditMessageMedia(**where, media=media), piece.text)
    except FILE_REFUSED as error:
        if "is not modified" in error.message:
            raise
        await _edit_caption(ask, where, _noted(piece, refusal(file, error), language))


async def _edit_caption(ask: Ask, where: Mapping[str, Any], piece: Piece) -> None:
    """Replace the words alone; a post that went without its file has a text instead."""
    request = EditMessageCaption(
        **where,
        caption=piece.html or piece.text,
        parse_mode="HTML" if piece.html else None,
    )
    try:
        await ask(request, piece.text)
    except TelegramBadRequest as error:
        if "no caption in the message" not in error.message:
            raise
        await _edit_text(ask, where, piece)


def _noted(piece: Piece, said: Sentence, language: Language) -> Piece:
    """The words of the piece with a sentence about its file below, no longer than a caption."""
    note = f"\n\n{language.say(said)}"
    room = CAPTION_LIMIT - length(note)
    if max(length(piece.text), length(plain(piece.html))) > room:
        return Piece(f"{head(piece.text, room - 1)}…{note}".strip())
    html = f"{piece.html}{escape(note, quote=False)}" if piece.html else ""
    return Piece(f"{piece.text}{note}".strip(), html)
