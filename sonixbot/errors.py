"""What went wrong, by remedy: mend it, try later, repair the account, or give this message up.

Every error carries its sentence for people. The sentence is kept untranslated, as it may be read
by several people in several languages, some of them days later from the database.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence that is put into somebody's language when it is read."""

    text: str
    values: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """The English sentence."""
        return self.text.format(**self.values)

    def to_json(self) -> dict[str, Any]:
        """The sentence as plain JSON values."""
        return {"text": self.text, "values": {key: str(each) for key, each in self.values.items()}}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The sentence that `to_json` wrote."""
        return cls(data["text"], data["values"])


def sentence(text: str, /, **values: object) -> Sentence:
    """Make a sentence; the catalogues collect `text` from the calls of this function."""
    return Sentence(text, values)


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
