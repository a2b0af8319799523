"""Own: somebody's own protocol, replayed and then followed."""

from __future__ import annotations

import asyncio
import os
import re
import stat
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import tzinfo
from functools import partial
from pathlib import Path
from random import Random
from typing import BinaryIO, Final

from sonixbot.clock import Clock
from sonixbot.entry import Entry
from sonixbot.errors import Problem, sentence, why
from sonixbot.formats import Layout, Reader
from sonixbot.formats.encodings import Decoder
from sonixbot.sandbox.instrument.protocolfile import Listener, WorkingProtocol, Written
from sonixbot.sandbox.instrument.said import Said
from sonixbot.tail import Block, Position, Tail, blocks, head, line_start
from sonixbot.tail.blocks import LONGEST, SIZE, read_at

#: Bytes at the end of a huge protocol that are enough for a demo.
LARGEST: Final = 64 * 1024 * 1024
#: Lines before the replayed ones that listeners are told, too.
BEFORE: Final = 400
#: Seconds between two replayed messages.
RHYTHM: Final = (0.3, 2.0)
#: Seconds of the computer's clock between two looks for what is new.
LOOK_EVERY: Final = 0.5
#: What belongs to the message above it, or to none.
_NOTHING: Final = Said(None, None, "", "")
_LINE: Final = re.compile(rb"[^\n]*\n|[^\n]+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A message with all its lines, or lines that go on with the one before."""

    said: Said
    #: Unix seconds that the message gives, if any.
    time: float | None
    data: bytes
    lines: tuple[str, ...]


class Pieces:
    """Cuts the blocks of a file into messages as sonixbot reads them, without losing a byte."""

    def __init__(self, layout: Layout | None, encoding: str, zone: tzinfo | None) -> None:
        self.reader, self._decoder = Reader(layout, encoding, zone), Decoder(encoding)
        #: Offset of the first byte that is in no piece yet.
        self.end = 0

    def detect(self, source: Path, start: int) -> None:
        """Learn how the file is written, to begin at an offset in its middle. Raises OSError."""
        first = head(source)
        self.reader.detect(first, str(source), before=source.stat().st_mtime)
        list(self._decoder.lines(Block(str(source), 0, first, Position.nothing())))
        self.end = start

    def of(self, block: Block) -> Iterator[Piece]:
        """The pieces that a block adds; a half line that has grown is not repeated."""
        data = self._new(block)
        at, self.end = self.end, block.position.end
        begun = {each.offset: each for each in self.reader.feed(block)}
        offsets = sorted(begun)
        entry: Entry | None = None
        lines: list[bytes] = []
        for line in _LINE.findall(data):
            # Zeros may stand before the message in its line.
            begins = offsets[bisect_left(offsets, at) : bisect_left(offsets, at + len(line))]
            if begins and lines:
                yield self._piece(entry, lines)
                lines = []
            entry = begun[begins[0]] if begins else entry
            lines.append(line)
            at += len(line)
        if lines:
            yield self._piece(entry, lines)

    def _new(self, block: Block) -> bytes:
        """The bytes that came since the last block: as a rule its own, else those in the file."""
        if block.start <= self.end and not block.cut:
            return block.data[self.end - block.start :]
        # Zeros before it, and the rest of a line that is too long to be kept, are not in it.
        try:
            with Path(block.path).open("rb", buffering=0) as file:
                return read_at(file, self.end, block.position.end - self.end)
        except OSError:  # it went away in this moment; what people can read is in the block
            return block.data + b"\n"

    def _piece(self, entry: Entry | None, lines: list[bytes]) -> Piece:
        said, time = _NOTHING, None
        if entry is not None:
            said = Said(entry.kind, entry.level, entry.source, entry.text, entry.details)
            time = entry.time
        text = (self._decoder.text(each.strip(b"\0\r\n")[:LONGEST]) for each in lines)
        return Piece(said, time, b"".join(lines), tuple(text))


class Replay:
    """Writes the last `lines` lines of a protocol once more, and then what comes to it anew.

    What stands above them is there from the beginning. `layout` and `encoding` are found out unless
    they are given. `real` is the clock by which the protocol
    is looked at, the computer's unless given. Raises `Problem` where it cannot be read.
    """

    def __init__(
        self,
        source: Path,
        path: Path,
        *,
        clock: Clock,
        layout: Layout | None = None,
        encoding: str = "auto",
        zone: tzinfo | None = None,
        lines: int = 300,
        real: Clock | None = None,
    ) -> None:
        self.path = path
        #: As far as they are told by what was read.
        self.layout = self.encoding = ""
        #: Counts protocols, from 1: the source may begin a new one.
        self.number = 1
        #: Told of everything that is written, right afterwards.
        self.listeners: list[Listener] = []
        self._source, self._clock, self._many = source, clock, lines
        self._real = real or Clock()
        self._new_pieces = partial(Pieces, layout, encoding, zone)
        self._pieces = self._new_pieces()
        self._waiting: list[Piece] = []
        with _readable(source):
            self._tail = Tail(str(source.absolute()))
            self._tail.position = _end(self._tail, source)
        self._file = WorkingProtocol(path)

    def begin(self) -> None:
        """Write all but the last lines. Raises `Problem`."""
        with _readable(self._source):
            end = self._tail.position.end
            with self._source.open("rb", buffering=0) as file:
                start = 0 if end <= LARGEST else line_start(self._source, end - LARGEST)
                cut = max(start, _back(file, end, self._many))
                shown = max(start, _back(file, end, self._many + BEFORE))
                self._copy(file, start, cut)
            self._pieces.detect(self._source, shown)
            past = list(self._read(shown, cut))
            self._waiting = list(self._read(cut, end))
        number = self._file.lines + 1 - sum(each.data.count(b"\n") for each in past)
        for each in past:
            self._tell(each, number, past=True)
            number += each.data.count(b"\n")

    async def run(self, stop: asyncio.Event) -> None:
        """Write the last lines in the rhythm of a demo, then follow, until `stop` is set."""
        random = Random()  # noqa: S311 - a rhythm, no secret
        for piece in self._waiting:
            if stop.is_set():
                return
            self._write(piece)
            await self._clock.wait(stop, random.uniform(*RHYTHM))
        while not stop.is_set():
            self._follow()
            await self._real.wait(stop, LOOK_EVERY)

    def _follow(self) -> None:
        while block := self._tail.read(self._real.now()):
            if block.fresh:
                self._file.set_aside()
                self.number += 1
                self._pieces = self._new_pieces()
            for piece in self._cut(block):
                self._write(piece)

    def _copy(self, file: BinaryIO, start: int, cut: int) -> None:
        self._file.append(b"")  # the bot is to find a protocol even where all of it comes later
        if start:
            # It may give the date of all that follow.
            first = head(self._source)
            self._file.append(first[: first.find(b"\n") + 1])
        for at in range(start, cut, SIZE):
            self._file.append(read_at(file, at, SIZE, cut))

    def _read(self, start: int, stop: int) -> Iterator[Piece]:
        for block in blocks(self._source, start, stop):
            yield from self._cut(block)

    def _cut(self, block: Block) -> Iterator[Piece]:
        yield from self._pieces.of(block)
        reader = self._pieces.reader
        self.layout, self.encoding = reader.layout.name, reader.encoding

    def _write(self, piece: Piece) -> None:
        self._tell(piece, self._file.append(piece.data), past=False)

    def _tell(self, piece: Piece, number: int, *, past: bool) -> None:
        at = piece.time if past and piece.time is not None else self._clock.now()
        written = Written(piece.said, at, piece.lines, number, self.number, past)
        for listener in self.listeners:
            listener(written)


def _back(file: BinaryIO, end: int, lines: int) -> int:
    """Offset at which the last so many lines before `end` begin."""
    stop = end - 1  # a newline there ends the last line
    while stop > 0:
        start = max(0, stop - SIZE)
        data = read_at(file, start, stop - start)
        here = data.count(b"\n")
        if here >= lines:
            at = len(data)
            for _line in range(lines):
                at = data.rfind(b"\n", 0, at)
            return start + at + 1
        lines, stop = lines - here, start
    return 0


def _end(tail: Tail, source: Path) -> Position:
    """The end of what is there. Raises `Problem` where there is nothing; OSError."""
    if not stat.S_ISREG(source.stat().st_mode) and not source.is_dir():
        raise Problem(sentence("{path} is not a file.", path=source))
    position = tail.end()
    if position is None or not position.end:
        raise Problem(sentence("{path} is empty: there is nothing to replay.", path=source))
    return position


@contextmanager
def _readable(source: Path) -> Iterator[None]:
    """Turn what the system says of a file that cannot be read into a `Problem`."""
    try:
        yield
    except FileNotFoundError:
        raise Problem(sentence("There is no file {path}.", path=source)) from None
    except OSError as error:
        if os.path.isdir(source):  # noqa: PTH112 - unlike Path's it never raises
            said = sentence("{path} is a folder; name the protocol in it.", path=source)
        else:
            said = sentence("{path} cannot be read: {reason}.", path=source, reason=why(error))
        raise Problem(said) from None
