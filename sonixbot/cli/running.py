"""Running: the service and the one-shot deliverer as processes, from start to a bounded end."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final

import typer

from sonixbot.cli.configuration import whole
from sonixbot.cli.terminal import Terminal

if TYPE_CHECKING:
    from aiogram import Router

    from sonixbot.config import Config

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


def run(terminal: Terminal, config: str | None, *, until_stdin_closes: bool) -> None:
    """Run the service until it is told to stop."""
    loaded = _ready(terminal, config)
    stop = Stop()
    stop.listen()
    if until_stdin_closes:
        stop.listen_to_input()
    from sonixbot import service
    from sonixbot.clock import Clock

    _finish(terminal, stop.during(lambda event: service.run(loaded, _router, Clock(), event)))


def deliver(terminal: Terminal, config: str | None) -> None:
    """Deliver what waits, and end."""
    loaded = _ready(terminal, config)
    stop = Stop()
    stop.listen()
    from sonixbot import oneshot
    from sonixbot.clock import Clock

    _finish(terminal, stop.during(lambda event: oneshot.deliver(loaded, Clock(), event)))


def _ready(terminal: Terminal, config: str | None) -> Config:
    """The configuration, with which the service can start; raises `Problem`."""
    from sonixbot import logs
    from sonixbot.check.readiness import require_ready

    loaded = whole(config)
    require_ready(loaded)
    logs.set_up(secrets=loaded.secrets(), file=sys.stderr)
    for each in loaded.warnings:
        terminal.note(terminal.say(each), "yellow")
    return loaded


def _router() -> Router:
    import handlers

    return handlers.router()


def _finish(terminal: Terminal, work: Coroutine[Any, Any, None]) -> None:
    """Work to the end. That somebody else works there already is no wrong configuration."""
    from sonixbot.turn import Taken

    try:
        asyncio.run(work)
    except Taken as problem:
        terminal.complain(problem)
        raise typer.Exit(FAILED) from None
