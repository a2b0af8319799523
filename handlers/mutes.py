"""/mute, /unmute, /mutes: who wants to hear nothing of what, and for how long."""

from __future__ import annotations

from datetime import tzinfo

from aiogram import Router
from aiogram.filters import Command, CommandObject
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message, User

from handlers import acting
from handlers.desk import Desk, knows_device
from handlers.mute_wishes import LONGEST, parse_number, parse_wish, until_morning
from handlers.reply import acknowledge as answer
from handlers.reply import reply
from sonixbot.alerts import Mute
from sonixbot.clock import Clock
from sonixbot.language import HOUR, Language
from sonixbot.text import mute_words, mutes_words
from sonixbot.text.answers import mute_example_words
from sonixbot.text.incident_answers import which_incident_words
from sonixbot.text.incidents import short_name
from sonixbot.text.markup import together
from sonixbot.text.mutes import (
    PRESS,
    longest_mute_words,
    mute_gone_words,
    unmuted_words,
    which_mute_words,
)


class Press(CallbackData, prefix=PRESS):
    """A press of a button under the warning that a mute ends."""

    action: str
    number: int


def router() -> Router:
    """The handlers of mutes."""
    made = Router(name="mutes")
    acting.guard(made, "mute", "unmute")
    acting.guard_buttons(made, Press.filter())
    made.message.register(mute, Command("mute", ignore_case=True))
    made.message.register(unmute, Command("unmute", ignore_case=True))
    made.message.register(show, Command("mutes", ignore_case=True))
    made.callback_query.register(press, Press.filter())
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
    """Mute everything, a device, a pattern or an incident."""
    now = clock.now()
    wish = parse_wish(command.args or "", lambda name: knows_device(watch, name), zone, now)
    if isinstance(wish, str):
        await reply(message, mute_example_words(wish, language), clock)
        return
    incident, scope, author = None, wish.scope, event_from_user
    if wish.incident is not None:
        incident = watch.policy.find(wish.incident)
        if incident is None:
            instrument = watch.state.instrument
            said = which_incident_words(watch.policy, instrument, language, zone, now)
            await reply(message, said, clock)
            return
        scope = short_name(incident)
    made = watch.mute(
        scope,
        wish.until,
        author.full_name,
        author.id,
        incident,
        level=wish.level,
        comment=wish.comment,
    )
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


async def press(
    callback: CallbackQuery,
    callback_data: Press,
    watch: Desk,
    language: Language,
    zone: tzinfo | None,
    clock: Clock,
) -> None:
    """Prolong a mute that ends soon, or end it now; the warning shows what became of it."""
    now, presser = clock.now(), callback.from_user
    mute = watch.policy.mutes.get(callback_data.number)
    if mute is None or callback_data.action not in ("hour", "morning", "end"):
        await answer(callback, mute_gone_words(language).text)
        return
    await answer(callback)
    if callback_data.action == "end":
        watch.unmute(mute.id, presser.full_name)
        return
    morning = until_morning(watch.policy.rules.morning, zone, now)
    until = morning if callback_data.action == "morning" else max(mute.until, now) + HOUR
    watch.prolong(mute.id, min(until, now + LONGEST), presser.full_name, presser.id)


def _in_force(watch: Desk, now: float) -> list[Mute]:
    return [each for each in watch.policy.mutes.values() if now < each.until]
