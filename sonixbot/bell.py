"""Bell: rings when something changes in a folder."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from watchdog.events import DirModifiedEvent, FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

log = logging.getLogger(__name__)


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

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Called in watchdog's thread. Opening and closing for reading is our own doing."""
        if event.event_type not in ("opened", "closed_no_write") and not isinstance(
            event, DirModifiedEvent
        ):
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
            observer.schedule(self, str(self._folder))
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
