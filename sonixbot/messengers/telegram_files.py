"""Files on their way to Telegram, and what becomes of a message whose file it refuses."""

from __future__ import annotations

from typing import Final

from aiogram.exceptions import TelegramAPIError, TelegramBadRequest, TelegramEntityTooLarge
from aiogram.types import BufferedInputFile

from sonixbot.errors import Sentence, sentence
from sonixbot.messengers.attachments import content, shown_name
from sonixbot.messengers.telegram_errors import answer_of
from sonixbot.messengers.telegram_pieces import Piece

#: Raised where a file, not the chat, may be the reason.
FILE_REFUSED: Final = (TelegramBadRequest, TelegramEntityTooLarge)


async def read(piece: Piece) -> BufferedInputFile:
    """The file of the piece, ready to be sent; raises `Unreadable`."""
    if piece.file is None:
        return BufferedInputFile(piece.whole.encode(), "message.txt")
    return BufferedInputFile(await content(piece.file), shown_name(piece.file))


def refusal(file: BufferedInputFile, error: TelegramAPIError) -> Sentence:
    """What the words of the message say in place of the file."""
    return sentence(
        "Telegram refused the file {name}: {answer}.",
        name=file.filename,
        answer=answer_of(error),
    )
