"""Protocol: how a file is read, shown so that a new installation can be set up by it."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sonixbot.alerts import Push, fingerprint
from sonixbot.cli.configuration import print_json
from sonixbot.cli.terminal import Terminal
from sonixbot.config.values import nearest_zone
from sonixbot.errors import Problem, sentence, why
from sonixbot.formats import Layout, layout_of
from sonixbot.formats.encodings import checked
from sonixbot.survey import Progress, survey


@dataclass(frozen=True)
class Reading:
    """How the file is to be read; None: found out, the computer's."""

    layout: Layout | None
    encoding: str
    zone: tzinfo | None


def reading(layout: str, encoding: str, time_zone: str | None) -> Reading:
    """What the options mean. Raises `Problem`."""
    return Reading(layout_of(described(layout)), checked(encoding), _zone(time_zone))


def described(layout: str) -> str | dict[str, Any]:
    """What `protocol.format` would say: a name, or what JSON or a file with it describes.

    Raises `Problem`.
    """
    if layout.lstrip().startswith("{"):
        try:
            found: dict[str, Any] = json.loads(layout)
        except (ValueError, RecursionError) as error:
            raise Problem(sentence("--layout is not JSON: {reason}.", reason=str(error))) from None
        return found
    if os.path.isfile(layout):  # noqa: PTH113 - unlike Path's it never raises
        from sonixbot.config.jsonfile import read_object

        return dict(read_object(Path(layout)))
    if layout.endswith(".json") or "/" in layout or "\\" in layout:
        raise Problem(sentence("There is no file {path}.", path=layout))
    return layout


def _zone(name: str | None) -> tzinfo | None:
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # its own error is a KeyError
        near = nearest_zone(name) or "Europe/Moscow"
        said = sentence(
            "There is no time zone {name}; the nearest one is {near}.", name=name, near=near
        )
        raise Problem(said) from None


def show(terminal: Terminal, file: str, how: Reading, *, follow: bool, as_json: bool) -> None:
    """Read the file and show how that went; then, if asked, what comes."""
    from sonixbot.cli.findings import draw
    from sonixbot.cli.following import Following

    if follow and as_json:
        raise Problem(sentence("--json prints one object and ends, so it goes without --follow."))
    path = Path(file)
    _refuse_endless(path)
    following = Following(path) if follow else None
    try:
        with _progress(terminal, path) as progress:
            found = survey(
                path,
                how.layout,
                how.encoding,
                how.zone,
                progress,
                group=fingerprint,
                pushed=Push().takes,
            )
    except OSError as error:
        raise _unreadable(path, error) from None
    if as_json:
        print_json(terminal, found.to_json())
        return
    draw(terminal, path, found)
    if following:
        following.go_on(terminal, how, found)


def _refuse_endless(path: Path) -> None:
    """Raise `Problem` for a pipe or a device, which would have no end."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return  # reading will tell
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise Problem(sentence("{path} is not a file.", path=path))


def _unreadable(path: Path, error: OSError) -> Problem:
    if os.path.isdir(path):  # noqa: PTH112 - unlike Path's it never raises
        return Problem(sentence("{path} is a folder; name the protocol in it.", path=path))
    if isinstance(error, FileNotFoundError):
        return Problem(sentence("There is no file {path}.", path=path))
    return Problem(sentence("{path} cannot be read: {reason}.", path=path, reason=why(error)))


@contextmanager
def _progress(terminal: Terminal, path: Path) -> Iterator[Progress | None]:
    """A bar for people; a pipe or a log gets nothing."""
    if not terminal.err.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Bar(*columns, TimeRemainingColumn(), console=terminal.err, transient=True) as bar:
        task = bar.add_task(path.name, total=None)
        yield _advance(bar.update, task)


def _advance(update: Callable[..., None], task: int) -> Progress:
    return lambda done, total: update(task, completed=done, total=total)
