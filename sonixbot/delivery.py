"""Delivery: outbox → messengers, in order for each destination and within its limits."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import tzinfo
from typing import Final

from sonixbot import text
from sonixbot.clock import Clock
from sonixbot.endurance import backoff, endure
from sonixbot.errors import (
    AddressMoved,
    DeliveryError,
    NeedsRepair,
    TryLater,
    Undeliverable,
    sentence,
)
from sonixbot.health import Health
from sonixbot.language import DAY, MINUTE, Language
from sonixbot.message import Delivery, Marks, Message, Origin, State
from sonixbot.messengers import Messenger
from sonixbot.outbox import Destination, Outbox
from sonixbot.pace import PACES, SCRIPTS, Call, Pace, pause

log = logging.getLogger(__name__)

#: Messages older than this say from when they are.
DELAYED_AFTER: Final = 5 * MINUTE
#: What only a person can repair is tried again so rarely that no account is locked for it.
REPAIR_PAUSE: Final = 10 * MINUTE
#: So often a message may make sonixbot itself fail before it is given up.
FAULTS: Final = 5
#: Another process may have put something into the outbox.
LOOK_EVERY: Final = 10.0


class Deliverer:
    """The one that delivers: a task for each destination that has something open."""

    def __init__(
        self,
        outbox: Outbox,
        health: Health,
        clock: Clock,
        language: Language,
        zone: tzinfo | None,
        told: Callable[[str], None] = lambda _key: None,
    ) -> None:
        """`told` hears the key of each message whose fate at a destination changed."""
        self._outbox = outbox
        self._health = health
        self._clock = clock
        self._language = language
        self._zone = zone
        self._told = told
        self._messengers: dict[str, Messenger] = {}
        self._bells: dict[str, asyncio.Event] = {}
        self._faults: Counter[int] = Counter()
        self._new = asyncio.Event()

    def add(self, messenger: Messenger) -> None:
        """From now on this messenger's destinations are served."""
        self._messengers[messenger.name] = messenger
        self.wake()

    def wake(self) -> None:
        """There is something new in the outbox."""
        self._new.set()
        for bell in self._bells.values():
            bell.set()

    def reached(self, messenger: str) -> None:
        """A call got through to this messenger's server: what backed off may try again."""
        self._outbox.wake(messenger, self._clock.now())
        self.wake()

    async def close(self, seconds: float) -> None:
        """Close the messengers, each within so many seconds."""
        for messenger in self._messengers.values():
            try:
                async with asyncio.timeout(seconds):
                    await messenger.close()
            except Exception:
                log.warning("%s could not be closed", messenger.name, exc_info=True)

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until `stop`; a call under way is awaited."""
        self._bells.clear()
        async with asyncio.TaskGroup() as group:

            async def turn() -> None:
                self._new.clear()
                for name in self._outbox.destinations():
                    messenger = self._messengers.get(name.partition(":")[0])
                    if messenger and name not in self._bells:
                        self._bells[name] = asyncio.Event()
                        group.create_task(self._serve(name, messenger, stop), name=f"to {name}")
                if not stop.is_set():
                    await self._clock.wait(self._new, LOOK_EVERY)

            await endure("delivery", turn, stop, self._clock)
            self.wake()

    async def _serve(self, destination: str, messenger: Messenger, stop: asyncio.Event) -> None:
        bell = self._bells[destination]

        async def turn() -> None:
            bell.clear()
            # An earlier turn that could not write down how it ended left its delivery behind.
            self._outbox.recover(destination, self._clock.now())
            seconds = await self._turn(destination, messenger)
            if seconds > 0 and not stop.is_set():
                await self._clock.wait(bell, min(seconds, LOOK_EVERY))

        await endure(f"delivery to {destination}", turn, stop, self._clock)

    async def _turn(self, destination: str, messenger: Messenger) -> float:
        """Deliver the next thing; return the seconds in which there is nothing to do."""
        now = self._clock.now()
        known = self._outbox.destination(destination)
        wait = known.resume - now
        longest = DAY if known.obeyed else REPAIR_PAUSE
        if 0 < wait <= longest:  # more: the clock was set back
            await messenger.rest()
            return wait
        chosen = self._choose(known, PACES[messenger.name], now)
        if isinstance(chosen, float):
            await messenger.rest()
            return chosen
        await self._deliver(*chosen, messenger)
        return 0.0

    def _choose(self, known: Destination, pace: Pace, now: float) -> tuple[Delivery, Call] | float:
        """What goes next and as what sort of call, or the seconds to wait."""
        waits = [LOOK_EVERY]
        for delivery in self._outbox.heads(known.name, now):
            call = Call.of(delivery)
            wait = pause(pace, known.calls, call, now)
            if wait <= 0:
                return self._joined_scripts(delivery, known, now), call
            waits.append(wait)
            if pace.lists and call is not Call.DIGEST:
                wait = pause(pace, known.calls, Call.LIST, now)
                if wait <= 0:
                    return self._join(delivery, self._outbox.waiting(known.name), now), Call.LIST
                waits.append(wait)
        if due := self._outbox.due(known.name, now):
            waits.append(max(0.1, due - now))
        return min(waits)

    def _joined_scripts(self, delivery: Delivery, known: Destination, now: float) -> Delivery:
        """The script's message itself, or the list it goes in where its scripts talk too much."""
        lately = [moment for moment, call in known.calls if call is Call.SCRIPT]
        busy = sum(1 for moment in lately if moment > now - MINUTE) >= SCRIPTS - 1
        if Call.of(delivery) is not Call.SCRIPT or not busy:
            return delivery
        return self._join(delivery, self._outbox.waiting(known.name, Origin.SCRIPT), now)

    def _join(self, delivery: Delivery, waiting: list[Delivery], now: float) -> Delivery:
        """The list in which all of these go that can; the delivery itself if they are too few."""
        whole = [each for each in waiting if _joins(each)]
        if len(whole) < 2:
            return delivery
        first, last = whole[0].message, whole[-1].message
        words = text.joined_words([each.message for each in whole], self._language, self._zone, now)
        message = replace(
            first,
            key=f"list-{first.key}-{last.key}-{now:.3f}",
            text=words.text,
            html=words.html,
            subject=words.subject,
            thread="",
            buttons=(),
            answers="",
        )
        self._outbox.join(whole, message, now)
        return next(
            each
            for each in self._outbox.waiting(whole[0].destination)
            if each.message.key == message.key
        )

    async def _deliver(self, delivery: Delivery, call: Call, messenger: Messenger) -> None:
        now = self._clock.now()
        marks = delivery.marks
        if delivery.state is State.WAITING and not delivery.part:
            marks = _marks(delivery, now)
        self._outbox.begin(delivery, marks, call, now)
        address = delivery.destination.partition(":")[2]
        try:
            words = self._marked(delivery.message, marks, now)
            if delivery.state is State.STALE:
                await messenger.edit(address, delivery.remote[0], words)
            else:
                await self._send(delivery, call, words, address, messenger)
        except DeliveryError as error:
            self._failed(delivery, error, messenger)
        except Exception as error:  # a fault of ours must not stop what is behind
            log.exception("delivery %d to %s", delivery.id, delivery.destination)
            self._failed(delivery, self._our_fault(delivery, error), messenger)
        else:
            log.info("delivery %d to %s: %s", delivery.id, delivery.destination, call)
            self._faults.pop(delivery.id, None)
            self._outbox.sent(delivery, self._clock.now())
            if self._health.works(delivery.destination, self._clock.now()):
                self.reached(messenger.name)
        self._tell(delivery)

    async def _send(
        self, delivery: Delivery, call: Call, words: Message, address: str, messenger: Messenger
    ) -> None:
        if words.answers:
            answered = self._outbox.remote(words.answers, delivery.destination)
            words = replace(words, answers=answered)
        remote = list(delivery.remote)
        for part in range(delivery.part, messenger.parts(words)):
            if part > delivery.part:
                await self._clock.sleep(PACES[messenger.name].gap)
                self._outbox.called(delivery.destination, call, self._clock.now())
            remote.append(await messenger.send(address, words, part))
            self._outbox.arrived(delivery, part + 1, remote, self._clock.now())

    def _marked(self, message: Message, marks: Marks, now: float) -> Message:
        if not marks:
            return message
        return text.marked(
            message,
            delayed_from=message.created if Marks.DELAYED in marks else None,
            repeat=Marks.REPEAT in marks,
            language=self._language,
            zone=self._zone,
            now=now,
        )

    def _failed(self, delivery: Delivery, error: DeliveryError, messenger: Messenger) -> None:
        now = self._clock.now()
        name = delivery.destination
        if isinstance(error, AddressMoved):
            self._outbox.move(name, f"{messenger.name}:{error.new_address}")
            log.warning("%s moved to %s; write the new id into the configuration", name, error)
            self._new.set()
            return
        if isinstance(error, Undeliverable):
            self._outbox.bury(delivery, error.reason, now)
            log.error("delivery %d to %s given up: %s", delivery.id, name, error)
            return
        unknown = isinstance(error, TryLater) and error.unknown
        after = error.after if isinstance(error, TryLater) else None
        tries = self._outbox.destination(name).tries + 1
        wait = REPAIR_PAUSE if isinstance(error, NeedsRepair) else backoff(tries)
        self._outbox.failed(delivery, error.reason, unknown=unknown, now=now)
        self._outbox.hold(
            name,
            now + (wait if after is None else after),
            reason=error.reason,
            obeyed=after is not None,
            now=now,
        )
        if self._health.fails(name, now, error.reason):
            log.warning("delivery to %s fails: %s", name, error)

    def _our_fault(self, delivery: Delivery, error: Exception) -> DeliveryError:
        reason = sentence("sonixbot failed while sending it: {error}", error=type(error).__name__)
        self._faults[delivery.id] += 1
        if self._faults[delivery.id] < FAULTS:
            return TryLater(reason, unknown=True)
        return Undeliverable(reason)

    def _tell(self, delivery: Delivery) -> None:
        self._told(delivery.message.key)


def _joins(delivery: Delivery) -> bool:
    """Whether it can go within a list: nothing of it has arrived, and words are all it has."""
    message = delivery.message
    begun = delivery.part or delivery.unknown
    return not (begun or message.files or message.origin is Origin.DIGEST)


def _marks(delivery: Delivery, now: float) -> Marks:
    marks = Marks.DELAYED if now - delivery.message.created > DELAYED_AFTER else Marks.NONE
    return marks | Marks.REPEAT if delivery.unknown else marks
