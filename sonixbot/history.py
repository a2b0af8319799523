"""History: the state as the working protocol tells it, rebuilt at a start, newest part first."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final

from sonixbot.formats import Reader
from sonixbot.state import ProtocolState
from sonixbot.tail import Position, blocks, head, line_start
from sonixbot.tail.blocks import is_at

log = logging.getLogger(__name__)

#: Bytes of a long protocol that are read before the service answers; the rest follows.
NEWEST_PART: Final = 4 * 1024 * 1024
#: Bytes read at a time, about a millisecond's work, as others have their turn in between.
PIECE: Final = 8 * 1024

Older = Callable[[], Coroutine[Any, Any, None]]


async def fill(
    state: ProtocolState,
    reader: Reader,
    new_reader: Callable[[], Reader],
    position: Position,
    *,
    newest_part: int = NEWEST_PART,
) -> Older:
    """Tell `state` what stands in the protocol before `position`; leave `reader` ready for more.

    Returns the reading of the older part, which may have nothing to read. Nothing is told where
    the file is away, or another one by now.
    """
    path = position.path
    try:
        if not path or not _holds(position):
            return nothing
        state.begin(path)
        start = _start(path, position.end, reader, newest_part)
        if start and reader.layout.header:
            # The header's date is that of the first lines: midnights are counted from the end.
            await asyncio.to_thread(_find_day, reader, path, start)
        state.complete = start == 0
        await _tell(state, reader, path, start, position.end)
    except OSError as error:
        log.warning("what stands in %s already cannot be read: %s", path, error)
        return nothing
    return _older(state, new_reader, path, start) if start else nothing


async def nothing() -> None:
    """There is no older part."""


def _holds(position: Position) -> bool:
    with Path(position.path).open("rb", buffering=0) as file:
        return is_at(file, position)


def _start(path: str, stop: int, reader: Reader, newest_part: int) -> int:
    """Offset of the first entry of the newest part."""
    if stop <= newest_part:
        return 0
    reader.detect(head(path), path)
    for block in blocks(path, line_start(path, stop - newest_part), stop):
        found = reader.first_entry(block)
        if found is not None:
            return found
    return 0


def _find_day(reader: Reader, path: str, start: int) -> None:
    changed = Path(path).stat().st_mtime
    reader.find_day(blocks(path, start), changed)


def _older(state: ProtocolState, new_reader: Callable[[], Reader], path: str, stop: int) -> Older:
    protocol = state.protocol

    async def read() -> None:
        older = ProtocolState(state.instrument, state.recognise)
        try:
            await _tell(older, new_reader(), path, 0, stop)
        except OSError as error:
            log.warning("the older part of %s cannot be read: %s", path, error)
        if state.protocol == protocol:  # no new protocol has begun meanwhile
            state.put_older(older)

    return read


async def _tell(state: ProtocolState, reader: Reader, path: str, start: int, stop: int) -> None:
    for block in blocks(path, start, stop, PIECE):
        for entry in reader.feed(block):
            state.apply(entry)
        state.lines += block.data.count(b"\n")
        await asyncio.sleep(0)
