"""Message: words for people, the same for every messenger; Delivery: their way to one of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import IntFlag, StrEnum
from typing import Any, Self

from sonixbot.errors import Sentence


class Origin(StrEnum):
    """Who speaks."""

    ALERT = "alert"
    SCRIPT = "script"
    SERVICE = "service"
    #: Alerts too, many as one: the digest of a storm.
    DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a message."""

    name: str
    #: It lies in the bot's data folder until it is delivered; empty: `text` is what is in it.
    path: str
    #: Shown as a picture where the messenger can.
    picture: bool = False
    #: Kept within the message, so that both are written and renewed at once.
    text: str = ""


@dataclass(frozen=True, slots=True)
class Button:
    """Something to press under a message, where a messenger has such."""

    text: str
    #: What comes back when it is pressed, at most 64 bytes.
    data: str


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
    #: The most important first.
    buttons: tuple[Button, ...] = ()
    #: Key of the message that this one answers; a messenger is given the id which that one has at
    #: its address instead.
    answers: str = ""

    def to_json(self) -> dict[str, Any]:
        """The message as plain JSON values."""
        return {**asdict(self), "origin": str(self.origin)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The message that `to_json` wrote."""
        made = {
            "origin": Origin(data["origin"]),
            "files": tuple(Attachment(**each) for each in data["files"]),
            "buttons": tuple(Button(**each) for each in data.get("buttons", ())),
        }
        return cls(**{**data, **made})


class State(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    #: Sent, but the words have changed since.
    STALE = "stale"
    #: Goes within a list that stands for several messages.
    LISTED = "listed"
    BURIED = "buried"
    #: Taken out by hand.
    DROPPED = "dropped"


class Marks(IntFlag):
    """What the words of a delivery say about its way."""

    NONE = 0
    DELAYED = 1
    REPEAT = 2


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message on its way to one destination."""

    id: int
    message: Message
    #: Of the message's words.
    version: int
    #: `telegram:-100123`, `telegram:-100123/55`, `mail:somebody@example.org`.
    destination: str
    state: State
    #: Pieces that have arrived.
    part: int
    #: Ids that the other side gave the pieces.
    remote: tuple[str, ...]
    marks: Marks
    #: An earlier try may have arrived.
    unknown: bool
    tries: int
    #: Not before this moment.
    due: float
    reason: Sentence | None
    updated: float
