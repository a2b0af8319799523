"""Working protocol: the file that sonixbot watches; appended to, set aside, never kept open."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

from sonixbot.sandbox.instrument.said import Said

#: How often, and after how many seconds, a file is renamed that its reader has open: on Windows
#: it cannot be meanwhile.
ATTEMPTS: Final = 50
PAUSE: Final = 0.02


@dataclass(frozen=True)
class Written:
    """Lines that were written to the protocol, and what they say."""

    #: As the file has it: without a level where its layout gives none; without a kind where no
    #: message begins.
    said: Said
    #: Unix seconds.
    at: float
    lines: tuple[str, ...]
    #: Of the first line in its file, from 1.
    number: int
    #: Which protocol, from 1.
    file: int
    #: Written before anybody watched.
    past: bool


Listener = Callable[[Written], None]


class WorkingProtocol:
    """A protocol under one name; older ones lie beside it: `protocol.1.log`, `protocol.2.log` …"""

    def __init__(self, path: Path) -> None:
        self.path = path
        #: Lines that are ended.
        self.lines = 0
        if path.exists():
            self._move_away()

    @property
    def empty(self) -> bool:
        """Whether it is still to begin."""
        return not self.lines

    def append(self, data: bytes) -> int:
        """Write at its end; return the number of the first line. Raises OSError."""
        first = self.lines + 1
        with self.path.open("ab") as file:
            file.write(data)
        self.lines += data.count(b"\n")
        return first

    def set_aside(self) -> None:
        """Keep it under another name, and begin a new one. Raises OSError."""
        self._move_away()
        self.lines = 0

    def _move_away(self) -> None:
        names = (self.path.with_suffix(f".{n}{self.path.suffix}") for n in count(1))
        free = next(each for each in names if not each.exists())
        for _attempt in range(ATTEMPTS):
            try:
                self.path.rename(free)
            except PermissionError:
                time.sleep(PAUSE)
            else:
                return
        self.path.rename(free)
