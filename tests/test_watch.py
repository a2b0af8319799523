"""Watch: from bytes in a real file to messages in a real outbox, killed and restarted."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from sonixbot import history
from sonixbot.alerts import AlertPolicy, Incident, Rules
from sonixbot.entry import Entry, Kind
from sonixbot.formats import Reader
from sonixbot.language import language
from sonixbot.message import Message
from sonixbot.state import ProtocolState
from sonixbot.store import Store
from sonixbot.tail import Block, Tail
from tests.bench import BOSS, CHANNEL, MOSCOW, Bench, append, error, info, watching
from tests.handclock import NIGHT, HandClock


@pytest.fixture
def protocol(tmp_path: Path) -> Path:
    return tmp_path / "protocol.log"


def rename(protocol: Path, new: Path) -> None:
    protocol.rename(new)


async def test_the_first_start_reads_but_does_not_push(
    tmp_path: Path, protocol: Path, clock: HandClock
) -> None:
    """What stood in the protocol before the first start is known, but nobody is told."""
    append(protocol, info(1), error(2))
    async with watching(tmp_path, clock) as bench:
        assert bench.watch.state.view().total(Kind.ERROR) == 1
        assert bench.posts() == []
        append(protocol, error(3, "magnet"))
        await bench.pass_time(1)
        (post,) = bench.posts()
        assert "magnet" in post


async def test_an_error_is_one_post_and_one_mail(
    tmp_path: Path, protocol: Path, clock: HandClock
) -> None:
    """A new error is put into the outbox for the channel and for each recipient."""
    append(protocol, info(1))
    async with watching(tmp_path, clock) as bench:
        append(protocol, error(2, text="Двигатель не достиг позиции"))
        await bench.pass_time(1)
        (post,), (mail,) = bench.messages(), bench.messages(BOSS)
        for said in (post.text, mail.text, mail.subject):
            assert "YuMO" in said
            assert "P1_beta" in said
            assert "Двигатель не достиг позиции" in said
        assert "03:22:02" in post.text
        assert mail.thread


async def test_the_same_error_renews_the_words(
    tmp_path: Path, protocol: Path, clock: HandClock
) -> None:
    """Ten like errors are one post that counts them."""
    append(protocol, info(1))
    async with watching(tmp_path, clock) as bench:
        for second in range(2, 12):
            append(protocol, error(second, text=f"timeout {second} s"))
            await bench.pass_time(1)
        (post,) = bench.posts()
        assert "×10" in post


async def test_a_traceback_belongs_to_its_error(
    tmp_path: Path, protocol: Path, clock: HandClock
) -> None:
    """Lines that come after the error was told are put into its post, not told apart."""
    append(protocol, info(1))
    async with watching(tmp_path, clock) as bench:
        append(protocol, error(2, "is_client", text="script stopped"))
        await bench.pass_time(1)
        append(protocol, b"Traceback (most recent call last):\r\n", b"RuntimeError: timeout\r\n")
        await bench.pass_time(1)
        (post,) = bench.posts()
        assert "RuntimeError: timeout" in post
        assert "×2" not in post


async def test_a_restart_goes_on_where_it_was(
    tmp_path: Path, protocol: Path, clock: HandClock
) -> None:
    """After a restart nothing is told twice, and the state is as before."""
    append(protocol, info(1))
    async with watching(tmp_path, clock) as bench:
        append(protocol, error(2))
        await bench.pass_time(1)
        view = bench.watch.state.view()
    async with watching(tmp_path, clock) as bench:
        assert len(bench.posts()) == 1
        again = bench.watch.state.view()
        assert (again.kinds, again.devices, again.lines) == (view.kinds, view.devices, view.lines)


async def test_what_came_while_away_is_one_digest(
    tmp_path: Path, protocol: Path, clock: HandClock
) -> None:
    """Errors of the time away stand in one digest with device and text, level 1 also alone."""
    append(protocol, info(1))
    async with watching(tmp_path, clock):
        pass
    append(protocol, error(2), *(error(second, f"dev_{second}", 3) for second in range(3, 20)))
    await clock.move(3600)
    async with watching(tmp_path, clock) as bench:
        digest, alone = bench.posts()
        assert "away" in digest
        assert all(f"dev_{second}" in digest for second in range(3, 20))
        assert "P1_beta" in digest
        assert "P1_beta" in alone
        assert len(bench.messages(BOSS)) == 2
        append(protocol, error(20, "dev_3", 3))
        await bench.pass_time(1)
        assert "dev_3" in bench.posts()[-1]


async def test_no_digest_when_nothing_came(
    tmp_path: Path, protocol: Path, clock: HandClock
) -> None:
    """A restart without errors meanwhile says nothing."""
    append(protocol, info(1))
    async with watching(tmp_path, clock):
        pass
    append(protocol, info(2))
    async with watching(tmp_path, clock) as bench:
        assert bench.posts() == []
        assert bench.watch.state.lines == 2


async def test_a_file_that_appears_later_is_new_from_its_first_byte(
    tmp_path: Path, protocol: Path, clock: HandClock
) -> None:
    """A protocol that was not there at the first start is pushed whole, also after a restart."""
    async with watching(tmp_path, clock) as bench:
        assert bench.watch.status().trouble is not None
    append(protocol, error(2))
    async with watching(tmp_path, clock) as bench:
        assert "P1_beta" in bench.posts()[-1]
        assert bench.watch.status().trouble is None


async def test_a_recreated_protocol_is_followed(
    tmp_path: Path, protocol: Path, clock: HandClock
) -> None:
    """When the complex starts anew, the rest of the renamed file and all of the new one is told."""
    append(protocol, info(1))
    async with watching(tmp_path, clock) as bench:
        append(protocol, error(2, "last_words"))
        rename(protocol, tmp_path / "protocol.old")
        append(protocol, info(3), error(4, "first_words"))
        await bench.pass_time(2)
        assert ["last_words" in post or "first_words" in post for post in bench.posts()] == [
            True,
            True,
        ]
        view = bench.watch.state.view()
        assert (view.path, view.lines, view.total(Kind.ERROR)) == (str(protocol), 2, 1)


async def test_the_rest_of_a_renamed_protocol_has_its_right_day(
    tmp_path: Path, protocol: Path, clock: HandClock
) -> None:
    """Where only the header has the date, midnights between it and the rest are counted."""
    header = b"*** LOG STARTED 11.04.21 21:55:10 REMUR ***\r\n"
    days = b"".join(b'%02d:00:00;3;4;"varman";"idle"\r\n' % (hour % 24) for hour in range(22, 50))
    append(protocol, header, days)
    async with watching(tmp_path, clock):
        pass
    append(protocol, b'03:22:45;2;1;"P1_beta";"timeout"\r\n')
    os.utime(protocol, (NIGHT, NIGHT))
    rename(protocol, tmp_path / "protocol.old")
    append(protocol, info(1))
    async with watching(tmp_path, clock) as bench:
        (entry,) = bench.watch.state.recent
        assert entry.time == NIGHT


async def test_the_newest_file_of_a_pattern_is_followed(tmp_path: Path, clock: HandClock) -> None:
    """With a pattern, a newer file in the folder becomes the working protocol."""
    append(tmp_path / "run_1.log", info(1))
    async with watching(tmp_path, clock, tmp_path / "run_*.log") as bench:
        append(tmp_path / "run_2.log", error(2))
        await bench.pass_time(2)
        assert len(bench.posts()) == 1
        assert bench.watch.state.path.endswith("run_2.log")


async def test_position_and_messages_are_committed_together(
    tmp_path: Path, protocol: Path, clock: HandClock
) -> None:
    """While the database cannot be written nothing is lost, and nothing is told twice after."""
    append(protocol, info(1))
    async with watching(tmp_path, clock) as bench:
        bench.store.db.execute("pragma query_only = on")
        append(protocol, error(2))
        await bench.pass_time(2)
        assert bench.posts() == []
        bench.store.db.execute("pragma query_only = off")
        await bench.pass_time(10)
        assert len(bench.posts()) == 1
        append(protocol, error(3))
        await bench.pass_time(1)
        (post,) = bench.posts()
        assert "×2" in post


async def test_a_mute_holds_across_a_restart_and_tells_what_it_hid(
    tmp_path: Path, protocol: Path, clock: HandClock
) -> None:
    """A mute is announced, hides also after a restart, and its end says what it hid."""
    append(protocol, info(1))
    async with watching(tmp_path, clock) as bench:
        bench.watch.mute("P1_beta", clock.now() + 3600, "Anna", 7)
        (announced,) = bench.posts()
        assert "Anna" in announced
    async with watching(tmp_path, clock) as bench:
        append(protocol, error(2), error(3))
        await bench.pass_time(1)
        assert len(bench.posts()) == 1
        assert [each.source for each in bench.watch.state.recent] == ["P1_beta", "P1_beta"]
        await clock.move(3600)
        await bench.pass_time(6)
        ended = bench.posts()[-1]
        assert "×2" in ended
        assert len(bench.messages(BOSS)) == 1


async def test_harmless_lines_are_committed_from_time_to_time(
    tmp_path: Path, protocol: Path, clock: HandClock
) -> None:
    """Lines that nobody is told of do not make the disk sync after each, but are not forgotten."""
    append(protocol, info(1))
    async with watching(tmp_path, clock) as bench:
        await bench.pass_time(6)
        before = bench.store.fact("position")["offset"]
        append(protocol, info(2))
        await bench.pass_time(1)
        assert bench.store.fact("position")["offset"] == before
        assert bench.watch.state.lines == 2
        await bench.pass_time(5)
        assert bench.store.fact("position")["offset"] == 2 * len(info(1))


async def test_a_mute_while_nothing_can_be_written_does_not_cost_an_alert(
    tmp_path: Path, protocol: Path, clock: HandClock
) -> None:
    """A mute writes only itself: what was counted meanwhile is told after a kill."""
    append(protocol, info(1))
    async with watching(tmp_path, clock) as bench:
        append(protocol, error(2))
        tell = bench.watch._herald.tell
        broken = [sqlite3.OperationalError("disk full")] * 3

        def fail(*args: Any) -> None:
            if broken:
                raise broken.pop()
            tell(*args)

        bench.watch._herald.tell = fail  # type: ignore[method-assign,assignment]  # a full disk
        await bench.pass_time(0.5)
        bench.watch.mute("magnet", clock.now() + 60, "Anna", 7)
        assert len(bench.posts()) == 1
        killed = Store(tmp_path / "data")
        assert killed.policy(Rules()).incidents == {}
        assert len(killed.policy(Rules()).mutes) == 1
        killed.close()
        await bench.pass_time(8)
        assert any("P1_beta" in post for post in bench.posts())


async def test_a_mute_that_cannot_be_written_is_none(
    tmp_path: Path, protocol: Path, clock: HandClock
) -> None:
    """A mute whose announcement cannot be written does not hide anything."""
    append(protocol, info(1))
    async with watching(tmp_path, clock) as bench:
        bench.store.db.execute(
            "create trigger full before insert on mutes begin select raise(abort, 'full'); end"
        )
        with pytest.raises(sqlite3.IntegrityError):
            bench.watch.mute("", clock.now() + 60, "Anna", 7)
        append(protocol, error(2))
        await bench.pass_time(1)
        assert len(bench.posts()) == 1


async def test_words_that_fail_cost_neither_their_alert_nor_others(
    tmp_path: Path, protocol: Path, clock: HandClock
) -> None:
    """When the words of one incident cannot be made, it is told plainly, and the rest as usual."""
    append(protocol, info(1))
    async with watching(tmp_path, clock) as bench:
        post = bench.watch._herald._post

        def fail(incident: Incident, policy: AlertPolicy, now: float) -> Message:
            if incident.entry.source == "magnet":
                raise ZeroDivisionError
            return post(incident, policy, now)

        bench.watch._herald._post = fail  # type: ignore[method-assign]  # a fault of ours
        append(protocol, error(2, "magnet"), error(3))
        await bench.pass_time(1)
        assert [name in text for text in bench.posts() for name in ("magnet", "P1_beta")] == [
            True,
            False,
            False,
            True,
        ]


async def test_a_digest_that_fails_is_told_plainly(
    tmp_path: Path, protocol: Path, clock: HandClock
) -> None:
    """When the words of the digest cannot be made, its errors are told all the same."""
    append(protocol, info(1))
    async with watching(tmp_path, clock):
        pass
    append(protocol, error(2, level=2))
    bench = Bench(tmp_path / "data", protocol, clock)
    bench.watch._herald._manner = ("YuMO", language("en"), "no zone")  # type: ignore[assignment]  # a fault of ours
    task = asyncio.create_task(bench.watch.run(bench.stop))
    await bench.pass_time(1)
    (post,) = bench.posts()
    assert "P1_beta" in post
    bench.stop.set()
    await bench.pass_time(1)
    await task
    bench.store.close()


async def test_a_storm_whose_words_fail_is_told_plainly(
    tmp_path: Path, protocol: Path, clock: HandClock
) -> None:
    """When the digest of a storm cannot be made, its problems are told all the same."""
    append(protocol, info(1))
    async with watching(tmp_path, clock) as bench:
        bench.watch._herald.storms._manner = ("YuMO", language("en"), "no zone")  # type: ignore[assignment]  # a fault of ours
        append(protocol, *(error(2, f"dev_{number}", level=2) for number in range(12)))
        await bench.pass_time(1)
        said = "\n".join(bench.posts())
        assert all(f"dev_{number} stuck" in said for number in range(9))


async def test_worse_in_the_same_block_is_one_post(
    tmp_path: Path, protocol: Path, clock: HandClock
) -> None:
    """An error that goes on and becomes worse within one block is posted anew once."""
    append(protocol, info(1))
    async with watching(tmp_path, clock) as bench:
        append(protocol, error(2, level=3))
        await bench.pass_time(1)
        append(protocol, error(3, level=3), error(4, level=1))
        await bench.pass_time(1)
        (incident,) = bench.watch.policy.incidents.values()
        assert (incident.post, incident.lost) == (2, False)
        assert len(bench.posts()) == 2


async def test_a_block_that_makes_us_fail_is_told_of(
    tmp_path: Path, protocol: Path, clock: HandClock
) -> None:
    """A part of the protocol that cannot be understood is never taken for no error."""
    append(protocol, info(1))
    async with watching(tmp_path, clock) as bench:
        feed = bench.watch._reader.feed

        def fail(block: Block) -> list[Entry]:
            if b"poison" in block.data:
                raise ZeroDivisionError
            return feed(block)

        bench.watch._reader.feed = fail  # type: ignore[method-assign]  # a fault of ours
        append(protocol, error(2, "poison"))
        await bench.pass_time(1)
        append(protocol, error(3))
        await bench.pass_time(1)
        unread, alert = bench.posts()
        assert "protocol.log" in unread
        assert "P1_beta" in alert


async def test_a_clock_set_back_does_not_prolong_a_mute_by_hours(
    tmp_path: Path, protocol: Path, clock: HandClock
) -> None:
    """When the clock goes back, the passing of time is still looked at."""
    bench = Bench(tmp_path / "data", protocol, clock)
    clock._now -= 3 * 3600
    bench.watch.mute("", clock.now() + 60, "Anna", 7)
    await bench.watch._pass_time()
    await clock.move(61)
    await bench.watch._pass_time()
    assert bench.watch.policy.mutes == {}
    bench.store.close()


async def test_the_baseline_is_committed_at_once(
    tmp_path: Path, protocol: Path, clock: HandClock
) -> None:
    """Killed while it reads the old part for the first time, it tells what came since its start."""
    append(protocol, info(1))
    bench = Bench(tmp_path / "data", protocol, clock)
    task = asyncio.create_task(bench.watch.run(bench.stop))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    bench.store.close()
    append(protocol, error(2))
    async with watching(tmp_path, clock) as again:
        assert any("P1_beta" in post for post in again.posts())


async def test_status_answers_from_memory(tmp_path: Path, protocol: Path, clock: HandClock) -> None:
    """The status has the state of the protocol, open incidents, mutes and ways at hand."""
    append(protocol, info(1))
    async with watching(tmp_path, clock) as bench:
        append(protocol, error(2))
        await bench.pass_time(1)
        bench.watch.mute("magnet", clock.now() + 60, "Anna", 7)
        status = bench.watch.status()
        assert status.instrument == "YuMO"
        assert status.errors_last_hour == 1
        assert [each.entry.source for each in status.incidents] == ["P1_beta"]
        assert [each.scope for each in status.mutes] == ["magnet"]
        assert {each.name: each.waiting for each in status.ways} == {CHANNEL: 2, BOSS: 1}


async def test_a_long_protocol_is_read_newest_part_first(
    tmp_path: Path, protocol: Path, clock: HandClock
) -> None:
    """Of a long protocol the newest part is known at once; the older counts follow."""
    lines = [
        f"13.04.2021 {n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}\t{k}\tdev\ttext {n}\r\n"
        for n in range(4000)
        for k in ("E2" if n % 100 == 0 else "I4",)
    ]
    traceback = "Traceback (most recent call last):\r\n  File 1\r\nRuntimeError: x\r\n"
    text = "".join(line + (traceback if "\tE2\t" in line else "") for line in lines)
    append(protocol, text.encode("cp1251"))
    whole, newest = (ProtocolState("YuMO", lambda _text: None) for _ in range(2))
    position = Tail(str(protocol)).end()
    assert position is not None

    def new_reader() -> Reader:
        return Reader(None, "auto", MOSCOW)

    await (await history.fill(whole, new_reader(), new_reader, position))()
    older = await history.fill(newest, new_reader(), new_reader, position, newest_part=20_000)
    assert not newest.complete
    assert 0 < newest.view().total(Kind.INFO) < 1000
    assert newest.recent[-1] == whole.recent[-1] or newest.recent[-1].line is None
    await older()
    assert newest.view() == whole.view()
    assert [each.text for each in newest.recent] == [each.text for each in whole.recent]


async def test_care_shows_in_the_post_and_survives_a_kill(
    tmp_path: Path, protocol: Path, clock: HandClock
) -> None:
    """Who takes care of an incident stands in its post at once, and is known after a restart."""
    append(protocol, info(1))
    async with watching(tmp_path, clock) as bench:
        append(protocol, error(2))
        await bench.pass_time(1)
        (post,) = bench.messages()
        assert [each.text for each in post.buttons] == [
            *("Acknowledge", "Mute 1 h", "till morning", "Context")
        ]
        assert [each.id for each in bench.watch.acknowledge([1], "Olga <&>", 42)] == [1]
        (post,) = bench.messages()
        assert "✔ Olga <&> takes care of it, 03:22:46" in post.text
        assert [each.text for each in post.buttons] == ["Mute 1 h", "till morning", "Context"]
        assert bench.watch.acknowledge([77], "Olga", 42) == []
        bench.store.remember = fail  # type: ignore[method-assign,assignment]  # as if killed: no last words
    again = Bench(tmp_path / "data", protocol, clock)
    assert again.watch.policy.acknowledged[1].author == "Olga <&>"
    again.store.close()


def fail(*_: object) -> None:
    raise sqlite3.OperationalError


async def test_care_that_cannot_be_written_is_not_taken(
    tmp_path: Path, protocol: Path, clock: HandClock
) -> None:
    """Where the store is out of order, nobody is said to take care of anything."""
    append(protocol, info(1))
    async with watching(tmp_path, clock) as bench:
        append(protocol, error(2))
        await bench.pass_time(1)
        whole = bench.store.save_wishes
        bench.store.save_wishes = fail  # type: ignore[method-assign,assignment]  # a full disk
        with pytest.raises(sqlite3.OperationalError):
            bench.watch.acknowledge([1], "Olga", 42)
        bench.store.save_wishes = whole  # type: ignore[method-assign]  # there is room again
        assert bench.watch.policy.acknowledged == {}
        assert "Olga" not in bench.posts()[0]


async def test_a_mute_of_one_incident_shows_in_its_post(
    tmp_path: Path, protocol: Path, clock: HandClock
) -> None:
    """A muted incident says so in its post and is not announced; its end brings buttons back."""
    append(protocol, info(1))
    async with watching(tmp_path, clock) as bench:
        append(protocol, error(2))
        await bench.pass_time(1)
        incident = bench.watch.policy.find(1)
        mute = bench.watch.mute("P1_beta: stuck", NIGHT + 60, "Olga", 42, incident)
        (post,) = bench.messages()
        assert "🔕 muted until 03:23:45 by Olga" in post.text
        assert [each.text for each in post.buttons] == ["Acknowledge", "Context"]
        assert bench.watch.unmute(mute.id, "Anna") == [mute]
        post, ended = bench.messages()
        assert "muted" not in post.text
        assert len(post.buttons) == 4
        assert "Anna ended the mute" in ended.text


async def test_the_end_of_an_incident_is_told(
    tmp_path: Path, protocol: Path, clock: HandClock
) -> None:
    """After the quiet time the post says so and keeps one button; channel and mailbox hear."""
    append(protocol, info(1))
    async with watching(tmp_path, clock) as bench:
        append(protocol, error(2))
        await bench.pass_time(1)
        append(protocol, error(32))
        await bench.pass_time(1)
        bench.watch.acknowledge([1], "Olga", 42)
        await bench.clock.move(31 * 60)
        await bench.pass_time(6)
        post, ended = bench.messages()
        assert "🟢 quiet since 03:22:32" in post.text
        assert [each.text for each in post.buttons] == ["Context"]
        assert ended.text.startswith("🟢 YuMO: over · P1_beta\nstuck\n×2 · first 03:22:02")
        assert "It went on for 30 s." in ended.text
        assert ended.answers == post.key
        mail, last = bench.messages(BOSS)
        assert (last.key, last.thread) == (ended.key, mail.thread)
