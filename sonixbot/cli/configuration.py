"""Configuration: what the command line asks of it, as much as each command needs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sonixbot import locations
from sonixbot.cli.terminal import Terminal
from sonixbot.errors import Problem, Sentence

if TYPE_CHECKING:
    from sonixbot.config import Config


def whole(config: str | None) -> Config:
    """The configuration, checked. Raises `Problem`."""
    from sonixbot.config import find_and_load

    return find_and_load(config)


def places(path: str | None) -> locations.Places:
    """The places that the configuration at `path` names, though the rest of it be wrong.

    Raises `Problem`.
    """
    try:
        return locations.read_light(path)
    except locations.UsageError as error:
        raise Problem(Sentence(error.text, error.values)) from None


def schema(terminal: Terminal) -> None:
    """Print the JSON schema."""
    from sonixbot.config import schema as made

    print_json(terminal, made())


def print_json(terminal: Terminal, data: object) -> None:
    """Print one JSON value alone; where the pipe is not UTF-8, in ASCII."""
    encoding = (terminal.out.encoding or "").lower().replace("-", "")
    text = json.dumps(data, ensure_ascii=encoding != "utf8", indent=2)
    terminal.write(text + "\n")
