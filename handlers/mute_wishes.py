"""Mute wishes: what people mean by the words after /mute and /unmute."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import time, tzinfo
from typing import Final

from sonixbot.alerts import Mute
from sonixbot.entry import LEAST_IMPORTANT, MOST_IMPORTANT
from sonixbot.language import DAY, HOUR, parse_duration, parse_until

DEFAULT_DURATION: Final = HOUR
LONGEST: Final = 7 * DAY

_EVERYTHING: Final = frozenset({"*", "all", "everything", "все", "всё"})
#: Words that a duration or moment takes at the most: "на 2 ч 30 мин".
_TIME_WORDS: Final = 5
#: "level 3", "levels 3-5", "уровень 3", "уровня 3+": that level and less important ones.
_LEVEL: Final = re.compile(
    r"(?:^|(?<=[\s,]))(?:levels?|уров(?:ень|ня|ни|ней))\s*(\d+)(?:\s*[-–]\s*5|\+)?(?=$|[\s,])",
    re.IGNORECASE,
)
#: "#12", "incident 12", "проблема 12": the incident of this number.
_INCIDENT: Final = re.compile(
    r"(?:^|(?<=[\s,]))(?:#|(?:incident|problem|инцидент|проблем[аыу])\s+#?)(\d{1,15})(?=$|[\s,])",
    re.IGNORECASE,
)
#: What begins the comment; the number of an incident does not.
_COMMENT: Final = re.compile(r"(?:^|\s)#(?!\d+(?:$|[\s,]))|\n")


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to be muted."""

    scope: str
    until: float
    #: He asked for longer than a mute may last.
    cut: bool = False
    #: Only this level and less important ones.
    level: int = MOST_IMPORTANT
    comment: str = ""
    #: The number of the one incident that is meant; None: whatever fits the scope.
    incident: int | None = None


def parse_wish(
    arguments: str, known: Callable[[str], bool], zone: tzinfo | None, now: float
) -> Wish | str:
    """What `[duration | until HH:MM] [device, pattern or #n] [level n] [# comment]` ask for.

    All but the comment in any order. Words that are none of it come back.
    """
    said, _, comment = _COMMENT.sub("\n", arguments, count=1).partition("\n")
    level = MOST_IMPORTANT
    if found := _LEVEL.search(said):
        level = int(found[1])
        if not MOST_IMPORTANT <= level <= LEAST_IMPORTANT:
            return found[0].strip()
        said = f"{said[: found.start()]} {said[found.end() :]}"
    incident = None
    if found := _INCIDENT.search(said):
        incident = int(found[1])
        said = f"{said[: found.start()]} {said[found.end() :]}"
    until, scope = _split(said.split(), zone, now)
    if incident is not None and scope:  # it is this incident or a device, not both
        return scope
    if scope.lower() in _EVERYTHING:
        scope = ""
    if scope and "*" not in scope and not known(scope):
        return scope
    latest = now + LONGEST
    said = " ".join(comment.split())
    return Wish(scope, min(until, latest), until > latest, level, said, incident)


def until_morning(morning: time, zone: tzinfo | None, now: float) -> float:
    """When people are back, next time."""
    found = parse_until(f"until {morning:%H:%M}", zone, now)
    return now + DAY if found is None else found


def _split(words: list[str], zone: tzinfo | None, now: float) -> tuple[float, str]:
    """The moment that the first or the last words name, and the other words."""
    for number in range(min(_TIME_WORDS, len(words)), 0, -1):
        for named, others in (
            (words[:number], words[number:]),
            (words[-number:], words[:-number]),
        ):
            until = _moment(_phrase(named), zone, now)
            if until is not None:
                return until, _phrase(others)
    return now + DEFAULT_DURATION, " ".join(words)


def _phrase(words: list[str]) -> str:
    """The words without a comma between them and others."""
    return " ".join(words).strip(", ")


def _moment(text: str, zone: tzinfo | None, now: float) -> float | None:
    seconds = parse_duration(text)
    return parse_until(text, zone, now) if seconds is None else now + seconds


def parse_number(arguments: str, mutes: Iterable[Mute]) -> int | str | None:
    """Which mute `[n | all]` or a muted device names: its number, or None for all of them.

    Nothing at all means the only one there is. Words that name none come back.
    """
    mutes, wanted = list(mutes), " ".join(arguments.split()).lower()
    numbers = {str(each.id): each.id for each in mutes}
    scopes = {each.scope.lower(): each.id for each in mutes if each.scope}
    if not wanted and len(mutes) == 1:
        return mutes[0].id
    if wanted in scopes:
        return scopes[wanted]
    if wanted in _EVERYTHING:
        return None
    return numbers.get(wanted.removeprefix("#"), wanted)
