"""Blocks: whole lines of one file and the position after them; no memory of earlier turns."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO, Final, Self

#: Bytes read in one turn.
SIZE: Final = 256 * 1024
#: Bytes kept of one line; a longer one is cut and the rest counted.
LONGEST: Final = 16 * 1024
#: Bytes before a position that tell its file from another one.
GUARDED: Final = 256


@dataclass(frozen=True, slots=True)
class Position:
    """Where reading stands in a file, and what tells that file again after a restart.

    A file is the same while the bytes just before `end` are. So a file that was written anew with
    the same bytes up to there is taken for the old one; what is missed then is what has been told
    already, word for word. A file that lost bytes which had been read counts as a new one.
    """

    path: str
    #: 0 where the file system has none.
    inode: int
    #: Bytes before this one are told for good: the start of a line.
    offset: int
    #: Hash of the up to `GUARDED` bytes just before `end`.
    guard: str
    #: Bytes beyond `offset` that were told as a half line; they are read anew once they grow.
    taken: int = 0
    #: Lines before `offset`; None: not counted.
    lines: int | None = None
    #: Where reading stood in files it has left, the latest last: a look at one is no new file.
    left: tuple[Position, ...] = ()

    @classmethod
    def nothing(cls) -> Self:
        """The position before any file: whatever turns up is new from its first byte."""
        return cls("", 0, 0, "", lines=0)

    @classmethod
    def start(cls, path: str, inode: int) -> Self:
        """The position at the first byte of a file."""
        return cls(path, inode, 0, _hash(b""), lines=0)

    @property
    def end(self) -> int:
        """Offset of the first byte that was not told."""
        return self.offset + self.taken

    def to_json(self) -> dict[str, Any]:
        """The position as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The position that `to_json` wrote."""
        return cls(**{**data, "left": tuple(map(cls.from_json, data["left"]))})


@dataclass(frozen=True, slots=True)
class Block:
    """What was read in one turn: whole lines of one file, or the half line at its end."""

    path: str
    #: Offset of the first byte of `data`.
    start: int
    data: bytes
    #: Where reading stands after it.
    position: Position
    #: The first of a file other than the one before: nothing known of that one holds any more.
    fresh: bool = False
    #: Lines before `start`; None: not counted.
    lines: int | None = None
    #: An unterminated line; once it has grown, a block with the same `start` replaces this one.
    half: bool = False
    #: Bytes of the line left out, as it is too long; then it is the only one in the block.
    cut: int = 0


@dataclass(frozen=True, slots=True)
class Piece:
    """The bytes of a block, before it is known what they mean for the reader."""

    start: int
    data: bytes
    #: Offset of the first byte after it.
    end: int
    half: bool = False
    #: A newline ends it that is not in `data`.
    newline: bool = False

    @property
    def cut(self) -> int:
        """Bytes of an overlong line that are not in `data`."""
        return self.end - self.start - len(self.data) - self.newline

    @property
    def lines(self) -> int:
        """Lines that end in it."""
        return self.data.count(b"\n") + self.newline


def read_at(file: BinaryIO, offset: int, size: int, stop: int | None = None) -> bytes:
    """Up to `size` bytes from `offset` on, none from `stop` on; fewer only at the end."""
    if stop is not None:
        size = min(size, stop - offset)
    if size <= 0:
        return b""
    file.seek(offset)
    data = file.read(size)
    while data and len(data) < size and (more := file.read(size - len(data))):
        data += more
    return data


def guard(file: BinaryIO, end: int) -> str:
    """Hash of the bytes just before `end`."""
    start = max(0, end - GUARDED)
    return _hash(read_at(file, start, end - start))


def _hash(data: bytes) -> str:
    return blake2b(data, digest_size=8).hexdigest()


def is_at(file: BinaryIO, position: Position) -> bool:
    """Whether the open file has, before the position, the bytes that were read there."""
    size = os.fstat(file.fileno()).st_size
    return size >= position.end and guard(file, position.end) == position.guard


def _after_zeros(file: BinaryIO, offset: int, stop: int | None) -> int | None:
    """Offset of the first byte from `offset` on that is not NUL; None: only zeros follow."""
    while data := read_at(file, offset, SIZE, stop):
        if rest := data.lstrip(b"\0"):
            return offset + len(data) - len(rest)
        offset += len(data)
    return None


def _line_end(file: BinaryIO, offset: int, stop: int | None) -> tuple[int, bytes]:
    """Where a line ends that goes on at `offset`, and what ends it: newline, NUL, or nothing."""
    while data := read_at(file, offset, SIZE, stop):
        ends = [at for at in (data.find(b"\n"), data.find(b"\0")) if at >= 0]
        if ends:
            return offset + min(ends), data[min(ends) : min(ends) + 1]
        offset += len(data)
    return offset, b""


def next_piece(file: BinaryIO, offset: int, size: int, stop: int | None = None) -> Piece | None:
    """The whole lines from `offset` on, about `size` bytes; else the half line; None: nothing.

    Zeros that a power cut left, or that were written ahead, are no line: at the end of the file
    they count as not there, and elsewhere they end the line before them.
    """
    start: int | None = offset
    if read_at(file, offset, 1, stop) in (b"", b"\0"):
        start = _after_zeros(file, offset, stop)
    if start is None:
        return None
    for asked in (size, max(size, LONGEST)):
        data = read_at(file, start, asked, stop)
        if whole := data.rfind(b"\n") + 1:
            return Piece(start, data[:whole], start + whole)
        if len(data) < asked:
            text = data.rstrip(b"\0")
            return Piece(start, text, start + len(text), half=True)
    return _overlong(file, start, data, stop)


def _overlong(file: BinaryIO, start: int, data: bytes, stop: int | None) -> Piece:
    """The line that begins with `data` and has no end in it, or zeros up to its end."""
    text = data.rstrip(b"\0")
    end, mark = start + len(text), b"\0"
    if len(text) == len(data):
        text = text[:LONGEST]
        end, mark = _line_end(file, end, stop)
    if mark == b"\n":
        return Piece(start, text, end + 1, newline=True)
    beyond = _after_zeros(file, end, stop) if mark else None
    return Piece(start, text, end, half=beyond is None)


def blocks(
    path: str | Path, start: int = 0, stop: int | None = None, size: int = SIZE
) -> Iterator[Block]:
    """The lines between two offsets that begin a line, the half one at the end too.

    The file is opened for each block. It ends early where the file is replaced meanwhile.
    Raises OSError.
    """
    at = replace(Position.nothing(), path=str(path), offset=start, lines=None if start else 0)
    while True:
        with Path(path).open("rb", buffering=0) as file:
            inode = os.fstat(file.fileno()).st_ino
            if at.guard and not (inode == at.inode and is_at(file, at)):
                return
            piece = next_piece(file, at.offset, size, stop)
            if piece is None:
                return
            block = block_of(file, piece, replace(at, inode=inode), fresh=not at.guard)
        yield block
        if piece.half:
            return
        at = block.position


def block_of(file: BinaryIO, piece: Piece, before: Position, *, fresh: bool) -> Block:
    """The piece as a block, with the position after it."""
    lines = before.lines
    after = replace(
        before,
        offset=piece.start if piece.half else piece.end,
        taken=piece.end - piece.start if piece.half else 0,
        guard=guard(file, piece.end),
        lines=lines if lines is None or piece.half else lines + piece.lines,
    )
    return Block(
        before.path, piece.start, piece.data, after, fresh, lines, piece.half, cut=piece.cut
    )


def last_line(file: BinaryIO) -> tuple[int, int]:
    """Where the last unterminated line begins and ends; twice the same where there is none.

    Zeros at the end of the file are not part of it.
    """
    end = start = os.fstat(file.fileno()).st_size
    text = False
    while start > 0:
        begin = max(0, start - SIZE)
        data = read_at(file, begin, start - begin)
        if not text:
            data = data.rstrip(b"\0")
            text, end = bool(data), begin + len(data)
        if newline := data.rfind(b"\n") + 1:
            return begin + newline, end
        start = begin
    return 0, end


def line_start(path: str | Path, offset: int) -> int:
    """Offset of the first line that begins at `offset` or after it. Raises OSError."""
    if offset <= 0:
        return 0
    at = offset - 1
    with Path(path).open("rb", buffering=0) as file:
        while data := read_at(file, at, SIZE):
            if newline := data.find(b"\n") + 1:
                return at + newline
            at += len(data)
    return at


def head(path: str | Path, size: int = 64 * 1024) -> bytes:
    """The first bytes of a file: what its layout is told by. Raises OSError."""
    with Path(path).open("rb", buffering=0) as file:
        return read_at(file, 0, size)
