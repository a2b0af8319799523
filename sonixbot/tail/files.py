"""Files: those of a folder that are, or were, the working protocol."""

from __future__ import annotations

import glob
import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sonixbot.tail.blocks import GUARDED, Position, is_at

#: Files of a folder, the newest first, whose bytes are compared with a vanished file's.
COMPARED: Final = 50


@dataclass(frozen=True, order=True, slots=True)
class File:
    """A regular file; the greater is the newer, ties by name."""

    changed: int
    path: str
    inode: int
    size: int


def is_pattern(path: str) -> bool:
    """Whether several files may be meant."""
    return glob.escape(path) != path


def look(path: str) -> File | None:
    """The regular file at `path`; None where there is none."""
    try:
        found = Path(path).stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    return File(found.st_mtime_ns, path, found.st_ino, found.st_size)


def holds(file: File, position: Position) -> bool:
    """Whether the file has, before the position, the bytes that were read there."""
    if file.size < position.end:
        return False
    with Path(file.path).open("rb", buffering=0) as opened:
        return is_at(opened, position)


def neighbours(position: Position) -> Iterator[File]:
    """The other files of its folder; those that cannot be looked at are passed over."""
    with suppress(OSError), os.scandir(Path(position.path).parent) as folder:
        for each in folder:
            with suppress(OSError):
                file = look(each.path)
                if file is not None and file.path != position.path:
                    yield file


def alike(position: Position) -> Iterator[File]:
    """The other files of its folder that are named alike but for their numbers."""
    name = _unnumbered(position.path)
    return (each for each in neighbours(position) if _unnumbered(each.path) == name)


def _unnumbered(path: str) -> str:
    return re.sub(r"\d+", "#", Path(path).name)


def search(position: Position, own: File | None) -> File | None:
    """The file under another name (by inode), or with another inode (by its bytes).

    Too few bytes are no proof: other protocols may begin with them, and where nothing was read the
    inode may be another file's by now.
    """
    if not position.end:
        return None
    others = sorted(neighbours(position), reverse=True)
    candidates = [file for file in others if file.inode == position.inode != 0]
    if position.end >= GUARDED:
        candidates += [own] if own else []
        candidates += others[:COMPARED]
    for file in candidates:
        with suppress(OSError):
            if holds(file, position):
                return file
    return None
