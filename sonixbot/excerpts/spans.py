"""Spans: where in a file the lines of a stretch of time begin and end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, NamedTuple

from sonixbot.errors import Problem, sentence
from sonixbot.excerpts.source import SLICE, Source
from sonixbot.formats import Reader
from sonixbot.tail import Block

#: Bytes looked at in one step of the search.
STEP: Final = 16 * 1024
#: Bytes in which the first line with a time must be found, else the file has none.
FIRST: Final = 1024 * 1024
#: Bytes of a protocol whose lines have no date: it is read from its beginning, as only the
#: midnights on the way tell the day.
SCANNED: Final = 64 * 1024 * 1024

#: A reader that knows the file's layout and has read nothing yet.
NewReader = Callable[[], Reader]


class Span(NamedTuple):
    """A stretch of time, its ends included, in Unix seconds."""

    start: float
    end: float


async def place(source: Source, new_reader: NewReader, span: Span) -> tuple[int, int]:
    """Between which offsets the entries of a stretch of time lie, their further lines included.

    Twice the same where there are none. Entries are taken to be in the order of their times.
    Raises OSError, and `Problem` where times cannot be told.
    """
    if new_reader().layout.header:
        return await _scanned(source, new_reader(), span)
    if await _first(source, new_reader, 0, min(source.size, FIRST)) is None:
        raise Problem(
            sentence(
                "The lines of {path} have no time that I can read. /log alone sends all of it.",
                path=source.path,
            )
        )
    start = await _bisected(source, new_reader, lambda time: time >= span.start)
    end = await _bisected(source, new_reader, lambda time: time > span.end)
    return start, max(start, end)


async def _bisected(source: Source, new_reader: NewReader, passed: Callable[[float], bool]) -> int:
    """Offset of the first entry whose time has `passed`; the file's end where none has."""
    low, high, found = 0, source.size, source.size
    while high - low > STEP:
        middle = (low + high) // 2
        entry = await _first(source, new_reader, middle, high)
        if entry is None:
            high = middle
        elif passed(entry[1]):
            found, high = entry[0], middle
        else:
            low = entry[0] + 1
    for offset, time in await _timed(source, new_reader, low, high):
        if passed(time):
            return offset
    return found


async def _first(
    source: Source, new_reader: NewReader, start: int, stop: int
) -> tuple[int, float] | None:
    """Offset and time of the first entry with a time that begins between two offsets."""
    for at in range(start, stop, STEP):
        if timed := await _timed(source, new_reader, at, min(at + STEP, stop)):
            return timed[0]
    return None


async def _timed(
    source: Source, new_reader: NewReader, start: int, stop: int
) -> list[tuple[int, float]]:
    """Offsets and times of the entries with a time that begin between two offsets."""
    # The line that begins last before `stop` is needed whole.
    block = await source.lines(start, stop + STEP)
    told = await asyncio.to_thread(_times, new_reader(), block)
    return [each for each in told if start <= each[0] < stop]


def _times(reader: Reader, block: Block) -> list[tuple[int, float]]:
    told = reader.feed(block)
    return [(entry.offset, entry.time) for entry in told if entry.time is not None]


async def _scanned(source: Source, reader: Reader, span: Span) -> tuple[int, int]:
    """The same by reading from the beginning, where only the midnights tell the day."""
    if source.size > SCANNED:
        raise Problem(
            sentence(
                "The lines of {path} have no date, and it is too long ({size} MB) to count the"
                " days in it. /log alone sends all of it.",
                path=source.path,
                size=source.size // 2**20,
            )
        )
    at, start = 0, None
    while at < source.size:
        block = await source.lines(at, at + SLICE)
        for offset, time in await asyncio.to_thread(_times, reader, block):
            if start is None and time >= span.start:
                start = offset
            if time > span.end:
                return (offset, offset) if start is None else (start, offset)
        at = block.start + len(block.data)
    return (source.size if start is None else start), source.size
