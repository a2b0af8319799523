"""Row: one thing that was tried."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sonixbot.errors import Sentence


class Mark(StrEnum):
    """How it is."""

    GOOD = "good"
    #: It works, but is probably not meant so.
    WARNING = "warning"
    FAILED = "failed"


#: How it is, and what to do about it.
Found = tuple[Mark, Sentence]


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was tried, in the reader's language."""

    what: str
    mark: Mark
    said: str
