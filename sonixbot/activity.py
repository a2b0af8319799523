"""Activity: what the measurement script does, as far as the protocol says."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import regex

log = logging.getLogger(__name__)

#: Seconds that the expressions of a configuration may take on one message.
TIME_OUT: Final = 0.1


class Doing(StrEnum):
    """What a measurement script does."""

    STARTED = "started"
    FINISHED = "finished"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Activity:
    """The last thing that the protocol said about a script."""

    doing: Doing
    #: Its file name; empty where the message does not name it.
    script: str
    #: The message itself.
    text: str
    #: Unix seconds of the message; None where it has no time.
    since: float | None


#: Tells what a message says about the script, and which one; None for any other message.
Recognise = Callable[[str], tuple[Doing, str] | None]


def recogniser(patterns: Mapping[Doing, Sequence[str]]) -> Recognise:
    """What tells a message about a script from any other; the first pattern that fits decides."""
    table = [
        (doing, regex.compile(each, regex.IGNORECASE))
        for doing, expressions in patterns.items()
        for each in expressions
    ]
    # Hardly any message is about a script, and one search is ten times faster than a dozen.
    any_of = regex.compile("|".join(f"(?:{each.pattern})" for _, each in table), regex.IGNORECASE)

    def recognise(text: str) -> tuple[Doing, str] | None:
        try:
            if not table or not any_of.search(text, timeout=TIME_OUT):
                return None
            for doing, expression in table:
                if found := expression.search(text, timeout=TIME_OUT):
                    return doing, found.groupdict().get("script") or ""
        except TimeoutError:
            log.warning("protocol.patterns take too long on: %.100s", text)
        return None

    return recognise
