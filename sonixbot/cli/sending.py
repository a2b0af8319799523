"""Sending: what a shell says to all recipients, the way a script does."""

from __future__ import annotations

import os
import sys
from typing import Final

import typer

from bot import messangers
from sonixbot.cli.configuration import places, whole
from sonixbot.cli.terminal import Terminal
from sonixbot.errors import Problem, sentence
from sonixbot.inbox.presence import service_alive
from sonixbot.language import parse_duration
from sonixbot.locations import find_config

FAILED: Final = 1


def way(*, mail: bool, telegram: bool) -> type[messangers.Sender]:
    """The way that was asked for; both is the same as none."""
    if mail != telegram:
        return messangers.Mail if mail else messangers.Telegram
    return messangers.Sender


def send(
    terminal: Terminal,
    text: str,
    config: str | None,
    by: type[messangers.Sender],
    *,
    file: str | None,
    picture: str | None,
    silent: bool,
    wait: str | None,
) -> None:
    """Hand the text over and print the receipt."""
    seconds = None if wait is None else _seconds(wait)
    _require_files(file, picture)
    _require_delivery(config)
    receipt = by(config).send_message(
        _standard_input() if text == "-" else text,
        file=file,
        picture=picture,
        silent=silent,
        wait=seconds,
    )
    _print(terminal, receipt, waited=bool(seconds))
    if not receipt:
        raise typer.Exit(FAILED)


def _require_files(*paths: str | None) -> None:
    """Raise `Problem` for a file that is not there, without which a script's text would go."""
    for path in filter(None, paths):
        if not os.path.isfile(path):  # noqa: PTH113 - unlike Path's it never raises
            raise Problem(sentence("There is no file {path}.", path=path))


def _require_delivery(config: str | None) -> None:
    """Raise `Problem` where nobody takes messages, and the configuration lets nobody begin to.

    A script's message waits then until somebody looks; at a shell somebody does.
    """
    from sonixbot.check.readiness import require_ready

    path = find_config(config)
    if path is not None and not service_alive(places(path).inbox):
        require_ready(whole(path))


def _standard_input() -> str:
    try:
        return sys.stdin.read()
    except (AttributeError, OSError, ValueError):  # None without a console; closed
        raise Problem(sentence("There is no standard input to read the text from.")) from None


def _seconds(written: str) -> float:
    try:
        seconds = float(written)
    except ValueError:
        seconds = parse_duration(written) or -1.0
    if not 0 <= seconds < float("inf"):
        raise Problem(
            sentence("--wait needs seconds, such as 30 or 2m, not {value}.", value=written)
        )
    return seconds


def _print(terminal: Terminal, receipt: messangers.Receipt, *, waited: bool) -> None:
    _ = terminal.gettext
    queued = _("not yet sent") if waited else _("queued")
    states = {"queued": queued, "sent": _("sent"), "failed": _("failed")}
    terminal.print(states.get(receipt.state, receipt.state))
    for destination, state in receipt.deliveries.items():
        terminal.print(f"  {destination}: {states.get(state, state)}")
    if receipt.reason:
        terminal.note(receipt.reason, "yellow" if receipt else "red")
