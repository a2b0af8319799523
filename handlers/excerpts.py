"""/around, /tail, /find, /log, and the button Context: lines of the protocol itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import tzinfo
from functools import partial
from pathlib import Path
from typing import Final

from aiogram import Bot, F, Router
from aiogram.enums import ChatType
from aiogram.exceptions import TelegramBadRequest, TelegramForbiddenError
from aiogram.filters import Command, CommandObject
from aiogram.types import BufferedInputFile, CallbackQuery, FSInputFile, Message

from handlers.desk import Desk
from handlers.errands import Errands
from handlers.incidents import Press
from handlers.reply import Place, acknowledge, reply
from handlers.spans import parse_span
from sonixbot.alerts import Incident
from sonixbot.clock import Clock
from sonixbot.excerpts import Excerpts
from sonixbot.language import Language
from sonixbot.text import excerpts as text
from sonixbot.text.incident_answers import incident_gone_words, which_incident_words
from sonixbot.text.incidents import CONTEXT
from sonixbot.text.markup import Words

#: Lines before and after an error, and of the end of the protocol, unless somebody says how many.
AROUND, TAIL = 10, 20
MOST_AROUND, MOST_TAIL = 100, 200
#: Lines in the answer to /find.
HITS: Final = 20


def router() -> Router:
    """The handlers of excerpts; to be included before those of the other buttons of incidents."""
    made = Router(name="excerpts")
    made.message.register(around, Command("around", ignore_case=True))
    made.message.register(tail, Command("tail", ignore_case=True))
    made.message.register(find, Command("find", ignore_case=True))
    made.message.register(log, Command("log", ignore_case=True))
    made.callback_query.register(press, Press.filter(F.action == CONTEXT))
    return made


def parse_around(arguments: str, newest: Callable[[], int]) -> tuple[int, int] | None:
    """What `[n] [k]` ask for: number of the incident and of lines; None: they make no sense."""
    typed = arguments.split()
    numbers = [_number(each.removeprefix("#")) for each in typed]
    if len(numbers) > 2 or None in numbers:
        return None
    incident, lines = [*numbers, *(None, None)][:2]
    return (
        newest() if incident is None else incident,
        AROUND if lines is None else min(lines, MOST_AROUND),
    )


def parse_tail(arguments: str) -> int | None:
    """How many lines `[n]` asks for; None: it is no number above zero."""
    if not arguments.strip():
        return TAIL
    number = _number(arguments.strip())
    return min(number, MOST_TAIL) if number else None


def _number(typed: str) -> int | None:
    # Longer ones are no numbers of anything, and int() refuses very long ones.
    return int(typed) if typed.isdecimal() and len(typed) < 16 else None


async def around(
    message: Message,
    command: CommandObject,
    bot: Bot,
    watch: Desk,
    excerpts: Excerpts,
    errands: Errands,
    language: Language,
    zone: tzinfo | None,
    clock: Clock,
) -> None:
    """Show the lines around an incident's newest entry."""
    wish = parse_around(command.args or "", lambda: _newest(watch))
    if wish is None:
        await reply(message, text.around_example_words(language), clock)
        return
    incident = watch.policy.find(wish[0])
    if incident is None:
        instrument, now = watch.state.instrument, clock.now()
        said = which_incident_words(watch.policy, instrument, language, zone, now)
        await reply(message, said, clock)
        return
    place = Place.asked(message, bot)
    work = partial(_show_context, place, incident, wish[1], watch, excerpts, language, clock)
    await errands.begin(place.chat_id, work, partial(place.say, clock=clock), language)


def _newest(watch: Desk) -> int:
    """Number of the incident of which something was read last; 0: there is none."""
    newest = max(watch.policy.incidents.values(), key=_recent, default=None)
    return newest.id if newest else 0


def _recent(incident: Incident) -> tuple[float, float]:
    # What is read in one go, after a restart, is told apart by the protocol's times.
    return incident.seen, incident.last


async def tail(
    message: Message,
    command: CommandObject,
    bot: Bot,
    watch: Desk,
    excerpts: Excerpts,
    errands: Errands,
    language: Language,
    clock: Clock,
) -> None:
    """Show the last lines."""
    number = parse_tail(command.args or "")
    if number is None:
        await reply(message, text.tail_example_words(language), clock)
        return
    place = Place.asked(message, bot)

    async def show() -> None:
        found = await excerpts.tail(watch.state.path, number)
        extract = text.tail_words(found, watch.state.instrument, language)
        await _give(place, extract, found.path, clock)

    await errands.begin(place.chat_id, show, partial(place.say, clock=clock), language)


async def find(
    message: Message,
    command: CommandObject,
    bot: Bot,
    watch: Desk,
    excerpts: Excerpts,
    errands: Errands,
    language: Language,
    zone: tzinfo | None,
    clock: Clock,
) -> None:
    """Show the newest lines that hold a text."""
    wanted = (command.args or "").strip()
    if not wanted:
        await reply(message, text.find_example_words(language), clock)
        return
    place = Place.asked(message, bot)

    async def show() -> None:
        found = await excerpts.find(watch.state.path, wanted, HITS)
        instrument, now = watch.state.instrument, clock.now()
        extract = text.found_words(found, wanted, instrument, language, zone, now)
        await _give(place, extract, found.path, clock)

    await errands.begin(place.chat_id, show, partial(place.say, clock=clock), language)


async def log(
    message: Message,
    command: CommandObject,
    bot: Bot,
    watch: Desk,
    excerpts: Excerpts,
    errands: Errands,
    language: Language,
    zone: tzinfo | None,
    clock: Clock,
) -> None:
    """Send the working protocol, or a stretch of time of it, as a file."""
    typed, now = (command.args or "").strip(), clock.now()
    span = parse_span(typed, zone, now) if typed else None
    if typed and span is None:
        await reply(message, text.log_example_words(typed, language), clock)
        return
    place = Place.asked(message, bot)

    async def send() -> None:
        path, instrument = watch.state.path, watch.state.instrument
        async with excerpts.cut(path, span) as sheet:
            if sheet is None:
                view = watch.state.view()
                await place.say(text.empty_words(span, view, language, zone, now), clock)
                return
            said = text.sheet_words(path, span, instrument, language, zone, now)
            await place.hand(FSInputFile(sheet.file, sheet.name), said, clock)

    await errands.begin(place.chat_id, send, partial(place.say, clock=clock), language)


async def press(
    callback: CallbackQuery,
    callback_data: Press,
    bot: Bot,
    watch: Desk,
    excerpts: Excerpts,
    errands: Errands,
    language: Language,
    clock: Clock,
) -> None:
    """Show the lines around an incident under its post; those of a channel's, in private."""
    incident, post = watch.policy.find(callback_data.number), callback.message
    if incident is None or post is None:
        await acknowledge(callback, incident_gone_words(language).text)
        return
    in_channel = post.chat.type == ChatType.CHANNEL
    place = Place(bot, callback.from_user.id) if in_channel else Place.under(post, bot)

    async def tell(said: Words) -> None:
        await acknowledge(callback, said.text)

    show = partial(_show_context, place, incident, AROUND, watch, excerpts, language, clock)
    if in_channel:
        work = partial(_show_in_private, callback, show, bot, language)
        await errands.begin(place.chat_id, work, tell, language)
    elif errands.busy(place.chat_id):
        await tell(text.busy_words(language))
    else:
        await acknowledge(callback)
        await errands.begin(place.chat_id, show, partial(place.say, clock=clock), language)


async def _show_in_private(
    callback: CallbackQuery, show: Callable[[], Awaitable[None]], bot: Bot, language: Language
) -> None:
    """A channel is for many: the lines go to whoever pressed, and he is told where they are.

    A bot may write only to people who have begun to write to it.
    """
    try:
        await show()
    except (TelegramForbiddenError, TelegramBadRequest) as error:
        unknown = isinstance(error, TelegramForbiddenError) or "chat not found" in error.message
        if not unknown:
            raise
        name = (await bot.me()).username or ""
        await acknowledge(callback, text.begin_text(language, name))
    else:
        await acknowledge(callback, text.sent_text(language))


async def _show_context(
    place: Place,
    incident: Incident,
    number: int,
    watch: Desk,
    excerpts: Excerpts,
    language: Language,
    clock: Clock,
) -> None:
    context = await excerpts.around(incident.entry, number, number)
    extract = text.context_words(context, incident, watch.state.instrument, language)
    await _give(place, extract, context.path, clock)


async def _give(place: Place, extract: text.Extract, path: str, clock: Clock) -> None:
    """Post lines as a message, or as a file where they are too long for one."""
    said = extract.said
    if said is not None:
        await place.say(said, clock)
        return
    file = BufferedInputFile(extract.text.encode("utf-8", "replace"), f"{Path(path).stem}.txt")
    await place.hand(file, extract.head, clock)
