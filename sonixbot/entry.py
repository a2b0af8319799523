"""Entry: one message of the measurement protocol."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self


class Kind(StrEnum):
    """The four kinds of message that the protocol gathers."""

    ERROR = "error"
    WARNING = "warning"
    USER = "user"
    INFO = "info"


MOST_IMPORTANT, LEAST_IMPORTANT = 1, 5


def rank_of(kind: Kind, level: int | None) -> int:
    """The level to act on: an error of unknown level counts as 1, anything else as 5."""
    if level is not None:
        return level
    return MOST_IMPORTANT if kind is Kind.ERROR else LEAST_IMPORTANT


@dataclass(frozen=True, slots=True)
class Entry:
    """One message of the protocol, with the lines that belong to it.

    An entry may be told again with the same `offset`: its traceback went on, or its half-written
    line was completed. The later telling replaces the earlier one.
    """

    kind: Kind
    #: 1 … 5, 1 the most important; None where the protocol gives none.
    level: int | None
    #: The device or program that wrote it; empty where the protocol names none.
    source: str
    #: The message itself, one line.
    text: str
    #: Unix seconds; None where no date could be found.
    time: float | None
    #: Where its first byte lies in its file: its identity there.
    offset: int
    #: Number of its first line, from 1; None while the older part of the file is not counted yet.
    line: int | None = None
    #: The lines below it that belong to it (a traceback), without their line ends.
    details: tuple[str, ...] = ()
    #: Further lines that belong to it but are not kept.
    omitted: int = 0
    #: The file it stands in, by its name when it was read; empty: in none, or it was not noted.
    path: str = ""

    @property
    def rank(self) -> int:
        """The level to act on: an error of unknown level counts as 1, anything else as 5."""
        return rank_of(self.kind, self.level)

    def to_json(self) -> dict[str, Any]:
        """The entry as plain JSON values."""
        return {**asdict(self), "kind": str(self.kind)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The entry that `to_json` wrote."""
        return cls(**{**data, "kind": Kind(data["kind"]), "details": tuple(data["details"])})
