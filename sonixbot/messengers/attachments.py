"""Attachments: a message's files, read off the event loop and not larger than anybody takes."""

from __future__ import annotations

from codecs import BOM_UTF8

import aiofiles

from sonixbot.errors import Problem, sentence, why
from sonixbot.message import Attachment
from sonixbot.messengers.words import sound
from sonixbot.text.markup import one_line

#: Bytes that a bot may upload (https://core.telegram.org/bots/api#sending-files); few mail
#: servers take as much.
LARGEST = 50 * 1024 * 1024


class Unreadable(Problem):
    """The file cannot go with the message; the message goes without it and says so."""


def shown_name(attachment: Attachment) -> str:
    """The file's name as it may stand in a header."""
    return one_line(attachment.name) or "file"


async def content(attachment: Attachment) -> bytes:
    """The bytes of the file; raises `Unreadable` with a sentence for the readers."""
    if not attachment.path:
        # The mark and the line ends with which Notepad on every Windows shows it as it is.
        return BOM_UTF8 + sound(attachment.text).replace("\n", "\r\n").encode()
    try:
        async with aiofiles.open(attachment.path, "rb") as file:
            found = await file.read(LARGEST + 1)
    except OSError as error:
        raise Unreadable(
            sentence(
                "The file {name} could not be read: {why}.",
                name=shown_name(attachment),
                why=why(error),
            )
        ) from error
    if len(found) > LARGEST:
        raise Unreadable(
            sentence(
                "The file {name} is too large to be sent (over {limit} MB).",
                name=shown_name(attachment),
                limit=LARGEST // 2**20,
            )
        )
    return found
