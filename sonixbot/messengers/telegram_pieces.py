"""Pieces: how one message becomes what Telegram takes at once (no aiogram needed for that).

Lengths: https://core.telegram.org/bots/api#sendmessage and #senddocument.
"""

from __future__ import annotations

from dataclasses import dataclass

from sonixbot.message import Attachment, Message, Origin
from sonixbot.messengers.words import head, sound, split
from sonixbot.text import length, plain

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
#: More posts than this for one text would drown the chat; it goes as a file then.
MOST_POSTS = 4
#: Room in the caption of such a file for the sentence that says so.
NOTE_ROOM = 124


@dataclass(frozen=True, slots=True)
class Piece:
    """What goes in one request: words, or a file with words under it."""

    text: str = ""
    #: The same words with markup; empty: none.
    html: str = ""
    file: Attachment | None = None
    #: A text too long for posts, which goes as a file; `text` is its head.
    whole: str = ""


def pieces(message: Message) -> list[Piece]:
    """The message as Telegram takes it: the words first, so that no file can hold them up."""
    text, html = sound(message.text), sound(message.html)
    # Either form may have to go: the plain one replaces a markup that Telegram does not accept.
    visible = max(length(text), length(plain(html)))
    if len(message.files) == 1 and visible <= CAPTION_LIMIT:
        return [Piece(text, html, message.files[0])]
    if len(message.files) == 1 and message.origin is Origin.DIGEST:
        # It stays one post that can be edited; what is cut off here is in its file.
        return [Piece(f"{head(text, CAPTION_LIMIT - 1)}…", file=message.files[0])]
    files = [Piece(file=each) for each in message.files]
    if files and not text.strip():
        return files
    if visible <= TEXT_LIMIT:
        return [Piece(text, html), *files]
    return [*_long(text), *files]


def _long(text: str) -> list[Piece]:
    """A long text: a few posts, or one file."""
    if length(text) <= MOST_POSTS * TEXT_LIMIT:
        # Telegram refuses a post of blanks alone.
        posts = [Piece(each) for each in split(text, TEXT_LIMIT) if each.strip()]
        if 0 < len(posts) <= MOST_POSTS:
            return posts
    return [Piece(head(text, CAPTION_LIMIT - NOTE_ROOM), whole=text)]
