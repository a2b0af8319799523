"""Posts: what stands in a chat, and what those who look on are told as it happens."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sonixbot.sandbox.botapi.call import Refusal


@dataclass
class Post:
    """One message in a chat, as its readers see it now."""

    id: int
    chat: str
    text: str
    #: The text as it was sent, with its markup.
    source: str
    #: When it was written, in Unix seconds.
    date: float
    #: Who wrote it; 0: the bot.
    sender: int = 0
    topic: int | None = None
    silent: bool = False
    #: The message that it answers.
    reply: int | None = None
    #: Name and bytes of the document or photo.
    file: tuple[str, bytes] | None = None
    photo: bool = False
    #: The inline keyboard as it was sent: rows of buttons.
    keyboard: list[list[dict[str, str]]] = field(default_factory=list)
    #: What its markup came to.
    entities: list[dict[str, Any]] = field(default_factory=list)
    edits: int = 0
    #: When it was edited last.
    edited: float | None = None
    #: Its place in the order of pinning; 0: it is not pinned.
    pinned: int = 0


@dataclass(frozen=True)
class Answer:
    """What the bot answers to the press of a button; without text the button just stops waiting."""

    press: str
    #: Who pressed.
    by: int
    text: str
    #: Shown in a window to be closed, not in passing.
    alert: bool
    date: float


class Kind(StrEnum):
    """What happened."""

    #: A new message, of the bot or of a person.
    POST = "post"
    EDIT = "edit"
    #: A post was pinned or unpinned.
    PIN = "pin"
    ANSWER = "answer"
    #: A menu of commands changed.
    MENUS = "menus"
    REFUSAL = "refusal"


@dataclass(frozen=True)
class Event:
    """One thing that happened, with what it happened to."""

    kind: Kind
    post: Post | None = None
    answer: Answer | None = None
    refusal: Refusal | None = None
