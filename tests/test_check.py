"""Check: everything is tried for real, on this computer and over HTTP and SMTP on loopback."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sonixbot.check import Mark, Row, check
from sonixbot.check.row import Found
from sonixbot.check.ways import gathered
from sonixbot.clock import Clock
from sonixbot.config import Config, parse
from sonixbot.errors import sentence
from sonixbot.language import language
from tests.commandline import CommandLine
from tests.handclock import NIGHT, HandClock
from tests.protocols import protocol
from tests.site import CHANNEL, Site, open_site

MOSCOW = "Europe/Moscow"
LINE = "13.04.2021 03:20:45\tE1\tP1_beta\tДвигатель не достиг заданной позиции\r\n"


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(tmp_path) as made:
        yield made


def of(folder: Path, **keys: Any) -> Config:
    """A configuration without any way to people."""
    settings = {"data-dir": "data", "time-zone": MOSCOW, **keys}
    return parse(settings, folder / "config.json", {})


def files_below(folder: Path) -> list[Path]:
    return [each for each in folder.rglob("*") if each.is_file()]


async def rows(config: Config, what: str, clock: Clock, *, send: bool = False) -> list[Row]:
    found = await check(config, clock, language("en"), send=send)
    return [each for each in found if each.what == what]


async def test_all_is_well(site: Site) -> None:
    """Where all is well every row is good, in a fixed order, and nothing was sent."""
    site.write(LINE)
    found = await check(site.config(), HandClock(), language("en"), send=False)
    assert [(each.what, each.mark) for each in found] == [
        ("configuration", Mark.GOOD),
        ("protocol", Mark.GOOD),
        ("protocol", Mark.GOOD),
        ("data folder", Mark.GOOD),
        ("inbox", Mark.GOOD),
        ("Telegram", Mark.GOOD),
        ("Telegram", Mark.GOOD),
        ("mail", Mark.GOOD),
    ]
    said = [each.said for each in found]
    assert said[1].endswith("layout tabs, as it explains 1 of the first 1 lines; encoding cp1251.")
    assert said[2] == "The last message was written 2 min ago."
    assert said[5] == f"The bot is @{site.api.chats.me()['username']}."
    assert said[6] == "It may post to “Test”."
    assert said[7] == f"localhost:{site.box.port} accepts the login of bot."
    assert (site.posts(), site.box.mails) == ([], [])


async def test_tests_are_sent_by_each_way(site: Site) -> None:
    """With `send` the channel and every recipient get a test, and one refusal is one row."""
    site.box.refused["boris@example.test"] = "550 no such user"
    found = await check(site.config(), Clock(), language("en"), send=True)
    assert len(site.posts()) == 1
    assert [mail.recipient for mail in site.box.mails] == ["anna@example.test"]
    tests = [each for each in found if each.said.startswith(("A test", "No test"))]
    assert [each.mark for each in tests] == [Mark.GOOD, Mark.GOOD, Mark.FAILED]
    assert "boris@example.test" in tests[2].said


async def test_one_failure_does_not_hide_the_others(site: Site) -> None:
    """A refused token and a refused login are two rows, each with what to do."""
    site.settings["telegram"]["bot-id"] = "123456:" + "x" * 35
    site.settings["mail"]["password"] = "wrong"
    found = await check(site.config(), Clock(), language("en"), send=True)
    failed = [each for each in found if each.mark is Mark.FAILED]
    assert [each.what for each in failed] == ["Telegram", "mail"]
    assert "Check telegram.bot-id" in failed[0].said
    assert "mail.password" in failed[1].said
    assert not any("x" * 35 in each.said or "wrong" in each.said for each in found)


async def test_nobody_answers(site: Site) -> None:
    """Servers that are not there are told as such, and no error escapes."""
    config = site.config()
    await site.api.down()
    await site.box.down()
    found = await check(config, Clock(), language("en"), send=True)
    failed = [each for each in found if each.mark is Mark.FAILED]
    assert {each.what for each in failed} == {"Telegram", "mail"}


@pytest.mark.parametrize(
    ("channel", "rights", "mark"),
    [
        ("@yumo", {"can_post_messages": True}, Mark.GOOD),
        ("@yumo", {"can_post_messages": False}, Mark.FAILED),
        ("@yumo", {"status": "member"}, Mark.FAILED),
        ("@yumo", {"status": "left"}, Mark.FAILED),
        (CHANNEL, {"status": "member"}, Mark.GOOD),
        (CHANNEL, {"status": "left"}, Mark.FAILED),
        (CHANNEL, {"status": "kicked", "until_date": 0}, Mark.FAILED),
    ],
)
async def test_rights(site: Site, channel: str, rights: dict[str, object], mark: Mark) -> None:
    """The bot must be an administrator who may post in a channel, a member in a group."""
    site.settings["telegram"]["channel-id"] = channel
    site.api.chats.rights = rights
    _, last = await rows(site.config(), "Telegram", Clock())
    assert last.mark is mark
    assert "“Test”" in last.said


async def test_a_channel_that_is_not_there(site: Site) -> None:
    """A wrong channel is told with the key to look at."""
    site.api.chats.unknown.add(CHANNEL)
    _, last = await rows(site.config(), "Telegram", Clock())
    assert (last.mark, "telegram.channel-id" in last.said) == (Mark.FAILED, True)


async def test_a_topic_that_is_not_there(site: Site) -> None:
    """A test that went outside any topic is told as such, with the key to look at."""
    site.settings["telegram"]["thread-id"] = 55
    site.api.chats.topics[CHANNEL] = {7}
    *_, tested, last = await rows(site.config(), "Telegram", Clock(), send=True)
    assert (tested.mark, last.mark) == (Mark.GOOD, Mark.WARNING)
    assert "no topic 55" in last.said
    assert "telegram.thread-id" in last.said


async def test_a_fault_of_our_own_is_a_row() -> None:
    """What nobody has foreseen fails its own way alone, without its words: they may be secret."""
    good = (Mark.GOOD, sentence("The bot is @{name}.", name="yumo"))

    async def trial() -> AsyncIterator[Found]:
        yield good
        raise KeyError("secret")

    found = await gathered(trial(), 1.0)
    assert found[0] == good
    assert [mark for mark, _said in found] == [Mark.GOOD, Mark.FAILED]
    assert str(found[1][1]) == "A fault inside sonixbot (KeyError)."


async def test_placeholders_are_named_and_not_tried(tmp_path: Path) -> None:
    """The values of the documented example are told by their keys; nobody is asked with them."""
    mail = {"server": "localhost", "port": 9, "recipients": ["somebody@mail_address"]}
    telegram = {"bot-id": "your_telegram_bot_id", "channel-id": "telegram channel_id"}
    found = await check(
        of(tmp_path, mail=mail, telegram=telegram), Clock(), language("en"), send=True
    )
    failed = [(each.what, each.said) for each in found if each.mark is Mark.FAILED]
    assert [what for what, _ in failed] == ["configuration"] * 3 + ["Telegram", "mail"]
    assert "mail.recipients[0]" in failed[0][1]
    assert failed[3][1] == "not tried, as “telegram” still holds values of the example."


async def test_ways_that_are_not_configured(tmp_path: Path) -> None:
    """A missing section is a warning, as one way is enough; none at all is a failure."""
    mail = {"server": "localhost", "recipients": ["a@example.test"], "ca-file": "no.pem"}
    (row,) = await rows(of(tmp_path, mail=mail), "Telegram", Clock())
    assert row.mark is Mark.WARNING
    for what in ("Telegram", "mail"):
        (row,) = await rows(of(tmp_path), what, Clock())
        assert row.mark is Mark.FAILED
    (row,) = await rows(of(tmp_path), "configuration", Clock())
    assert (row.mark, "nothing can be sent" in row.said) == (Mark.WARNING, True)


async def test_a_missing_certificate(tmp_path: Path) -> None:
    """A certificate file that is not there is told instead of a try."""
    mail = {"server": "localhost", "recipients": ["a@example.test"], "ca-file": "no.pem"}
    (row,) = await rows(of(tmp_path, mail=mail), "mail", Clock())
    assert (row.mark, "no.pem" in row.said) == (Mark.FAILED, True)


@pytest.mark.parametrize(
    ("content", "format_", "marks", "words"),
    [
        ("", "auto", [Mark.GOOD, Mark.WARNING], "is still empty."),
        ("hello\n", "auto", [Mark.WARNING, Mark.WARNING], "no time that can be read"),
        (LINE, "brackets", [Mark.WARNING, Mark.WARNING], "no time that can be read"),
        (LINE, "tabs", [Mark.GOOD, Mark.GOOD], "2 min ago"),
        (
            LINE.replace("03:20", "05:22"),
            "auto",
            [Mark.GOOD, Mark.WARNING],
            "2 h in the future: set time-zone",
        ),
    ],
)
async def test_protocols(
    tmp_path: Path, clock: HandClock, content: str, format_: str, marks: list[Mark], words: str
) -> None:
    """Whether lines are understood, and the age of the last message, which tells a wrong zone."""
    path = tmp_path / "p.log"
    path.write_text(content, encoding="utf-8")
    config = of(tmp_path, protocol={"path": str(path), "format": format_})
    found = await rows(config, "protocol", clock)
    assert [each.mark for each in found] == marks
    assert words in found[1].said


async def test_a_long_protocol_is_not_read_whole(tmp_path: Path, clock: HandClock) -> None:
    """Only the beginning and the end of a long protocol are looked at."""
    path = tmp_path / "p.log"
    path.write_text(protocol("tabs") * 60_000 + LINE, encoding="utf-8")
    began = time.perf_counter()
    found = await rows(of(tmp_path, protocol={"path": str(path)}), "protocol", clock)
    assert time.perf_counter() - began < 2
    assert found[1].said == "The last message was written 2 min ago."


async def test_a_protocol_that_is_missing_or_a_folder(tmp_path: Path) -> None:
    """A missing protocol may still come and is a warning; a folder in its place fails."""
    missing = of(tmp_path, protocol={"path": str(tmp_path / "*.log")})
    (row,) = await rows(missing, "protocol", Clock())
    assert row.mark is Mark.WARNING
    (row,) = await rows(of(tmp_path, protocol={"path": str(tmp_path)}), "protocol", Clock())
    assert (row.mark, "is a folder" in row.said) == (Mark.FAILED, True)


async def test_folders_that_cannot_be_written(tmp_path: Path) -> None:
    """A data folder and an inbox below a file fail, each with its own sentence."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    below = str(tmp_path / "file" / "data")
    config = of(tmp_path, **{"data-dir": below})
    (row,) = await rows(config, "data folder", Clock())
    assert (row.mark, below in row.said) == (Mark.FAILED, True)
    (row,) = await rows(config, "inbox", Clock())
    assert (row.mark, "scripts cannot send" in row.said) == (Mark.FAILED, True)


async def test_nothing_is_left_behind(tmp_path: Path) -> None:
    """Trying to write leaves no file in the data folder nor in the inbox."""
    await check(of(tmp_path), Clock(), language("en"), send=False)
    assert not files_below(tmp_path)


async def test_the_command_draws_a_table(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`check` prints the rows and ends with 1 where one failed, 2 if the configuration did."""
    sonixbot = CommandLine(site.folder, monkeypatch, capsys)
    site.write(LINE)
    site.config()
    said = await asyncio.to_thread(sonixbot, "check", "--send")
    assert (said.code, said.err) == (0, "")
    assert "A test went to anna@example.test." in said.out
    site.api.chats.unknown.add(CHANNEL)
    said = await asyncio.to_thread(sonixbot, "check")
    assert (said.code, said.err) == (1, "")
    assert "failed" in said.out
    site.settings["telegram"]["channel-id"] = "telegram channel_id"
    site.config()
    assert (await asyncio.to_thread(sonixbot, "check")).code == 2


async def test_the_age_where_only_the_top_has_the_date(site: Site) -> None:
    """The last message of a long protocol with one date at its top has its right day."""
    header = "*** LOG STARTED 09.04.21 00:00:00 YuMO ***\r\n"
    lines = [
        f"{minute // 60 % 24:02}:{minute % 60:02}:{second:02};3;4;varman;idle\r\n"
        for minute in range(4 * 24 * 60 + 3 * 60)
        for second in (0, 20, 40)
    ]
    site.write(header + "".join(lines))
    os.utime(site.protocol, (NIGHT, NIGHT))
    found = await check(site.config(), HandClock(NIGHT), language("en"), send=False)
    said = [str(row.said) for row in found if row.what == "protocol"]
    assert "The last message was written 23 min ago." in said


async def test_russian(site: Site) -> None:
    """The rows speak the reader's language."""
    found = await check(site.config(), HandClock(NIGHT), language("ru"), send=False)
    assert found[0].what == "конфигурация"
