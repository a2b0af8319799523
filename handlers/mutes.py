"""/mute, /unmute, /mutes: who wants to hear nothing of what, and for how long."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from aiogram import Router
from aiogram.filters import Command, CommandObject
from aiogram.types import Message, User

from handlers import acting
from handlers.desk import Desk, knows_device
from handlers.reply import reply
from sonixbot.alerts import Mute
from sonixbot.clock import Clock
from sonixbot.language import DAY, HOUR, Language, parse_duration, parse_until
from sonixbot.text import mute_words, mutes_words
from sonixbot.text.answers import mute_example_words
from sonixbot.text.markup import together
from sonixbot.text.mutes import longest_mute_words, unmuted_words, which_mute_words

DEFAULT_DURATION: Final = HOUR
LONGEST: Final = 7 * DAY

_EVERYTHING: Final = frozenset({"*", "all", "everything", "все", "всё"})
#: Words that a duration or moment takes at the most: "на 2 ч 30 мин".
_TIME_WORDS: Final = 5


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to be muted."""

    scope: str
    until: float
    #: He asked for longer than a mute may last.
    cut: bool = False


def router() -> Router:
    """The handlers of mutes."""
    made = Router(name="mutes")
    acting.guard(made, "mute", "unmute")
    made.message.register(mute, Command("mute", ignore_case=True))
    made.message.register(unmute, Command("unmute", ignore_case=True))
    made.message.register(show, Command("mutes", ignore_case=True))
    return made


async def mute(
    message: Message,
    command: CommandObject,
    event_from_user: User,
    watch: Desk,
    language: Language,
    zone: tzinfo | None,
    clock: Clock,
) -> None:
    """Mute everything, a device or a pattern."""
    now = clock.now()
    wish = parse_wish(command.args or "", lambda name: knows_device(watch, name), zone, now)
    if isinstance(wish, str):
        await reply(message, mute_example_words(wish, language), clock)
        return
    made = watch.mute(wish.scope, wish.until, event_from_user.full_name, event_from_user.id)
    said = mute_words(made, watch.state.instrument, language, zone, now)
    if wish.cut:
        said = together(said, longest_mute_words(LONGEST, language))
    await reply(message, said, clock)


async def unmute(
    message: Message,
    command: CommandObject,
    event_from_user: User,
    watch: Desk,
    language: Language,
    zone: tzinfo | None,
    clock: Clock,
) -> None:
    """End one mute, or all of them."""
    now = clock.now()
    mutes = _in_force(watch, now)
    number = parse_number(command.args or "", mutes)
    if isinstance(number, str):
        instrument = watch.state.instrument
        await reply(message, which_mute_words(mutes, instrument, language, zone, now), clock)
        return
    ended = watch.unmute(number, event_from_user.full_name)
    await reply(message, unmuted_words(ended, language), clock)


async def show(
    message: Message, watch: Desk, language: Language, zone: tzinfo | None, clock: Clock
) -> None:
    """List the mutes in force."""
    now = clock.now()
    said = mutes_words(_in_force(watch, now), watch.state.instrument, language, zone, now)
    await reply(message, said, clock)


def _in_force(watch: Desk, now: float) -> list[Mute]:
    return [each for each in watch.policy.mutes.values() if now < each.until]


def parse_wish(
    arguments: str, known: Callable[[str], bool], zone: tzinfo | None, now: float
) -> Wish | str:
    """What `[duration | until HH:MM] [device or pattern]` in any order ask for.

    Words that are neither come back.
    """
    until, scope = _split(arguments.split(), zone, now)
    if scope.lower() in _EVERYTHING:
        scope = ""
    if scope and "*" not in scope and not known(scope):
        return scope
    latest = now + LONGEST
    return Wish(scope, min(until, latest), until > latest)


def _split(words: list[str], zone: tzinfo | None, now: float) -> tuple[float, str]:
    """The moment that the first or the last words name, and the other words."""
    for number in range(min(_TIME_WORDS, len(words)), 0, -1):
        for time, others in (
            (words[:number], words[number:]),
            (words[-number:], words[:-number]),
        ):
            until = _moment(_phrase(time), zone, now)
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
