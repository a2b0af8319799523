"""Excerpts in the chat: through the real dispatcher and real HTTP, from real files."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

import handlers
from handlers.errands import Errands
from handlers.excerpts import parse_around, parse_tail
from sonixbot import polling
from sonixbot.excerpts import Excerpts
from sonixbot.formats import Reader, entries
from sonixbot.health import Health
from sonixbot.language import language
from sonixbot.messengers.telegram import Telegram
from sonixbot.sandbox.botapi import TOKEN, BotApi, Post
from sonixbot.tail import blocks
from tests.handclock import HandClock
from tests.patience import until
from tests.protocols import MESSAGES, START, line
from tests.test_handlers import GROUP, MOSCOW, OPERATOR, PEOPLE, STRANGER, VIEWER, Desk
from tests.test_handlers import Chat as Asking

CHANNEL = -1001


@dataclass
class Chat(Asking):
    """People who wait for one answer before they ask anew."""

    errands: Errands

    async def ask(self, text: str, **who: Any) -> Post:
        """Somebody writes; the bot's answer, once it is whole."""
        where = who.get("where") or who.get("by", OPERATOR)
        answer = await super().ask(text, **who)
        await until(lambda: not self.errands.busy(where))
        return answer


def write(file: Path, number: int = 400) -> None:
    """A protocol of an evening: its fourth line is the first error, incident 1."""
    lines = [line("tabs", MESSAGES[at % 12], START + timedelta(minutes=at)) for at in range(number)]
    file.write_bytes("".join(f"{each}\r\n" for each in lines).encode("cp1251"))


def remove(file: Path) -> None:
    """The protocol is deleted."""
    file.unlink()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The working protocol."""
    path = tmp_path / "protocol.log"
    write(path, 30)
    return path


@pytest_asyncio.fixture
async def chat(clock: HandClock, file: Path) -> AsyncIterator[Chat]:
    """A bot for this protocol, polling."""
    desk = Desk(clock)
    desk.state.begin(str(file))
    desk.take(*entries(blocks(file), Reader(zone=MOSCOW)))
    async with BotApi(clock=clock, paced=False) as api:
        api.chats.channels.add(str(CHANNEL))
        telegram = Telegram(TOKEN, language=language("en"), api_urls=[api.url])

        async def prepare() -> None:
            await telegram.bot.me()

        async with Errands(telegram.bot) as errands:
            dispatcher = polling.dispatcher(
                handlers.router(),
                watch=desk,
                excerpts=Excerpts(file.parent / "excerpts", None, "auto", MOSCOW),
                errands=errands,
                status=desk.status,
                people=PEOPLE,
                clock=clock,
                zone=MOSCOW,
                default_language=language("en"),
            )
            polled = asyncio.create_task(
                polling.poll(telegram.bot, dispatcher, Health(), clock, prepare=prepare)
            )
            yield Chat(api, desk, clock, telegram, dispatcher, errands)
            polled.cancel()
            await asyncio.gather(polled, return_exceptions=True)
        await telegram.close()


@pytest.mark.parametrize(
    ("typed", "wish"),
    [
        ("", (99, 10)),
        ("12", (12, 10)),
        ("#12 30", (12, 30)),
        ("12 0", (12, 0)),
        ("12 1000", (12, 100)),
        ("P1_beta", None),
        ("12 -3", None),
        ("1 2 3", None),
        ("9" * 5000, None),
    ],
)
def test_around_is_read_as_typed(typed: str, wish: tuple[int, int] | None) -> None:
    """The number of an incident, else the newest; and how many lines, at most a hundred."""
    assert parse_around(typed, lambda: 99) == wish


@pytest.mark.parametrize(
    ("typed", "number"),
    [("", 20), ("5", 5), ("999", 200), ("0", None), ("-5", None), ("all", None), ("5 6", None)],
)
def test_tail_is_read_as_typed(typed: str, number: int | None) -> None:
    """A number of lines, at most two hundred."""
    assert parse_tail(typed) == number


async def test_around_shows_the_error_in_its_place(chat: Chat) -> None:
    """/around shows a viewer the lines of the file, the error's own marked, as code."""
    answer = await chat.ask("/around 1 2", by=VIEWER)
    lines = answer.text.splitlines()
    assert lines[0].startswith("YuMO: incident 1 in protocol.log")
    assert [each[:2].strip() for each in lines[1:]] == ["", "", "▶", "", ""]
    assert lines[3].endswith("P1_beta\tposition not reached, timeout 60 s (asked 1.000, is 0.437)")
    assert "сработал концевой" in lines[4]
    assert answer.entities[-1]["type"] == "pre"
    newest = max(chat.desk.policy.incidents.values(), key=lambda each: each.last).id
    answer = await chat.ask("/around", by=VIEWER)
    assert answer.text.startswith(f"YuMO: incident {newest} in protocol.log")


async def test_tail_and_find_show_lines(chat: Chat, file: Path) -> None:
    """/tail shows the end in the file's order; /find the newest first, whatever the letters."""
    tail = (await chat.ask("/tail 3")).text.splitlines()
    assert tail[0] == "YuMO: the last 3 lines of protocol.log"
    assert [each.split("\t")[2] for each in tail[1:]] == ["P1_beta", "changer", "daq"]
    found = (await chat.ask("/find КОНЦЕВОЙ выключатель")).text.splitlines()
    assert found[0] == "YuMO: 3 lines of protocol.log with “КОНЦЕВОЙ выключатель”"
    assert len(found) == 4
    assert found[1] > found[2] > found[3]
    assert "was not found in protocol.log" in (await chat.ask("/find <b>nothing</b>")).text


async def test_hostile_lines_are_shown_as_they_are(chat: Chat, file: Path) -> None:
    """Markup in a line is text, and a line of any length is cut for display."""
    with file.open("ab") as opened:
        opened.write(b"</pre><b>&amp; \x00\xff" + b"x" * 50_000)
    answer = await chat.ask("/tail 1")
    assert "</pre><b>&amp;" in answer.text
    assert len(answer.text) < 400


async def test_long_answers_are_files(chat: Chat, file: Path) -> None:
    """What does not fit into one message comes as a text file, in a group as a reply."""
    write(file)
    answer = await chat.ask("/tail 200", by=VIEWER, where=GROUP)
    assert answer.file is not None
    name, data = answer.file
    assert (name, len(data.decode().splitlines())) == ("protocol.txt", 200)
    assert answer.text == "YuMO: the last 200 lines of protocol.log"
    assert answer.reply


async def test_log_sends_a_file(chat: Chat, file: Path) -> None:
    """/log sends all of the protocol, or what is from the time asked for, in UTF-8."""
    whole = file.read_bytes().decode("cp1251")  # noqa: ASYNC240 - a few lines
    answer = await chat.ask("/log")
    assert answer.file == ("protocol.txt", whole.encode())
    answer = await chat.ask("/log 12.04 22:00 - 22:05")
    lines = [each for each in whole.splitlines(keepends=True) if " 22:0" in each]
    assert answer.file == ("protocol.txt", "".join(lines[:5]).encode())
    assert answer.text == "YuMO: protocol.log, 12.04 22:00:00 – 12.04 22:05:00"
    empty = (await chat.ask("/log 30m")).text.splitlines()
    assert empty[0] == "YuMO: no line of protocol.log is from 02:52:45 – 03:22:45"
    assert empty[1] == "Its lines are from 12.04 21:55:10 to 12.04 22:24:10."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/around P1_beta", "/around 12 30"),
        ("/around 77", "Which incident is meant?"),
        ("/tail many", "/tail 50"),
        ("/find", "/find P1_beta"),
        ("/log yesterdayish", "/log 23.11 22:00 - 24.11 03:00"),
    ],
)
async def test_what_makes_no_sense_gets_an_example(chat: Chat, text: str, said: str) -> None:
    """Bad input is answered with an example of what makes sense."""
    assert said in (await chat.ask(text)).text


async def test_without_a_protocol_that_is_said(chat: Chat, file: Path) -> None:
    """No protocol yet, and one that is gone, get a sentence, no silence."""
    remove(file)
    assert "There is no protocol" in (await chat.ask("/tail")).text
    assert "is gone" in (await chat.ask("/around 1")).text
    chat.desk.state.begin("")
    for text in ("/tail", "/find x", "/log"):
        assert "There is no protocol to read yet." in (await chat.ask(text)).text


async def test_one_at_a_time_in_a_chat_and_nobody_else_waits(chat: Chat) -> None:
    """While a file is on its way the chat is asked to wait; other commands are answered."""
    chat.api.delay("sendDocument", 0.5)
    await chat.api.say("/log")
    await chat.api.until(lambda: chat.api.called("sendDocument"))
    assert "the last 20 lines" in (await chat.ask("/tail", by=VIEWER)).text
    await chat.api.say("/tail")
    await chat.ask("/status")
    busy, status, file = chat.api.posts(OPERATOR)
    assert "Ask again in a moment" in busy.text
    assert "YuMO" in status.text
    assert file.file
    assert "the last 20 lines" in (await chat.ask("/tail")).text


async def test_the_end_does_not_wait_for_an_upload(chat: Chat) -> None:
    """An errand under way is ended with the bot, also where Telegram does not answer."""
    chat.api.hang("sendDocument")
    await chat.api.say("/log")
    await chat.api.until(lambda: chat.api.called("sendDocument"))


async def test_an_excerpt_that_telegram_refuses_is_logged(
    chat: Chat, caplog: pytest.LogCaptureFixture
) -> None:
    """An upload that fails is logged in one line, and the next question is answered."""
    chat.api.refuse("sendDocument", 500, "Internal")
    with caplog.at_level(logging.WARNING):
        await chat.api.say("/log")
        await until(lambda: "did not get through" in caplog.text)
    assert "Traceback" not in caplog.text
    assert "the last 20 lines" in (await chat.ask("/tail")).text


# The button.


async def pressed(chat: Chat, where: int, number: int = 1, by: int = VIEWER) -> Post:
    """Somebody presses Context under a post in a chat; the post."""
    sent = await chat.telegram.bot.send_message(where, "🔴 YuMO")
    post = next(each for each in chat.api.posts(where) if each.id == sent.message_id)
    told = len(chat.api.chats.answers)
    await chat.api.press(f"incident:context:{number}", post, by=by)
    await chat.api.until(lambda: len(chat.api.chats.answers) > told)
    return post


@pytest.mark.parametrize("where", [GROUP, VIEWER])
async def test_the_button_shows_lines_under_the_post(chat: Chat, where: int) -> None:
    """A viewer's press is answered at once, then the lines stand under the post."""
    post = await pressed(chat, where)
    assert chat.api.chats.answers[-1].text == ""
    await chat.api.until(lambda: len(chat.api.posts(where)) > 1)
    answer = chat.api.posts(where)[-1]
    assert answer.reply == post.id
    assert "▶ 12.04.2021 22:22:10\tE1\tP1_beta" in answer.text


async def test_lines_to_a_channel_go_to_the_presser(chat: Chat) -> None:
    """A press in a channel shows the lines to whoever pressed alone, and tells him where."""
    await pressed(chat, CHANNEL)
    assert chat.api.chats.answers[-1].text == "The lines are in your private chat with me."
    assert "▶ " in chat.api.posts(VIEWER)[-1].text
    assert len(chat.api.posts(CHANNEL)) == 1


@pytest.mark.parametrize("how", ["closed", "unknown"])
async def test_who_never_wrote_to_the_bot_is_told_to_begin(chat: Chat, how: str) -> None:
    """Where the bot may not write in private, the presser is told how that is mended."""
    getattr(chat.api.chats, how).add(str(VIEWER))
    await pressed(chat, CHANNEL)
    (answer,) = chat.api.chats.answers
    assert "Open @sonix_test_bot, press Start" in answer.text
    assert answer.alert
    assert len(chat.api.posts(CHANNEL)) == 1


async def test_a_press_that_shows_nothing_says_why(chat: Chat, file: Path) -> None:
    """An incident that is gone, a file that is, and a stranger's press are told in a window."""
    await pressed(chat, CHANNEL, number=77)
    assert "no longer kept" in chat.api.chats.answers[-1].text
    await pressed(chat, CHANNEL, by=STRANGER)
    assert "I do not know you" in chat.api.chats.answers[-1].text
    remove(file)
    await pressed(chat, CHANNEL)
    assert "is gone" in chat.api.chats.answers[-1].text
    post = await pressed(chat, GROUP)
    await chat.api.until(lambda: len(chat.api.posts(GROUP)) > 1)
    assert "is gone" in chat.api.posts(GROUP)[-1].text
    assert chat.api.posts(GROUP)[-1].reply == post.id


async def test_an_impatient_finger_is_asked_to_wait(chat: Chat) -> None:
    """A second press while the lines are on their way is answered, and shows nothing twice."""
    post = await pressed(chat, GROUP, number=77)
    chat.api.delay("sendMessage", 0.4)
    for _ in range(2):
        await chat.api.press("incident:context:1", post, by=VIEWER)
    await chat.api.until(lambda: len(chat.api.posts(GROUP)) > 1)
    assert ["Ask again in a moment" in each.text for each in chat.api.chats.answers[1:]] == [
        *(False, True)
    ]
    await chat.settle()
    assert len(chat.api.posts(GROUP)) == 2
