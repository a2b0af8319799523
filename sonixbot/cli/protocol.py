"""Protocol: how a file is read, shown so that a new installation can be set up by it."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sonixbot import locations
from sonixbot.alerts import Push
from sonixbot.alerts.grouping import Grouping
from sonixbot.alerts.teaching import is_pushed, rules_of
from sonixbot.cli.configuration import print_json, whole
from sonixbot.cli.terminal import Terminal
from sonixbot.config.values import nearest_zone
from sonixbot.entry import Entry
from sonixbot.errors import Problem, sentence, why
from sonixbot.formats import Layout, layout_of
from sonixbot.formats.encodings import checked
from sonixbot.survey import Progress, survey

if TYPE_CHECKING:
    from sonixbot.config import Config


@dataclass(frozen=True)
class Reading:
    """How the file is to be read; None: found out, the computer's."""

    layout: Layout | None
    encoding: str
    zone: tzinfo | None
    #: What its entries become, and what of that is pushed.
    grouping: Grouping = field(default_factory=Grouping)
    pushed: Callable[[Entry], bool] = Push().takes


def reading(
    layout: str | None, encoding: str | None, time_zone: str | None, config: Config | None = None
) -> Reading:
    """What the options mean; without one it is as in the configuration. Raises `Problem`."""
    if config is None:
        made = Reading(layout_of(described(layout or "auto")), checked(encoding or "auto"), None)
    else:
        settings = config.protocol
        made = Reading(
            layout_of(settings.format if layout is None else described(layout)),
            checked(encoding or settings.encoding),
            config.zone,
            Grouping(rules_of(config)),
            partial(is_pushed, config),
        )
    return made if time_zone is None else replace(made, zone=_zone(time_zone))


def configured(terminal: Terminal, named: str | None) -> Config | None:
    """The configuration that was named, or the one that is found; None where there is none.

    Raises `Problem` with what is wrong in the one that was named. One that was only found may
    still be in the making, which is no reason not to show a protocol: that is noted.
    """
    if named is None and locations.find_config(None) is None:
        return None
    try:
        config = whole(named)
        if named is None:
            layout_of(config.protocol.format)
    except Problem:
        if named is not None:
            raise
        terminal.note(
            terminal.gettext(
                "The configuration has mistakes, so its rules are not used here; `sonixbot check`"
                " tells them."
            ),
            "yellow",
        )
        return None
    return config


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


def _zone(name: str) -> tzinfo:
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
                taught=how.grouping.taught,
                pushed=how.pushed,
                rules=[each.name for each in how.grouping.rules],
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
