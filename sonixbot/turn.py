"""Turn: whose turn it is to deliver from a data folder. One service, or one deliverer.

Two locks. `service.lock` is held by services alone, so a second one is refused at once.
`delivery.lock` is held by whoever delivers; a deliverer that sees the first lock taken gives the
second one up after its current message.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from sonixbot.clock import Clock
from sonixbot.errors import Problem, sentence, why
from sonixbot.locations import make_private

#: Seconds that a starting service waits for a deliverer to end its current message.
PATIENCE: Final = 10.0
#: A deliverer's look at the service's lock holds it for a moment; that is no second service.
BLINK: Final = 1.0
LOOK_EVERY: Final = 0.1


class Taken(Problem):
    """Somebody else works on the data folder; that passes when they end."""


@asynccontextmanager
async def service_turn(folder: Path, clock: Clock) -> AsyncIterator[None]:
    """Hold both locks. Raises `Taken` where another service works on this folder."""
    make_private(str(folder))
    mine = FileLock(folder / "service.lock")
    if not await _acquired(mine, clock, BLINK):
        raise Taken(
            sentence(
                "Another sonixbot already works on the data folder {folder}. Stop it first, or give"
                " this one a data-dir of its own.",
                folder=folder,
            )
        )
    delivering = FileLock(folder / "delivery.lock")
    try:
        if not await _acquired(delivering, clock, PATIENCE):
            raise Taken(
                sentence(
                    "A deliverer does not let go of the data folder {folder}. Look for a process"
                    " `sonixbot deliver` that hangs, end it, and start again.",
                    folder=folder,
                )
            )
        yield
    finally:
        delivering.release()
        mine.release()


@asynccontextmanager
async def deliverer_turn(
    folder: Path, clock: Clock, *, keep_waiting: Callable[[], bool]
) -> AsyncIterator[bool]:
    """Hold the delivery's lock and tell so; False where it is not this process's turn."""
    make_private(str(folder))
    lock = FileLock(folder / "delivery.lock")
    mine = await _acquired(lock, clock, PATIENCE, keep_waiting)
    try:
        yield mine
    finally:
        if mine:
            lock.release()


def service_waits(folder: Path) -> bool:
    """Whether a service has begun to work on this folder, or waits for its turn."""
    lock = FileLock(folder / "service.lock")
    if not _acquire(lock):
        return True
    lock.release()
    return False


async def _acquired(
    lock: FileLock, clock: Clock, patience: float, keep_waiting: Callable[[], bool] = lambda: True
) -> bool:
    waited = 0.0
    while not _acquire(lock):
        if waited >= patience or not keep_waiting():
            return False
        await clock.sleep(LOOK_EVERY)
        waited += LOOK_EVERY
    return True


def _acquire(lock: FileLock) -> bool:
    """Take the lock if it is free. Raises `Problem` where it cannot be used at all."""
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    except (OSError, NotImplementedError) as error:  # the latter where a disk knows no locks
        raise Problem(
            sentence(
                "The lock {path} cannot be used: {reason}. Give the bot's user the right to write"
                " it, or name another data-dir, on a local disk.",
                path=lock.lock_file,
                reason=why(error),
            )
        ) from None
    return True
