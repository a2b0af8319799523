"""Source: one protocol file, read slice by slice off the event loop.

The file is opened, read and closed for each slice, as Sonix+ must be able to rename it meanwhile
on Windows; a slice holds many lines, as each step of aiofiles is a trip to another thread.
"""

from __future__ import annotations

import asyncio
import errno
import os
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiofiles

from sonixbot.errors import Problem, sentence, why
from sonixbot.tail import Block, Position

#: Bytes of a slice.
SLICE: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Source:
    """A file as it was when it was first looked at; what is written later is not read."""

    path: str
    size: int
    #: 0 where the file system has none.
    inode: int

    async def read(self, start: int, stop: int) -> bytes:
        """The bytes between two offsets, none from `size` on.

        Raises OSError, and `Problem` where another file has its name by now, or it was emptied.
        """
        start, stop = max(0, start), min(stop, self.size)
        if start >= stop:
            return b""
        async with aiofiles.open(self.path, "rb") as file:
            found = os.fstat(file.fileno())
            if found.st_ino == self.inode and found.st_size >= self.size:
                await file.seek(start)
                data = await file.read(stop - start)
                if len(data) == stop - start:
                    return data
        raise Problem(
            sentence(
                "The protocol {path} was begun anew while it was read; ask again.", path=self.path
            )
        )

    async def lines(self, start: int, stop: int, *, half: bool = False) -> Block:
        """The lines that begin between two offsets, as far as they end before `stop`.

        `half`: the last one is taken also where nothing ends it; at the end of the file it always
        is. A line longer than all that is asked for comes without its beginning or its end.
        """
        at = max(0, start - 1)
        data = await self.read(at, stop)
        if start > 0:
            # A line begins behind a newline, or behind zeros that a power cut left.
            newline = 1 if data[:1] == b"\0" else data.find(b"\n") + 1
            cut = newline if 0 < newline < len(data) else 1
            data, at = data[cut:], at + cut
        if stop < self.size and not half:
            data = data[: data.rfind(b"\n") + 1] or data
        return self.block(at, data)

    def block(self, start: int, data: bytes) -> Block:
        """Bytes of this file for a decoder or a reader."""
        return Block(self.path, start, data, Position.nothing())

    async def end(self) -> int:
        """Offset behind the last byte that is not NUL: files may be written ahead with zeros."""
        stop = self.size
        while stop > 0:
            start = max(0, stop - SLICE)
            if text := (await self.read(start, stop)).rstrip(b"\0"):
                return start + len(text)
            stop = start
        return 0


async def look(path: str) -> Source:
    """The file at `path` as it is now. Raises OSError."""
    found = await asyncio.to_thread(os.stat, path)
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), path)
    return Source(path, found.st_size, found.st_ino)


@asynccontextmanager
async def reading(path: str, seconds: float) -> AsyncIterator[None]:
    """Let the reading of a protocol take so many real seconds.

    Raises `Problem` with a sentence for people where that fails.
    """
    if not path:
        raise Problem(sentence("There is no protocol to read yet."))
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise Problem(
            sentence("Reading the protocol {path} takes too long; it was given up.", path=path)
        ) from error
    except FileNotFoundError as error:
        raise Problem(sentence("There is no protocol {path}.", path=path)) from error
    except OSError as error:
        raise Problem(
            sentence("The protocol {path} cannot be read: {reason}.", path=path, reason=why(error))
        ) from error


def name_of(path: str) -> str:
    """The name of a protocol's file, as people are told it."""
    return Path(path).name
