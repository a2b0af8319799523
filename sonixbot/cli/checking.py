"""Checking: what `sonixbot check` found, as a table."""

from __future__ import annotations

import asyncio
from typing import Final

import typer
from rich.table import Table
from rich.text import Text

from sonixbot.cli.configuration import whole
from sonixbot.cli.terminal import Terminal, visible

FAILED: Final = 1
WRONG_CONFIGURATION: Final = 2


def check(terminal: Terminal, config: str | None, *, send: bool) -> None:
    """Try everything and draw the table; fail where anything failed."""
    from sonixbot.check import Mark
    from sonixbot.check import check as tried
    from sonixbot.check.readiness import obstacles
    from sonixbot.clock import Clock
    from sonixbot.logs import set_up

    _ = terminal.gettext
    loaded = whole(config)
    # What the libraries log is in the table, in words for people.
    set_up("CRITICAL", loaded.secrets())
    with terminal.err.status(_("Trying everything …")):
        rows = asyncio.run(tried(loaded, Clock(), terminal.language, send=send))
    shown = {
        Mark.GOOD: Text(_("good"), "green"),
        Mark.WARNING: Text(_("note"), "yellow"),
        Mark.FAILED: Text(_("failed"), "red"),
    }
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold")
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for row in rows:
        table.add_row(row.what, shown[row.mark], visible(row.said))
    terminal.print(table)
    if any(row.mark is Mark.FAILED for row in rows):
        raise typer.Exit(WRONG_CONFIGURATION if obstacles(loaded) else FAILED)
