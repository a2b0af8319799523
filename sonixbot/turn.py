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
from sonixbot.errors import Problem, sentence
from sonixbot.locations import make_private

#: Seconds that a starting service waits for a deliverer to end its current message.
PATIENCE: Final = 10.0
#: A deliverer's look at the service's lock holds it for a moment; that is no second service.
BLINK: Final = 1.0
LOOK_EVERY: Final = 0.1


@asynccontextmanager
async def service_turn(folder: Path, clock: Clock) -> AsyncIterator[None]:
    """Hold both locks. Raises `Problem` where another service works on this folder."""
    make_private(str(folder))
    mine = FileLock(folder / "service.lock")
    if not await _acquired(mine, clock, BLINK):
        raise Problem(
            sentence(
                "Another sonixbot already works on the data folder {folder}. Stop it first, or give"
                " this one a data-dir of its own.",
                folder=folder,
            )
        )
    delivering = FileLock(folder / "delivery.lock")
    try:
        if not await _acquired(delivering, clock, PATIENCE):
            raise Problem(
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
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False


async def _acquired(
    lock: FileLock, clock: Clock, patience: float, keep_waiting: Callable[[], bool] = lambda: True
) -> bool:
    waited = 0.0
    while True:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            if waited >= patience or not keep_waiting():
                return False
        else:
            return True
        await clock.sleep(LOOK_EVERY)
        waited += LOOK_EVERY
