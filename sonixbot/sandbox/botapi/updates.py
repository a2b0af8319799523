"""Updates: what waits for the bot, and who may fetch it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from sonixbot.clock import Clock
from sonixbot.sandbox.botapi.call import Call, Refusal
from sonixbot.sandbox.botapi.chats import PRESS_AGE

#: https://core.telegram.org/bots/api#getupdates: in one answer, and seconds a question stays open.
MOST_UPDATES, LONGEST_POLL = 100, 50
#: Seconds for which an update waits (https://core.telegram.org/bots/api#getting-updates).
AGE: Final = 24 * 3600.0
#: What is told only to a bot that asks for it.
_UNUSUAL: Final = frozenset(["chat_member", "message_reaction", "message_reaction_count"])


@dataclass(frozen=True)
class _Update:
    number: int
    kind: str
    queued: float
    told: dict[str, Any]


class Updates:
    """The queue of one bot."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._queue: list[_Update] = []
        #: What the bot asked to be told of the last time it said so; empty: the usual.
        self._wanted: frozenset[str] = frozenset()
        self._changed = asyncio.Condition()
        self._poller = 0

    async def put(self, number: int, update: dict[str, Any]) -> None:
        """Queue an update, unless the bot does not want to be told such things."""
        (kind,) = update
        if kind in self._wanted if self._wanted else kind not in _UNUSUAL:
            told = {"update_id": number, **update}
            self._queue.append(_Update(number, kind, self._clock.now(), told))
        await self._notify()

    async def fetch(self, call: Call) -> list[dict[str, Any]]:
        """Wait for updates; a later poller turns the waiting one away. Raises `Refusal`."""
        self._confirm(call.number("offset") or 0)
        wanted = call.value("allowed_updates", "allowed_updates", list)
        if wanted is not None:
            self._wanted = frozenset(map(str, wanted))
        seconds = min(max(0, call.number("timeout") or 0), LONGEST_POLL)
        self._poller += 1
        turn = self._poller
        await self._notify()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds), self._changed:
                await self._changed.wait_for(lambda: self._fresh() or turn != self._poller)
        if turn != self._poller:
            raise Refusal(
                409,
                "Conflict: terminated by other getUpdates request; make sure that only one bot "
                "instance is running",
            )
        limit = min(max(1, call.number("limit") or MOST_UPDATES), MOST_UPDATES)
        return [each.told for each in self._fresh()[:limit]]

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _confirm(self, offset: int) -> None:
        """Forget the updates before `offset`; a negative one counts from the end."""
        if offset < 0:
            self._queue = self._queue[offset:]
        else:
            self._queue = [each for each in self._queue if each.number >= offset]

    def _fresh(self) -> list[_Update]:
        """What waits, without what waited too long."""
        now = self._clock.now()
        ages = {"callback_query": PRESS_AGE}
        self._queue = [
            each for each in self._queue if now - each.queued <= ages.get(each.kind, AGE)
        ]
        return self._queue
