"""Excerpts: what is read of real files equals what splitting the whole file gives."""

from __future__ import annotations

import asyncio
import os
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sonixbot.entry import Entry, Kind
from sonixbot.errors import Problem
from sonixbot.excerpts import Excerpts, Span
from sonixbot.excerpts.sheets import Sheets
from sonixbot.excerpts.source import look
from sonixbot.formats import Reader, entries
from sonixbot.formats.encodings import Decoder
from sonixbot.tail import blocks
from tests.protocols import MESSAGES, START, TRACEBACK, line, moment, protocol

LAYOUTS = ("tabs", "brackets", "semicolons", "python", "iso", "json")
SLOW = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a protocol lies."""
    return tmp_path / "protocol.log"


@pytest.fixture
def excerpts(tmp_path: Path) -> Excerpts:
    """Excerpts of protocols in any layout and encoding."""
    return Excerpts(tmp_path / "excerpts", None, "auto", UTC)


def put(file: Path, data: str | bytes) -> None:
    """This stands in the file, and nothing else."""
    file.write_bytes(data.encode() if isinstance(data, str) else data)


def remove(file: Path) -> None:
    """The file is deleted."""
    file.unlink()


def content(file: Path) -> bytes:
    """What stands in the file."""
    return file.read_bytes()


def naive(data: bytes) -> list[str]:
    """The lines of a whole file that are not empty."""
    texts = (Decoder().text(each.replace(b"\0", b"").rstrip()) for each in data.split(b"\n"))
    return [each for each in texts if each.strip()]


def told(file: Path) -> list[Entry]:
    """All entries of a file."""
    return list(entries(blocks(file), Reader(zone=UTC)))


lines_of_any_sort = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters="\n\0\ufeff"), max_size=60)
    | st.integers(1, 30_000).map(lambda size: "x" * (size % 200 if size % 7 else size)),
    max_size=60,
)


@SLOW
@given(
    lines=lines_of_any_sort, number=st.integers(1, 70), end=st.sampled_from(["", "\r\n", "\n\0\0"])
)
def test_tail_is_the_end_of_the_whole(
    file: Path, excerpts: Excerpts, lines: list[str], number: int, end: str
) -> None:
    """The last lines are those of the whole file, whatever is in them and however it ends."""
    data = "\n".join(lines).encode() + end.encode()
    put(file, data)
    found = asyncio.run(excerpts.tail(str(file), number))
    wanted = [
        each if len(each.encode()) <= 16384 else each[:16384] + " […]" for each in naive(data)
    ]
    assert list(found.lines) == wanted[-number:]


@SLOW
@given(
    which=st.integers(0, 1199),
    number=st.integers(0, 100),
    layout=st.sampled_from(["tabs", "brackets"]),
    data=st.data(),
)
def test_around_is_a_part_of_the_whole(
    file: Path, excerpts: Excerpts, which: int, number: int, layout: str, data: st.DataObject
) -> None:
    """What is before and after an entry are its neighbours; only its own lines are marked."""
    tracebacks = data.draw(st.sets(st.integers(0, 1199), max_size=20))
    text = ""
    for at in range(1200):
        text += line(layout, MESSAGES[at % len(MESSAGES)], moment(at)) + "\r\n"
        if at in tracebacks:
            text += "".join(f"{each}\r\n" for each in TRACEBACK)
    put(file, text.encode("cp1251"))
    whole, entry = naive(content(file)), told(file)[which]
    before = len(naive(content(file)[: entry.offset]))
    own = 1 + len(entry.details)
    context = asyncio.run(excerpts.around(entry, number, number))
    assert list(context.lines) == whole[max(0, before - number) : before + own + number]
    assert context.own == range(min(before, number), min(before, number) + own)


@SLOW
@given(
    pattern=st.lists(st.sampled_from([0, 0, 1, 7, 3600]), min_size=1, max_size=40),
    ends=st.tuples(st.floats(-0.1, 1.1), st.floats(-0.1, 1.1)),
    layout=st.sampled_from(["tabs", "python", "json", "semicolons"]),
)
def test_a_stretch_of_time_is_what_filtering_gives(
    file: Path, excerpts: Excerpts, pattern: list[int], ends: tuple[float, float], layout: str
) -> None:
    """A slice holds just the entries of its time with their tracebacks, also without dates."""
    text, at = (protocol(layout).splitlines()[0] + "\n" if layout == "semicolons" else ""), START
    gaps = [pattern[number % len(pattern)] for number in range(1500)]  # several steps of a search
    for number, gap in enumerate(gaps):
        at += timedelta(seconds=gap)
        text += line(layout, MESSAGES[number % len(MESSAGES)], at) + "\n"
        if number % 50 == 7:
            text += "\n".join(TRACEBACK) + "\n"
    put(file, text.encode())
    span = Span(*(START.timestamp() + each * sum(gaps) for each in sorted(ends)))
    all_of_it = told(file)
    stops = [each.offset for each in all_of_it[1:]] + [len(text.encode())]
    wanted = b"".join(
        content(file)[entry.offset : stop]
        for entry, stop in zip(all_of_it, stops, strict=True)
        if entry.time is not None and span.start <= entry.time <= span.end
    )
    assert asyncio.run(sheet(excerpts, file, span)) == (wanted or None)


async def test_a_long_protocol_without_dates_is_cut(file: Path, excerpts: Excerpts) -> None:
    """Without dates the days are counted from the beginning, over many blocks, up to the zeros."""
    header, *_lines = protocol("semicolons").splitlines()
    lines = [
        line("semicolons", MESSAGES[at % 12], START + timedelta(minutes=at)) for at in range(9000)
    ]
    put(file, "\n".join([header, *lines]) + "\n" + "\0" * 5000)
    start = (START + timedelta(minutes=7000)).timestamp()
    assert len(content(file)) > 500_000
    for minutes, wanted in ((500, lines[7000:7501]), (9000, lines[7000:])):
        got = await sheet(excerpts, file, Span(start, start + minutes * 60))
        assert got == "".join(f"{each}\n" for each in wanted).encode()


async def sheet(excerpts: Excerpts, file: Path, span: Span | None) -> bytes | None:
    """What a file to be sent has in it."""
    async with excerpts.cut(str(file), span) as made:
        return content(made.file) if made else None


@SLOW
@given(
    lines=st.lists(st.text("aбBБ x", max_size=8), max_size=40),
    text=st.text("aAбБ", min_size=1, max_size=2),
    most=st.integers(1, 20),
)
def test_find_gives_the_newest_lines_with_the_text(
    file: Path, excerpts: Excerpts, lines: list[str], text: str, most: int
) -> None:
    """What is found is what a look at every line finds, newest first, as many as were asked for."""
    put(file, "\n".join(lines).encode())
    found = asyncio.run(excerpts.find(str(file), text, most))
    hits = [each for each in naive(content(file)) if text.lower() in each.lower()][::-1]
    assert list(found.lines) == hits[:most]
    assert found.full is (len(hits) > most)


def long(file: Path, number: int = 20_000) -> None:
    """A protocol of some megabytes."""
    text = "".join(
        line("tabs", MESSAGES[at % 12], START + timedelta(seconds=at)) + f" no. {at}.\r\n"
        for at in range(number)
    )
    put(file, text.encode("cp1251"))


@pytest.mark.parametrize("bound", [{"searched": 300_000}, {"seconds": 0}])
async def test_a_search_says_how_far_back_it_looked(
    file: Path, excerpts: Excerpts, bound: dict[str, int]
) -> None:
    """A search ends after so many bytes or seconds, and tells the time of the earliest line."""
    long(file)
    found = await excerpts.find(str(file), "NO. 17.", 20, **bound)
    assert (found.lines, found.whole) == ((), False)
    assert 250_000 < found.looked < 600_000
    assert found.size == len(content(file))
    part = content(file)[-found.looked :]
    assert found.back_to == told_first(part)
    whole = await excerpts.find(str(file), "NO. 17.", 20)
    assert [each[-7:] for each in whole.lines] == ["no. 17."]
    assert whole.whole


def told_first(data: bytes) -> float:
    """The time that these lines begin with."""
    return datetime.strptime(data[:19].decode() + "Z", "%d.%m.%Y %H:%M:%S%z").timestamp()


async def test_long_lines_are_counted_like_others(file: Path, excerpts: Excerpts) -> None:
    """As many lines are shown as were asked for, though more has to be read for them."""
    put(file, "".join(f"{at} {'x' * 5000}\n" for at in range(100)))
    assert [each.split()[0] for each in (await excerpts.tail(str(file), 3)).lines] == [
        *("97", "98", "99")
    ]
    assert len((await excerpts.tail(str(file), 60)).lines) == 60
    text = line("tabs", MESSAGES[3], START) + "x" * 5000
    put(file, f"{text}\n" * 50)
    for after in range(10, 15):  # about as many as are read at first
        context = await excerpts.around(told(file)[0], 0, after)
        assert context.lines == (text,) * (after + 1)


async def test_search_goes_on_over_lines_without_end(file: Path, excerpts: Excerpts) -> None:
    """Lines longer than what is read at once, zeros and half lines hold no search up."""
    data = b"first P1_beta\n" + b"x" * 700_000 + b"\n" + b"\0" * 600_000 + b"last p1_BETA"
    put(file, data + b"\0" * 300_000)
    found = await excerpts.find(str(file), "P1_beta", 20)
    assert found.lines == ("last p1_BETA", "first P1_beta")
    assert found.whole
    assert (await excerpts.tail(str(file), 3)).lines[-1] == "last p1_BETA"


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1251", "cp866"])
async def test_every_error_is_found_again(
    file: Path, excerpts: Excerpts, layout: str, encoding: str
) -> None:
    """In every layout and encoding an entry is recognised where it stands, and marked alone."""
    text = protocol(layout, end="\r\n")
    put(file, text.encode(encoding))
    for entry in told(file):
        context = await excerpts.around(entry, 2, 2)
        (own,) = (context.lines[at] for at in context.own)
        at = len(content(file)[: entry.offset].splitlines())
        assert own == text.splitlines()[at]


async def test_an_error_in_a_renamed_file(file: Path, excerpts: Excerpts, tmp_path: Path) -> None:
    """An entry is found in the file that was renamed, not in the new one under the old name."""
    put(file, protocol("tabs"))
    entry = told(file)[3]
    put(tmp_path / "protocol.log.1", content(file))
    put(file, nine_hours_later())
    context = await excerpts.around(entry, 1, 1)
    assert context.path == str(tmp_path / "protocol.log.1")
    assert [context.lines[at] for at in context.own] == protocol("tabs").splitlines()[3:4]
    remove(file)
    assert (await excerpts.around(entry, 1, 1)).path == context.path


def nine_hours_later() -> str:
    """A protocol that says the same at the same places, at other times."""
    later = (moment(number) + timedelta(hours=9) for number in range(len(MESSAGES)))
    return "".join(line("tabs", said, at) + "\n" for said, at in zip(MESSAGES, later, strict=True))


async def test_an_error_that_is_nowhere_any_more(file: Path, excerpts: Excerpts) -> None:
    """A protocol written anew, one that is gone, and an incident without a file are told apart."""
    put(file, protocol("tabs"))
    entry = told(file)[3]
    for data in ("", "short\n", nine_hours_later()):
        put(file, data)
        with pytest.raises(Problem, match="has been begun anew"):
            await excerpts.around(entry, 5, 5)
    remove(file)
    with pytest.raises(Problem, match=r"protocol\.log in which it stood is gone"):
        await excerpts.around(entry, 5, 5)
    with pytest.raises(Problem, match="no lines of a protocol"):
        await excerpts.around(replace(entry, path=""), 5, 5)


def test_an_old_incident_has_no_path() -> None:
    """An entry that was written down before paths were noted is read, without one."""
    entry = Entry(Kind.ERROR, 1, "P1_beta", "stuck", None, 5, path="/d/protocol.log")
    assert Entry.from_json(entry.to_json()) == entry
    data = {key: each for key, each in entry.to_json().items() if key != "path"}
    assert Entry.from_json(data) == replace(entry, path="")


async def test_what_cannot_be_read_is_said(file: Path, excerpts: Excerpts, tmp_path: Path) -> None:
    """A missing file, a folder and no protocol at all get a sentence each."""
    with pytest.raises(Problem, match="There is no protocol"):
        await excerpts.tail(str(file), 5)
    with pytest.raises(Problem, match="cannot be read"):
        await excerpts.tail(str(tmp_path), 5)
    with pytest.raises(Problem, match="no protocol to read yet"):
        await excerpts.find("", "x", 5)


async def test_a_file_that_is_replaced_meanwhile(file: Path, tmp_path: Path) -> None:
    """What was emptied or replaced after the first look is not mixed with what was there."""
    long(file, 100)
    source = await look(str(file))
    assert await source.read(0, 50)
    other = tmp_path / "other.log"
    long(other, 200)
    for spoil in (lambda: os.truncate(file, 10), lambda: other.replace(file)):
        spoil()
        with pytest.raises(Problem, match="begun anew while it was read"):
            await source.read(0, 5)


async def test_a_whole_protocol_in_utf_8(file: Path, excerpts: Excerpts, tmp_path: Path) -> None:
    """The whole file goes in UTF-8 line for line, and nothing is left of it afterwards."""
    data = protocol("tabs", end="\r\n").encode("cp1251") + b"half\0\0\0\0"
    put(file, data)
    left = tmp_path / "excerpts"
    left.mkdir()
    (left / "of a kill").touch()
    assert await sheet(excerpts, file, None) == (protocol("tabs", end="\r\n") + "half").encode()
    assert list(left.iterdir()) == []
    put(file, b"")
    assert await sheet(excerpts, file, None) is None


async def test_a_long_protocol_is_packed_or_refused(file: Path, tmp_path: Path) -> None:
    """Above some size it is packed; what is too long even so is refused, and leaves nothing."""
    long(file)
    source, decoder = await look(str(file)), Decoder()
    made = await Sheets(tmp_path / "a", packed=1000).write(source, 0, source.size, decoder)
    assert made.name == "protocol.txt.zip"
    with zipfile.ZipFile(made.file) as archive:
        assert archive.read("protocol.txt") == content(file).decode("cp1251").encode()
    with pytest.raises(Problem, match=r"more than I can send.*/log 2h"):
        await Sheets(tmp_path / "b", packed=1000, upload=5000).write(
            source, 0, source.size, decoder
        )
    assert list((tmp_path / "b").iterdir()) == []


async def test_lines_without_times_have_no_stretches(file: Path, excerpts: Excerpts) -> None:
    """A file in which no time can be read says so, and how to get it nonetheless."""
    put(file, "all is well\nP1_beta moves\n")
    with pytest.raises(Problem, match=r"no time that I can read\. /log alone"):
        await sheet(excerpts, file, Span(0, 1e10))
