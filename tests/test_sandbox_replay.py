"""Somebody's own protocol: replayed to the last byte, then followed; what is none is refused."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sonixbot.entry import Kind
from sonixbot.errors import Problem
from sonixbot.formats import Reader
from sonixbot.sandbox.instrument import LAYOUTS, Replay, Said, Written
from sonixbot.sandbox.instrument.own import LARGEST, Pieces
from sonixbot.tail import Block, Position, Tail
from sonixbot.tail.blocks import LONGEST
from tests.handclock import HandClock
from tests.protocols import MESSAGES, SEMICOLONS_HEADER, TRACEBACK, line, moment, protocol

#: Seconds in which all that waits is replayed.
ALL = 1000.0


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Where somebody's protocol is, in a folder of its own."""
    (tmp_path / "theirs").mkdir()
    return tmp_path / "theirs" / "sonix.log"


def replay(source: Path, clock: HandClock, past: list[Written], **given: Any) -> Replay:
    """A replay that has begun."""
    made = Replay(
        source, source.parents[1] / "ours.log", clock=clock, real=clock, zone=UTC, **given
    )
    made.listeners.append(past.append)
    made.begin()
    made.listeners.clear()
    return made


@asynccontextmanager
async def alive(made: Replay) -> AsyncIterator[list[Written]]:
    """Let it run; give what it writes."""
    written: list[Written] = []
    made.listeners.append(written.append)
    stop = asyncio.Event()
    running = asyncio.create_task(made.run(stop))
    try:
        yield written
    finally:
        stop.set()
        await running


def held(path: Path) -> bytes:
    """What stands in a file."""
    return path.read_bytes()


def put(path: Path, data: bytes) -> None:
    """Write a file anew."""
    path.write_bytes(data)


def move_away(path: Path) -> None:
    """Give a protocol another name, as some programs do at a start."""
    path.rename(path.with_name("old.log"))


def append(path: Path, data: bytes) -> None:
    """Write at the end of a protocol, as Sonix+ does."""
    with path.open("ab") as file:
        file.write(data)


def said(number: int) -> Said:
    """What the message of this number in a protocol of tabs says."""
    return MESSAGES[number % len(MESSAGES)]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1251", "cp866"])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
async def test_same_bytes_in_the_end(
    source: Path, clock: HandClock, layout: str, encoding: str, end: str
) -> None:
    """The copy ends byte for byte like the protocol, and its messages were told as they are."""
    text = protocol(layout, end=end) * 3
    put(source, text.encode(encoding))
    past: list[Written] = []
    made = replay(source, clock, past, lines=16)
    whole = held(source)
    kept = held(made.path)
    assert whole.startswith(kept)
    assert whole[len(kept) :].count(b"\n") == 16
    async with alive(made) as written:
        await clock.move(ALL)
    assert held(made.path) == whole
    assert (made.layout, made.encoding) == (layout, encoding)
    lines = [each for one in (*past, *written) for each in one.lines]
    assert lines == text.split(end)[:-1]
    messages = [each.said for each in (*past, *written) if each.said.kind]
    assert [(each.kind, each.source, each.text) for each in messages] == [
        (each.kind, each.source, each.text) for each in MESSAGES * 3
    ]
    numbers = [one.number + n for one in (*past, *written) for n in range(len(one.lines))]
    assert numbers == list(range(1, len(lines) + 1))
    assert {each.past for each in past} == {True}
    assert {each.past for each in written} == {False}
    if layout != "nicos":  # its date is in the name of the file
        times = [round(each.at) for each in past if each.said.kind]
        assert times[:12] == [int(moment(n).timestamp()) for n in range(12)]


async def test_rhythm(source: Path, clock: HandClock) -> None:
    """Between two messages 0.3 to 2 s pass; a traceback comes with its error."""
    errors = protocol("brackets").splitlines(keepends=True)[:4]
    text = "".join((*errors, *(f"{each}\n" for each in TRACEBACK), *errors * 5))
    put(source, text.encode())
    made = replay(source, clock, [], lines=1000)
    assert held(made.path) == b""
    async with alive(made) as written:
        await clock.move(ALL)
    gaps = [later.at - one.at for one, later in pairwise(written)]
    assert all(0.3 <= each <= 2 for each in gaps)
    assert len(set(gaps)) > 5
    assert len(written) == 24
    assert written[3].lines[1:] == TRACEBACK
    assert written[3].said.details == TRACEBACK


async def test_what_comes_anew_is_followed(source: Path, clock: HandClock) -> None:
    """What is written to the protocol meanwhile and later comes after the replayed lines."""
    put(source, protocol("tabs").encode("cp1251"))
    made = replay(source, clock, [], lines=5)
    async with alive(made) as written:
        await clock.move(1)
        late = line("tabs", said(3), moment(50))
        append(source, f"{late}\r\n".encode("cp1251"))
        await clock.move(ALL)
        assert held(made.path) == held(source)
        assert written[-1].lines == (late,)
        assert (written[-1].said.kind, written[-1].said.level) == (Kind.ERROR, 1)
        append(source, "\n".join((*TRACEBACK, "")).encode())
        await clock.move(2)
        assert held(made.path) == held(source)
        assert written[-1].said.kind is None
        assert list(written[-1].lines) == list(TRACEBACK)


async def test_half_line_is_told_once(source: Path, clock: HandClock) -> None:
    """A half line stands as it is, and only what it grows by is written afterwards."""
    first, _, rest = line("tabs", said(3), moment(50)).partition("reached")
    put(source, protocol("tabs").encode("cp1251") + first.encode())
    made = replay(source, clock, [], lines=3)
    async with alive(made) as written:
        await clock.move(ALL)
        assert held(made.path) == held(source)
        half = written[-1]
        append(source, b"reached" + rest.encode() + b"\r\nnothing")
        await clock.move(10)
        assert held(made.path) == held(source)
    assert half.lines == (first,)
    assert [each.lines for each in written[-2:]] == [(f"reached{rest}",), ("nothing",)]
    assert written[-2].number == half.number == written[-1].number - 1


@pytest.mark.parametrize("renamed", [True, False])
async def test_new_protocol_begins_a_new_copy(
    source: Path, clock: HandClock, *, renamed: bool
) -> None:
    """Where the protocol begins anew, by a new file or in place, so does the copy."""
    put(source, protocol("tabs").encode("cp1251"))
    made = replay(source, clock, [], lines=5)
    async with alive(made) as written:
        await clock.move(ALL)
        old = line("tabs", said(0), moment(40)) + "\n"
        append(source, old.encode())
        if renamed:
            move_away(source)
        else:
            await clock.move(1)
        put(source, protocol("brackets").encode())
        await clock.move(2)
    assert held(made.path) == held(source)
    aside = made.path.with_name("ours.1.log")
    assert held(aside).decode("cp1251") == protocol("tabs") + old
    assert (made.number, made.layout, made.encoding) == (2, "brackets", "utf-8")
    assert [(each.file, each.number) for each in written[-2:]] == [(2, 11), (2, 12)]


async def test_zeros_and_endless_lines_are_kept(source: Path, clock: HandClock) -> None:
    """What a power cut left between lines, and a line too long to be shown, is copied as it is."""
    put(source, protocol("tabs").encode("cp1251"))
    made = replay(source, clock, [], lines=2)
    async with alive(made) as written:
        await clock.move(ALL)
        good = line("tabs", said(3), moment(50)).encode()
        before = len(written)
        append(source, b"\0" * 300 + good + b"\r\n" + b"x" * 10 * LONGEST + b"\n" + good + b"\n")
        await clock.move(5)
    assert held(made.path) == held(source)
    new = written[before:]
    assert [each.said.kind for each in new] == [Kind.ERROR, Kind.ERROR]
    assert [len(each) for one in new for each in one.lines] == [len(good), LONGEST, len(good)]


def test_line_of_a_file_that_went_away(tmp_path: Path) -> None:
    """Of a long line whose file is renamed in that moment what can be shown is kept."""
    after = Position(str(tmp_path / "gone"), 1, 5000, "")
    block = Block(after.path, 0, b"much", after, cut=4995)
    (piece,) = Pieces(None, "auto", UTC).of(block)
    assert (piece.data, piece.lines) == (b"much\n", ("much",))


async def test_only_the_end_of_a_huge_protocol(source: Path, clock: HandClock) -> None:
    """Of a huge protocol the first line, with its date, and the last 64 MiB are taken."""
    lines = [f"{line('semicolons', each, moment(0))}\n".encode() for each in MESSAGES]
    month = b"".join(lines) * 70_000
    put(source, f"{SEMICOLONS_HEADER}\n".encode() + month)
    assert len(month) > LARGEST + 1_000_000
    past: list[Written] = []
    made = replay(source, clock, past, lines=3)
    async with alive(made) as written:
        await clock.move(ALL)
    copied = held(made.path)
    first, _, rest = copied.partition(b"\n")
    assert first.decode() == SEMICOLONS_HEADER
    assert held(source).endswith(b"\n" + rest)
    assert LARGEST - 1000 < len(rest) <= LARGEST
    assert written[-1].number == copied.count(b"\n")
    assert [len(past), len(written)] == [400, 3]


def test_long_lines_are_counted(source: Path, clock: HandClock) -> None:
    """However long they are, it is the last lines that are left to be replayed."""
    put(source, b"".join(b"%03d %s\n" % (n, b"x" * 9000) for n in range(200)))
    past: list[Written] = []
    made = replay(source, clock, past, lines=90)
    assert held(made.path) == held(source)[: 110 * 9005]
    assert [each.lines[0][:3] for each in past] == [f"{n:03}" for n in range(110)]


async def test_beginning_tells_how_the_end_is_read(source: Path, clock: HandClock) -> None:
    """What the end of a long protocol leaves open, as its encoding, is learnt from its head."""
    end = f"{line('tabs', Said(Kind.ERROR, 1, 'LAUDA', '24.1 °C'), moment(90))}\n"
    put(source, protocol("tabs").encode("cp866") + 1000 * end.encode("cp866"))
    past: list[Written] = []
    made = replay(source, clock, past, lines=5)
    async with alive(made) as written:
        await clock.move(ALL)
    assert {each.said.text for each in (*past, *written)} == {"24.1 °C"}
    assert {each.lines for each in (*past, *written)} == {(end.rstrip(),)}


async def test_bot_reads_the_copy_as_the_protocol(source: Path, clock: HandClock) -> None:
    """A reader that begins where the copy did is told of the replayed messages, each once."""
    put(source, protocol("tabs", end="\r\n").encode("cp866"))
    made = replay(source, clock, [], lines=4)
    tail, reader = Tail(str(made.path)), Reader(zone=UTC)
    tail.position = tail.end() or Position.nothing()
    found = []
    async with alive(made):
        for _second in range(20):
            await clock.move(1)
            while block := tail.read(clock.now()):
                found += reader.feed(block)
    assert [each.text for each in found] == [each.text for each in MESSAGES[-4:]]


async def test_end_comes_at_once(source: Path, clock: HandClock) -> None:
    """When the demo ends nothing more is replayed."""
    put(source, protocol("tabs").encode())
    made = replay(source, clock, [])
    async with alive(made) as written:
        await clock.move(1)
        many = len(written)
    assert 0 < len(written) == many < len(MESSAGES)


def refused(source: Path, clock: HandClock) -> str:
    """The sentence with which a file is refused."""
    with pytest.raises(Problem) as told:
        Replay(source, source.parent / "ours.log", clock=clock)
    return re.sub(re.escape(str(source)), "FILE", str(told.value))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with a name")
def test_what_is_no_protocol(tmp_path: Path, clock: HandClock) -> None:
    """What cannot be replayed is refused with one clear sentence, and nothing is written."""
    (tmp_path / "empty.log").touch()
    (tmp_path / "zeros.log").write_bytes(b"\0" * 5000)
    os.mkfifo(tmp_path / "pipe")
    assert refused(tmp_path / "missing.log", clock) == "There is no file FILE."
    assert refused(tmp_path, clock) == "FILE is a folder; name the protocol in it."
    assert refused(tmp_path / "pipe", clock) == "FILE is not a file."
    assert refused(Path("/dev/zero"), clock) == "FILE is not a file."
    nothing = "FILE is empty: there is nothing to replay."
    assert refused(tmp_path / "empty.log", clock) == nothing
    assert refused(tmp_path / "zeros.log", clock) == nothing
    assert refused(tmp_path / "empty.log" / "x", clock) == ("FILE cannot be read: Not a directory.")
    assert not (tmp_path / "ours.log").exists()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_protocol_that_may_not_be_read(source: Path, clock: HandClock) -> None:
    """A protocol of somebody else's is refused with the reason."""
    put(source, b"line\n")
    source.chmod(0)
    assert refused(source, clock) == "FILE cannot be read: Permission denied."


def test_protocol_that_vanishes_before_the_beginning(source: Path, clock: HandClock) -> None:
    """It is missed with the same sentence as one that never was."""
    put(source, protocol("tabs").encode())
    made = Replay(source, source.parents[1] / "ours.log", clock=clock)
    source.unlink()
    with pytest.raises(Problem, match="There is no file"):
        made.begin()
