"""Instrument: lives its story on a clock and writes the protocol of it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import tzinfo
from pathlib import Path
from random import Random
from typing import Final

from sonixbot.clock import Clock
from sonixbot.sandbox.instrument.protocolfile import Listener, WorkingProtocol, Written
from sonixbot.sandbox.instrument.said import LAYOUTS, LEVELLED, Said, header, write_lines
from sonixbot.sandbox.instrument.story import Story

#: What it is called where its protocol says so.
NAME: Final = "YuMO"
#: Seconds of the clock: what is due for longer was missed because the computer slept.
ASLEEP: Final = 900.0
_END: Final = "\r\n"


class Instrument:
    """A simulated spectrometer. `layout` is one of `LAYOUTS`; `zone` None: the computer's.

    The same `seed` at the same hour gives the same run, as long as nobody makes anything happen.
    """

    def __init__(
        self,
        path: Path,
        *,
        clock: Clock,
        language: str,
        layout: str = "tabs",
        encoding: str = "cp1251",
        zone: tzinfo | None = None,
        seed: int | None = None,
    ) -> None:
        if layout not in LAYOUTS:
            raise ValueError(layout)
        self.seed = secrets.randbelow(1_000_000) if seed is None else seed
        #: Told of everything that is written, right afterwards.
        self.listeners: list[Listener] = []
        self.path, self.layout, self.encoding = path, layout, encoding
        #: Counts its protocols, from 1.
        self.number = 1
        self._clock, self._file = clock, WorkingProtocol(path)
        self._start = clock.now()
        random = Random(self.seed)  # noqa: S311 - a story, no secret
        self._story = Story(random, language, self._start, zone)
        #: Set when the schedule changed, or all is over.
        self._woken = asyncio.Event()

    def begin(self) -> None:
        """Write what happened before anybody watched. Raises OSError."""
        self._write(self._story.until(self._start), past=True)

    async def run(self, stop: asyncio.Event) -> None:
        """Live until `stop` is set. Raises OSError where the protocol cannot be written."""
        ended = asyncio.ensure_future(stop.wait())
        ended.add_done_callback(lambda _: self._woken.set())
        # The opening waits for its public.
        self._story.sleep(self._clock.now())
        try:
            while not stop.is_set():
                self._woken.clear()
                self._live()
                await self._clock.wait(self._woken, self._story.due - self._clock.now())
        finally:
            ended.cancel()
            await asyncio.gather(ended, return_exceptions=True)

    def motor(self) -> None:
        """A motor sticks now."""
        self._live()
        self._story.motor()
        self._go_on()

    def thermostat(self) -> None:
        """The thermostat drifts from now on; some twenty seconds later it raises the alarm."""
        self._live()
        self._story.thermostat()
        self._go_on()

    def storm(self) -> None:
        """The network of the hall dies, and everything on it complains for six seconds."""
        self._live()
        self._story.storm()
        self._go_on()

    def restart(self) -> None:
        """The complex is loaded anew, with a new protocol; the script is started later."""
        self._live()
        self._story.unload()
        self._live()
        self._file.set_aside()
        self.number += 1
        self._story.load()
        self._go_on()

    def _go_on(self) -> None:
        """Write what happens at once; the rest comes in `run`, whose next turn may be earlier."""
        self._live()
        self._woken.set()

    def _live(self) -> None:
        now = self._clock.now()
        if now - self._story.due > ASLEEP:
            self._story.sleep(now)
        self._write(self._story.until(now))

    def _write(self, story: Iterable[tuple[float, Said]], *, past: bool = False) -> None:
        """Write messages in one go, then tell of them."""
        told = list(self._lines(story))
        if not told:
            return
        text = "".join(line + _END for _, _, lines in told for line in lines)
        number = self._file.append(text.encode(self.encoding))
        for said, at, lines in told:
            written = Written(said, at, tuple(lines), number, self.number, past)
            number += len(lines)
            for listener in self.listeners:
                listener(written)

    def _lines(
        self, story: Iterable[tuple[float, Said]]
    ) -> Iterable[tuple[Said, float, list[str]]]:
        """The lines of messages, below a header where the file begins with one."""
        empty = self._file.empty
        for at, said in story:
            wall = self._story.wall(at)
            first = header(self.layout, wall, NAME) if empty else None
            if first is not None:
                yield Said(None, None, "", first), at, [first]
            empty = False
            levelled = self.layout in LEVELLED
            kept = said if levelled else replace(said, level=None)
            yield kept, at, write_lines(self.layout, said, wall)
