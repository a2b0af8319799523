"""The simulated instrument: what it says, when it says it, and how that stands in its file."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest

from sonixbot.activity import Doing, recogniser
from sonixbot.alerts import fingerprint
from sonixbot.config import patterns
from sonixbot.entry import Entry, Kind
from sonixbot.formats import Reader, entries
from sonixbot.sandbox.instrument import (
    LAYOUTS,
    Instrument,
    Said,
    Written,
    beam_faults,
    computer_faults,
    faults,
    network,
    ordinary,
)
from sonixbot.sandbox.instrument.protocolfile import WorkingProtocol
from sonixbot.sandbox.instrument.said import LEVELLED, write_lines
from sonixbot.sandbox.instrument.scenes import script, trouble
from sonixbot.sandbox.instrument.sorts import Sort
from sonixbot.sandbox.instrument.stage import Measurement, Stage
from sonixbot.sandbox.instrument.story import HISTORY, Story
from sonixbot.tail import Block, Position, Tail, blocks
from tests.handclock import HandClock

ENCODINGS = ("utf-8", "cp1251", "cp866")
MOSCOW = timezone(timedelta(hours=3))
HOUR = 3600.0
#: 2021-04-13 10:00:00 in Moscow.
MORNING = datetime(2021, 4, 13, 10, tzinfo=MOSCOW).timestamp()
SEEDS = range(12)
#: Who counts neutrons, at the level of what is said in passing.
COUNTING = {("daq", 5), ("psd", 5), ("monitor", 5), ("reactor", 5), ("converter", 5)}
MODULES = (ordinary, faults, beam_faults, computer_faults, network)
#: Values that the vocabulary takes from the story, or shares within a trouble.
KNOWN = {**Measurement("day.py").values(), "next": "04:10", "axis": "P1_beta", "asked": 1.0}


def sorts() -> list[Sort]:
    """The whole vocabulary."""
    values = [value for module in MODULES for value in vars(module).values()]
    flat = [each for value in values for each in (value if isinstance(value, tuple) else (value,))]
    return [each for each in flat if isinstance(each, Sort)]


def drawn_by(seed: int) -> Random:
    """What draws the values of a story."""
    return Random(seed)  # noqa: S311 - a story, no secret


def entry(said: Said) -> Entry:
    """The message as the bot reads it."""
    assert said.kind is not None
    return Entry(said.kind, said.level, said.source, said.text, None, 0)


def told(
    start: float, seconds: float, seed: int = 1, language: str = "en"
) -> list[tuple[float, Said]]:
    """What is said from the start on, in seconds since then."""
    story = Story(drawn_by(seed), language, start, MOSCOW)
    list(story.until(start))
    return [(at - start, said) for at, said in story.until(start + seconds)]


def read(path: Path) -> list[Entry]:
    """What sonixbot reads in a protocol of which it knows nothing."""
    return list(entries(blocks(path), Reader(zone=MOSCOW)))


@asynccontextmanager
async def alive(instrument: Instrument) -> AsyncIterator[tuple[Instrument, list[Written]]]:
    """Let it run; give it, and what it writes."""
    written: list[Written] = []
    instrument.listeners.append(written.append)
    stop = asyncio.Event()
    running = asyncio.create_task(instrument.run(stop))
    try:
        yield instrument, written
    finally:
        stop.set()
        await running


def made(
    path: Path, clock: HandClock, past: list[Written] | None = None, **given: Any
) -> Instrument:
    """An instrument in Moscow that has begun; `past` is given what it wrote."""
    wanted = {"language": "en", "zone": MOSCOW, "seed": 1, **given}
    instrument = Instrument(path, clock=clock, **wanted)
    told = [] if past is None else past
    instrument.listeners.append(told.append)
    instrument.begin()
    instrument.listeners.clear()
    return instrument


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("layout", LAYOUTS)
async def test_read_as_it_was_meant(
    tmp_path: Path, layout: str, encoding: str, language: str
) -> None:
    """In every layout, encoding and language sonixbot reads exactly what the instrument says."""
    clock, path = HandClock(MORNING), tmp_path / "protocol.log"
    given = {"layout": layout, "encoding": encoding, "language": language}
    past: list[Written] = []
    async with alive(made(path, clock, past, **given)) as (instrument, now):
        await clock.move(150)
        instrument.storm()
        await clock.move(150)
    written = [*past, *now]
    messages = [each for each in written if each.said.kind]
    headers = [each.number for each in written if not each.said.kind]
    assert headers == ([1] if layout == "semicolons" else [])
    found = read(path)
    assert [(each.kind, each.level, each.source, each.text, each.details) for each in found] == [
        (each.said.kind, each.said.level, each.said.source, each.said.text, each.said.details)
        for each in messages
    ]
    if layout != "nicos":  # its date is in the name of the file
        exact = 0.0011 if layout in ("brackets", "python", "json") else 1
        differences = [each.at - (one.time or 0) for one, each in zip(found, messages, strict=True)]
        assert min(differences) + 1e-5 >= 0
        assert max(differences) < exact
    assert [each.line for each in found] == [each.number for each in messages]
    assert {each.level for each in found} == ({1, 2, 3, 4, 5} if layout in LEVELLED else {None})
    assert any(each.details for each in found)
    lines = [line for each in written for line in each.lines]
    assert path.read_bytes() == "".join(f"{line}\r\n" for line in lines).encode(encoding)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_message_survives_every_encoding(encoding: str) -> None:
    """Each message of the vocabulary, values and all, encodes, and is read as it was."""
    random, known = drawn_by(1), KNOWN
    for language in ("en", "ru"):
        said = [each.said(random, language, known) for each in sorts() for _turn in range(3)]
        text = "".join(f"13.04.2021 10:00:00\tE1\t{each.source}\t{each.text}\n" for each in said)
        data = text.encode(encoding)
        assert language == "ru" or data.isascii()
        found = Reader(zone=MOSCOW).feed(Block("x.log", 0, data, Position.nothing(), lines=0))
        assert [each.text for each in found] == [each.text for each in said]


def test_vocabulary_is_rich() -> None:
    """At least 60 things go wrong or are mended on at least 15 devices; all is said in Russian."""
    all_of_them = sorts()
    troubles = [each for each in all_of_them if each.kind in (Kind.ERROR, Kind.WARNING)]
    assert len({each.english for each in troubles}) >= 60
    assert len({each.source for each in troubles} | set(ordinary.AXES)) >= 15 + 8
    assert not [each for each in all_of_them if each.russian.isascii()]
    # What the story knows is not drawn, so a value of that name would never be.
    assert not [each for each in all_of_them if KNOWN.keys() & each.draws.keys() - {"asked"}]


@pytest.mark.parametrize("language", ["en", "ru"])
def test_bot_understands_what_the_script_does(language: str) -> None:
    """Of all messages only those about the script's course are taken for such, each rightly."""
    course = {
        Doing.STARTED: (ordinary.SCRIPT_STARTED, ordinary.SCRIPT_AGAIN, beam_faults.STARTS_BACK),
        Doing.FINISHED: (ordinary.SCRIPT_FINISHED, *computer_faults.CRASHES),
        Doing.PAUSED: (beam_faults.NO_STARTS,),
    }
    recognise = recogniser(
        {
            Doing.STARTED: patterns.STARTED,
            Doing.FINISHED: patterns.FINISHED,
            Doing.PAUSED: patterns.PAUSED,
        }
    )
    doing = {sort.english: each for each, members in course.items() for sort in members}
    for sort in sorts():
        found = recognise(sort.said(drawn_by(1), language, KNOWN).text)
        assert (found and found[0]) == doing.get(sort.english), sort.english
        if found and sort.source == "is_client":
            assert found[1] == "day.py"


def test_a_seed_is_a_run() -> None:
    """A seed gives the same run again, in either language; another seed gives another one."""
    first, again, russian, other = (
        told(MORNING, 4 * HOUR, seed, language)
        for seed, language in ((5, "en"), (5, "en"), (5, "ru"), (6, "en"))
    )
    assert first == again
    assert [(at, said.kind, said.level, said.source) for at, said in first] == [
        (at, said.kind, said.level, said.source) for at, said in russian
    ]
    assert [said.text for _, said in first] != [said.text for _, said in russian]
    assert first[:40] != other[:40]
    next_week = told(MORNING + 7 * 24 * HOUR, 4 * HOUR, 5)
    assert [said for _, said in next_week] == [said for _, said in first]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("hour", [2, 14])
def test_opening_is_worth_watching(seed: int, hour: int) -> None:
    """Three minutes hold all that was promised, at its moment, and nothing else that is wrong."""
    start = datetime(2021, 4, 13, hour, tzinfo=MOSCOW).timestamp()
    lines = told(start, 180, seed)
    wrong = [(at, said) for at, said in lines if said.kind in (Kind.ERROR, Kind.WARNING)]
    stuck = [(at, said) for at, said in wrong if said.source == "P1_beta"]
    assert [said.level for _, said in stuck] == [1, 1, 1]
    assert 5 < stuck[0][0] < 7
    assert stuck[2][0] < 31
    assert len({said.text for _, said in stuck}) == 3
    assert len({fingerprint(entry(said)) for _, said in stuck}) == 1
    rest = [each for each in wrong if each not in stuck]
    assert [(said.kind, said.level, said.source, round(at, -1)) for at, said in rest] == [
        (Kind.WARNING, 1, "LAUDA", 20),
        (Kind.ERROR, 1, "is_client", 40),
        (Kind.ERROR, 2, "daq", 80),
        (Kind.ERROR, 1, "hv", 110),
    ]
    crash = rest[1][1]
    assert crash.details[0].startswith("Traceback")
    assert crash.text.split(": ", 1)[1].startswith(crash.details[-1])
    mended = [(at, said.source) for at, said in lines if said.kind in (Kind.INFO, Kind.USER)]
    for source, after, before in (
        ("P1_beta", stuck[2][0], 45),
        ("is_client", 46, 62),
        ("daq", 90, 105),
        ("hv", 130, 145),
    ):
        assert [at for at, name in mended if name == source and after < at < before]
    assert rest[2][1].text == "No reactor start signal for 10 s, exposure suspended"
    gaps = [later - at for at, later in pairwise([0, *(at for at, _ in lines if at < 130)])]
    assert max(gaps) <= 5
    assert 40 <= len(gaps) <= 70


@pytest.mark.parametrize("seed", SEEDS)
def test_days_are_busy(seed: int) -> None:
    """By day a line comes at least every minute, and something breaks every 5 to 15 minutes."""
    lines = [(at, said) for at, said in told(MORNING, 8 * HOUR, seed) if at > 300]
    gaps = [later - at for (at, _), (later, _) in pairwise(lines)]
    assert max(gaps) <= 60
    assert 12 <= (lines[-1][0] - lines[0][0]) / len(gaps) <= 60
    begun = troubles(lines)
    assert 15 <= len(begun) <= 8 * 12
    assert len({fingerprint(entry(said)) for _, said in begun}) > 0.7 * len(begun)
    samples = [at for at, said in lines if " measured, next at" in said.text]
    assert all(later - at > 850 for at, later in pairwise(samples))
    assert len(samples) >= 16


def troubles(lines: Iterable[tuple[float, Said]]) -> list[tuple[float, Said]]:
    """The first complaint of each trouble."""
    found: list[tuple[float, Said]] = []
    last = float("-inf")
    for at, said in lines:
        if said.kind in (Kind.ERROR, Kind.WARNING):
            if at - last > 60:
                found.append((at, said))
            last = at
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_nights_are_quiet(seed: int) -> None:
    """From 23 to 6 lines are rare and troubles rarer; the script goes on until the morning."""
    start = datetime(2021, 4, 12, 18, 30, tzinfo=MOSCOW).timestamp()
    lines = [(start + at, said) for at, said in told(start, 16 * HOUR, seed)]
    eleven, six = start + 4.5 * HOUR, start + 11.5 * HOUR
    night = [(at, said) for at, said in lines if eleven + 300 < at < six]
    gaps = [later - at for (at, _), (later, _) in pairwise(night)]
    assert 55 < 7 * HOUR / len(night) < 300
    assert max(gaps) < 300
    assert len(troubles(night)) <= 8
    finished = [at for at, said in lines if said.text.endswith("samples measured: 12")]
    started = [at for at, said in lines if said.text.endswith(".py started")]
    assert not [at for at in finished if eleven < at < six]
    assert not [at for at in started if eleven + 600 < at < six]
    assert [at for at in finished if at > six]
    assert [at for at in started if at > six]


@pytest.mark.parametrize("seed", SEEDS)
def test_without_a_script_nothing_is_measured(seed: int) -> None:
    """Between two scripts, and after a crash, no neutrons are counted and nothing breaks."""
    running, ended = True, 0
    for _, said in told(MORNING, 10 * HOUR, seed):
        if said.source == "is_client" and said.kind in (Kind.USER, Kind.ERROR):
            ended += running and (said.kind is Kind.ERROR or "finished" in said.text)
            running = said.kind is Kind.USER and "finished" not in said.text
        elif not running:
            assert said.kind in (Kind.INFO, Kind.USER), said
            assert (said.source, said.level) not in COUNTING, said
    assert ended >= 3


@pytest.mark.parametrize("moving", [True, False])
def test_exposure_waits_for_the_beam(*, moving: bool) -> None:
    """While there is no beam no exposure begins or ends; when it is back, it goes on."""
    story = Stage(drawn_by(1), "en", MORNING, MOSCOW)
    story.begin(script(story))
    wanted = "in the beam" if moving else "Exposure 1 of 3 started"
    while not [said for _, said in story.until(story.due) if wanted in said.text]:
        pass
    story.begin(trouble(story, beam_faults.BEAM_LOSS, lasts=(3000, 3000)))
    lines = [said.text for _, said in story.until(story.now + 2999)]
    assert not [each for each in lines if each.startswith(("Spectrum", "Exposure 1"))]
    lines = [said.text for _, said in story.until(story.now + 400)]
    assert [each for each in lines if each.startswith("Spectrum")]


def test_mended_devices_speak_again() -> None:
    """What was broken in the opening says again, within the hour, that all is well."""
    lines = [said for at, said in told(MORNING, HOUR) if at > 180]
    assert {"LAUDA", "hv", "daq"} <= {said.source for said in lines if said.level == 5}


def test_temperature_comes_every_few_minutes() -> None:
    """The thermostat's temperature is told every few minutes, about its setpoint."""
    lines = [(at, said) for at, said in told(MORNING, 5 * HOUR, 3) if " C, set " in said.text]
    told_at = [at for at, _ in lines]
    assert max(later - at for at, later in pairwise(told_at)) < 520
    read = {float(said.text.split()[1]) for _, said in lines if said.kind is Kind.INFO}
    assert all(19.7 < each < 20.3 for each in read)
    assert len(read) > 5


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("hour", [3, 10, 20])
def test_history_is_past(seed: int, hour: int) -> None:
    """The protocol begins six hours before, is in order, and leaves a script running."""
    start = datetime(2021, 4, 13, hour, tzinfo=MOSCOW).timestamp()
    story = Story(drawn_by(seed), "en", start, MOSCOW)
    lines = list(story.until(start))
    times = [at for at, _ in lines]
    assert times == sorted(times)
    assert times[0] == start - HISTORY
    assert start - 300 < times[-1] <= start
    assert lines[0][1].text == "Sonix+ loaded, 23 modules"
    errors = [at for at, said in lines if said.kind is Kind.ERROR]
    assert len(errors) >= 3
    assert max(errors) < start - HOUR
    assert story.measurement.running
    assert story.measurement.script


async def test_opening_waits_for_run(tmp_path: Path, clock: HandClock) -> None:
    """What happens to a bot that takes long to start is no less: nothing is said before `run`."""
    instrument, path = made(tmp_path / "protocol.log", clock), tmp_path / "protocol.log"
    before = path.read_bytes()
    await clock.move(45)
    assert path.read_bytes() == before
    async with alive(instrument) as (_, written):
        await clock.move(7)
        (error,) = [each for each in written if each.said.kind is Kind.ERROR]
    assert (error.said.source, error.at, error.past) == ("P1_beta", clock.now() - 1, False)


async def test_past_is_marked(tmp_path: Path, clock: HandClock) -> None:
    """What stood there before anybody watched is told as past, what comes is not."""
    written: list[Written] = []
    instrument = made(tmp_path / "protocol.log", clock, written)
    assert {each.past for each in written} == {True}
    assert [each.number for each in written] == list(range(1, len(written) + 1))
    async with alive(instrument) as (_, now):
        await clock.move(20)
    assert {each.past for each in now} == {False}
    assert now[0].number == len(written) + 1


async def test_motor_sticks_at_once(tmp_path: Path, clock: HandClock) -> None:
    """Each press is one error of level 1 now, of another axis, now and then a limit switch."""
    instrument = made(tmp_path / "protocol.log", clock)
    async with alive(instrument) as (_, written):
        await clock.move(1200)
        errors = []
        for _press in range(30):
            written.clear()
            instrument.motor()
            (one,) = [each for each in written if each.at == clock.now() and each.said.level == 1]
            errors.append(one.said)
            await clock.move(100)
    assert {each.kind for each in errors} == {Kind.ERROR}
    assert {each.source for each in errors} == set(ordinary.AXES)
    assert all(one.source != other.source for one, other in pairwise(errors))
    limits = [each for each in errors if each.text.startswith("limit switch")]
    assert 0 < len(limits) < 15


async def test_thermostat_drifts(tmp_path: Path, clock: HandClock) -> None:
    """Warnings become urgent, then the alarm comes within twenty seconds; it ends well."""
    instrument = made(tmp_path / "protocol.log", clock)
    async with alive(instrument) as (_, written):
        await clock.move(200)
        written.clear()
        instrument.thermostat()
        assert [each.said.level for each in written] == [2]
        await clock.move(24)
        said = [each.said for each in written if each.said.source == "LAUDA"]
        assert [(each.kind, each.level) for each in said] == [
            (Kind.WARNING, 2),
            (Kind.WARNING, 2),
            (Kind.WARNING, 1),
            (Kind.WARNING, 1),
            (Kind.ERROR, 2),
        ]
        await clock.move(130)
        assert written[-1].at > clock.now() - 60
        assert [each for each in written if "in tolerance again" in each.said.text]


async def test_storm(tmp_path: Path, clock: HandClock) -> None:
    """150 errors of 25 sorts and more on 8 devices and more in 6 s, several of them in a write."""
    instrument = made(tmp_path / "protocol.log", clock)
    async with alive(instrument) as (_, written):
        await clock.move(200)
        written.clear()
        late = 0.0

        def keep(each: Written) -> None:
            nonlocal late
            late = max(late, clock.now() - each.at)

        instrument.listeners.append(keep)
        instrument.storm()
        began = clock.now()
        await clock.move(8)
        errors = [each for each in written if each.said.kind is Kind.ERROR]
        assert len(errors) == 150
        assert late == pytest.approx(0)
        assert errors[-1].at - began < 7
        assert len({fingerprint(entry(each.said)) for each in errors}) >= 25
        assert len({each.said.source for each in errors}) >= 8
        moments = {each.at for each in errors}
        assert 12 < len(moments) < 40
        await clock.move(90)
        assert [each for each in written if each.said.text == "Switch of the hall answers"]


async def test_devices_in_trouble_do_not_say_that_all_is_well(
    tmp_path: Path, clock: HandClock
) -> None:
    """While the hall is without network none of its devices says anything harmless."""
    instrument = made(tmp_path / "protocol.log", clock)
    async with alive(instrument) as (_, written):
        await clock.move(90)  # the opening's lines come every few seconds
        instrument.storm()
        written.clear()
        await clock.move(34)
    harmless = {each.said.source for each in written if each.said.level == 5}
    silent = {each.source for each in network.LOST}
    assert harmless
    assert not harmless & silent


@pytest.mark.parametrize("layout", ["tabs", "semicolons"])
async def test_restart_begins_a_new_protocol(tmp_path: Path, clock: HandClock, layout: str) -> None:
    """The old protocol stays whole beside the new one, which is complete; no byte is missed."""
    path = tmp_path / "protocol.log"
    instrument, tail, bytes_read = made(path, clock, layout=layout), Tail(str(path)), b""

    def look() -> bytes:
        data = b""
        while block := tail.read(clock.now()):
            data += block.data
        return data

    async with alive(instrument) as (_, written):
        await clock.move(50)
        bytes_read += look()
        await clock.move(20)
        instrument.restart()
        begun = len(written)
        await clock.move(60)
        bytes_read += look()
        instrument.restart()
        await clock.move(10)
        bytes_read += look()
    files = [tmp_path / f"protocol.{n}.log" for n in (1, 2)] + [path]
    assert sorted(files) == sorted(tmp_path.iterdir())  # noqa: ASYNC240 - a folder of three
    assert bytes_read == b"".join(each.read_bytes() for each in files)
    assert instrument.number == 3
    new = [each for each in written if each.file == 2]
    assert [line for each in new for line in each.lines] == (
        files[1].read_bytes().decode("cp1251").splitlines()
    )
    assert new[0].number == 1
    said = [each.said.text for each in new if each.said.kind]
    assert said[0] == "Sonix+ loaded, 23 modules"
    assert "Script not running" in said
    assert [each for each in said if each.endswith(".py started")]
    assert written[begun - 1].at == clock.now() - 70
    assert read(files[0])[-1].text == "Unloading all modules of the complex"


async def test_nothing_survives_a_restart(tmp_path: Path, clock: HandClock) -> None:
    """What was going on when the complex ended is over, and its script is not running."""
    instrument = made(tmp_path / "protocol.log", clock)
    async with alive(instrument) as (_, written):
        await clock.move(300)
        instrument.storm()
        await clock.move(1)
        instrument.restart()
        written.clear()
        await clock.move(14)
        assert not [each for each in written if each.said.kind is Kind.ERROR]
        assert not [each for each in written if each.said.source in ("reactor", "monitor")]


async def test_life_goes_on_after_a_restart(tmp_path: Path) -> None:
    """After a restart, be it in a storm, spectra are measured and things break as before."""
    clock = HandClock(MORNING)
    async with alive(made(tmp_path / "protocol.log", clock)) as (instrument, written):
        await clock.move(300)
        instrument.storm()
        await clock.move(1)
        instrument.restart()
        written.clear()
        await clock.move(2 * HOUR)
    said = [each.said for each in written]
    assert len([each for each in said if each.text.startswith("Spectrum")]) > 12
    assert {"chopper", "hv", "vacuum"} <= {each.source for each in said if each.level == 5}
    assert {each.kind for each in said} == set(Kind)


async def test_cancelled_it_leaves_nothing_running(tmp_path: Path, clock: HandClock) -> None:
    """Whoever cancels `run` gets it back at once, though nobody said stop."""
    running = asyncio.create_task(made(tmp_path / "protocol.log", clock).run(asyncio.Event()))
    await clock.move(5)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


def test_protocol_that_is_there_is_kept(tmp_path: Path, clock: HandClock) -> None:
    """A protocol of an earlier run is set aside, as a start of the complex does."""
    path = tmp_path / "protocol.log"
    path.write_text("old\n")
    (tmp_path / "protocol.1.log").write_text("older\n")
    made(path, clock)
    assert (tmp_path / "protocol.2.log").read_text() == "old\n"
    assert (tmp_path / "protocol.1.log").read_text() == "older\n"
    assert b"loaded" in path.read_bytes()


class Busy(type(Path())):  # type: ignore[misc]  # the path of this system
    """A file that its reader has open for two more moments: Windows does not rename it then."""

    refusals = 2

    def rename(self, target: Any) -> Any:
        """Refuse, and in the end obey."""
        if self.refusals:
            type(self).refusals -= 1
            raise PermissionError(errno.EACCES, "in use")
        return super().rename(target)


def test_protocol_is_renamed_though_a_reader_has_it_open(tmp_path: Path) -> None:
    """The rename is tried again while the system refuses it."""
    path = Busy(tmp_path / "protocol.log")
    path.write_text("old\n")
    WorkingProtocol(path)
    assert (tmp_path / "protocol.1.log").read_text() == "old\n"


async def test_computer_that_slept_missed_nothing(tmp_path: Path) -> None:
    """After hours with the lid closed the story goes on where it was, without a flood."""
    clock = HandClock(MORNING)
    instrument = made(tmp_path / "protocol.log", clock)
    async with alive(instrument) as (_, written):
        await clock.move(400)
        written.clear()
        clock._now += 5 * HOUR
        await clock.move(100)
    assert 1 <= len(written) < 20
    assert all(each.at > clock.now() - 101 for each in written)


async def test_fast_clock(tmp_path: Path, clock: HandClock) -> None:
    """What a fast clock makes due at once is written at once, each line numbered and in order."""
    path = tmp_path / "protocol.log"
    async with alive(made(path, clock)) as (_, written):
        await clock.move(1)
        clock._now += 120
        await clock.move(0.1)
        await clock.move(60)
    lines = path.read_text("cp1251").splitlines()
    assert any(each.said.details for each in written)
    for each in written:
        assert lines[each.number - 1 :][: len(each.lines)] == list(each.lines)
    times = [each.at for each in written]
    assert times == sorted(times)


def test_unknown_layout_is_refused(tmp_path: Path, clock: HandClock) -> None:
    """Only the built-in layouts are written."""
    with pytest.raises(ValueError, match="prose"):
        made(tmp_path / "protocol.log", clock, layout="prose")
    with pytest.raises(ValueError, match="prose"):
        write_lines("prose", Said(Kind.INFO, 5, "scp", "text"), datetime.now(MOSCOW))
