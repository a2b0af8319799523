"""Running: the service and the one-shot deliverer as processes, from start to a bounded end."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Final

import typer

from sonixbot.cli.configuration import whole
from sonixbot.cli.terminal import Terminal
from sonixbot.stop import Stop

if TYPE_CHECKING:
    from sonixbot.config import Config

FAILED: Final = 1


def run(terminal: Terminal, config: str | None, *, until_stdin_closes: bool) -> None:
    """Run the service until it is told to stop."""
    loaded = _ready(terminal, config)
    stop = Stop()
    stop.listen()
    if until_stdin_closes:
        stop.listen_to_input()
    from sonixbot import service
    from sonixbot.clock import Clock

    load = service.handlers_router
    _finish(terminal, stop.during(lambda event: service.run(loaded, load, Clock(), event)))


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


def _finish(terminal: Terminal, work: Coroutine[Any, Any, None]) -> None:
    """Work to the end. That somebody else works there already is no wrong configuration."""
    from sonixbot.turn import Taken

    try:
        asyncio.run(work)
    except Taken as problem:
        terminal.complain(problem)
        raise typer.Exit(FAILED) from None
