"""Vigil: what is missing becomes an incident of the watch, and the bot's own signs of life."""

from __future__ import annotations

import re
from datetime import time
from pathlib import Path

from sonixbot.alerts import Push, Rules
from sonixbot.alerts.absence import Absences
from sonixbot.alerts.sightings import Value
from tests.bench import BOSS, CHANNEL, Bench, append, error, info, watching
from tests.handclock import HandClock

MINUTE, HOUR = 60.0, 3600.0
STARTED = "13.04.2021 03:22:02\tU1\tis_client\tСтарт скрипта night.py\r\n".encode("cp1251")
FINISHED = "13.04.2021 03:22:40\tU1\tis_client\tСкрипт night.py завершён\r\n".encode("cp1251")


async def wait(bench: Bench, seconds: float) -> None:
    """Let time pass in steps that the watch does not take for a sleep of the computer."""
    for _ in range(round(seconds / 20)):
        await bench.clock.move(20)


async def test_a_protocol_that_is_silent_while_a_script_runs_is_an_error(
    tmp_path: Path, clock: HandClock
) -> None:
    """Silence while a script runs is posted and mailed once, and its end is told when it speaks."""
    protocol = tmp_path / "protocol.log"
    append(protocol, info(1))
    async with watching(tmp_path, clock, absences=Absences(10 * MINUTE)) as bench:
        append(protocol, STARTED)
        await wait(bench, 9 * MINUTE)
        assert bench.posts() == []
        await wait(bench, 3 * MINUTE)
        (post,) = bench.messages()
        assert post.text.startswith(
            "🔴 YuMO: Error 1 · sonixbot\nThe protocol has said nothing for"
        )
        assert "script night.py is running" in post.text
        assert [each.text for each in bench.messages(BOSS)] == [post.text]
        append(protocol, info(9))
        await wait(bench, MINUTE)
        post, ended = bench.messages()
        assert "🟢 over since" in post.text
        assert ended.text.startswith("🟢 YuMO: over · sonixbot")
        assert ended.answers == post.key


async def test_silence_after_the_end_of_a_script_is_none(tmp_path: Path, clock: HandClock) -> None:
    """A protocol may be silent when no script runs."""
    protocol = tmp_path / "protocol.log"
    append(protocol, info(1))
    async with watching(tmp_path, clock, absences=Absences(10 * MINUTE)) as bench:
        append(protocol, STARTED, FINISHED)
        await wait(bench, HOUR)
        assert bench.posts() == []


async def test_a_protocol_that_is_gone_is_an_error(tmp_path: Path, clock: HandClock) -> None:
    """A folder that cannot be reached is posted after a minute, and so is its return."""
    folder = tmp_path / "share"
    folder.mkdir()
    protocol = folder / "protocol.log"
    append(protocol, info(1))
    async with watching(tmp_path, clock, protocol, absences=Absences(None)) as bench:
        folder.rename(tmp_path / "away")
        await wait(bench, 3 * MINUTE)
        (post,) = bench.messages()
        assert "Error 1 · sonixbot" in post.text
        (tmp_path / "away").rename(folder)
        await wait(bench, MINUTE)
        assert "over" in bench.posts()[-1]


async def test_what_is_missing_stays_missing_over_a_restart(
    tmp_path: Path, clock: HandClock
) -> None:
    """A restart neither ends what is missing nor tells it anew."""
    protocol = tmp_path / "protocol.log"
    append(protocol, info(1))
    absences = Absences(10 * MINUTE)
    async with watching(tmp_path, clock, absences=absences) as bench:
        append(protocol, STARTED)
        await wait(bench, 12 * MINUTE)
        assert len(bench.posts()) == 1
    async with watching(tmp_path, clock, absences=absences) as bench:
        await wait(bench, 5 * MINUTE)
        assert len(bench.posts()) == 1
        append(protocol, info(9))
        await wait(bench, MINUTE)
        assert "over" in bench.posts()[-1]


async def test_a_value_that_is_no_longer_reported_is_an_error(
    tmp_path: Path, clock: HandClock
) -> None:
    """An own value that the protocol stops reporting is told by its name."""
    protocol = tmp_path / "protocol.log"
    append(protocol, info(1))
    value = Value("helium level", r"уровень гелия", 5 * MINUTE, always=True, level=2)
    async with watching(tmp_path, clock, absences=Absences(None, values=(value,))) as bench:
        for _ in range(4):
            line = "13.04.2021 03:22:02\tI4\tcryostat\tУровень гелия 43 %\r\n"
            append(protocol, line.encode("cp1251"))
            await wait(bench, 2 * MINUTE)
        assert bench.posts() == []
        append(protocol, info(9))
        await wait(bench, 5 * MINUTE)
        (post,) = bench.posts()
        assert "Error 2 · sonixbot\nhelium level: not reported for more than 5 min." in post


async def test_the_daily_line_is_said_once_a_day(tmp_path: Path, clock: HandClock) -> None:
    """At its time of day the bot says that it lives, with what came since the last time."""
    protocol = tmp_path / "protocol.log"
    append(protocol, info(1))
    async with watching(tmp_path, clock, alive_at=time(3, 30)) as bench:  # now it is 3:22:45
        append(protocol, error(2), error(3), info(4))
        await wait(bench, 10 * MINUTE)
        said = [each for each in bench.messages() if each.key.startswith("alive")]
        assert len(said) == 1
        assert said[0].text.startswith("🔴 YuMO: sonixbot is alive.\nSince 03:22:45: 2 errors")
        assert said[0].silent


async def test_a_time_away_is_told_though_nothing_came(tmp_path: Path, clock: HandClock) -> None:
    """After a gap the bot says from when to when it was away; after a short one it does not."""
    append(tmp_path / "protocol.log", info(1))
    async with watching(tmp_path, clock):
        await clock.move(MINUTE)
    await clock.move(MINUTE)
    async with watching(tmp_path, clock, away_time=5 * MINUTE) as bench:
        assert bench.posts() == []
    await clock.move(HOUR)
    async with watching(tmp_path, clock, away_time=5 * MINUTE) as bench:
        (said,) = bench.posts()
        assert re.match(r"🟢 YuMO: sonixbot was away from 03:2\d:\d\d to 04:2\d", said)
        assert said.endswith("Nothing was missed.")
        assert [each.text for each in bench.messages(BOSS)] == [said]
        assert bench.messages(CHANNEL)[0].silent


async def test_what_was_muted_while_it_was_away_is_not_called_nothing(
    tmp_path: Path, clock: HandClock
) -> None:
    """After a gap in which only muted errors came, the bot does not say that nothing was missed."""
    append(tmp_path / "protocol.log", info(1))
    async with watching(tmp_path, clock) as bench:
        bench.watch.mute("", clock.now() + 5 * HOUR, "Anna", 7)
    await clock.move(HOUR)
    append(tmp_path / "protocol.log", error(2))
    async with watching(tmp_path, clock, away_time=5 * MINUTE) as bench:
        for said in (bench.posts()[-1], bench.messages(BOSS)[-1].text):
            assert "1 problem came meanwhile." in said
            assert "Nothing was missed" not in said


async def test_each_way_is_told_of_a_time_away(tmp_path: Path, clock: HandClock) -> None:
    """Where what came goes only by mail, the channel learns all the same that the bot was away."""
    rules = Rules(telegram=Push(error=1))
    append(tmp_path / "protocol.log", info(1))
    async with watching(tmp_path, clock, rules=rules):
        await clock.move(MINUTE)
    await clock.move(HOUR)
    append(tmp_path / "protocol.log", error(2, level=3))
    async with watching(tmp_path, clock, rules=rules, away_time=5 * MINUTE) as bench:
        (said,) = bench.posts()
        assert said.endswith("Nothing was missed.")
        (mail,) = bench.messages(BOSS)
        assert "while sonixbot was away" in mail.text
        assert "P1_beta" in mail.text


async def test_the_daily_line_and_what_else_is_due_are_one_commit(
    tmp_path: Path, clock: HandClock
) -> None:
    """The daily line is written down with what is due beside it, or neither of them is."""
    protocol = tmp_path / "protocol.log"
    append(protocol, info(1))
    # Over at 3:29:58, so that the look at 3:30:00 finds both.
    rules = Rules(quiet_time=433, reminders={})
    async with watching(tmp_path, clock, rules=rules, alive_at=time(3, 30)) as bench:
        append(protocol, error(2), error(3))
        bench.store.db.execute(
            "create trigger full before insert on messages when new.key like '%-ended-%'"
            " begin select raise(abort, 'disk is full'); end"
        )
        await wait(bench, 8 * MINUTE)
        (kept,) = bench.store.policy(rules).incidents.values()
        assert kept.ended is None
        bench.store.db.execute("drop trigger full")
        await wait(bench, 2 * MINUTE)
        (said,) = [each.text for each in bench.messages() if each.key.startswith("alive")]
        assert "Since 03:22:45: 2 errors" in said
        assert any("-ended-" in each.key for each in bench.messages())
