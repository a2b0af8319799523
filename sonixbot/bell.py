"""Bell: rings when something changes in a folder."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Final

from watchdog.events import (
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

log = logging.getLogger(__name__)

#: Opening and closing is our own doing too: to be told of it would wake the bot at its every look.
CHANGES: Final[list[type[FileSystemEvent]]] = [
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileDeletedEvent,
]


class Bell(FileSystemEventHandler):
    """Sets `rung` at any change in a folder that the system tells of.

    Some mounts and shares tell of nothing, so whoever waits for the bell looks from time to time
    all the same; `keep` hangs it up again after the folder was away.
    """

    def __init__(self, folder: Path) -> None:
        self.rung = asyncio.Event()
        self._folder = folder
        self._loop = asyncio.get_running_loop()
        self._observer: BaseObserver | None = None
        self._identity: tuple[int, int] | None = None

    def on_any_event(self, event: FileSystemEvent) -> None:  # noqa: ARG002 - any will do
        """Called in watchdog's thread."""
        self._loop.call_soon_threadsafe(self.rung.set)

    def keep(self) -> None:
        """Hang up the bell where the folder is there and it does not hang yet."""
        try:
            found = self._folder.stat()
        except OSError:
            self.close()
            return
        identity = (found.st_dev, found.st_ino)
        if self._observer and self._observer.is_alive() and identity == self._identity:
            return
        self.close()
        observer = Observer()
        try:
            observer.schedule(self, str(self._folder), event_filter=CHANGES)
            observer.start()
        except OSError as error:
            log.info("%s tells of no changes (%s); looking at it instead", self._folder, error)
        else:
            self._observer = observer
        self._identity = identity

    def close(self) -> None:
        """Take it down."""
        if self._observer:
            self._observer.stop()
            self._observer.join()
            self._observer = None
        self._identity = None
