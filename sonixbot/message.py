"""Message: words on their way to people, the same for every messenger."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self


class Origin(StrEnum):
    """Who speaks."""

    ALERT = "alert"
    SCRIPT = "script"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a message; it lies in the bot's data folder until it is delivered."""

    name: str
    path: str
    #: Shown as a picture where the messenger can.
    picture: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be said. Words are complete: no messenger adds any but its own limits' marks."""

    #: Identity: putting the same key into the outbox again is one message.
    key: str
    #: Plain text, complete in itself.
    text: str
    origin: Origin
    instrument: str
    #: Unix seconds at which there was something to say.
    created: float
    #: The same words in the HTML subset of Telegram; empty: the text has no markup.
    html: str = ""
    #: Subject of a mail, one line.
    subject: str = ""
    #: Mails with the same thread are shown together; empty: a thread of its own.
    thread: str = ""
    #: Delivered without a sound.
    silent: bool = False
    files: tuple[Attachment, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The message as plain JSON values."""
        return {**asdict(self), "origin": str(self.origin)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The message that `to_json` wrote."""
        files = tuple(Attachment(**each) for each in data["files"])
        return cls(**{**data, "origin": Origin(data["origin"]), "files": files})
