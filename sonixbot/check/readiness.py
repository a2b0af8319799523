"""Readiness: what keeps a good configuration from working on this computer, without the network."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from sonixbot import locations
from sonixbot.config.settings import Config
from sonixbot.errors import Mistakes, Problem, Sentence, sentence, why
from sonixbot.formats.own_layouts import layout_of


def require_ready(config: Config) -> None:
    """Raise `Mistakes` with everything that keeps the service from running."""
    if found := obstacles(config):
        raise Mistakes(found)


def obstacles(config: Config) -> list[Sentence]:
    """Everything that keeps the service from running; all of it is mended in the configuration."""
    return [
        *placeholder_obstacles(config),
        *protocol_obstacles(config),
        *layout_obstacles(config),
        *data_obstacles(config),
        *certificate_obstacles(config),
    ]


def placeholder_obstacles(config: Config) -> list[Sentence]:
    """The keys that nobody has filled in yet."""
    return [
        sentence(
            "{file}: {key} still holds the value of the example; give your own, or take the"
            " section out.",
            file=config.source,
            key=key,
        )
        for key in config.placeholders()
    ]


def protocol_obstacles(config: Config) -> list[Sentence]:
    """A folder in the place of the protocol; a file that is not there may still come."""
    path = config.protocol.path
    if path is None or not os.path.isdir(path):  # noqa: PTH112 - unlike Path's it never raises
        return []
    return [
        sentence(
            "{file}: protocol.path: {path} is a folder; name the file in it, or a pattern such as"
            " {pattern}, whose newest file is read.",
            file=config.source,
            path=path,
            pattern=Path(path) / "*.log",
        )
    ]


def layout_obstacles(config: Config) -> list[Sentence]:
    """A layout that nobody knows, or that is described wrongly."""
    try:
        layout_of(config.protocol.format)
    except Problem as problem:
        return [
            sentence("{file}: protocol.format: {reason}", file=config.source, reason=problem.said)
        ]
    return []


def data_obstacles(config: Config) -> list[Sentence]:
    """A data folder that cannot be made, or not be written."""
    try:
        locations.make_private(str(config.data_dir))
        with tempfile.TemporaryFile(dir=config.data_dir) as file:
            file.write(b"sonixbot")
            file.flush()
    except (OSError, ValueError) as error:
        return [
            sentence(
                "{file}: data-dir: the folder {folder} cannot be written ({reason}); name another"
                " one, or give the bot's user the right to write there.",
                file=config.source,
                folder=config.data_dir,
                reason=why(error),
            )
        ]
    return []


def certificate_obstacles(config: Config) -> list[Sentence]:
    """Files of certificates that are not there."""
    named = {
        "mail.ca-file": config.mail and config.mail.ca_file,
        "telegram.ca-file": config.telegram and config.telegram.ca_file,
    }
    return [
        sentence(
            "{file}: {key}: there is no file {path}; name the authority's certificates, or take"
            " the key out.",
            file=config.source,
            key=key,
            path=path,
        )
        for key, path in named.items()
        if path and not os.path.isfile(path)  # noqa: PTH113 - unlike Path's it never raises
    ]
