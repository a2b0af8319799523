"""A watch over a real file, with a real outbox, on a clock that is moved by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

from sonixbot.alerts import Rules
from sonixbot.alerts.absence import Absences
from sonixbot.config import Patterns
from sonixbot.formats import Reader
from sonixbot.health import Health
from sonixbot.herald import Herald
from sonixbot.language import language
from sonixbot.message import Message
from sonixbot.outbox import Outbox
from sonixbot.service import scripts_of
from sonixbot.state import ProtocolState
from sonixbot.store import Store
from sonixbot.vigil import Vigil
from sonixbot.watch import Watch
from tests.handclock import HandClock

MOSCOW = timezone(timedelta(hours=3))
CHANNEL, BOSS = "telegram:-100123", "mail:boss@example.test"


def error(second: int, device: str = "P1_beta", level: int = 1, text: str = "stuck") -> bytes:
    line = f"13.04.2021 03:22:{second:02}\tE{level}\t{device}\t{text}\r\n"
    return line.encode("cp1251")


def info(second: int) -> bytes:
    return f"13.04.2021 03:22:{second:02}\tI4\tvarman\tвсё в порядке\r\n".encode("cp1251")


class Bench:
    """One start of a watch over a file, with what it put into the outbox."""

    def __init__(
        self,
        folder: Path,
        where: Path | str,
        clock: HandClock,
        *,
        rules: Rules | None = None,
        absences: Absences | None = None,
        **signs: Any,
    ) -> None:
        """`signs`: when the daily line and a time away are told, as Vigil takes them."""
        self.clock = clock
        self.store = Store(folder)
        self.outbox = Outbox(self.store)
        self.watch = Watch(
            str(where),
            lambda: Reader(None, "auto", MOSCOW),
            store=self.store,
            outbox=self.outbox,
            herald=Herald(
                self.outbox, "YuMO", language("en"), MOSCOW, posts=(CHANNEL,), mails=(BOSS,)
            ),
            policy=self.store.policy(rules or Rules()),
            state=ProtocolState("YuMO", scripts_of(Patterns())),
            vigil=Vigil(
                absences or Absences(None),
                language("en"),
                MOSCOW,
                self.store,
                clock.now(),
                **signs,
            ),
            health=Health(),
            clock=clock,
            wake=lambda: None,
        )
        self.stop = asyncio.Event()

    async def pass_time(self, seconds: float) -> None:
        for _ in range(round(seconds / 0.25)):
            await self.clock.move(0.25)

    def messages(self, destination: str = CHANNEL) -> list[Message]:
        return [each.message for each in self.outbox.waiting(destination)]

    def posts(self) -> list[str]:
        return [each.text for each in self.messages()]


@asynccontextmanager
async def watching(
    tmp_path: Path, clock: HandClock, where: Path | str | None = None, **settings: Any
) -> AsyncIterator[Bench]:
    """A watch at work."""
    bench = Bench(tmp_path / "data", where or tmp_path / "protocol.log", clock, **settings)
    task = asyncio.create_task(bench.watch.run(bench.stop))
    await bench.pass_time(0.5)
    try:
        yield bench
    finally:
        bench.stop.set()
        await bench.pass_time(1)
        await task
        bench.store.close()


def append(protocol: Path, *pieces: bytes) -> None:
    with protocol.open("ab") as file:
        file.write(b"".join(pieces))
