"""Intake, bell and turn: scripts' letters into the outbox, woken by the folder, one at a time."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sonixbot import inbox
from sonixbot.bell import Bell
from sonixbot.clock import Clock
from sonixbot.errors import Problem, sentence
from sonixbot.herald import Herald
from sonixbot.intake import Intake
from sonixbot.language import language
from sonixbot.message import Attachment, Marks, Origin
from sonixbot.outbox import Outbox
from sonixbot.pace import Call
from sonixbot.store import Store
from sonixbot.turn import deliverer_turn, service_turn, service_waits
from tests.facts import message
from tests.handclock import NIGHT, HandClock
from tests.patience import until

CHANNEL, BOSS = "telegram:-100123", "mail:boss@example.test"


class Office:
    """An inbox, an outbox and what passes letters from one to the other."""

    def __init__(self, folder: Path, clock: HandClock, *, mails: tuple[str, ...] = (BOSS,)) -> None:
        self.folder = str(folder / "inbox")
        self.store = Store(folder / "data")
        self.outbox = Outbox(self.store)
        herald = Herald(self.outbox, "YuMO", language("en"), None, posts=(CHANNEL,), mails=mails)
        self.attachments = folder / "attachments"
        self.intake = Intake(
            Path(self.folder), self.attachments, herald, self.outbox, clock, language("en")
        )


@pytest.fixture
def office(tmp_path: Path, clock: HandClock) -> Iterator[Office]:
    made = Office(tmp_path, clock)
    yield made
    made.store.close()


async def test_a_letter_becomes_a_message_for_everybody(office: Office) -> None:
    """A script's text is put into the outbox for channel and recipients, once, and answered."""
    key = inbox.put(office.folder, "a < b")
    assert await office.intake.turn()
    assert not await office.intake.turn()
    (post,), (mail,) = office.outbox.waiting(CHANNEL), office.outbox.waiting(BOSS)
    assert post.message == mail.message
    assert post.message.origin is Origin.SCRIPT
    assert "a < b" in post.message.text
    answer = inbox.read_answer(office.folder, key)
    assert answer is not None
    assert {name: each["state"] for name, each in answer.items()} == {
        CHANNEL: "queued",
        BOSS: "queued",
    }


async def test_a_letter_taken_twice_is_one_message(office: Office, tmp_path: Path) -> None:
    """A letter that lies there again after a kill is not sent a second time."""
    key = inbox.put(office.folder, "once")
    letter = (tmp_path / "inbox" / "new" / f"{key}.json").read_bytes()
    await office.intake.turn()
    await asyncio.to_thread((tmp_path / "inbox" / "new" / f"{key}.json").write_bytes, letter)
    await office.intake.turn()
    assert len(office.outbox.waiting(CHANNEL)) == 1


async def test_a_letter_for_one_way_goes_only_there(office: Office) -> None:
    """A text for mail alone does not go to the channel."""
    inbox.put(office.folder, "by mail", ways="mail")
    await office.intake.turn()
    assert office.outbox.waiting(CHANNEL) == []
    assert len(office.outbox.waiting(BOSS)) == 1


async def test_a_way_that_is_not_configured_is_answered(tmp_path: Path, clock: HandClock) -> None:
    """A text for a way that there is not is answered as failed, with the reason."""
    office = Office(tmp_path, clock, mails=())
    key = inbox.put(office.folder, "by mail", ways="mail")
    await office.intake.turn()
    answer = inbox.read_answer(office.folder, key)
    assert answer is not None
    assert [each["state"] for each in answer.values()] == ["failed"]
    office.store.close()


async def test_files_lie_with_the_bot_until_they_are_forgotten(
    office: Office, tmp_path: Path, clock: HandClock
) -> None:
    """An attachment is kept until its message is forgotten; the script may delete its own."""
    spectrum = tmp_path / "spectrum.dat"
    spectrum.write_bytes(b"1 2 3")
    inbox.put(office.folder, "see", files=[(str(spectrum), False)])
    spectrum.unlink()
    await office.intake.turn()
    (attached,) = office.outbox.waiting(CHANNEL)[0].message.files
    assert attached.name == "spectrum.dat"
    assert await asyncio.to_thread(Path(attached.path).read_bytes) == b"1 2 3"
    for destination in (CHANNEL, BOSS):
        (delivery,) = office.outbox.waiting(destination)
        office.outbox.begin(delivery, Marks.NONE, Call.SCRIPT, NIGHT)
        office.outbox.sent(delivery, NIGHT)
    await clock.move(40 * 86400)
    await office.intake.turn()
    assert not await asyncio.to_thread(Path(attached.path).exists)


async def test_a_file_within_a_message_has_no_folder_to_forget(
    office: Office, clock: HandClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is forgotten with a text in the message is the message, never the working folder."""
    work = tmp_path / "work"
    work.mkdir()
    (work / "measured.dat").write_bytes(b"1 2 3")
    monkeypatch.chdir(work)
    listed = message(files=(Attachment("errors.txt", "", text="P1_beta"),))
    office.outbox.put(listed, [CHANNEL], NIGHT)
    (delivery,) = office.outbox.waiting(CHANNEL)
    office.outbox.begin(delivery, Marks.NONE, Call.DIGEST, NIGHT)
    office.outbox.sent(delivery, NIGHT)
    await clock.move(40 * 86400)
    await office.intake.turn()
    assert office.outbox.fate(listed.key) == []
    assert (work / "measured.dat").exists()


async def test_the_answer_follows_the_delivery(office: Office) -> None:
    """When a delivery ends, the script's answer tells how."""
    key = inbox.put(office.folder, "hello")
    await office.intake.turn()
    (post,) = office.outbox.waiting(CHANNEL)
    office.outbox.bury(post, sentence("chat not found"), NIGHT)
    office.intake.told(post.message.key)
    await office.intake.turn()
    answer = inbox.read_answer(office.folder, key)
    assert answer is not None
    assert answer[CHANNEL] == {"state": "failed", "reason": "chat not found"}


async def test_a_file_that_cannot_be_taken_costs_only_itself(
    office: Office, tmp_path: Path
) -> None:
    """An attachment that cannot be copied is told as lost; its text and the next letter go on."""
    await asyncio.to_thread(office.attachments.write_bytes, b"a file in the place of the folder")
    spectrum = tmp_path / "spectrum.dat"
    await asyncio.to_thread(spectrum.write_bytes, b"1 2 3")
    inbox.put(office.folder, "first", files=[(str(spectrum), False)])
    inbox.put(office.folder, "second")
    await office.intake.turn()
    first, second = (each.message.text for each in office.outbox.waiting(CHANNEL))
    assert "first" in first
    assert "spectrum.dat" in first
    assert "second" in second


async def test_a_letter_that_cannot_be_removed_holds_nothing_up(
    office: Office, tmp_path: Path
) -> None:
    """A letter that stays in the inbox is sent once, and those behind it are taken."""
    key = inbox.put(office.folder, "first")
    inbox.put(office.folder, "second")
    letter = tmp_path / "inbox" / "new" / f"{key}.json"
    data = await asyncio.to_thread(letter.read_bytes)
    await asyncio.to_thread(letter.unlink)
    await asyncio.to_thread(letter.mkdir)  # what is no file cannot be removed as one
    office.intake._stuck.add(key)
    for _ in range(2):
        await office.intake.turn()
    assert [each.message.text for each in office.outbox.waiting(CHANNEL)] == ["YuMO\nsecond"]
    await asyncio.to_thread(letter.rmdir)
    await asyncio.to_thread(letter.write_bytes, data)
    await office.intake.turn()
    assert not await asyncio.to_thread(letter.exists)


async def test_the_bell_rings_at_a_change_and_not_at_reading(tmp_path: Path) -> None:
    """A written file rings the bell; reading it does not, else the bot would wake itself."""
    bell = Bell(tmp_path)
    bell.keep()
    (tmp_path / "a").write_bytes(b"x")
    await until(bell.rung.is_set)
    await asyncio.to_thread(os.sync)
    bell.rung.clear()
    await asyncio.to_thread((tmp_path / "a").read_bytes)
    await asyncio.to_thread((tmp_path / "a").stat)
    bell.close()
    assert not bell.rung.is_set()


async def test_the_bell_is_hung_up_again(tmp_path: Path) -> None:
    """When the folder was away and is there again, its changes are heard again."""
    folder = tmp_path / "share"
    bell = Bell(folder)
    bell.keep()
    for _ in range(2):
        await asyncio.to_thread(folder.mkdir)
        bell.keep()
        (folder / "a").write_bytes(b"x")
        await until(bell.rung.is_set)
        await asyncio.to_thread((folder / "a").unlink)
        await asyncio.to_thread(folder.rmdir)
        bell.keep()
        bell.rung.clear()
    bell.close()


async def test_a_second_service_is_refused(tmp_path: Path) -> None:
    """While one service holds the folder, another is refused, and not after it."""
    async with service_turn(tmp_path, Clock()):
        assert service_waits(tmp_path)
        with pytest.raises(Problem, match="already works"):
            async with service_turn(tmp_path, Clock()):
                pass
    assert not service_waits(tmp_path)
    async with service_turn(tmp_path, Clock()):
        pass


async def test_a_service_waits_for_the_deliverers_current_message(tmp_path: Path) -> None:
    """A starting service is seen by the deliverer, and gets its turn when that one ends."""
    entered = asyncio.Event()

    async def serve() -> None:
        async with service_turn(tmp_path, Clock()):
            entered.set()

    async with deliverer_turn(tmp_path, Clock(), keep_waiting=lambda: True) as mine:
        assert mine
        service = asyncio.create_task(serve())
        await until(lambda: service_waits(tmp_path))
        assert not entered.is_set()
    await service
    assert entered.is_set()


async def test_a_second_deliverer_has_no_turn(tmp_path: Path) -> None:
    """While one delivers, another one that need not wait is told so."""
    async with (
        deliverer_turn(tmp_path, Clock(), keep_waiting=lambda: True) as first,
        deliverer_turn(tmp_path, Clock(), keep_waiting=lambda: False) as second,
    ):
        assert (first, second) == (True, False)
