"""history: the newest part of a long protocol at once, dated rightly; the older part after it."""

from __future__ import annotations

import os
from datetime import UTC, timedelta
from pathlib import Path

import pytest

from sonixbot import history
from sonixbot.entry import Kind
from sonixbot.formats import Reader
from sonixbot.state import ProtocolState
from sonixbot.tail import Position, Tail
from tests.protocols import SEMICOLONS_HEADER, START, Said, line

#: Between two lines; a hundred of them go through several midnights.
STEP = timedelta(hours=1, minutes=7)


def new_reader() -> Reader:
    """A reader that knows nothing of the file yet."""
    return Reader(zone=UTC)


def new_state() -> ProtocolState:
    """What is known before anything is read."""
    return ProtocolState("REMUR", lambda _text: None)


def end(path: Path) -> Position:
    """The position behind everything."""
    position = Tail(str(path)).end()
    assert position is not None
    return position


@pytest.mark.parametrize("unread", [0, 100])
async def test_newest_part_without_dates_is_dated_rightly(tmp_path: Path, unread: int) -> None:
    """Where only the header has a date, the newest part is told alone, and with the right days.

    Also where much was written while nobody read.
    """
    said = Said(Kind.ERROR, 2, "daq", "text")
    times = [START + n * STEP for n in range(300)]
    lines = [SEMICOLONS_HEADER, *(line("semicolons", said, each) for each in times)]
    path = tmp_path / "protocol.log"
    path.write_text("".join(f"{each}\n" for each in lines[: len(lines) - unread]))
    position = end(path)
    path.write_text("".join(f"{each}\n" for each in lines))
    changed = (times[-1] + timedelta(hours=3)).timestamp()
    os.utime(path, (changed, changed))
    whole, newest, reader = new_state(), new_state(), new_reader()
    await (await history.fill(whole, new_reader(), new_reader, position))()
    assert [each.time for each in whole.recent] == [
        each.timestamp() for each in times[: len(times) - unread]
    ]
    older = await history.fill(newest, reader, new_reader, position, newest_part=3000)
    assert not newest.complete
    told = [(each.time, each.offset) for each in newest.recent]
    assert 50 < len(told) < 150
    assert told == [(each.time, each.offset) for each in whole.recent][-len(told) :]
    tail = Tail(str(path), position)
    while block := tail.read(0.0):
        for entry in reader.feed(block):
            newest.apply(entry)
    await older()
    assert newest.complete
    assert [each.time for each in newest.recent] == [each.timestamp() for each in times]


async def test_nothing_is_told_of_another_file(tmp_path: Path) -> None:
    """Where the file is away or another one by now, there is nothing to tell."""
    path = tmp_path / "protocol.log"
    path.write_text(f"{line('tabs', Said(Kind.ERROR, 2, 'daq', 'text'), START)}\n")
    position = end(path)
    for change in (lambda: path.write_text("another one\n" * 20), path.unlink):
        change()
        state = new_state()
        await (await history.fill(state, new_reader(), new_reader, position))()
        assert state.view() == new_state().view()
