"""Watch: tail → formats → state → alerts → outbox; each turn is one transaction."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

from sonixbot.alerts import AlertPolicy, CatchUp, Changes, Decision, Way
from sonixbot.alerts.tally import Tally
from sonixbot.bell import Bell
from sonixbot.clock import Clock
from sonixbot.endurance import backoff, endure
from sonixbot.errors import Sentence, sentence
from sonixbot.formats import Reader
from sonixbot.health import Health, Status
from sonixbot.herald import Herald
from sonixbot.history import Older, fill, nothing
from sonixbot.language import HOUR, MINUTE
from sonixbot.message import State
from sonixbot.outbox import Outbox
from sonixbot.state import ProtocolState
from sonixbot.store import Store
from sonixbot.tail import Block, Position, Tail, blocks, head
from sonixbot.vigil import Vigil
from sonixbot.wishes import Wishes

log = logging.getLogger(__name__)

#: A look at the file beside the system's notice of a change, which shares never give.
LOOK_EVERY: Final = 0.25
#: Bytes of one turn: what follows from them is written down at once, and others wait so long.
BLOCK: Final = 64 * 1024
#: How often the passing of time is looked at: ends of mutes, mails owed.
TICK_EVERY: Final = 5.0
#: How often it is noted that the service lives, for the "away from … to …" after a restart.
NOTE_EVERY: Final = MINUTE

NO_PROTOCOL: Final = sentence(
    "No protocol is configured (protocol.path), so only messages of scripts are passed on."
)


class Watch(Wishes):
    """Follows the working protocol of one instrument."""

    def __init__(
        self,
        where: str | None,
        new_reader: Callable[[], Reader],
        *,
        store: Store,
        outbox: Outbox,
        herald: Herald,
        policy: AlertPolicy,
        state: ProtocolState,
        vigil: Vigil,
        health: Health,
        clock: Clock,
        wake: Callable[[], None],
    ) -> None:
        """`where`: the protocol's path or pattern; `wake`: the outbox has something new."""
        super().__init__(policy, store, herald, clock, wake)
        self.state = state
        self._outbox, self._health = outbox, health
        self._vigil = vigil
        #: Where reading stands is known, and may be written down.
        self._placed = store.fact("position") is not None
        self._new_reader = new_reader
        self._reader = new_reader()
        self._tail = Tail(where, self._remembered(), size=BLOCK) if where else None
        self._started = clock.now()
        #: Set once the first reading is done.
        self.begun = asyncio.Event()
        #: Blocks that could not be understood and of which nobody has been told.
        self._unread: list[Block] = []
        #: Something was read after the last commit.
        self._uncommitted = False
        self._trouble: Sentence | None = None
        self._trouble_since: float | None = None
        self._ticked = self._noted = self._started

    def _remembered(self) -> Position | None:
        data = self._store.fact("position")
        return Position.from_json(data) if data else None

    async def run(self, stop: asyncio.Event) -> None:
        """Read what is there, then follow what comes, until `stop`."""
        tail = self._tail
        if tail is None:
            self.begun.set()
            await self._repeat("passing of time", self._pass_time, asyncio.Event(), stop)
            return
        bell = Bell(Path(tail.where).parent)

        async def look() -> None:
            bell.keep()
            await self._follow(tail)
            await self._pass_time()

        try:
            async with asyncio.TaskGroup() as group:
                older = await self._begin(tail)
                reading = group.create_task(_guarded(older), name="older part of the protocol")
                await self._repeat("watching", look, bell.rung, stop)
                reading.cancel()
        finally:
            bell.close()
            with suppress(sqlite3.Error):  # then the time away is told a minute too long
                self._store.remember("alive", self._clock.now())

    async def _repeat(
        self,
        name: str,
        look: Callable[[], Awaitable[None]],
        rung: asyncio.Event,
        stop: asyncio.Event,
    ) -> None:
        async def turn() -> None:
            rung.clear()
            await look()
            if not stop.is_set():
                await self._clock.wait(rung, LOOK_EVERY)

        await endure(name, turn, stop, self._clock)

    async def _begin(self, tail: Tail) -> Older:
        """The state from what was told before, then a digest of what came meanwhile.

        Returns the reading of the older part of a long protocol, which may take its time.
        """
        if self._store.fact("position") is None:
            tail.position = await self._baseline(tail)
            self._store.remember("position", tail.position.to_json())
            self._placed = True
        older = await self._history(tail.position)
        decisions: list[Decision] = []
        while block := tail.read(self._clock.now()):
            decisions += self._take(block, live=False)
            await asyncio.sleep(0)
        self._note_trouble(tail.trouble)
        caught, away = self.policy.catch_up(decisions), self._store.fact("alive")
        await self._commit(partial(self._catch_up, caught, away))
        self.begun.set()
        return older

    def _catch_up(self, caught: CatchUp, away: float | None, now: float) -> None:
        """Tell what came while the service was away; where nothing is to be told, that it was."""
        self._herald.catch_up(caught, self.policy, away, now)
        if away is not None and self._vigil.was_away(away, now):
            for way, told in ((Way.TELEGRAM, caught.posts), (Way.MAIL, caught.mails)):
                if not told:
                    self._herald.was_away(
                        way, away, self.policy.came_since(self._started, way), now
                    )

    async def _history(self, position: Position) -> Older:
        try:
            return await fill(self.state, self._reader, self._new_reader, position)
        except Exception:  # without what was, what comes can still be told
            log.exception("what stands in %s before byte %d", position.path, position.offset)
            return nothing

    async def _baseline(self, tail: Tail) -> Position:
        """Where the protocol ends at the very first start: what stands before is not pushed.

        A protocol that cannot be read now is waited for: it is no file that appears later.
        """
        while True:
            try:
                return tail.end() or Position.nothing()
            except OSError:
                self._note_trouble(tail.trouble)
                await self._pass_time()
                await self._clock.sleep(TICK_EVERY)

    async def _follow(self, tail: Tail) -> None:
        """Read what is new, block by block."""
        while block := tail.read(self._clock.now()):
            decisions = self._take(block)
            self._uncommitted = True
            changes = self.policy.changes
            if decisions or changes or self._unread or block.fresh:
                await self._commit(partial(self._herald.tell, decisions, self.policy))
            await asyncio.sleep(0)
        self._note_trouble(tail.trouble)

    def _take(self, block: Block, *, live: bool = True) -> list[Decision]:
        """Let the entries of a block into the state and the book of incidents."""
        decisions: list[Decision] = []
        try:
            self._tell(block, decisions, live=live)
        except Exception:  # a fault of ours in one place must not hide all that comes after it
            log.exception("%d bytes of %s from %d on", len(block.data), block.path, block.start)
            self._unread.append(block)
        return decisions

    def _tell(self, block: Block, decisions: list[Decision], *, live: bool) -> None:
        now = self._clock.now()
        if block.fresh:
            self._reader = self._new_reader()
            self.state.begin(block.path)
        elif not self.state.protocol:  # the rest of a file that was renamed while nobody watched
            self._reader.detect(head(block.path), block.path)
            if self._reader.layout.header:  # the day is not in its lines
                changed = Path(block.path).stat().st_mtime
                self._reader.find_day(blocks(block.path, block.start), changed)
            self.state.begin(block.path)
        self.state.path = block.path
        for entry in self._reader.feed(block):
            before = self.state.apply(entry)
            self._vigil.note(entry, before, now)
            decisions += self.policy.apply(entry, now, before, live=live)
        self.state.lines += block.data.count(b"\n")
        self.state.read_at = now

    async def _commit(self, tell: Callable[[float], None]) -> None:
        """Write down together where reading stands and all that follows from having read it.

        As long as that cannot be written nothing more is read, so nothing is lost.
        """
        tries = 0
        while True:
            now = self._clock.now()
            try:
                with self._store.transaction():
                    tell(now)
                    for block in self._unread:
                        self._herald.unread(block.path, block.start, len(block.data), now)
                    self._store.save(self.policy, now)
                    self._vigil.save()
                    self._store.remember("alive", now)
                    if self._tail and self._placed:
                        self._store.remember("position", self._tail.position.to_json())
                break
            except sqlite3.Error as error:
                tries += 1
                log.error("%s: %s; trying again", self._store.path, error)
                await self._clock.sleep(backoff(tries))
        self.policy.changes = Changes()
        self._unread.clear()
        self._uncommitted = False
        self._noted = now
        self._wake()

    async def _pass_time(self) -> None:
        """Do what the passing of time asks for."""
        now = self._clock.now()
        if not 0 <= now - self._ticked < TICK_EVERY:  # less than 0: the clock was set back
            self._ticked = now
            decisions = self.policy.tick(now)
            if self._tail:
                activity = self.state.activity
                decisions += self._vigil.look(self.policy, activity, self._trouble, now)
            tally = self._vigil.tally if self._vigil.alive_due(now) else None
            # Harmless lines are committed here: read again after a kill, they do no harm, and a
            # disk that must sync after each of them would be the measurement's.
            if decisions or tally or self._uncommitted or not 0 <= now - self._noted < NOTE_EVERY:
                await self._commit(partial(self._tell_passing, decisions, tally))

    def _tell_passing(self, decisions: list[Decision], tally: Tally | None, now: float) -> None:
        """Carry out what the passing of time asked for; `tally`: for the daily line, if it is due.

        In one transaction, as a commit between them would write down as told what is not.
        """
        self._herald.tell(decisions, self.policy, now)
        if tally is not None:
            self._herald.alive(tally, self.status(), now)
            self._vigil.said_alive(now)

    def gets_on(self) -> bool:
        """Whether it has looked and written down lately, as others who are asked expect."""
        return 0 <= self._clock.now() - self._noted < 2 * NOTE_EVERY

    def _note_trouble(self, trouble: Sentence | None) -> None:
        if trouble and not self._trouble:
            log.warning("protocol: %s", trouble)
            self._trouble_since = self._clock.now()
        elif self._trouble and not trouble:
            log.info("protocol: readable again")
        self._trouble = trouble

    def status(self) -> Status:
        """Everything that answers "is my measurement all right?"; from memory and the store."""
        now = self._clock.now()
        view = self.state.view()
        return Status(
            instrument=self.state.instrument,
            now=now,
            started=self._started,
            protocol=view,
            trouble=self._trouble if self._tail else NO_PROTOCOL,
            trouble_since=self._trouble_since if self._trouble else None,
            silent_since=max((each for each in (view.last, view.read_at) if each), default=None),
            errors_last_hour=self.state.errors_since(now - HOUR),
            incidents=tuple(self.policy.open(now)),
            mutes=tuple(self.policy.mutes.values()),
            ways=self._health.ways(self._outbox.backlog()),
            buried=self._outbox.count(State.BURIED),
        )


async def _guarded(older: Older) -> None:
    try:
        await older()
    except Exception:  # the counts stay incomplete and say so; watching goes on
        log.exception("the older part of the protocol")
