"""Excerpts: slices of a protocol that people ask for, read in bounded time and memory.

Reading goes through aiofiles in blocks, decoding runs in a thread: neither holds up the watch over
the protocol. Every function raises `Problem`, with a sentence for whoever asked, where the file is
away, was begun anew meanwhile, or does not answer in time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import tzinfo
from pathlib import Path
from typing import Final

from sonixbot.entry import Entry
from sonixbot.errors import Problem, sentence
from sonixbot.excerpts.sheets import Sheet, Sheets
from sonixbot.excerpts.source import SLICE, Source, look, name_of, reading
from sonixbot.excerpts.spans import NewReader, Span, place
from sonixbot.formats import TEXT, Layout, Reader
from sonixbot.formats.encodings import Decoder
from sonixbot.formats.moments import DAY
from sonixbot.tail import Block, Position
from sonixbot.tail.files import COMPARED, neighbours

__all__ = ["Context", "Excerpts", "Found", "Lines", "Sheet", "Span", "name_of"]

#: Real seconds that an answer of a few lines may take; whoever pressed a button waits for it.
PROMPT: Final = 8.0
#: Real seconds that writing a file may take.
PATIENT: Final = 60.0
#: Bytes of the file's beginning by which its layout is told.
HEAD: Final = 64 * 1024
#: Bytes read for a few lines before or after a place; more and more where they are long.
NEAR: Final = (64 * 1024, 512 * 1024, 4 * 1024 * 1024)
#: Bytes and real seconds after which a search for a text is given up.
SEARCHED: Final = 64 * 1024 * 1024
SEARCHING: Final = 6.0


@dataclass(frozen=True, slots=True)
class Lines:
    """Some lines of a protocol, in the order of the file."""

    path: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Context(Lines):
    """The lines around an entry."""

    #: Which of `lines` are the entry's own.
    own: range


@dataclass(frozen=True, slots=True)
class Found(Lines):
    """The newest lines that hold a text, newest first."""

    #: There are more in the part that was looked through, or it was not looked through to its end.
    full: bool
    #: Bytes looked through, of so many.
    looked: int
    size: int
    #: Unix seconds of the earliest line looked at; None where it has no time.
    back_to: float | None

    @property
    def whole(self) -> bool:
        """Whether the protocol was looked through to its beginning."""
        return self.looked == self.size


class Excerpts:
    """Reads slices of an instrument's protocols, as the configuration says they are written."""

    def __init__(
        self, folder: Path, layout: Layout | None, encoding: str, zone: tzinfo | None
    ) -> None:
        """`folder` takes files to be sent; layout, encoding and zone as for a `Reader`."""
        self._layout, self._encoding, self._zone = layout, encoding, zone
        self._sheets = Sheets(folder)

    async def around(self, entry: Entry, before: int, after: int) -> Context:
        """The lines around an entry, also where its file was renamed in its folder."""
        if not entry.path:
            raise Problem(sentence("There are no lines of a protocol to this incident."))
        async with reading(entry.path, PROMPT):
            source = await self._file_of(entry)
            decoder, new_reader = await self._learned(source)
            above = await _above(source, entry.offset, before, decoder)
            own, below = await _below(source, entry.offset, after, decoder, new_reader)
        lines = (*above, *below)
        return Context(source.path, lines, range(len(above), len(above) + own))

    async def tail(self, path: str, number: int) -> Lines:
        """The last lines of a file."""
        async with reading(path, PROMPT):
            source = await look(path)
            decoder, _new_reader = await self._learned(source)
            return Lines(path, await _above(source, await source.end(), number, decoder))

    async def find(
        self,
        path: str,
        text: str,
        most: int,
        *,
        searched: int = SEARCHED,
        seconds: float = SEARCHING,
    ) -> Found:
        """The newest lines that hold `text`, in small or capital letters, at most so many.

        It ends early after `searched` bytes, or so many real `seconds`.
        """
        async with reading(path, PROMPT):
            source = await look(path)
            decoder, new_reader = await self._learned(source)
            end = stop = await source.end()
            wanted, hits, block = text.lower(), list[str](), source.block(0, b"")
            loop = asyncio.get_running_loop()
            deadline = loop.time() + seconds
            while stop > 0 and len(hits) <= most and end - stop < searched:
                block = await source.lines(max(0, stop - SLICE), stop, half=True)
                lines = await asyncio.to_thread(_texts, decoder, block)
                hits += [each for each in reversed(lines) if wanted in each.lower()]
                stop = block.start
                if loop.time() > deadline:
                    break
            told = await asyncio.to_thread(new_reader().feed, block) if stop else []
            back_to = next((each.time for each in told if each.time is not None), None)
        return Found(path, tuple(hits[:most]), len(hits) > most, end - stop, end, back_to)

    @asynccontextmanager
    async def cut(self, path: str, span: Span | None) -> AsyncIterator[Sheet | None]:
        """A file with the lines of a stretch of time, or all (None); gone at the end.

        None comes back where no line is from that time.
        """
        async with reading(path, PATIENT):
            source = await look(path)
            decoder, new_reader = await self._learned(source)
            start, end = 0, await source.end()
            if span is not None:
                start, stop = await place(source, new_reader, span)
                end = min(stop, end)
            sheet = await self._sheets.write(source, start, end, decoder) if start < end else None
        try:
            yield sheet
        finally:
            if sheet:
                await asyncio.to_thread(sheet.file.unlink, missing_ok=True)

    async def _learned(self, source: Source) -> tuple[Decoder, NewReader]:
        """What decodes the file's lines, and what makes readers that know its layout."""
        head = await source.read(0, HEAD)
        decoder, reader = Decoder(self._encoding), Reader(self._layout, self._encoding, self._zone)

        def learn() -> None:
            for _line in decoder.lines(source.block(0, head)):
                pass  # a code page is told by the letters met
            reader.detect(head, source.path)

        await asyncio.to_thread(learn)
        # Where none fits the beginning, what is read later decides.
        layout = self._layout if reader.layout is TEXT else reader.layout
        return decoder, lambda: Reader(layout, self._encoding, self._zone)

    async def _file_of(self, entry: Entry) -> Source:
        """The file that has the entry where it stood, under its own name or another one."""
        here = None
        with suppress(FileNotFoundError):
            here = await look(entry.path)
            if await self._holds(here, entry):
                return here
        others = await asyncio.to_thread(_others, entry.path)
        for path in others:
            try:
                other = await look(path)
                if await self._holds(other, entry):
                    return other
            except (OSError, Problem):  # gone by now, or not to be read: it is none of ours
                continue
        if here is None:
            said = sentence("The protocol {path} in which it stood is gone.", path=entry.path)
        else:
            said = sentence(
                "The protocol {path} has been begun anew since, and the old one is not beside it.",
                path=entry.path,
            )
        raise Problem(said)

    async def _holds(self, source: Source, entry: Entry) -> bool:
        """Whether this entry stands in the file where it was read."""
        if source.size <= entry.offset:
            return False
        _decoder, new_reader = await self._learned(source)
        block = await source.lines(entry.offset, entry.offset + NEAR[0])
        told = await asyncio.to_thread(new_reader().feed, block)
        return bool(told) and _alike(told[0], entry)


def _others(path: str) -> list[str]:
    """The other files of a protocol's folder, the newest first."""
    files = sorted(neighbours(replace(Position.nothing(), path=path)), reverse=True)
    return [each.path for each in files[:COMPARED]]


def _alike(one: Entry, other: Entry) -> bool:
    """Whether two readings are of the same entry; one of them began in the middle of the file.

    It knows neither the day, where only a header gives it, nor for sure the code page.
    """
    if one.offset != other.offset or _ascii(one.text) != _ascii(other.text):
        return False
    if _ascii(one.source) != _ascii(other.source):
        return False
    if one.time is None or other.time is None:
        return True
    apart = abs(one.time - other.time) % DAY
    return min(apart, DAY - apart) < 1


def _ascii(text: str) -> str:
    return text.encode("ascii", "replace").decode("ascii")


async def _above(source: Source, stop: int, number: int, decoder: Decoder) -> tuple[str, ...]:
    """The last lines before an offset at which one begins; fewer where they are very long."""
    for size in NEAR:
        block = await source.lines(max(0, stop - size), stop, half=True)
        lines = await asyncio.to_thread(_texts, decoder, block)
        if len(lines) >= number or block.start == 0:
            break
    return lines[max(0, len(lines) - number) :]


async def _below(
    source: Source, start: int, after: int, decoder: Decoder, new_reader: NewReader
) -> tuple[int, tuple[str, ...]]:
    """How many lines the entry at an offset has, and these with the ones after them."""
    for size in NEAR:
        block = await source.lines(start, start + size)
        entry, *others = await asyncio.to_thread(new_reader().feed, block)
        lines = await asyncio.to_thread(list, decoder.lines(block))
        following = others[0].offset if others else source.size
        written = lines[: 1 + len(entry.details) + entry.omitted]
        own = sum(each.offset < following for each in written)
        if len(lines) >= own + after or start + size >= source.size:
            break
    return own, tuple(each.text for each in lines[: own + after])


def _texts(decoder: Decoder, block: Block) -> tuple[str, ...]:
    return tuple(each.text for each in decoder.lines(block))
