"""Here: what can be tried on this computer alone."""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

from sonixbot import inbox
from sonixbot.alerts.grouping import Grouping, Rule
from sonixbot.alerts.reach import unreachable
from sonixbot.alerts.teaching import is_pushed, rules_of
from sonixbot.check.readiness import (
    data_obstacles,
    layout_obstacles,
    placeholder_obstacles,
    protocol_obstacles,
)
from sonixbot.check.row import Found, Mark
from sonixbot.config import Config
from sonixbot.entry import Entry
from sonixbot.errors import Problem, Sentence, sentence, why
from sonixbot.formats import TEXT, Reader, entries, layout_of
from sonixbot.inbox import presence
from sonixbot.language import MINUTE, Language
from sonixbot.tail import Tail, blocks, head, line_start

#: Bytes at the end of a protocol in which its last message is looked for.
END: Final = 256 * 1024
#: Seconds by which the last message may lie in the future before its zone is doubted.
SKEW: Final = 5 * MINUTE


def configuration(config: Config) -> Iterator[Found]:
    """The file, what is still to be filled in, and what is probably not meant."""
    obstacles, warnings = placeholder_obstacles(config), config.warnings
    yield from ((Mark.FAILED, each) for each in obstacles)
    yield from ((Mark.WARNING, each) for each in warnings)
    if not obstacles and not warnings:
        yield Mark.GOOD, sentence("{path}", path=config.source)


def protocol(config: Config, now: float, language: Language) -> Iterator[Found]:
    """Whether the working protocol can be read, how, and when it was last written."""
    obstacles = [*protocol_obstacles(config), *layout_obstacles(config)]
    path = config.protocol.path
    if obstacles:
        yield from ((Mark.FAILED, each) for each in obstacles)
    elif path is None:
        yield (
            Mark.WARNING,
            sentence(
                "The configuration names no protocol.path, so only messages of scripts are sent."
            ),
        )
    else:
        yield from _working_protocol(str(path), config, now, language)


def _working_protocol(
    where: str, config: Config, now: float, language: Language
) -> Iterator[Found]:
    tail, position = Tail(where), None
    with suppress(OSError):  # told below in the words of `trouble`
        position = tail.end()
    if position is None:
        yield (
            Mark.WARNING,
            sentence(
                "{trouble} It will be read when it comes; see whether protocol.path is right.",
                trouble=tail.trouble or "",
            ),
        )
        return
    path = Path(position.path)
    try:
        reader = _reader(config, path)
        chosen = _why(reader)
        last = _last_entry(path, reader)
    except OSError as error:
        reason = why(error)
        yield (
            Mark.FAILED,
            sentence("{path} cannot be read: {reason}.", path=position.path, reason=reason),
        )
        return
    yield _layout(path, reader, chosen)
    yield _last(path, last, now, language)


def _reader(config: Config, path: Path) -> Reader:
    """A reader that knows the beginning of the protocol."""
    reader = Reader(layout_of(config.protocol.format), config.protocol.encoding, config.zone)
    reader.detect(head(path), str(path), before=path.stat().st_mtime)
    return reader


def _why(reader: Reader) -> Sentence:
    """Why the reader takes its layout, as known from the file's first lines."""
    if not reader.shares:
        return sentence("as configured")
    return sentence(
        "as it explains {count} of the first {sampled} lines",
        count=reader.shares[0][1],
        sampled=reader.sampled,
    )


def _last_entry(path: Path, reader: Reader) -> Entry | None:
    return next(iter(deque(_newest(path, reader), maxlen=1)), None)


def _newest(path: Path, reader: Reader) -> Iterator[Entry]:
    """The entries in the newest part of a protocol."""
    found = path.stat()
    start = line_start(path, found.st_size - END)
    if start and reader.layout.header:  # the day is not in its lines
        reader.find_day(blocks(path, start), found.st_mtime)
    return entries(blocks(path, start), reader)


def _layout(path: Path, reader: Reader, chosen: Sentence) -> Found:
    if not reader.lines:
        return Mark.GOOD, sentence("{path}", path=path)
    if reader.layout is TEXT:
        return Mark.WARNING, sentence(
            "{path}: no layout fits, so every line is kept as text. `sonixbot protocol FILE` shows"
            " what can be done.",
            path=path,
        )
    if reader.explained < reader.lines / 2:
        return Mark.WARNING, sentence(
            "{path}: the layout {layout} explains only {count} of the last {lines} lines.",
            path=path,
            layout=reader.layout.name,
            count=reader.explained,
            lines=reader.lines,
        )
    return Mark.GOOD, sentence(
        "{path}: layout {layout}, {why}; encoding {encoding}.",
        path=path,
        layout=reader.layout.name,
        why=chosen,
        encoding=reader.encoding,
    )


def _last(path: Path, entry: Entry | None, now: float, language: Language) -> Found:
    if entry is None:
        return Mark.WARNING, sentence("{path} is still empty.", path=path)
    if entry.time is None:
        return Mark.WARNING, sentence("Its last message has no time that can be read.")
    if entry.time > now + SKEW:
        return Mark.WARNING, sentence(
            "Its last message lies {duration} in the future: set time-zone to that of its times.",
            duration=language.duration(entry.time - now),
        )
    return Mark.GOOD, sentence(
        "The last message was written {duration} ago.",
        duration=language.duration(now - entry.time),
    )


def rules(config: Config) -> Iterator[Found]:
    """Rules about grouping that can never do what they are for, or had nothing to do lately."""
    known = rules_of(config)
    found = unreachable(known, partial(is_pushed, config))
    yield from ((Mark.WARNING, each) for each in found)
    idle: list[str] = []
    with suppress(OSError, Problem):  # told beside the protocol
        idle = _idle(config, Grouping(known))
    if idle:
        yield (
            Mark.WARNING,
            sentence(
                "Nothing in the newest part of the protocol fits: {rules}. `sonixbot protocol FILE`"
                " shows what rules do with a whole one.",
                rules=", ".join(idle),
            ),
        )
    elif known and not found:
        yield (
            Mark.GOOD,
            sentence("{rules}; the first that fits a message decides.", rules=_names(known)),
        )


def _names(known: Sequence[Rule]) -> str:
    return ", ".join(each.name for each in known)


def _idle(config: Config, grouping: Grouping) -> list[str]:
    """The rules that fit nothing in the newest part of the working protocol."""
    path = config.protocol.path
    position = Tail(str(path)).end() if path and grouping else None
    if position is None:
        return []
    newest = _newest(Path(position.path), _reader(config, Path(position.path)))
    used = {grouping.taught(entry).rule for entry in newest}
    return [each.name for each in grouping.rules if each.name not in used]


def data_folder(config: Config) -> Iterator[Found]:
    """Whether it can be written."""
    obstacles = data_obstacles(config)
    yield from ((Mark.FAILED, each) for each in obstacles)
    if not obstacles:
        yield Mark.GOOD, sentence("{path}", path=config.data_dir)


def inbox_folder(config: Config) -> Iterator[Found]:
    """Whether it can be written, and who takes what scripts leave there."""
    folder = str(config.inbox)
    try:
        inbox.make_folders(folder)
        with tempfile.TemporaryFile(dir=Path(folder) / "tmp") as file:
            file.write(b"sonixbot")
            file.flush()
    except (OSError, ValueError) as error:
        yield (
            Mark.FAILED,
            sentence(
                "The folder {folder} cannot be written ({reason}), so scripts cannot send; name"
                " another one as inbox.",
                folder=folder,
                reason=why(error),
            ),
        )
        return
    if presence.service_alive(folder):
        yield Mark.GOOD, sentence("{folder}; a service takes what lies there.", folder=folder)
    else:
        yield (
            Mark.GOOD,
            sentence(
                "{folder}; no service runs now, so a script's message starts a process that"
                " sends it.",
                folder=folder,
            ),
        )
