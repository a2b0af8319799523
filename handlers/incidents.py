"""/incidents, /incident, /ack, and the buttons under the posts of incidents."""

from __future__ import annotations

from datetime import time, tzinfo

from aiogram import Router
from aiogram.filters import Command, CommandObject
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, Message, User

from handlers import acting
from handlers.desk import Desk
from handlers.mute_wishes import until_morning
from handlers.reply import acknowledge as answer
from handlers.reply import reply
from sonixbot.alerts import Incident
from sonixbot.clock import Clock
from sonixbot.language import HOUR, Language
from sonixbot.text.incident_answers import (
    care_words,
    incident_gone_words,
    incidents_words,
    story_words,
    which_incident_words,
)
from sonixbot.text.incidents import PRESS, short_name
from sonixbot.text.storms import PRESS as PRESS_ALL


class Press(CallbackData, prefix=PRESS):
    """A press of a button under the post of an incident."""

    action: str
    number: int


class PressAll(CallbackData, prefix=PRESS_ALL):
    """A press of the button under the digest of a storm."""

    action: str
    number: int


def router() -> Router:
    """The handlers of incidents."""
    made = Router(name="incidents")
    acting.guard(made, "ack")
    acting.guard_buttons(made, Press.filter(), PressAll.filter())
    made.message.register(acknowledge, Command("ack", ignore_case=True))
    made.message.register(show, Command("incident", ignore_case=True))
    made.message.register(show_all, Command("incidents", ignore_case=True))
    made.callback_query.register(press, Press.filter())
    made.callback_query.register(press_all, PressAll.filter())
    return made


async def show_all(
    message: Message, watch: Desk, language: Language, zone: tzinfo | None, clock: Clock
) -> None:
    """List what is open."""
    now = clock.now()
    said = incidents_words(watch.policy, watch.state.instrument, language, zone, now)
    await reply(message, said, clock)


async def show(
    message: Message,
    command: CommandObject,
    watch: Desk,
    language: Language,
    zone: tzinfo | None,
    clock: Clock,
) -> None:
    """Tell all that is known of one incident."""
    now, instrument = clock.now(), watch.state.instrument
    incident = _named(command, watch, now)
    if incident is None:
        said = which_incident_words(watch.policy, instrument, language, zone, now)
    else:
        said = story_words(incident, watch.policy, instrument, language, zone, now)
    await reply(message, said, clock)


async def acknowledge(
    message: Message,
    command: CommandObject,
    event_from_user: User,
    watch: Desk,
    language: Language,
    zone: tzinfo | None,
    clock: Clock,
) -> None:
    """Take care of an incident."""
    now, instrument = clock.now(), watch.state.instrument
    incident = _named(command, watch, now)
    if incident is None:
        said = which_incident_words(watch.policy, instrument, language, zone, now)
    else:
        watch.acknowledge([incident.id], event_from_user.full_name, event_from_user.id)
        said = care_words(incident, watch.policy, language, zone, now)
    await reply(message, said, clock)


def _named(command: CommandObject, watch: Desk, now: float) -> Incident | None:
    """The incident of the number that was given; without one, the only one that is open."""
    given = (command.args or "").strip().removeprefix("#")
    if not given:
        found = watch.policy.open(now)
        return found[0] if len(found) == 1 else None
    return watch.policy.find(int(given)) if given.isdecimal() else None


async def press(
    callback: CallbackQuery,
    callback_data: Press,
    watch: Desk,
    language: Language,
    zone: tzinfo | None,
    clock: Clock,
) -> None:
    """Do what a button says; its post shows it, and whoever pressed is told in passing."""
    now, presser = clock.now(), callback.from_user
    incident = watch.policy.find(callback_data.number)
    until = _until(callback_data.action, watch.policy.rules.morning, zone, now)
    if incident is None or (until is None and callback_data.action != "ack"):
        await answer(callback, incident_gone_words(language).text)
        return
    await answer(callback)
    if until is None:
        watch.acknowledge([incident.id], presser.full_name, presser.id)
    else:
        watch.mute(short_name(incident), until, presser.full_name, presser.id, incident)


async def press_all(
    callback: CallbackQuery,
    callback_data: PressAll,
    watch: Desk,
    language: Language,
) -> None:
    """Take care of all that a storm brought; its digest shows it."""
    storm, presser = watch.policy.storms.get(callback_data.number), callback.from_user
    if storm is None or callback_data.action != "ack":
        await answer(callback, incident_gone_words(language).text)
        return
    await answer(callback)
    going_on = [each.id for each in watch.policy.in_storm(storm) if each.ended is None]
    watch.acknowledge(going_on, presser.full_name, presser.id)


def _until(action: str, morning: time, zone: tzinfo | None, now: float) -> float | None:
    """Until when a button mutes; None where it does not."""
    if action == "hour":
        return now + HOUR
    return until_morning(morning, zone, now) if action == "morning" else None
