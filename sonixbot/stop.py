"""Stop: a signal, or the end of standard input, becomes one event; the stop itself is bounded."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Final

log = logging.getLogger(__name__)

#: Seconds after which whatever hangs is cut off; ten are promised.
LONGEST_STOP: Final = 9.5
FAILED: Final = 1


class Stop:
    """The wish to stop: a signal, or the end of standard input; a second one forces it."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wished = False

    def listen(self) -> None:
        """Take SIGINT and SIGTERM, and on Windows Ctrl-Break, as the wish."""
        for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), self._heard)

    def listen_to_input(self) -> None:
        """Take the end of standard input as the wish."""
        threading.Thread(target=self._drain, name="standard input", daemon=True).start()

    def _drain(self) -> None:
        try:
            # Not sys.stdin: its lock, held here, would break the end of the process.
            while os.read(0, 4096):
                pass
        except OSError:
            log.info("there is no standard input")
        self.wish()

    def _heard(self, *_signal: object) -> None:
        if self._wished:
            os._exit(FAILED)
        self.wish()

    def wish(self) -> None:
        """Ask for the stop, from any thread; a thread that hangs cannot prolong it for ever."""
        if self._wished:
            return
        self._wished = True
        last = threading.Timer(LONGEST_STOP, os._exit, (FAILED,))
        last.daemon = True
        last.start()
        if self._loop:
            self._loop.call_soon_threadsafe(self._event.set)

    async def during(self, work: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
        """Do the work, which ends when the event it is given is set."""
        self._loop = asyncio.get_running_loop()
        if self._wished:
            self._event.set()
        await work(self._event)
