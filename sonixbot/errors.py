"""What went wrong, by remedy: mend it, try later, repair the account, or give this message up.

Every error carries its sentence for people. The sentence is kept untranslated, as it may be read
by several people in several languages, some of them days later from the database.
"""

from __future__ import annotations

import errno
import re
import socket
from dataclasses import dataclass, field
from typing import Any, Final, Self


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence that is put into somebody's language when it is read."""

    text: str
    values: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """The English sentence."""
        return self.text.format(**self.values)

    def to_json(self) -> dict[str, Any]:
        """The sentence as plain JSON values; sentences inside it keep theirs."""
        return {
            "text": self.text,
            "values": {
                key: each.to_json() if isinstance(each, Sentence) else str(each)
                for key, each in self.values.items()
            },
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The sentence that `to_json` wrote."""
        values = {
            key: cls.from_json(each) if isinstance(each, dict) else each
            for key, each in data["values"].items()
        }
        return cls(data["text"], values)


def sentence(text: str, /, **values: object) -> Sentence:
    """Make a sentence; the catalogues collect `text` from the calls of this function."""
    return Sentence(text, values)


#: What systems say most often, by the number of the error; in words that can be translated.
_USUAL: Final = {
    errno.ENOENT: sentence("No such file or directory"),
    errno.EACCES: sentence("Permission denied"),
    errno.EPERM: sentence("Permission denied"),
    errno.ENOTDIR: sentence("Not a directory"),
    errno.EISDIR: sentence("Is a directory"),
    errno.ENOSPC: sentence("No space left on device"),
    errno.EROFS: sentence("Read-only file system"),
    errno.ECONNREFUSED: sentence("connection refused"),
    errno.ECONNRESET: sentence("connection broken off"),
    errno.ENETUNREACH: sentence("no network"),
    errno.EHOSTUNREACH: sentence("no way to that computer"),
    errno.ETIMEDOUT: sentence("timed out"),
}
_UNKNOWN_NAME: Final = sentence("its name cannot be looked up")
#: How asyncio writes several errors as one.
_NUMBER: Final = re.compile(r"\[Errno (\d+)\]")


def usual(error: BaseException | None) -> Sentence | None:
    """The short words for what led to an error, if it is one that people often meet."""
    while error is not None:
        if isinstance(error, socket.gaierror):
            return _UNKNOWN_NAME
        number = _NUMBER.search(str(error))
        if isinstance(error, TimeoutError):
            return _USUAL[errno.ETIMEDOUT]
        code = getattr(error, "errno", None) or (int(number[1]) if number else None)
        if found := _USUAL.get(code or 0):
            return found
        error = error.__cause__ or error.__context__
    return None


def why(error: Exception) -> Sentence | str:
    """Why a file or folder cannot be used, to stand within a sentence."""
    return usual(error) or getattr(error, "strerror", None) or type(error).__name__


class Problem(Exception):
    """Something that a person can mend; the sentence says what happened, where, and what to do."""

    def __init__(self, said: Sentence) -> None:
        super().__init__(said)
        self.said = said

    def __str__(self) -> str:
        """The English sentence."""
        return str(self.said)


class Mistakes(Problem):
    """Everything that is wrong with a configuration, told at once."""

    def __init__(self, mistakes: list[Sentence]) -> None:
        super().__init__(mistakes[0])
        self.mistakes = mistakes

    def __str__(self) -> str:
        """The English sentences, a line each."""
        return "\n".join(map(str, self.mistakes))


class DeliveryError(Exception):
    """A message did not arrive, or nobody knows; the subclass tells what to do about it."""

    def __init__(self, reason: Sentence) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        """The English reason."""
        return str(self.reason)


class TryLater(DeliveryError):
    """It will pass: network, overload, a limit."""

    def __init__(
        self, reason: Sentence, *, after: float | None = None, unknown: bool = False
    ) -> None:
        super().__init__(reason)
        #: Seconds that the other side asked to wait; None: the usual backoff.
        self.after = after
        #: It may have arrived all the same: a repeat is marked as one.
        self.unknown = unknown


class NeedsRepair(DeliveryError):
    """Nothing goes this way until somebody repairs something; messages wait for that."""


class Undeliverable(DeliveryError):
    """This message will never arrive at this address."""


class AddressMoved(DeliveryError):
    """The chat has a new id; the message goes there."""

    def __init__(self, reason: Sentence, new_address: str) -> None:
        super().__init__(reason)
        self.new_address = new_address
