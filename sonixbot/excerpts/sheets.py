"""Sheets: files with lines of a protocol, made to be sent and then deleted."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile

import aiofiles

from sonixbot.errors import Problem, sentence
from sonixbot.excerpts.source import Source
from sonixbot.formats.encodings import Decoder
from sonixbot.locations import make_private

#: Bytes of a protocol above which it is packed: text becomes a tenth, and lines are slow.
PACKED: Final = 8 * 1024 * 1024
#: Bytes of a protocol above which packing it would take an old computer too long.
LARGEST: Final = 512 * 1024 * 1024
#: Bytes that a bot may upload (https://core.telegram.org/bots/api#sending-files).
UPLOAD: Final = 50 * 1024 * 1024
#: Bytes decoded in one step.
PIECE: Final = 512 * 1024

_BOM: Final = b"\xef\xbb\xbf"
_ZEROS: Final = re.compile(rb"\0{2,}")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file to be sent: UTF-8, whatever the protocol is written in; perhaps packed."""

    file: Path
    #: How whoever gets it sees it called.
    name: str


class Sheets:
    """Writes sheets into a folder of their own."""

    def __init__(self, folder: Path, *, packed: int = PACKED, upload: int = UPLOAD) -> None:
        self._folder, self._packed, self._upload = folder, packed, upload
        self._numbers = count(1)
        self._ready = False

    async def write(self, source: Source, start: int, end: int, decoder: Decoder) -> Sheet:
        """The bytes between two offsets that begin a line, as a sheet.

        Raises OSError, and `Problem` where they are more than a bot may send.
        """
        if end - start > LARGEST:
            raise _too_long(end - start)
        name = f"{Path(source.path).stem}.txt"
        file = await asyncio.to_thread(self._new)
        pieces = _pieces(source, start, end, decoder)
        try:
            if end - start <= self._packed:
                async with aiofiles.open(file, "wb") as opened:
                    async for piece in pieces:
                        await opened.write(piece)
                return Sheet(file, name)
            await _pack(file, name, pieces, self._upload)
            if file.stat().st_size > self._upload:
                raise _too_long(end - start)
            return Sheet(file, f"{name}.zip")
        except BaseException:
            with suppress(OSError):
                file.unlink()
            raise

    def _new(self) -> Path:
        if not self._ready:
            # What a kill has left there.
            shutil.rmtree(self._folder, ignore_errors=True)
            make_private(str(self._folder))
            self._ready = True
        return self._folder / f"{next(self._numbers)}"


async def _pieces(source: Source, start: int, end: int, decoder: Decoder) -> AsyncIterator[bytes]:
    """The lines between two offsets, in UTF-8."""
    while start < end:
        data = await source.read(start, min(start + PIECE, end))
        if start + len(data) < end:
            data = data[: data.rfind(b"\n") + 1] or data
        yield await asyncio.to_thread(_in_utf_8, data.removeprefix(_BOM), decoder)
        start += len(data)


def _in_utf_8(data: bytes, decoder: Decoder) -> bytes:
    lines = _ZEROS.sub(b"\n", data).replace(b"\0", b"").split(b"\n")
    return "\n".join(map(decoder.text, lines)).encode("utf-8", "replace")


async def _pack(file: Path, name: str, pieces: AsyncIterator[bytes], upload: int) -> None:
    """Pack what comes into a file; no longer than it can be sent."""
    with ZipFile(file, "w", ZIP_DEFLATED) as archive, archive.open(name, "w") as opened:

        def add(piece: bytes) -> int:
            opened.write(piece)
            return file.stat().st_size

        async for piece in pieces:
            if await asyncio.to_thread(add, piece) > upload:
                return


def _too_long(size: int) -> Problem:
    return Problem(
        sentence(
            "That is {size} MB, more than I can send. Ask for a stretch of time, such as /log 2h.",
            size=size // 2**20,
        )
    )
