"""Paths: where everything lies, and what others must be told of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import typer
from rich.text import Text

from sonixbot import locations
from sonixbot.cli.configuration import places
from sonixbot.cli.terminal import Terminal
from sonixbot.errors import Problem

WRONG_CONFIGURATION: Final = 2


def show(terminal: Terminal, config: str | None) -> None:
    """Print the places, the default ones where there is no configuration; fail if it is broken."""
    _ = terminal.gettext
    path, broken = locations.find_config(config), False
    try:
        found = places(path)
    except Problem as problem:
        broken = True
        terminal.complain(problem)
        terminal.note(_("The places below are those without a configuration."))
        found = places(None)
    rows = [
        (_("configuration"), path or _("none found")),
        *((_("looked for"), each) for each in _looked_for(terminal)),
        (_("data folder"), found.data_dir),
        (_("inbox of scripts"), found.inbox),
        (_("log under logwatch"), str(Path(found.data_dir) / "logwatch.log")),
        (_("this Python"), sys.executable),
    ]
    width, last = max(len(name) for name, _value in rows), ""
    for name, value in rows:
        # No table: a path that is broken over lines cannot be copied.
        shown = "" if name == last else name
        terminal.print(Text.assemble((f"{shown:<{width}}", "bold"), f"  {value}"))
        last = name
    _explain(
        terminal,
        _("Scripts run by another, even older Python (3.8 or newer)"),
        _(
            "put this folder on their path: in the environment variable PYTHONPATH, or as the only"
            " line of a file sonixbot.pth in the site-packages of that Python."
        ),
        locations.pythonpath(),
    )
    _explain(
        terminal,
        _("Sonix+"),
        _("gets this file into its loading list; it keeps the service alive."),
        str(Path(locations.PACKAGE).parent / "bot" / "logwatch.py"),
    )
    if broken:
        raise typer.Exit(WRONG_CONFIGURATION)


def _looked_for(terminal: Terminal) -> list[str]:
    _ = terminal.gettext
    return [
        "--config",
        locations.CONFIG_VARIABLE,
        _("{path} (the working folder)").format(path=Path("config.json").absolute()),
        str(Path(locations.config_dir()) / "config.json"),
    ]


def _explain(terminal: Terminal, who: str, what: str, path: str) -> None:
    terminal.print("")
    terminal.out.print(Text.assemble((who, "bold"), f" {what}"))
    terminal.print(f"  {path}")
