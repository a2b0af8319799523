"""Tail: the lines that are new in the working protocol, whatever happens to its file.

The file is opened, read and closed at each turn: an open handle would stop Sonix+ from renaming
it on Windows. It is never locked.
"""

from __future__ import annotations

import errno
import glob
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Final

from sonixbot.errors import Sentence, sentence
from sonixbot.tail.blocks import (
    GUARDED,
    SIZE,
    Block,
    Piece,
    Position,
    block_of,
    blocks,
    guard,
    head,
    is_at,
    last_line,
    line_start,
    next_piece,
)

__all__ = ["Block", "Position", "Tail", "blocks", "head", "line_start"]

#: Seconds without growth after which an unterminated last line is told.
PATIENCE: Final = 2.0
#: Seconds until a file that has vanished is looked for again in its folder.
SEARCH_AGAIN: Final = 10.0
#: Files of a folder, the newest first, whose bytes are compared with a vanished file's.
COMPARED: Final = 50
#: Files left behind whose positions are kept.
LEFT: Final = 8


@dataclass(frozen=True, order=True, slots=True)
class _File:
    """A regular file; the greater is the newer, ties by name."""

    changed: int
    path: str
    inode: int
    size: int


class Tail:
    """Reads the working protocol turn by turn.

    `where` is a file, or a pattern whose newest file is the working protocol. When a newer one
    turns up, the rest of the old one is read first, also where it was renamed in its folder.
    """

    def __init__(self, where: str, position: Position | None = None, *, size: int = SIZE) -> None:
        self.where = where
        #: Where reading stands; may be set, to begin there.
        self.position = position or Position.nothing()
        #: Why nothing can be read; None when all is well.
        self.trouble: Sentence | None = None
        #: Unix seconds at which a half line is told unless it grows; None where there is none.
        self.due: float | None = None
        self._size = size
        self._half_end = 0
        self._fresh = False
        #: The end of what was seen at the last turn and the file's size: zeros lie between them.
        self._seen = (0, 0)
        #: When a vanished file was sought in vain, and the inode that had its name then.
        self._sought: tuple[float, int | None] | None = None

    def read(self, now: float) -> Block | None:
        """The next block, or None where there is nothing new. Never raises for a missing file."""
        self.trouble = None
        try:
            path = self._find(now)
            if path is not None:
                block = self._read(path, now)
                if block is not None:
                    return block
            following = self._following(path)
            # Until its half line is told, or goes on, an old file is not done.
            if following is None or self.due is not None:
                return None
            self._enter(following, leave=path is not None)
            return self._read(following.path, now)
        except OSError as error:
            self.trouble = self._trouble(error)
            return None

    def end(self) -> Position | None:
        """The position behind everything that is in the working protocol now; None: no file.

        A half line counts as told, but is read once it grows.
        """
        self.trouble = None
        try:
            file = max(self._files(), default=None)
            if file is None:
                return None
            with Path(file.path).open("rb", buffering=0) as opened:
                start, end = last_line(opened)
                inode, told = os.fstat(opened.fileno()).st_ino, guard(opened, end)
        except OSError as error:
            self.trouble = self._trouble(error)
            return None
        return Position(file.path, inode, start, told, end - start, None if start else 0)

    def _read(self, path: str, now: float) -> Block | None:
        """The next block of the file in which reading stands."""
        with Path(path).open("rb", buffering=0) as file:
            if not is_at(file, self.position) or self._still(file, now):
                return None
            piece = next_piece(file, self.position.offset, self._size)
            if piece is None or (piece.half and not self._ripe(piece, now)):
                end = self.position.end if piece is None else piece.end
                self._seen = (end, os.fstat(file.fileno()).st_size)
                return None
            inode = os.fstat(file.fileno()).st_ino
            before = replace(self.position, path=path, inode=inode)
            block = block_of(file, piece, before, fresh=self._fresh)
        self._stand(block.position)
        self._fresh = False
        return block

    def _stand(self, position: Position) -> None:
        self.position = position
        self.due, self._sought, self._seen = None, None, (0, 0)

    def _still(self, file: BinaryIO, now: float) -> bool:
        """Whether nothing came since the last turn; zeros written ahead are not read each time."""
        end, size = self._seen
        if not size or os.fstat(file.fileno()).st_size != size or self._overdue(now):
            return False
        file.seek(end)
        return file.read(1) in (b"", b"\0")

    def _overdue(self, now: float) -> bool:
        """Whether the half line has had its time; a clock set back does not prolong it."""
        return self.due is not None and not self.due - PATIENCE <= now < self.due

    def _ripe(self, half: Piece, now: float) -> bool:
        """Whether a half line is to be told now."""
        if half.end == self.position.end:
            self.due = None
            return False
        if self.due is None or half.end != self._half_end:
            self.due, self._half_end = now + PATIENCE, half.end
            return False
        return self._overdue(now)

    def _find(self, now: float) -> str | None:
        """Where the file lies in which reading stands; None: it is gone, or was written anew."""
        position = self.position
        if not position.path:
            return None
        own = _look(position.path)
        if own is not None and own.inode == position.inode and _holds(own, position):
            return own.path
        inode = own.inode if own else None
        if self._sought and self._sought[1] == inode and 0 <= now - self._sought[0] < SEARCH_AGAIN:
            return None
        found = _search(position, own)
        if found is None:
            self._sought = (now, inode)
            self.due = None
        else:
            self.position = replace(position, path=found.path, inode=found.inode)
        return found.path if found else None

    def _files(self) -> list[_File]:
        """The files that may be the working protocol. Raises OSError where there is none."""
        # Path.glob refuses a pattern that begins at the root.
        paths = {self.where, *glob.glob(self.where, recursive=True)}  # noqa: PTH207 - see above
        files = [file for path in sorted(paths) if (file := _look(path))]
        if not files:
            Path(self.where).stat()  # says why: missing, no permission, the share gone
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), self.where)
        return files

    def _following(self, path: str | None) -> _File | None:
        """The file to read after the one at `path`; an empty one is not begun."""
        files = self._files()
        newest = max(files, default=None)
        here = _look(path) if path else None
        if newest is None or newest.path == path:
            return None
        if here is None or not self._is_pattern():
            return newest if newest.size else None
        return min((each for each in files if each > here and self._has_news(each)), default=None)

    def _is_pattern(self) -> bool:
        return glob.escape(self.where) != self.where

    def _has_news(self, file: _File) -> bool:
        """Whether there is anything in it beyond what was read before it was left."""
        told = self._told_of(file)
        return file.size > (told.end if told else 0)

    def _told_of(self, file: _File) -> Position | None:
        """Where reading stood in this file when it was left."""
        for position in reversed(self.position.left):
            if (file.inode == position.inode or position.end >= GUARDED) and _holds(file, position):
                return position
        return None

    def _enter(self, file: _File, *, leave: bool) -> None:
        """Go over to another file; `leave`: the one before is still there, and read."""
        told = self._told_of(file)
        left = [each for each in self.position.left if each != told]
        if leave:
            left.append(replace(self.position, left=()))
        start = told or Position.start(file.path, file.inode)
        self._stand(replace(start, path=file.path, inode=file.inode, left=tuple(left[-LEFT:])))
        self._fresh = True

    def _trouble(self, error: OSError) -> Sentence:
        """What to tell people about it."""
        path, folder = self.where, Path(self.where).parent
        if Path(path).is_dir():
            return sentence(
                "The protocol {path} is a folder; name the file, or a pattern such as {example}.",
                path=path,
                example=str(Path(path) / "*.log"),
            )
        if isinstance(error, PermissionError):
            return sentence(
                "The protocol {path} may not be read; allow this program's user to read it.",
                path=path,
            )
        if isinstance(error, FileNotFoundError) or self._is_pattern():
            if not self._is_pattern() and not folder.is_dir():
                return sentence("The protocol's folder {path} cannot be reached.", path=str(folder))
            return sentence("There is no protocol {path}.", path=path)
        reason = error.strerror or str(error)
        return sentence("The protocol {path} cannot be read: {reason}.", path=path, reason=reason)


def _look(path: str) -> _File | None:
    """The regular file at `path`; None where there is none."""
    try:
        found = Path(path).stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    return _File(found.st_mtime_ns, path, found.st_ino, found.st_size)


def _holds(file: _File, position: Position) -> bool:
    """Whether the file has, before the position, the bytes that were read there."""
    if file.size < position.end:
        return False
    with Path(file.path).open("rb", buffering=0) as opened:
        return is_at(opened, position)


def _neighbours(position: Position) -> Iterator[_File]:
    """The other files of its folder; those that cannot be looked at are passed over."""
    with suppress(OSError), os.scandir(Path(position.path).parent) as folder:
        for each in folder:
            with suppress(OSError):
                file = _look(each.path)
                if file is not None and file.path != position.path:
                    yield file


def _search(position: Position, own: _File | None) -> _File | None:
    """The file under another name (by inode), or with another inode (by its bytes).

    Too few bytes are no proof: other protocols may begin with them, and where nothing was read the
    inode may be another file's by now.
    """
    if not position.end:
        return None
    others = sorted(_neighbours(position), reverse=True)
    candidates = [file for file in others if file.inode == position.inode != 0]
    if position.end >= GUARDED:
        candidates += [own] if own else []
        candidates += others[:COMPARED]
    for file in candidates:
        with suppress(OSError):
            if _holds(file, position):
                return file
    return None
