"""Handlers: through the real dispatcher and real HTTP, to a Bot API on loopback."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta, timezone
from typing import Any

import pytest
import pytest_asyncio
from aiogram import Dispatcher, Router
from aiogram.types import BotCommandScopeAllGroupChats, Message, Update

import handlers
from handlers import access, commands, lasterrors, mute_wishes
from handlers.access import People, Role
from sonixbot import polling
from sonixbot.alerts import AlertPolicy, Incident, Mute, Rules
from sonixbot.entry import Entry, Kind
from sonixbot.errors import Problem, sentence
from sonixbot.health import Health, Status
from sonixbot.language import DAY, HOUR, MINUTE, Language, language
from sonixbot.messengers.telegram import Telegram
from sonixbot.sandbox.botapi import TOKEN, BotApi, Post
from sonixbot.state import ProtocolState
from tests.handclock import NIGHT, HandClock
from tests.patience import asleep

MOSCOW = timezone(timedelta(hours=3))
ADMIN, OPERATOR, VIEWER, STRANGER = 1, 42, 7, 666
GROUP = -100500
PEOPLE = People(frozenset({ADMIN}), frozenset({OPERATOR}), frozenset({VIEWER}))
STUCK = Entry(Kind.ERROR, 1, "P1_beta", "position not reached", NIGHT - 90, 0)
LONG_DEVICE = "Система: накопления " * 5


class Desk:
    """A watch without a file: real state, real policy, nothing written down."""

    def __init__(self, clock: HandClock) -> None:
        self.clock = clock
        self.state = ProtocolState("YuMO", lambda _text: None)
        self.policy = AlertPolicy(Rules())
        self.broken: Exception | None = None

    def take(self, *entries: Entry) -> None:
        """Entries come from the protocol."""
        for entry in entries:
            self.state.apply(entry)
            self.policy.apply(entry, self.clock.now())

    def mute(
        self,
        scope: str,
        until: float,
        author: str,
        author_id: int,
        incident: Incident | None = None,
        *,
        level: int = 1,
        comment: str = "",
    ) -> Mute:
        """Mute without announcing it."""
        if self.broken:
            raise self.broken
        now = self.clock.now()
        return self.policy.mute(
            scope, until, author, author_id, now, incident, level=level, comment=comment
        )

    def prolong(self, number: int, until: float, author: str, author_id: int) -> Mute | None:
        """Prolong without showing it."""
        return self.policy.prolong(number, until, author, author_id)

    def acknowledge(self, numbers: Iterable[int], author: str, author_id: int) -> list[Incident]:
        """Acknowledge without showing it."""
        if self.broken:
            raise self.broken
        now = self.clock.now()
        found = [self.policy.acknowledge(each, author, author_id, now) for each in numbers]
        return [each for each in found if each]

    def unmute(self, number: int | None, author: str) -> list[Mute]:
        """Unmute without announcing it."""
        return self.policy.unmute(number, self.clock.now())

    def status(self) -> Status:
        """A status with nothing but the protocol."""
        view = self.state.view()
        now = self.clock.now()
        incidents = tuple(self.policy.open(now))
        return Status("YuMO", now, now, view, None, None, None, 0, incidents, (), (), 0)


@dataclass
class Chat:
    """A bot that listens, and people who write to it."""

    api: BotApi
    desk: Desk
    clock: HandClock
    telegram: Telegram
    dispatcher: Dispatcher

    async def ask(self, text: str, **who: Any) -> Post:
        """Somebody writes; the bot's answer."""
        where = who.get("where") or who.get("by", OPERATOR)
        before = len(self.api.posts(where))
        await self.api.say(text, **{"by": OPERATOR, **who})
        await self.api.until(lambda: len(self.api.posts(where)) > before)
        return self.api.posts(where)[-1]

    async def press(self, post: Post) -> None:
        """A viewer presses the one button under an answer, and it changes."""
        before = post.edits
        await self.api.press(post.keyboard[0][0]["callback_data"], post, by=VIEWER)
        await self.api.until(lambda: post.edits > before)

    async def settle(self) -> None:
        """Everything written so far is answered, or will never be."""
        await self.ask("/id", by=ADMIN)


@pytest_asyncio.fixture
async def chat(clock: HandClock) -> AsyncIterator[Chat]:
    """A bot for a protocol with one error in it, polling."""
    desk = Desk(clock)
    desk.take(STUCK)
    # Unpaced: on a clock that stands still nobody could ask a fourth question.
    async with BotApi(clock=clock, paced=False) as api:
        telegram = Telegram(TOKEN, language=language("en"), api_urls=[api.url])
        dispatcher = polling.dispatcher(
            handlers.router(),
            watch=desk,
            status=desk.status,
            people=PEOPLE,
            clock=clock,
            zone=MOSCOW,
            default_language=language("en"),
        )

        async def prepare() -> None:
            await telegram.bot.me()

        polled = asyncio.create_task(
            polling.poll(telegram.bot, dispatcher, Health(), clock, prepare=prepare)
        )
        yield Chat(api, desk, clock, telegram, dispatcher)
        polled.cancel()
        await asyncio.gather(polled, return_exceptions=True)
        await telegram.close()


# Reading what people type.


def knows(name: str) -> bool:
    """The devices there are."""
    return name in {"P1_beta", "Sample changer", "Motor 5"}


@pytest.mark.parametrize(
    ("typed", "scope", "seconds"),
    [
        ("", "", HOUR),
        ("2h", "", 2 * HOUR),
        ("1.5h", "", 1.5 * HOUR),
        ("1д", "", DAY),
        ("2 ч 30 мин", "", 2.5 * HOUR),
        ("2h P1_beta", "P1_beta", 2 * HOUR),
        ("P1_beta 2h", "P1_beta", 2 * HOUR),
        ("P1_beta", "P1_beta", HOUR),
        ("Sample changer 30m", "Sample changer", 30 * MINUTE),
        ("*beta*", "*beta*", HOUR),
        ("30m *limit switch*", "*limit switch*", 30 * MINUTE),
        ("30m *", "", 30 * MINUTE),
        ("10m all", "", 10 * MINUTE),
        ("все 10м", "", 10 * MINUTE),
        ("до 8:00", "", 4 * HOUR + 37 * MINUTE + 15),
        ("until 8:00 P1_beta", "P1_beta", 4 * HOUR + 37 * MINUTE + 15),
        ("P1_beta до 8:00", "P1_beta", 4 * HOUR + 37 * MINUTE + 15),
        ("until 3:00", "", DAY - 22 * MINUTE - 45),
        ("до 8", "", 4 * HOUR + 37 * MINUTE + 15),
        ("P1_beta, until 8", "P1_beta", 4 * HOUR + 37 * MINUTE + 15),
        ("2h, P1_beta", "P1_beta", 2 * HOUR),
        ("for 2h P1_beta", "P1_beta", 2 * HOUR),
        ("Sample changer на 2 ч 30 мин", "Sample changer", 2.5 * HOUR),
        ("час", "", HOUR),
        ("P1_beta на полчаса", "P1_beta", 30 * MINUTE),
    ],
)
def test_mute_is_read_as_typed(typed: str, scope: str, seconds: float) -> None:
    """A duration or a moment and a device or pattern, in any order and either language."""
    wish = mute_wishes.parse_wish(typed, knows, MOSCOW, NIGHT)
    assert wish == mute_wishes.Wish(scope, NIGHT + seconds)


@pytest.mark.parametrize("typed", ["P2_beta", "2h P2_beta", "30", "two hours", "P2_beta 2h"])
def test_mute_of_nothing_known_comes_back(typed: str) -> None:
    """Words that are neither duration, device nor pattern are not guessed at."""
    assert isinstance(mute_wishes.parse_wish(typed, knows, MOSCOW, NIGHT), str)


@pytest.mark.parametrize("typed", ["8d", "999999999999d", f"{'9' * 400}h"])
def test_mute_is_cut_at_a_week(typed: str) -> None:
    """Nobody mutes for longer than a week."""
    wish = mute_wishes.parse_wish(typed, knows, MOSCOW, NIGHT)
    assert wish == mute_wishes.Wish("", NIGHT + 7 * DAY, cut=True)


ONE = Mute(1, "P1_beta", NIGHT, NIGHT + HOUR, "Olga", 42)
ALL = replace(ONE, id=2, scope="")


@pytest.mark.parametrize(
    ("typed", "there", "number"),
    [
        ("", [ALL], 2),
        ("1", [ONE, ALL], 1),
        ("#1", [ONE, ALL], 1),
        ("all", [ONE, ALL], None),
        ("Все", [ONE, ALL], None),
        ("p1_BETA", [ONE, ALL], 1),
        ("", [ONE, ALL], ""),
        ("", [], ""),
        ("9", [ONE, ALL], "9"),
    ],
)
def test_unmute_is_read_as_typed(typed: str, there: list[Mute], number: int | str | None) -> None:
    """A number, a muted device, all, or nothing where only one can be meant."""
    assert mute_wishes.parse_number(typed, there) == number


@pytest.mark.parametrize(
    ("typed", "wish"),
    [
        ("", lasterrors.Wish()),
        ("20 P1_beta warnings", lasterrors.Wish(20, "P1_beta", warnings=True)),
        ("warnings P1_beta 20", lasterrors.Wish(20, "P1_beta", warnings=True)),
        ("предупреждения", lasterrors.Wish(warnings=True)),
        ("Sample changer", lasterrors.Wish(device="Sample changer")),
        ("*_beta 3", lasterrors.Wish(3, "*_beta")),
        ("0", lasterrors.Wish(1)),
        ("-5", lasterrors.Wish(1)),
        ("1000000", lasterrors.Wish(50)),
        ("5 nobody", "nobody"),
        ("Motor 5", lasterrors.Wish(device="Motor 5")),
        ("Motor 5 20", lasterrors.Wish(20, "Motor 5")),
        ("20 warnings Motor 5", lasterrors.Wish(20, "Motor 5", warnings=True)),
        ("Motor 6", "Motor"),
        ("1 2 3", "2 3"),
    ],
)
def test_lasterrors_is_read_as_typed(typed: str, wish: lasterrors.Wish | str) -> None:
    """A number, a device or pattern, and whether warnings too, in any order."""
    assert lasterrors.parse_wish(typed, knows) == wish


@pytest.mark.parametrize("device", ["", "P1_beta", "a:b", "#1", LONG_DEVICE, "*_beta"])
def test_button_remembers_any_device_in_64_bytes(device: str) -> None:
    """A device comes back from a button however it is called; its data fits."""
    folded = lasterrors.fold(device)
    behind = f"{10**14}.{int(NIGHT)}"
    data = lasterrors.Older(number=50, warnings=True, device=folded, behind=behind).pack()
    assert len(data.encode()) <= 64
    assert lasterrors.unfold(lasterrors.Older.unpack(data).device, ["x", device]) == device


def test_button_of_a_device_that_is_gone_finds_none() -> None:
    """A digest that fits no device names none."""
    assert lasterrors.unfold(lasterrors.fold(LONG_DEVICE), ["P1_beta"]) is None


# Who may come in.


@pytest.mark.parametrize("text", ["/start", "/id", "/help", "/status", "/mute 1h", "hello"])
async def test_stranger_learns_only_his_id(chat: Chat, text: str) -> None:
    """Whatever a stranger writes in private, he is told his id and nothing of the instrument."""
    answer = await chat.ask(text, by=STRANGER)
    assert "666" in answer.text
    assert "YuMO" not in answer.text
    assert not chat.desk.policy.mutes


async def test_stranger_in_a_group_is_answered_only_when_he_means_this_bot(chat: Chat) -> None:
    """In a group strangers talk with each other; only /command@name is for the bot."""
    for text in ("hello", "/status", "/status@other_bot"):
        await chat.api.say(text, by=STRANGER, where=GROUP)
    await chat.settle()
    assert not chat.api.posts(GROUP)
    answer = await chat.ask("/status@sonix_test_bot", by=STRANGER, where=GROUP)
    assert "666" in answer.text
    assert "YuMO" not in answer.text


async def test_presses_are_checked_like_commands(chat: Chat) -> None:
    """A stranger who presses a button under an answer gets his id; the answer stays as it is."""
    chat.desk.take(*(replace(STUCK, offset=n, text=f"error {n}") for n in range(1, 30)))
    post = await chat.ask("/lasterrors", where=GROUP)
    await chat.api.press(post.keyboard[0][0]["callback_data"], post, by=STRANGER)
    await chat.settle()
    assert "666" in chat.api.chats.answers[0].text
    assert post.edits == 0


async def test_masks_are_told_that_nobody_can_see_behind_them(chat: Chat) -> None:
    """An anonymous admin is answered when he means this bot, and never carried out."""
    group = {"id": GROUP, "type": "supergroup", "title": "Test"}
    mask = {"id": 1087968824, "is_bot": True, "first_name": "Group"}
    for text in ("/mute@sonix_test_bot", "/mute", "hello"):
        said = {"message_id": 5, "date": int(NIGHT), "chat": group, "text": text}
        await chat.api.feed(message={**said, "from": mask, "sender_chat": group})
    await chat.settle()
    assert len(chat.api.posts(GROUP)) == 1
    assert "cannot see who you are" in chat.api.posts(GROUP)[0].text
    assert not chat.desk.policy.mutes


async def test_messages_without_a_person_harm_nothing(chat: Chat) -> None:
    """Channel posts, messages without sender, and other bots are passed over."""
    channel = {"id": -1001, "type": "channel", "title": "Test"}
    group = {"id": GROUP, "type": "supergroup", "title": "Test"}
    said = {"message_id": 5, "date": int(NIGHT), "text": "/status@sonix_test_bot"}
    robot = {"id": 999, "is_bot": True, "first_name": "Other"}
    await chat.api.feed(channel_post={**said, "chat": channel})
    await chat.api.feed(message={**said, "chat": group, "from": robot})
    await chat.api.feed(message={**said, "chat": group, "text": "hello"})
    await chat.settle()
    assert not chat.api.posts(GROUP)
    assert not chat.api.posts(-1001)


@pytest.mark.parametrize("text", ["/mute 1h", "/unmute", "/MUTE"])
async def test_viewer_may_not_act_and_is_told_who_may(chat: Chat, text: str) -> None:
    """A viewer's /mute does nothing but tell who may."""
    answer = await chat.ask(text, by=VIEWER)
    assert "Only operators and admins" in answer.text
    assert not chat.desk.policy.mutes


@pytest.mark.parametrize(("by", "acts"), [(ADMIN, True), (OPERATOR, True), (VIEWER, False)])
async def test_help_and_start_show_what_the_role_may(chat: Chat, by: int, acts: bool) -> None:
    """Whoever may not act is not shown how to."""
    for text in ("/help", "/start", "/start payload"):
        answer = await chat.ask(text, by=by)
        assert ("/unmute" in answer.text) is acts
        assert "/status" in answer.text
    assert str(by) in answer.text


@pytest.mark.parametrize(
    ("code", "default", "spoken"),
    [
        ("ru", "en", "ru"),
        ("ru-RU", "en", "ru"),
        ("en", "ru", "en"),
        ("de", "ru", "en"),
        (None, "ru", "ru"),
    ],
)
async def test_everybody_is_answered_in_his_own_language(
    chat: Chat, code: str | None, default: str, spoken: str
) -> None:
    """The language is the asker's; the channel's only where Telegram does not know his."""
    heard = []

    async def hear(_message: Message, language: Language, role: Role) -> None:
        heard.append((language.code, role))

    router = Router()
    access.guard(router)
    router.message.register(hear)
    collaborators = {"people": PEOPLE, "default_language": language(default)}
    ear = polling.dispatcher(router, **collaborators, clock=chat.clock)
    person = {"id": VIEWER, "is_bot": False, "first_name": "Olga", "language_code": code}
    said = {"message_id": 1, "date": int(NIGHT), "text": "x", "from": person}
    update = {"update_id": 1, "message": {**said, "chat": {"id": VIEWER, "type": "private"}}}
    bot = chat.telegram.bot
    await ear.feed_update(bot, Update.model_validate(update, context={"bot": bot}))
    assert heard == [(spoken, Role.VIEWER)]


# Asking.


async def test_status_is_one_message_from_memory(chat: Chat) -> None:
    """/status tells the verdict first, also by the bot's name in a group, as a reply."""
    for text in ("/status", "/status@sonix_test_bot", "/STATUS"):
        answer = await chat.ask(text, by=VIEWER, where=GROUP)
        assert answer.text.startswith("🔴 YuMO: 1 open problem.")
    asked = [json.loads(call.params["reply_parameters"]) for call in chat.api.called("sendMessage")]
    assert all(each["allow_sending_without_reply"] for each in asked)


async def test_answers_stay_in_the_topic_of_the_question(chat: Chat) -> None:
    """A question in a topic of a forum is answered there."""
    group = {"id": GROUP, "type": "supergroup", "title": "Test", "is_forum": True}
    person = {"id": VIEWER, "is_bot": False, "first_name": "Olga"}
    said = {"message_id": 5, "date": int(NIGHT), "text": "/status", "from": person}
    await chat.api.feed(
        message={**said, "chat": group, "message_thread_id": 55, "is_topic_message": True}
    )
    await chat.settle()
    assert chat.api.posts(GROUP)[0].topic == 55


async def test_private_answers_are_plain_messages(chat: Chat) -> None:
    """In private there is no need to quote the question."""
    await chat.ask("/status")
    assert "reply_parameters" not in chat.api.called("sendMessage")[0].params


async def test_lasterrors_shows_newest_first_with_muted_ones_marked(chat: Chat) -> None:
    """The later line of a same second comes first; muted errors are there, marked."""
    chat.desk.take(
        replace(STUCK, offset=1, text="later line", source="COM3"),
        replace(STUCK, offset=2, kind=Kind.WARNING, text="only a warning"),
    )
    chat.desk.mute("P1_beta", NIGHT + HOUR, "Olga", 42)
    answer = await chat.ask("/lasterrors")
    lines = answer.text.splitlines()
    assert lines[0] == "YuMO: errors 1 to 2 of 2, newest first"
    assert lines[1].endswith("COM3: later line")
    assert lines[2] == "🔴 03:21:15 · Error 1 · P1_beta: position not reached 🔕"
    assert not answer.keyboard
    assert "only a warning" in (await chat.ask("/lasterrors 20 P1_beta warnings")).text
    assert "/lasterrors 20" in (await chat.ask("/lasterrors P7")).text


@pytest.mark.parametrize("device", ["P1_beta", LONG_DEVICE.strip()])
async def test_button_leads_to_older_errors_until_there_are_none(chat: Chat, device: str) -> None:
    """Pressing "older" shows the next page in place, page after page, without a gap."""
    chat.desk.take(
        *(replace(STUCK, offset=n, source=device, text=f"error {n}.") for n in range(1, 25))
    )
    post = await chat.ask(f"/lasterrors 10 {device}")
    pages = [post.text]
    while post.keyboard:
        await chat.press(post)
        pages.append(post.text)
    assert len(chat.api.chats.answers) == len(pages) - 1
    shown = [line for page in pages for line in page.splitlines()[1:] if "error " in line]
    numbers = [int(line.rpartition("error ")[2].rstrip(".")) for line in shown]
    assert numbers == list(range(24, 0, -1))


async def test_page_too_long_for_a_message_goes_on_behind_the_button(chat: Chat) -> None:
    """What does not fit is not cut: the button goes on behind the last error shown."""
    chat.desk.take(
        *(replace(STUCK, offset=n, text=f"error {n} " + "x" * 400) for n in range(1, 41))
    )
    post = await chat.ask("/lasterrors 40")
    last = int(post.text.splitlines()[-1].split("error ")[1].split()[0])
    await chat.press(post)
    assert f"error {last - 1} " in post.text.splitlines()[1]


async def test_button_of_a_time_gone_by_says_so(chat: Chat) -> None:
    """Errors no longer kept, and buttons nobody knows, get a sentence, in a window."""
    chat.desk.take(*(replace(STUCK, offset=n, text=f"error {n}") for n in range(1, 30)))
    post = await chat.ask("/lasterrors")
    chat.desk.state.recent.clear()
    await chat.api.press(post.keyboard[0][0]["callback_data"], post)
    await chat.api.press("ack:55", post)
    await chat.settle()
    assert len(chat.api.chats.answers) == 2
    assert all("no longer kept" in each.text for each in chat.api.chats.answers)
    assert post.edits == 0


async def test_button_pressed_twice_or_too_late_harms_nothing(chat: Chat) -> None:
    """A second press edits nothing anew; an answer that Telegram refuses does not stop the page."""
    chat.desk.take(*(replace(STUCK, offset=n, text=f"error {n}") for n in range(1, 30)))
    post = await chat.ask("/lasterrors")
    data = post.keyboard[0][0]["callback_data"]
    chat.api.delay("answerCallbackQuery", 0.3)
    await chat.api.press(data, post)
    await chat.api.until(lambda: chat.api.called("answerCallbackQuery"))
    await chat.clock.move(3 * MINUTE)
    second = await chat.api.press(data, post)
    await chat.settle()
    assert [each.press for each in chat.api.chats.answers] == [second]
    assert post.edits == 1
    assert "errors 11 to 20 of 30" in post.text


# Acting.


async def test_mute_holds_and_is_listed_and_ends(chat: Chat) -> None:
    """/mute, /mutes and /unmute in this order do what they say, for everybody."""
    answer = await chat.ask("/mute 2h P1_beta")
    assert answer.text.splitlines()[0] == "🔕 YuMO: muted until 05:22:45 (2 h): P1_beta"
    (made,) = chat.desk.policy.mutes.values()
    assert (made.scope, made.until) == ("P1_beta", NIGHT + 2 * HOUR)
    assert (made.author, made.author_id) == ("Olga", OPERATOR)
    assert "P1_beta until 05:22:45" in (await chat.ask("/mutes", by=VIEWER)).text
    assert (await chat.ask("/unmute", by=ADMIN)).text == "No longer muted: P1_beta"
    assert (await chat.ask("/mutes")).text == "YuMO: nothing is muted."


async def test_mute_before_unmute_is_carried_out_in_this_order(chat: Chat) -> None:
    """Commands that arrive together are carried out as they were sent."""
    for _ in range(5):
        await chat.api.say("/mute 1h")
        await chat.api.say("/unmute all")
    await chat.settle()
    assert not chat.desk.policy.mutes
    assert len(chat.api.posts(OPERATOR)) == 10


async def test_unmute_of_several_asks_which(chat: Chat) -> None:
    """With several mutes, /unmute alone or with an unknown number lists them and ends none."""
    await chat.ask("/mute P1_beta")
    await chat.ask("/mute")
    for text in ("/unmute", "/unmute 77"):
        assert "Which mute" in (await chat.ask(text)).text
    assert len(chat.desk.policy.mutes) == 2
    assert (await chat.ask("/unmute all")).text == "No longer muted: P1_beta, everything"
    assert "nothing is muted" in (await chat.ask("/unmute")).text


async def test_mute_not_understood_gets_an_example(chat: Chat) -> None:
    """A word that is neither duration, device nor pattern is named, with an example."""
    answer = await chat.ask("/mute P2_gamma")
    assert "P2_gamma" in answer.text
    assert "/mute 2h P1_beta" in answer.text
    assert not chat.desk.policy.mutes


async def test_device_of_an_earlier_protocol_can_be_muted(chat: Chat) -> None:
    """A device whose errors are still listed is known after the protocol began anew."""
    chat.desk.state.begin("/new.log")
    assert "muted until" in (await chat.ask("/mute P1_beta")).text


async def test_too_long_mute_is_cut_and_says_so(chat: Chat) -> None:
    """More than a week is a week, said."""
    answer = await chat.ask("/mute 30d")
    assert answer.text.endswith("That is 7 d: a mute cannot last longer.")


async def test_old_command_is_not_carried_out(chat: Chat) -> None:
    """A command older than ten minutes is answered with its age; an old question as usual."""
    late = int(NIGHT - 11 * MINUTE)
    answer = await chat.ask("/mute 1h", date=late)
    assert "11 min" in answer.text
    assert not chat.desk.policy.mutes
    assert "YuMO" in (await chat.ask("/status", date=late)).text


async def test_a_wrong_clock_does_not_make_commands_old(chat: Chat) -> None:
    """Between two answers of Telegram nothing can have waited, whatever this computer's clock."""
    long_ago = int(NIGHT - 3 * HOUR)
    assert "3 h" in (await chat.ask("/mute 1h", date=long_ago)).text
    await chat.ask("/mute 1h", date=long_ago)
    assert chat.desk.policy.mutes


async def test_a_command_from_an_outage_is_old(chat: Chat) -> None:
    """What waited while Telegram could not be heard is not carried out."""
    await chat.settle()
    sent = int(NIGHT)
    await chat.clock.move(3 * HOUR)
    assert "3 h" in (await chat.ask("/mute 1h", date=sent)).text
    assert not chat.desk.policy.mutes


# The unexpected.


async def test_hint_in_private_and_silence_in_groups(chat: Chat) -> None:
    """What is no command gets a hint in private; in a group people talk with each other."""
    for text in ("/nonsense", "what?"):
        assert "/help" in (await chat.ask(text)).text
        await chat.api.say(text, where=GROUP)
    await chat.api.say("/status@other_bot", where=GROUP)
    await chat.settle()
    assert not chat.api.posts(GROUP)


async def test_error_in_a_handler_is_told_and_logged(
    chat: Chat, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever asked is told that it failed; the next command is answered as usual."""
    chat.desk.broken = RuntimeError("the disk is full")
    assert "Something went wrong" in (await chat.ask("/mute 1h")).text
    assert "the disk is full" in caplog.text
    chat.desk.broken = Problem(sentence("The disk {name} is full.", name="D:"))
    assert (await chat.ask("/mute 1h")).text == "The disk D: is full."
    chat.desk.broken = None
    assert "muted until" in (await chat.ask("/mute 1h")).text


@pytest.mark.parametrize(("code", "text"), [(403, "Forbidden: bot was kicked"), (500, "Internal")])
async def test_answer_that_telegram_refuses_is_logged(
    chat: Chat, caplog: pytest.LogCaptureFixture, code: int, text: str
) -> None:
    """An answer that cannot be given is logged in one line, and the next one is given."""
    chat.api.refuse("sendMessage", code, text)
    with caplog.at_level(logging.WARNING):
        await chat.api.say("/status")
        await chat.settle()
    assert not chat.api.posts(OPERATOR)
    assert "did not get through" in caplog.text
    assert "Traceback" not in caplog.text


async def test_rate_limited_answer_waits_as_long_as_asked(chat: Chat) -> None:
    """An answer waits the seconds that Telegram asks for, by the clock, and is given then."""
    chat.api.refuse("sendMessage", 429, "Too Many Requests: retry after 7", retry_after=7)
    await chat.api.say("/status")
    await asleep(chat.clock)
    await chat.clock.move(6.9)
    assert not chat.api.posts(OPERATOR)
    await chat.clock.move(0.2)
    await chat.api.until(lambda: chat.api.posts(OPERATOR))


async def test_an_answer_that_must_wait_twice_is_given(chat: Chat) -> None:
    """Where others took the moment that Telegram named, the answer waits for the next one."""
    chat.api.refuse("sendMessage", 429, "Too Many Requests: retry after 3", retry_after=3, times=2)
    await chat.api.say("/status")
    for _ in range(2):
        await asleep(chat.clock)
        await chat.clock.move(3.1)
    await chat.api.until(lambda: chat.api.posts(OPERATOR))


async def test_one_incident_is_muted_by_its_number(chat: Chat) -> None:
    """/mute with the number of an incident hides that one; of one that is not there it asks."""
    chat.desk.take(STUCK)
    answer = await chat.ask("/mute 2h #1 # spare part ordered")
    assert "P1_beta: position not reached" in answer.text
    (mute,) = chat.desk.policy.mutes.values()
    (incident,) = chat.desk.policy.incidents.values()
    assert (mute.fingerprint, mute.comment) == (incident.fingerprint, "spare part ordered")
    answer = await chat.ask("/mute #99")
    assert "Which incident is meant?" in answer.text
    assert len(chat.desk.policy.mutes) == 1


async def test_an_answer_too_long_for_one_message_is_several(chat: Chat) -> None:
    """An answer longer than a message goes in pieces, whole and escaped, and is not refused."""
    for number in range(15):
        scope = f"*{number:02}{'<&' * 40}"
        chat.desk.policy.mute(
            scope, NIGHT + DAY, "A" * 60, 7, NIGHT, comment=f"{number:02}" + "б" * 300
        )
    await chat.api.say("/mutes")
    await chat.api.until(lambda: len(chat.api.posts(OPERATOR)) == 2)
    posts = chat.api.posts(OPERATOR)
    assert "/unmute all" in posts[1].text
    assert all(f"*{number:02}<&" in "".join(each.text for each in posts) for number in range(15))


async def test_answer_too_late_to_be_of_use_is_given_up(chat: Chat) -> None:
    """Where Telegram asks to wait for minutes, the next command has its turn."""
    chat.api.refuse("sendMessage", 429, "Too Many Requests: retry after 900", retry_after=900)
    await chat.api.say("/status")
    await chat.settle()
    assert not chat.api.posts(OPERATOR)


async def test_refused_markup_is_sent_as_plain_text(chat: Chat) -> None:
    """If Telegram does not take the markup, the words go without it."""
    chat.api.refuse("sendMessage", 400, "Bad Request: can't parse entities: odd")
    answer = await chat.ask("/help")
    assert "/status" in answer.source
    assert "parse_mode" not in chat.api.called("sendMessage")[-1].params


# The menu.


async def test_menu_is_announced_per_role_and_language(chat: Chat) -> None:
    """Everybody is shown the commands that his role may use, in his language."""
    await commands.announce_commands(chat.telegram.bot, PEOPLE)

    def shown(user: int, code: str) -> dict[str, str]:
        menu = chat.api.chats.menu(user, code)
        return {each["command"]: each["description"] for each in menu}

    assert set(shown(STRANGER, "ru")) == {"start", "id"}
    for user, acts in ((VIEWER, False), (OPERATOR, True), (ADMIN, True)):
        assert ("mute" in shown(user, "en"), "status" in shown(user, "en")) == (acts, True)
    assert shown(OPERATOR, "ru")["mute"] == "Отключить уведомления на время"
    assert shown(OPERATOR, "de") == shown(OPERATOR, "en")
    group = await chat.telegram.bot.get_my_commands(BotCommandScopeAllGroupChats(), "en")
    names = {each.command for each in group}
    assert "status" in names
    assert "mute" not in names


async def test_refused_menu_does_not_stop_the_others(
    chat: Chat, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody who never wrote to the bot has no chat with it; the others get their menus."""
    await chat.settle()
    chat.api.refuse("setMyCommands", 400, "Bad Request: chat not found", times=3)
    chat.api.chats.unknown.add(str(ADMIN))
    await commands.announce_commands(chat.telegram.bot, PEOPLE)
    assert not chat.api.chats.menu(ADMIN, "en")
    assert "mute" in {each["command"] for each in chat.api.chats.menu(OPERATOR, "en")}
    assert len([each for each in caplog.records if each.levelno == logging.WARNING]) == 3


# Incidents.


async def test_incidents_are_listed(chat: Chat) -> None:
    """/incidents lists what is open with its number, and who takes care of it."""
    assert "1 🔴 03:21:15 · Error 1 · P1_beta: position" in (await chat.ask("/incidents")).text
    assert "Olga takes care of it" in (await chat.ask("/ack")).text
    chat.desk.take(replace(STUCK, source="magnet", offset=5, time=NIGHT))
    listed = (await chat.ask("/incidents", by=VIEWER)).text.splitlines()
    assert listed[0] == "YuMO: 2 open problems"
    assert [line[0] for line in listed[1:4]] == ["2", "1", "✔"]


async def test_one_incident_tells_all(chat: Chat) -> None:
    """/incident and a number tells all of it: why its entries go together, what became of it."""
    await chat.ask("/ack 1")
    said = (await chat.ask("/incident 1", by=VIEWER)).text
    assert said.startswith("🔴 YuMO: Error 1 · P1_beta\nposition not reached")
    assert said.splitlines()[-7:] == [
        "Incident 1",
        "Counted together: all that P1_beta writes like this, # for any value:",
        "position not reached",
        "What became of it:",
        "03:22:45 posted: it was new",
        "03:22:45 mailed: it was new",
        "03:22:45 Olga takes care of it",
    ]


@pytest.mark.parametrize("text", ["/incident 77", "/incident P1_beta", "/ack 77", "/ack x"])
async def test_an_incident_that_is_not_there(chat: Chat, text: str) -> None:
    """A number that no incident has gets the list of what is open, and nothing is done."""
    said = (await chat.ask(text)).text
    assert said.startswith("Which incident is meant?\nYuMO: 1 open problem")
    assert chat.desk.policy.acknowledged == {}


async def test_ack_is_for_operators(chat: Chat) -> None:
    """A viewer's /ack does nothing but tell who may."""
    assert "Only operators and admins" in (await chat.ask("/ack 1", by=VIEWER)).text
    assert chat.desk.policy.acknowledged == {}


async def pressed(chat: Chat, action: str, number: int = 1, by: int = OPERATOR) -> str:
    """Somebody presses a button under a post in the channel; what he is told in passing."""
    post = await chat.ask("/id")
    told = len(chat.api.chats.answers)
    await chat.api.press(f"incident:{action}:{number}", post, by=by)
    await chat.api.until(lambda: len(chat.api.chats.answers) > told)
    await chat.settle()
    return chat.api.chats.answers[-1].text


async def test_a_press_acknowledges(chat: Chat) -> None:
    """A press acknowledges in the presser's name; a second one changes nothing."""
    assert await pressed(chat, "ack") == ""
    assert await pressed(chat, "ack", by=ADMIN) == ""
    assert chat.desk.policy.acknowledged[1].author_id == OPERATOR


@pytest.mark.parametrize(
    ("action", "until"), [("hour", NIGHT + HOUR), ("morning", NIGHT + 4 * HOUR + 37 * MINUTE + 15)]
)
async def test_a_press_mutes_this_incident(chat: Chat, action: str, until: float) -> None:
    """A press mutes this incident alone, for an hour or till eight in the morning."""
    assert await pressed(chat, action) == ""
    (mute,) = chat.desk.policy.mutes.values()
    assert (mute.until, mute.scope) == (until, "P1_beta: position not reached")
    assert mute.covers(replace(STUCK, offset=9), NIGHT)
    assert not mute.covers(replace(STUCK, text="limit switch"), NIGHT)


async def test_a_press_that_does_nothing_says_why(chat: Chat) -> None:
    """A viewer's press, and one for an incident that is gone, change nothing and say why."""
    assert "Only operators" in await pressed(chat, "ack", by=VIEWER)
    assert "no longer kept" in await pressed(chat, "ack", number=77)
    assert "no longer kept" in await pressed(chat, "explode")
    assert "I do not know you" in await pressed(chat, "hour", by=STRANGER)
    assert not chat.desk.policy.acknowledged
    assert not chat.desk.policy.mutes


# Storms and mutes, by their buttons.


async def tapped(chat: Chat, data: str, by: int = OPERATOR) -> str:
    """Somebody presses a button with this data; what he is told in passing."""
    post = await chat.ask("/id")
    told = len(chat.api.chats.answers)
    await chat.api.press(data, post, by=by)
    await chat.api.until(lambda: len(chat.api.chats.answers) > told)
    await chat.settle()
    return chat.api.chats.answers[-1].text


def storm(chat: Chat) -> int:
    """Twenty new errors at once, one of which is over; the number of their storm."""
    chat.desk.take(*(replace(STUCK, source=f"dev_{n}", offset=100 + n) for n in range(20)))
    (made,) = chat.desk.policy.storms.values()
    chat.desk.policy.in_storm(made)[0].ended = NIGHT
    return made.id


async def test_a_press_acknowledges_all_of_a_storm(chat: Chat) -> None:
    """One press under a digest takes care of all of the storm that goes on; again is no change."""
    number = storm(chat)
    assert await tapped(chat, f"storm:ack:{number}") == ""
    assert await tapped(chat, f"storm:ack:{number}", by=ADMIN) == ""
    policy = chat.desk.policy
    cared = {each.id for each in policy.in_storm(policy.storms[number]) if each.ended is None}
    assert len(cared) >= 19
    assert policy.acknowledged.keys() == cared
    assert {each.author_id for each in policy.acknowledged.values()} == {OPERATOR}


async def test_a_press_under_an_old_digest_says_why_nothing_happens(chat: Chat) -> None:
    """A viewer's press under a digest, and one under that of a storm long over, do nothing."""
    number = storm(chat)
    assert "Only operators" in await tapped(chat, f"storm:ack:{number}", by=VIEWER)
    assert "no longer kept" in await tapped(chat, "storm:ack:77")
    assert "no longer kept" in await tapped(chat, f"storm:explode:{number}")
    assert chat.desk.policy.acknowledged == {}


@pytest.mark.parametrize(
    ("action", "until"),
    [("hour", NIGHT + 1.5 * HOUR), ("morning", NIGHT + 4 * HOUR + 37 * MINUTE + 15)],
)
async def test_a_press_prolongs_a_mute(chat: Chat, action: str, until: float) -> None:
    """A press under the warning moves the end of a mute: an hour more, or till morning."""
    made = chat.desk.mute("P1_beta", NIGHT + HOUR / 2, "Anna", 7)
    assert await tapped(chat, f"mute:{action}:{made.id}") == ""
    mute = chat.desk.policy.mutes[made.id]
    assert (mute.until, mute.author, mute.scope) == (until, "Olga", "P1_beta")


async def test_a_mute_is_never_prolonged_beyond_a_week(chat: Chat) -> None:
    """However often somebody presses, a mute ends within a week."""
    made = chat.desk.mute("P1_beta", NIGHT + 7 * DAY - 60, "Anna", 7)
    for _ in range(3):
        await tapped(chat, f"mute:hour:{made.id}")
    assert chat.desk.policy.mutes[made.id].until == NIGHT + 7 * DAY


async def test_a_press_ends_a_mute(chat: Chat) -> None:
    """A press ends the mute at once; another one says that it is over."""
    made = chat.desk.mute("P1_beta", NIGHT + HOUR, "Anna", 7)
    assert "Only operators" in await tapped(chat, f"mute:end:{made.id}", by=VIEWER)
    assert chat.desk.policy.mutes
    assert await tapped(chat, f"mute:end:{made.id}") == ""
    assert chat.desk.policy.mutes == {}
    for action in ("end", "hour", "morning"):
        assert "This mute is over" in await tapped(chat, f"mute:{action}:{made.id}")
    assert chat.desk.policy.mutes == {}


async def test_a_mute_with_level_and_comment(chat: Chat) -> None:
    """/mute takes a level and a comment, says them, and lists them; a level 9 gets an example."""
    said = (await chat.ask("/mute 2h P1_beta level 3 # new <motor>")).text.splitlines()
    assert said[0].endswith("(2 h): P1_beta of level 3 and less important")
    assert said[1] == "new <motor>"
    listed = (await chat.ask("/mutes", by=VIEWER)).text
    assert "P1_beta of level 3 and less important until 05:22:45" in listed
    assert "new <motor>" in listed
    wrong = (await chat.ask("/mute 2h level 9")).text
    assert "level 9" in wrong
    assert "/mute" in wrong
    assert len(chat.desk.policy.mutes) == 1
