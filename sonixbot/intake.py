"""Intake: what scripts left in the inbox → outbox; and what became of it → answers."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from sonixbot import inbox
from sonixbot.bell import Bell
from sonixbot.clock import Clock
from sonixbot.endurance import endure
from sonixbot.herald import Herald
from sonixbot.inbox.letter import Letter
from sonixbot.language import DAY, HOUR, Language
from sonixbot.message import Attachment, Delivery, State
from sonixbot.outbox import Outbox

log = logging.getLogger(__name__)

#: A look beside the system's notice of a new file, which shares never give.
LOOK_EVERY: Final = 1.0
#: Old answers, and messages that ended long ago, are removed so often.
PRUNE_EVERY: Final = HOUR
#: Keys of scripts' messages begin with this, so that their answers find back.
PREFIX: Final = "script-"

_ANSWERS: Final = {
    State.SENT: "sent",
    State.STALE: "sent",
    State.BURIED: "failed",
    State.DROPPED: "failed",
}


class Intake:
    """Takes scripts' messages out of the inbox and answers them."""

    def __init__(
        self,
        folder: Path,
        attachments: Path,
        herald: Herald,
        outbox: Outbox,
        clock: Clock,
        language: Language,
    ) -> None:
        """`attachments`: where files lie until they are delivered."""
        #: Called when the outbox has something new.
        self.wake: Callable[[], None] = lambda: None
        self._folder = str(folder)
        self._attachments = attachments
        self._herald = herald
        self._outbox = outbox
        self._clock = clock
        self._language = language
        self._bell: asyncio.Event | None = None
        # An answer may have been cut off; answering again does no harm.
        self._changed: set[str] = set(outbox.lately(PREFIX, clock.now() - DAY))
        #: Letters that were taken and cannot be removed.
        self._stuck: set[str] = set()
        self._prune_at = clock.now()

    def told(self, key: str) -> None:
        """The fate of this message at a destination changed; its scripts are answered soon."""
        keys = (key, *self._outbox.listed(key))
        self._changed.update(each for each in keys if each.startswith(PREFIX))
        if self._bell and self._changed:
            self._bell.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Take and answer until `stop`."""
        bell = Bell(Path(self._folder, "new"))
        self._bell = bell.rung

        async def turn() -> None:
            bell.rung.clear()
            await asyncio.to_thread(inbox.make_folders, self._folder)
            bell.keep()
            await self.turn()
            if not stop.is_set():
                await self._clock.wait(bell.rung, LOOK_EVERY)

        try:
            await endure("inbox", turn, stop, self._clock)
            await self._answer()
        finally:
            bell.close()

    async def turn(self) -> bool:
        """Take what waits, answer what changed; tell whether anything was taken."""
        keys = await asyncio.to_thread(inbox.waiting, self._folder)
        self._stuck.intersection_update(keys)
        for key in self._stuck:
            with suppress(OSError):
                await asyncio.to_thread(inbox.done, self._folder, key)
        new = [key for key in keys if key not in self._stuck]
        for key in new:
            if letter := await asyncio.to_thread(inbox.read, self._folder, key):
                await self._take(letter)
        await self._answer()
        now = self._clock.now()
        if now >= self._prune_at:
            self._prune_at = now + PRUNE_EVERY
            await self._prune(now)
        return bool(new)

    async def _take(self, letter: Letter) -> None:
        files = await asyncio.to_thread(self._keep_files, letter)
        letter.created = self._clock.of_computer(letter.created)
        self._herald.script(PREFIX + letter.key, letter, files, self._clock.now())
        self._changed.add(PREFIX + letter.key)
        self.wake()
        # Last: killed before this, the message is taken again and its key tells that it is known.
        try:
            await asyncio.to_thread(inbox.done, self._folder, letter.key)
        except OSError as error:  # that of one letter must not hold up those behind it
            log.warning("the letter %s stays in %s: %s", letter.key, self._folder, error)
            self._stuck.add(letter.key)

    def _keep_files(self, letter: Letter) -> tuple[Attachment, ...]:
        """Copy its files to where they lie until delivered; what cannot be copied is lost."""
        kept = []
        for number, each in enumerate(letter.files):
            folder = self._attachments / letter.key
            place = folder / str(number)
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                shutil.copyfile(each.path, place)
            except OSError as error:
                log.warning("%s cannot be taken: %s", each.path, error)
                letter.lost.append(each.name)
            else:
                kept.append(Attachment(each.name, str(place), each.picture))
        return tuple(kept)

    async def _answer(self) -> None:
        changed, self._changed = self._changed, set()
        for key in changed:
            fates = {each.destination: self._fate(each) for each in self._outbox.fate(key)}
            if not fates:
                reason = self._language.gettext("No way to send it is configured.")
                fates = {"-": {"state": "failed", "reason": reason}}
            try:
                await asyncio.to_thread(inbox.answer, self._folder, key.removeprefix(PREFIX), fates)
            except OSError as error:
                self._changed.add(key)
                log.warning("no answer can be left in %s: %s", self._folder, error)

    def _fate(self, delivery: Delivery) -> dict[str, str]:
        reason = self._language.say(delivery.reason) if delivery.reason else ""
        return {"state": _ANSWERS.get(delivery.state, "queued"), "reason": reason}

    async def _prune(self, now: float) -> None:
        await asyncio.to_thread(inbox.prune, self._folder, now)
        for message in self._outbox.prune(now):
            # Without a path it is in the message, and its folder would be the working one.
            for each in filter(None, (file.path for file in message.files)):
                shutil.rmtree(Path(each).parent, ignore_errors=True)
