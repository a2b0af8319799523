"""Tail: the lines that are new in the working protocol, whatever happens to its file.

The file is opened, read and closed at each turn: an open handle would stop Sonix+ from renaming
it on Windows. It is never locked.
"""

from __future__ import annotations

import errno
import glob
import os
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Final

from sonixbot.errors import Sentence, sentence, why
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
from sonixbot.tail.files import File, alike, holds, is_pattern, look, search

__all__ = ["Block", "Position", "Tail", "blocks", "head", "line_start"]

#: Seconds without growth after which an unterminated last line is told.
PATIENCE: Final = 2.0
#: Seconds until a file that has vanished is looked for again in its folder.
SEARCH_AGAIN: Final = 10.0
#: Seconds between two looks at a pattern's files while one of them is there and read.
LOOK_AGAIN: Final = 2.0
#: Files left behind whose positions are kept.
LEFT: Final = 8


class Tail:
    """Reads the working protocol turn by turn.

    `where` is a file, or a pattern whose newest file is the working protocol. When a newer one
    turns up, the rest of the old one is read first, also where it was renamed in its folder. What
    was renamed several times meanwhile (`a.log.2`) is followed by the newer files that are named
    alike (`a.log.1`); where the old file is deleted, or they have names of their own, files
    between it and the working protocol are not known to be protocols, and are not read.
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
        #: When a pattern's files were looked at without trouble.
        self._looked: float | None = None

    def read(self, now: float) -> Block | None:
        """The next block, or None where there is nothing new. Never raises for a missing file."""
        self.trouble = None
        try:
            path = self._find(now)
            if path is not None:
                block = self._read(path, now)
                if block is not None:
                    return block
            following = self._following(path, now)
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

        A half line counts as told, but is read once it grows. Raises OSError, with `trouble` set,
        where it cannot be told: the protocol may not be read, or its folder cannot be reached.
        """
        self.trouble = None
        try:
            if (file := self._newest()) is None:
                return None
            with Path(file.path).open("rb", buffering=0) as opened:
                start, end = last_line(opened)
                inode, told = os.fstat(opened.fileno()).st_ino, guard(opened, end)
        except OSError as error:
            self.trouble = self._trouble(error)
            raise
        return Position(file.path, inode, start, told, end - start, None if start else 0)

    def _newest(self) -> File | None:
        """The working protocol; None where its folder is there and it is not. Raises OSError."""
        try:
            return max(self._files())
        except FileNotFoundError as error:
            # A link that leads nowhere leads to a share that is away.
            if os.path.lexists(self.where) or not self._reachable():
                raise
            self.trouble = self._trouble(error)
            return None

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
        own = look(position.path)
        if own is not None and own.inode == position.inode and holds(own, position):
            return own.path
        inode = own.inode if own else None
        if self._sought and self._sought[1] == inode and 0 <= now - self._sought[0] < SEARCH_AGAIN:
            return None
        found = search(position, own)
        if found is None:
            self._sought = (now, inode)
            self.due = None
        else:
            self.position = replace(position, path=found.path, inode=found.inode)
            self._looked = None
        return found.path if found else None

    def _files(self) -> list[File]:
        """The files that may be the working protocol. Raises OSError where there is none."""
        # Path.glob refuses a pattern that begins at the root.
        paths = {self.where, *glob.glob(self.where, recursive=True)}  # noqa: PTH207 - see above
        files = [file for path in sorted(paths) if (file := look(path))]
        if not files:
            if is_pattern(self.where):
                with os.scandir(self._folder()):  # says why it cannot be looked into
                    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), self.where)
            Path(self.where).stat()  # says why: missing, no permission, the share gone
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), self.where)
        return files

    def _following(self, path: str | None, now: float) -> File | None:
        """The file to read after the one at `path`; an empty one is not begun."""
        if path and self._looked is not None and 0 <= now - self._looked < LOOK_AGAIN:
            return None
        self._looked = None
        files = self._files()
        here, newest = look(path) if path else None, max(files)
        if here is not None and is_pattern(self.where):
            self._looked = now
            later = [each for each in files if each > here]
        elif newest.path == path or not newest.size:
            return None
        elif here is not None:
            later = [each for each in alike(self.position) if here < each <= newest]
        else:
            return newest
        unread = min(filter(self._has_news, later), default=None)
        return unread if is_pattern(self.where) else unread or newest

    def _folder(self) -> str:
        """The folder of the protocol, or the one below which a pattern looks for folders."""
        folder = Path(self.where).parent
        while is_pattern(str(folder)):
            folder = folder.parent
        return str(folder)

    def _reachable(self) -> bool:
        return os.path.isdir(self._folder())  # noqa: PTH112 - see _trouble

    def _has_news(self, file: File) -> bool:
        """Whether there is anything in it beyond what was read before it was left."""
        told = self._told_of(file)
        return file.size > (told.end if told else 0)

    def _told_of(self, file: File) -> Position | None:
        """Where reading stood in this file when it was left."""
        for position in reversed(self.position.left):
            if (file.inode == position.inode or position.end >= GUARDED) and holds(file, position):
                return position
        return None

    def _enter(self, file: File, *, leave: bool) -> None:
        """Go over to another file; `leave`: the one before is still there, and read."""
        told = self._told_of(file)
        left = [each for each in self.position.left if each != told]
        if leave:
            left.append(replace(self.position, left=()))
        start = told or Position.start(file.path, file.inode)
        self._stand(replace(start, path=file.path, inode=file.inode, left=tuple(left[-LEFT:])))
        self._fresh, self._looked = True, None

    def _trouble(self, error: OSError) -> Sentence:
        """What to tell people about it."""
        path = self.where
        if os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises where it may not look
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
        if isinstance(error, FileNotFoundError):
            if not self._reachable():
                return sentence(
                    "The protocol's folder {path} cannot be reached.", path=self._folder()
                )
            return sentence("There is no protocol {path}.", path=path)
        reason = why(error)
        return sentence("The protocol {path} cannot be read: {reason}.", path=path, reason=reason)
