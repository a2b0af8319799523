"""The sandbox's Bot API: refuses what Telegram refuses, and speaks as aiogram's types expect."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.enums import ParseMode
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramBadRequest,
    TelegramConflictError,
    TelegramEntityTooLarge,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiogram.types import (
    BotCommand,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    BotCommandScopeChatAdministrators,
    BotCommandScopeChatMember,
    BotCommandScopeDefault,
    BotCommandScopeUnion,
    BufferedInputFile,
    ChatMemberAdministrator,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
    ReplyParameters,
)
from aiohttp import ClientSession
from hypothesis import given
from hypothesis import strategies as st

from sonixbot.pace import PACES, Call, pause
from sonixbot.sandbox.botapi import BotApi, Event, Kind
from sonixbot.sandbox.botapi.markup import Unparsable, read, trimmed
from sonixbot.sandbox.botapi.pace import BURST, Budget
from sonixbot.sandbox.botapi.pictures import size
from sonixbot.text.markup import clean, escape
from tests.handclock import NIGHT, HandClock
from tests.pictures import png

CHANNEL, GROUP = -1001234567890, -1005
OLGA = 42


@pytest.fixture
async def api(clock: HandClock) -> AsyncIterator[BotApi]:
    """A Bot API on a clock that stands still unless a test moves it."""
    async with BotApi(clock=clock) as server:
        server.chats.channels.add(str(CHANNEL))
        yield server


@pytest.fixture
async def bot(api: BotApi) -> AsyncIterator[Bot]:
    """aiogram's own bot, none of ours between."""
    async with bot_of(api) as made:
        yield made


def bot_of(api: BotApi, token: str = "") -> AbstractAsyncContextManager[Bot]:
    """A bot with this token, to be closed in the end."""
    session = AiohttpSession(api=TelegramAPIServer.from_base(api.url))
    return Bot(token or api.token, session=session).context()


def buttons(*data: str) -> InlineKeyboardMarkup:
    """A button for each of these data."""
    row = [InlineKeyboardButton(text="press", callback_data=each) for each in data]
    return InlineKeyboardMarkup(inline_keyboard=[row])


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("plain & simple", "plain & simple", []),
        ("&lt;b&gt; &amp;amp; &#1105;", "<b> &amp; ё", []),
        ("<b>🔴 A</b> <i>b</i>", "🔴 A b", [("bold", 0, 4), ("italic", 5, 1)]),
        ("<B>a<u>b</u></B>", "ab", [("bold", 0, 2), ("underline", 1, 1)]),
        ("<blockquote expandable>x</blockquote>", "x", [("expandable_blockquote", 0, 1)]),
        ('<span class="tg-spoiler">x</span>', "x", [("spoiler", 0, 1)]),
        ('<a href="https://nf.jinr.ru/">x</a>', "x", [("text_link", 0, 1)]),
        ("a<b></b>c", "ac", []),
    ],
)
def test_markup(source: str, text: str, entities: list[tuple[str, int, int]]) -> None:
    """HTML becomes text and entities whose places are counted in UTF-16 units."""
    read_text, found = read(source)
    assert read_text == text
    assert [(each["type"], each["offset"], each["length"]) for each in found] == entities


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("ёx</b>", "Unexpected end tag at byte offset 3"),
        (
            "<b><i>x</b></i>",
            'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"',
        ),
        ("<h1>x</h1>", 'Unsupported start tag "h1" at byte offset 0'),
        ("a < b", 'Unsupported start tag "" at byte offset 2'),
        ("<b", "Unclosed start tag at byte offset 0"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
def test_markup_that_is_none(source: str, complaint: str) -> None:
    """Broken markup is refused in the words of the Bot API."""
    with pytest.raises(Unparsable) as caught:
        read(source)
    assert str(caught.value) == complaint


def test_blanks_at_the_ends() -> None:
    """Blanks at both ends go, and what is marked keeps its place; what marked them alone goes."""
    assert trimmed(*read("\n <b> ёж </b><i> </i>")) == (
        "ёж",
        [{"type": "bold", "offset": 0, "length": 2}],
    )


@given(st.text())
def test_escaped_text_is_read_as_it_was(text: str) -> None:
    """Whatever text our own escaping lets through is read as that very text, without entities."""
    assert read(escape(text)) == (clean(text), [])


# Answers.


async def test_answers_are_what_aiogram_expects(bot: Bot) -> None:
    """Every answer fits aiogram's types, so that a drift of either shows."""
    assert (await bot.get_me()).is_bot
    assert (await bot.get_chat(CHANNEL)).type == "channel"
    member = await bot.get_chat_member(CHANNEL, bot.id)
    assert isinstance(member, ChatMemberAdministrator)
    post = await bot.send_message(GROUP, "<b>stuck</b>", parse_mode=ParseMode.HTML)
    assert post.entities is not None
    [bold] = post.entities
    assert (bold.type, bold.offset, bold.length) == ("bold", 0, 5)
    file = BufferedInputFile(b"1 2 3", "spectrum.dat")
    sent = await bot.send_document(GROUP, file, caption="<u>s</u>", parse_mode=ParseMode.HTML)
    assert sent.document is not None
    assert sent.caption_entities is not None
    assert (sent.document.file_name, sent.document.file_size) == ("spectrum.dat", 5)
    assert sent.caption_entities[0].type == "underline"
    photo = await bot.send_photo(GROUP, BufferedInputFile(png(8, 6), "plot.png"))
    assert photo.photo is not None
    assert [(each.width, each.height) for each in photo.photo] == [(8, 6)]
    assert await bot.delete_webhook()


async def test_moments_are_those_of_the_clock(api: BotApi, bot: Bot, clock: HandClock) -> None:
    """A message tells when it was written, an edited one when it was edited last, too."""
    post = await bot.send_message(GROUP, "stuck")
    assert (post.date.timestamp(), post.edit_date) == (NIGHT, None)
    await clock.move(7.9)
    edited = await post.edit_text("<i>stuck</i> ×2", parse_mode=ParseMode.HTML)
    assert isinstance(edited, Message)
    assert (edited.text, edited.message_id) == ("stuck ×2", post.message_id)
    assert (edited.date.timestamp(), edited.edit_date) == (NIGHT, int(NIGHT) + 7)
    [kept] = api.posts(GROUP)
    assert (kept.date, kept.edited, kept.edits) == (NIGHT, NIGHT + 7.9, 1)
    await api.say("/status")
    await api.say("/status", date=NIGHT - 60)
    told = [each.message for each in await bot.get_updates() if each.message]
    assert [each.date.timestamp() for each in told] == [int(NIGHT) + 7, NIGHT - 60]


async def test_unknown_methods_are_named(bot: Bot) -> None:
    """What the sandbox does not know it refuses by name instead of saying ok."""
    with pytest.raises(TelegramNotFound, match="sendDice"):
        await bot.send_dice(CHANNEL)


async def test_unknown_parameters_are_named(bot: Bot) -> None:
    """What would change how a message looks, and is not known here, is refused by its name."""
    with pytest.raises(TelegramBadRequest, match="protect_content of sendMessage"):
        await bot.send_message(CHANNEL, "stuck", protect_content=True)


async def test_a_wrong_token_opens_nothing(api: BotApi) -> None:
    """Whoever comes with another token is turned away, whatever he asks."""
    async with bot_of(api, "123456:not-the-token-of-this-bot") as stranger:
        with pytest.raises(TelegramUnauthorizedError):
            await stranger.get_me()
        with pytest.raises(TelegramUnauthorizedError):
            await stranger.get_updates()


# Chats.


async def test_closed_doors(api: BotApi, bot: Bot) -> None:
    """A person who blocked the bot and a chat that threw it out are told apart, both refused."""
    api.chats.closed = {str(OLGA), str(CHANNEL)}
    with pytest.raises(TelegramForbiddenError, match="bot was blocked by the user"):
        await bot.send_message(OLGA, "hello")
    with pytest.raises(TelegramForbiddenError, match="bot was kicked from the chat"):
        await bot.send_message(CHANNEL, "hello")


@pytest.mark.parametrize("address", [-77, "@nobody", "sonix"])
async def test_unknown_chats(api: BotApi, bot: Bot, address: int | str) -> None:
    """A chat that does not exist and an address that is none are not found."""
    api.chats.unknown = {"-77", "@nobody"}
    with pytest.raises(TelegramBadRequest, match="chat not found"):
        await bot.send_message(address, "hello")


async def test_moved_group(api: BotApi, bot: Bot) -> None:
    """A group that became a supergroup tells its new number."""
    api.chats.moved = {"-5": GROUP}
    with pytest.raises(TelegramMigrateToChat) as caught:
        await bot.send_message(-5, "hello")
    assert caught.value.migrate_to_chat_id == GROUP


async def test_a_channel_by_its_name(api: BotApi, bot: Bot) -> None:
    """A post in a channel that is called by its name can be edited under the number it tells."""
    post = await bot.send_message("@yumo", "stuck", reply_markup=buttons("ack"))
    assert (post.chat.type, post.chat.username, post.from_user) == ("channel", "yumo", None)
    await api.press("ack", api.posts("@yumo")[0])
    [update] = await bot.get_updates()
    assert update.callback_query is not None
    assert isinstance(update.callback_query.message, Message)
    await update.callback_query.message.edit_text("acknowledged")
    assert [each.text for each in api.posts("@yumo")] == ["acknowledged"]


@pytest.mark.parametrize(
    ("chat", "topic", "known"),
    [
        (GROUP, 55, True),
        (GROUP, 7, False),
        (-1006, 7, True),
        (-1006, 1, False),
        (CHANNEL, 55, False),
        (OLGA, 55, False),
    ],
)
async def test_topics(api: BotApi, bot: Bot, chat: int, topic: int, known: bool) -> None:
    """Only a group has topics; General must not be named, and a deleted one is not found."""
    api.chats.topics[str(GROUP)] = {55}
    assert (await bot.get_chat(chat)).is_forum is (True if chat == GROUP else None)
    if known:
        post = await bot.send_message(chat, "hello", message_thread_id=topic)
        assert (post.message_thread_id, post.is_topic_message) == (topic, True)
    else:
        with pytest.raises(TelegramBadRequest, match="message thread not found"):
            await bot.send_message(chat, "hello", message_thread_id=topic)


async def test_pins(api: BotApi, bot: Bot) -> None:
    """What was pinned last shows with its chat; unpinned, what was pinned before shows again."""
    first, second = [(await bot.send_message(CHANNEL, text)).message_id for text in ("1", "2")]
    assert await bot.pin_chat_message(CHANNEL, first)
    assert await bot.pin_chat_message(CHANNEL, second)

    async def shown() -> str | None:
        pinned = (await bot.get_chat(CHANNEL)).pinned_message
        return pinned.text if isinstance(pinned, Message) else None

    assert [bool(each.pinned) for each in api.posts(CHANNEL)] == [True, True]
    assert await shown() == "2"
    assert await bot.unpin_chat_message(CHANNEL, message_id=first)
    assert await shown() == "2"
    assert await bot.pin_chat_message(CHANNEL, first)
    assert await bot.unpin_chat_message(CHANNEL)
    assert await shown() == "2"
    assert await bot.unpin_chat_message(CHANNEL)
    assert await shown() is None
    with pytest.raises(TelegramBadRequest, match="message to unpin not found"):
        await bot.unpin_chat_message(CHANNEL)
    with pytest.raises(TelegramBadRequest, match="message to pin not found"):
        await bot.pin_chat_message(CHANNEL, 77)


async def test_what_people_write_stays(api: BotApi, bot: Bot) -> None:
    """A conversation has both sides in order; the bot can answer a message, not edit it."""
    number = await api.say("/status", by=OLGA, name="Ольга")
    answer = await bot.send_message(
        OLGA, "all is well", reply_parameters=ReplyParameters(message_id=number)
    )
    assert answer.reply_to_message is not None
    assert answer.reply_to_message.from_user is not None
    assert answer.reply_to_message.from_user.first_name == "Ольга"
    assert (await bot.get_chat(OLGA)).first_name == "Ольга"
    said = [(each.sender, each.text, each.reply) for each in api.chats.conversation(OLGA)]
    assert said == [(OLGA, "/status", None), (0, "all is well", number)]
    assert [each.text for each in api.posts(OLGA)] == ["all is well"]
    with pytest.raises(TelegramBadRequest, match="message can't be edited"):
        await bot.edit_message_text("/mute", chat_id=OLGA, message_id=number)


async def test_answers_to_what_is_gone(api: BotApi, bot: Bot) -> None:
    """An answer to a message that is not there is refused, or goes without it where it may."""
    gone = ReplyParameters(message_id=77)
    with pytest.raises(TelegramBadRequest, match="message to be replied not found"):
        await bot.send_message(GROUP, "hello", reply_parameters=gone)
    may = ReplyParameters(message_id=77, allow_sending_without_reply=True)
    assert (await bot.send_message(GROUP, "hello", reply_parameters=may)).reply_to_message is None
    assert len(api.posts(GROUP)) == 1


# Content.


@pytest.mark.parametrize(("length", "fits"), [(4096, True), (4097, False)])
async def test_texts_are_measured_as_read(bot: Bot, length: int, fits: bool) -> None:
    """A text may be long in its markup; what is read must fit, in UTF-16 units."""
    text = "<b>&lt;😀</b>" + "x" * (length - 3)
    if fits:
        assert (await bot.send_message(GROUP, text, parse_mode=ParseMode.HTML)).text
    else:
        with pytest.raises(TelegramBadRequest, match="message is too long"):
            await bot.send_message(GROUP, text, parse_mode=ParseMode.HTML)


async def test_captions_are_measured_as_read(bot: Bot) -> None:
    """A caption has a limit of its own, behind the markup too."""
    file = BufferedInputFile(b"1", "scan.dat")
    html = ParseMode.HTML
    await bot.send_document(GROUP, file, caption=f"<b>{'x' * 1024}</b>", parse_mode=html)
    with pytest.raises(TelegramBadRequest, match="caption is too long"):
        await bot.send_document(GROUP, file, caption=f"<b>{'x' * 1025}</b>", parse_mode=html)


async def test_markup_of_another_sort(bot: Bot) -> None:
    """Markup that the sandbox cannot read is refused, not shown as it came."""
    with pytest.raises(TelegramBadRequest, match="unsupported parse_mode"):
        await bot.send_message(GROUP, "*stuck*", parse_mode=ParseMode.MARKDOWN_V2)


@pytest.mark.parametrize(
    ("data", "complaint"),
    [("x" * 64, ""), ("ш" * 33, "BUTTON_DATA_INVALID"), ("", "Text buttons are unallowed")],
)
async def test_buttons_carry_little(bot: Bot, data: str, complaint: str) -> None:
    """A button carries 1 to 64 bytes of data."""
    if complaint:
        with pytest.raises(TelegramBadRequest, match=complaint):
            await bot.send_message(GROUP, "older", reply_markup=buttons(data))
    else:
        post = await bot.send_message(GROUP, "older", reply_markup=buttons(data))
        assert post.reply_markup is not None
        assert post.reply_markup.inline_keyboard[0][0].callback_data == data


async def test_an_edit_must_change_something(api: BotApi, bot: Bot) -> None:
    """Other markup for the same is no change; new buttons under the same words are one."""
    post = await bot.send_message(GROUP, "<b>stuck</b>", parse_mode=ParseMode.HTML)
    with pytest.raises(TelegramBadRequest, match="message is not modified"):
        await post.edit_text("<strong>stuck</strong>", parse_mode=ParseMode.HTML)
    edited = await post.edit_reply_markup(reply_markup=buttons("ack"))
    assert isinstance(edited, Message)
    assert edited.entities == post.entities
    assert api.posts(GROUP)[0].edits == 1


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (png(5000, 5000), ""),
        (png(5001, 5000), "PHOTO_INVALID_DIMENSIONS"),
        (png(210, 10), "PHOTO_INVALID_DIMENSIONS"),
        (b"plain text", "IMAGE_PROCESS_FAILED"),
        (png(8, 8) + bytes(10 * 1024 * 1024), "is too big for a photo"),
        (b"", "file must be non-empty"),
    ],
    ids=["large", "too large", "too long", "no picture", "too heavy", "empty"],
)
async def test_photos_have_limits(bot: Bot, data: bytes, complaint: str) -> None:
    """A photo that is none, or too heavy, large or long for one, is refused."""
    photo = BufferedInputFile(data, "plot.png")
    if complaint:
        with pytest.raises(TelegramBadRequest, match=complaint):
            await bot.send_photo(GROUP, photo)
    else:
        assert (await bot.send_photo(GROUP, photo)).photo


@pytest.mark.parametrize(
    "data",
    [
        png(640, 480),
        b"GIF89a" + struct.pack("<HH", 640, 480),
        b"BM" + bytes(16) + struct.pack("<ii", 640, -480),
        b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc2\x00\x0b\x08" + struct.pack(">HH", 480, 640),
        b"RIFF????WEBPVP8X" + bytes(8) + b"\x7f\x02\x00\xdf\x01\x00",
        b"RIFF????WEBPVP8 " + bytes(10) + struct.pack("<HH", 640, 480),
        b"RIFF????WEBPVP8L" + bytes(5) + struct.pack("<I", 639 | 479 << 14),
    ],
    ids=["png", "gif", "bmp", "jpeg", "webp", "webp lossy", "webp lossless"],
)
def test_sizes_of_pictures(data: bytes) -> None:
    """The size is read from the head of each sort of picture that people post."""
    assert size(data) == (640, 480)
    assert size(data[:-1] if data[:4] != b"\x89PNG" else data[:20]) is None


async def test_too_heavy_uploads(api: BotApi, bot: Bot) -> None:
    """A file of more than 50 MB is refused as Telegram's gate does; the next one is taken."""
    heavy = BufferedInputFile(bytes(50 * 1024 * 1024 + 1), "heavy.dat")
    with pytest.raises(TelegramEntityTooLarge):
        await bot.send_document(GROUP, heavy)
    await bot.send_document(GROUP, BufferedInputFile(b"1", "light.dat"))
    assert [each.file for each in api.posts(GROUP)] == [("light.dat", b"1")]


# Pace.


def test_short_bursts() -> None:
    """A few calls at once are taken, then one a second, which may seem a little early."""
    budget, now = Budget(), NIGHT
    for _ in range(BURST):
        assert budget.wait(now, group=False) == 0
        budget = budget.spent(now)
    assert budget.wait(now, group=False) == 1
    assert budget.wait(now + 0.5, group=False) == 1
    assert budget.wait(now + 0.95, group=False) == 0
    assert budget.spent(now + 0.95).wait(now + 1, group=False) == 1


def test_twenty_a_minute_to_a_group() -> None:
    """The twenty-first call in a minute waits in a group, not in a private chat."""
    budget = Budget()
    for second in range(20):
        assert budget.wait(NIGHT + second, group=True) == 0
        budget = budget.spent(NIGHT + second)
    assert budget.wait(NIGHT + 20, group=True) == 39
    assert budget.wait(NIGHT + 20, group=False) == 0
    assert budget.wait(NIGHT + 59, group=True) == 0


@given(
    st.lists(st.tuples(st.floats(0, 0.09), st.sampled_from([*Call])), min_size=100, max_size=100)
)
def test_our_own_pace_is_never_too_fast(calls: list[tuple[float, Call]]) -> None:
    """As fast as our deliverer may call, on a way that takes a little longer now and then."""
    starts: list[tuple[float, Call]] = []
    budget, now = Budget(), NIGHT
    for delay, call in calls:
        now += pause(PACES["telegram"], starts, call, now)
        starts.append((now, call))
        assert budget.wait(now + delay, group=True) == 0
        budget = budget.spent(now + delay)


async def test_too_many_posts(api: BotApi, bot: Bot, clock: HandClock) -> None:
    """Posts, uploads and edits share a chat's budget; what is refused costs nothing."""
    post = await bot.send_message(GROUP, "1")
    await post.edit_text("2")
    await bot.send_document(GROUP, BufferedInputFile(b"1", "scan.dat"))
    for _ in range(2):
        with pytest.raises(TelegramRetryAfter) as caught:
            await bot.send_message(GROUP, "3")
        assert caught.value.retry_after == 1
        with pytest.raises(TelegramRetryAfter):
            await post.edit_text("3")
    await bot.send_message(CHANNEL, "another chat has its own")
    await clock.move(1)
    with pytest.raises(TelegramBadRequest, match="message text is empty"):
        await bot.send_message(GROUP, " ")
    await post.edit_text("3")
    assert [each.text for each in api.posts(GROUP)] == ["3", ""]


async def test_too_many_posts_in_a_minute(api: BotApi, bot: Bot, clock: HandClock) -> None:
    """A channel that took twenty within half a minute asks to wait for the rest of it."""
    for number in range(20):
        await bot.send_message(CHANNEL, str(number))
        await bot.send_message(OLGA, str(number))
        await clock.move(1.5)
    with pytest.raises(TelegramRetryAfter) as caught:
        await bot.send_message(CHANNEL, "20")
    assert caught.value.retry_after == 29
    await bot.send_message(OLGA, "20")
    await clock.move(29)
    await bot.send_message(CHANNEL, "20")
    assert len(api.posts(CHANNEL)) == 21


async def test_what_costs_nothing(api: BotApi, bot: Bot) -> None:
    """Answers to presses, pins and menus are taken however full a chat is."""
    posts = [await bot.send_message(CHANNEL, text) for text in "123"]
    for post in posts:
        press = await api.press("ack", api.posts(CHANNEL)[0])
        assert await bot.answer_callback_query(press)
        assert await bot.pin_chat_message(CHANNEL, post.message_id)
        assert await bot.set_my_commands([BotCommand(command="status", description="How is it?")])


async def test_unpaced(clock: HandClock) -> None:
    """Where the pace is not the point, any number of posts is taken."""
    async with BotApi(clock=clock, paced=False) as api, bot_of(api) as bot:
        for number in range(30):
            await bot.send_message(CHANNEL, str(number))


# Updates and presses.


async def test_confirmed_updates_are_gone(api: BotApi, bot: Bot) -> None:
    """An update is handed out until a higher offset was asked for, then never again."""
    for text in ("1", "2", "3"):
        await api.say(text)

    async def told(**question: Any) -> list[str | None]:
        updates = await bot.get_updates(**question)
        return [each.message.text for each in updates if each.message]

    first, second, _ = await bot.get_updates()
    assert await told() == ["1", "2", "3"]
    assert await told(limit=2) == ["1", "2"]
    assert await told(offset=first.update_id + 1) == ["2", "3"]
    assert await told() == ["2", "3"]
    assert await told(offset=second.update_id) == ["2", "3"]
    assert await told(offset=-1) == ["3"]
    assert await told() == ["3"]


async def test_a_second_poller_turns_the_first_one_away(api: BotApi, bot: Bot) -> None:
    """Of two that ask at once the earlier one is told of the conflict; the later one hears."""
    first = asyncio.create_task(bot.get_updates(timeout=50))
    await api.until(lambda: api.called("getUpdates"))
    second = asyncio.create_task(bot.get_updates(timeout=50))
    with pytest.raises(TelegramConflictError):
        await first
    await api.say("/status")
    assert len(await second) == 1


async def test_only_what_is_wanted_is_told(api: BotApi, bot: Bot) -> None:
    """A bot hears of the kinds it asked for last; one that never asked hears of the usual ones."""
    post = await bot.send_message(GROUP, "stuck", reply_markup=buttons("ack"))
    [kept] = api.posts(GROUP)
    await api.feed(chat_member={})
    await api.press("ack", kept)
    [usual] = await bot.get_updates(allowed_updates=["message"])
    assert usual.callback_query is not None
    assert await bot.get_updates(offset=usual.update_id + 1) == []
    await api.press("ack", kept)
    await api.say("/status")
    assert [each.event_type for each in await bot.get_updates()] == ["message"]
    assert post.message_id == kept.id


async def test_old_presses_cannot_be_answered(api: BotApi, bot: Bot, clock: HandClock) -> None:
    """Telegram forgets a press after two and a half minutes, and knows no press of that name."""
    await bot.send_message(CHANNEL, "stuck")
    [post] = api.posts(CHANNEL)
    press = await api.press("ack", post, by=7)
    await clock.move(150)
    assert await bot.answer_callback_query(press, "acknowledged", show_alert=True)
    [answer] = api.chats.answers
    assert (answer.press, answer.by, answer.text, answer.alert) == (press, 7, "acknowledged", True)
    await clock.move(0.1)
    for old in (press, "77"):
        with pytest.raises(TelegramBadRequest, match="query is too old"):
            await bot.answer_callback_query(old)
    with pytest.raises(TelegramBadRequest, match="MESSAGE_TOO_LONG"):
        await bot.answer_callback_query(await api.press("ack", post), "x" * 201)
    assert len(api.chats.answers) == 1


async def test_old_updates_are_not_handed_out(api: BotApi, bot: Bot, clock: HandClock) -> None:
    """A press waits for as long as it can be answered, a message for a day."""
    await bot.send_message(CHANNEL, "stuck")
    await api.say("/status")
    await api.press("ack", api.posts(CHANNEL)[0])
    await clock.move(150)
    assert len(await bot.get_updates()) == 2
    await clock.move(1)
    assert [each.event_type for each in await bot.get_updates()] == ["message"]
    await clock.move(24 * 3600)
    assert await bot.get_updates() == []


# Menus.


def menu(*commands: str) -> list[BotCommand]:
    """Commands with something said of each."""
    return [BotCommand(command=each, description=f"About {each}") for each in commands]


def names_of(commands: list[BotCommand]) -> list[tuple[str, str]]:
    """What a list says."""
    return [(each.command, each.description) for each in commands]


async def test_the_narrowest_menu_shows(api: BotApi, bot: Bot) -> None:
    """A person is shown the list of his chat, else of private chats, else the general one."""

    def shown(language: str) -> str:
        return " ".join(each["command"] for each in api.chats.menu(OLGA, language))

    chat = BotCommandScopeChat(chat_id=OLGA)
    scopes: dict[str, BotCommandScopeUnion] = {
        "default": BotCommandScopeDefault(),
        "private": BotCommandScopeAllPrivateChats(),
        "chat": chat,
    }
    seen = []
    for name, scope in scopes.items():
        for code in ("", "ru"):
            commands = menu(f"{name}_{code}")
            await bot.set_my_commands(commands, scope=scope, language_code=code or None)
            seen.append((shown("ru-RU"), shown("de")))
            assert names_of(await bot.get_my_commands(scope, code)) == names_of(commands)
    assert seen == [
        ("default_", "default_"),
        ("default_ru", "default_"),
        ("private_", "private_"),
        ("private_ru", "private_"),
        ("chat_", "chat_"),
        ("chat_ru", "chat_"),
    ]
    assert [each["command"] for each in api.chats.menu(7, "ru")] == ["private_ru"]
    await bot.delete_my_commands(chat, "ru")
    assert shown("ru") == "chat_"
    await bot.set_my_commands([], scope=chat)
    assert shown("ru") == "private_ru"


async def test_menus_of_groups(api: BotApi, bot: Bot) -> None:
    """Each scope of a group keeps its own list; none of them shows in private."""
    scopes: tuple[BotCommandScopeUnion, ...] = (
        BotCommandScopeAllGroupChats(),
        BotCommandScopeChat(chat_id=GROUP),
        BotCommandScopeChatAdministrators(chat_id=GROUP),
        BotCommandScopeChatMember(chat_id=GROUP, user_id=OLGA),
        BotCommandScopeChatMember(chat_id=GROUP, user_id=7),
    )
    for number, scope in enumerate(scopes):
        await bot.set_my_commands(menu(f"c{number}"), scope=scope)
    for number, scope in enumerate(scopes):
        assert names_of(await bot.get_my_commands(scope)) == [(f"c{number}", f"About c{number}")]
    assert api.chats.menu(OLGA, "en") == []


@pytest.mark.parametrize(
    ("command", "description", "complaint"),
    [
        ("Status", "x", "BOT_COMMAND_INVALID"),
        ("статус", "x", "BOT_COMMAND_INVALID"),
        ("", "x", "command must be non-empty"),
        ("x" * 33, "x", "command length must not exceed 32"),
        ("status", " ", "command description must be non-empty"),
        ("status", "x" * 257, "command description length must not exceed 256"),
    ],
)
async def test_commands_have_a_form(
    api: BotApi, bot: Bot, command: str, description: str, complaint: str
) -> None:
    """A command that is none spoils its list, and nothing of it shows."""
    wrong = BotCommand(command=command, description=description)
    with pytest.raises(TelegramBadRequest, match=complaint):
        await bot.set_my_commands([*menu("status"), wrong])
    assert api.chats.menu(OLGA, "en") == []


async def test_menus_have_a_form(api: BotApi, bot: Bot) -> None:
    """A hundred commands are taken; no menu is for a channel, a stranger or an odd language."""
    names = [f"c{number}" for number in range(101)]
    await bot.set_my_commands(menu(*names[:99], "/c99"))
    assert [each.command for each in await bot.get_my_commands()] == names[:100]
    with pytest.raises(TelegramBadRequest, match="BOT_COMMANDS_TOO_MUCH"):
        await bot.set_my_commands(menu(*names))
    with pytest.raises(TelegramBadRequest, match="invalid language code"):
        await bot.set_my_commands(menu("status"), language_code="ru-RU")
    refusals = {
        CHANNEL: "can't change commands in channel chats",
        OLGA: "can't use specified scope in private chats",
        -77: "chat not found",
    }
    api.chats.unknown.add("-77")
    for chat, complaint in refusals.items():
        scope = BotCommandScopeChatAdministrators(chat_id=chat)
        with pytest.raises(TelegramBadRequest, match=complaint):
            await bot.set_my_commands(menu("status"), scope=scope)


# Those who look on.


async def test_those_who_look_on_are_told(api: BotApi, bot: Bot) -> None:
    """Posts of both sides, edits, pins, answers, menus and refusals are told as they happen."""
    told: list[Event] = []
    api.listeners.append(told.append)
    await api.say("/status")
    post = await bot.send_message(OLGA, "well")
    await post.edit_text("very well")
    await bot.pin_chat_message(OLGA, post.message_id)
    await bot.unpin_chat_message(OLGA)
    await bot.answer_callback_query(await api.press("more", api.posts(OLGA)[0]), "none")
    await bot.set_my_commands(menu("status"))
    await bot.delete_my_commands()
    with pytest.raises(TelegramBadRequest):
        await bot.send_message(OLGA, " ")
    kinds = ["post", "post", "edit", "pin", "pin", "answer", "menus", "menus", "refusal"]
    assert [each.kind for each in told] == kinds
    assert [each.post.sender for each in told[:2] if each.post] == [OLGA, 0]
    assert {each.post.text for each in told[1:5] if each.post} == {"very well"}
    assert told[5].answer == api.chats.answers[0]
    assert told[8].refusal is not None
    assert told[8].refusal.code == 400
    assert api.counts == {each: kinds.count(each) for each in Kind}


# Faults.


async def test_swallowed_requests_are_done(api: BotApi, bot: Bot) -> None:
    """A bot whose request is swallowed sees only a dropped connection; what it asked is done."""
    api.swallow("sendMessage", times=2)
    with pytest.raises(TelegramNetworkError):
        await bot.send_message(GROUP, "stuck")
    with pytest.raises(TelegramNetworkError):
        await bot.send_message(GROUP, " ")
    assert [each.text for each in api.posts(GROUP)] == ["stuck"]
    api.drop("sendMessage")
    with pytest.raises(TelegramNetworkError):
        await bot.send_message(GROUP, "dropped")
    assert len(api.posts(GROUP)) == 1


async def test_delayed_requests_are_done_late(api: BotApi, bot: Bot) -> None:
    """A delayed request waits, then goes its ordinary course; the end of the server cuts it off."""
    api.delay("sendMessage", 0.05)
    sent = asyncio.create_task(bot.send_message(GROUP, "late"))
    await api.until(lambda: api.called("sendMessage"))
    assert not api.posts(GROUP)
    assert (await sent).text == "late"
    api.delay("sendMessage", 50)
    sent = asyncio.create_task(bot.send_message(GROUP, "never"))
    await api.until(lambda: len(api.called("sendMessage")) == 2)
    assert await bot.get_me()  # meanwhile others are answered
    assert len(api.posts(GROUP)) == 1
    await api.down()
    with pytest.raises(TelegramNetworkError):
        await sent
    assert len(api.posts(GROUP)) == 1


async def test_the_end_drops_every_connection(api: BotApi, bot: Bot) -> None:
    """Whoever still waits for an answer when the server goes down sees his connection dropped."""
    api.hang("getMe")
    waiting = [asyncio.create_task(bot.get_updates(timeout=50)), asyncio.create_task(bot.get_me())]
    await api.until(lambda: len(api.calls) == 2)
    await api.down()
    for each in waiting:
        with pytest.raises(TelegramNetworkError):
            await each
    await api.up()
    assert await bot.get_me()


async def test_faults_are_met_in_order_and_once(api: BotApi, bot: Bot) -> None:
    """Faults of a method are met one after the other, then those of any method, then none."""
    api.refuse("getMe", 500, "Internal Server Error")
    api.refuse("*", 403, "Forbidden")
    api.garble("getMe")
    with pytest.raises(TelegramServerError):
        await bot.get_me()
    with pytest.raises(ClientDecodeError):
        await bot.get_me()
    with pytest.raises(TelegramForbiddenError):
        await bot.get_me()
    assert await bot.get_me()


async def test_arranged_faults_can_be_taken_back(api: BotApi, bot: Bot) -> None:
    """Once all is taken back, requests go their ordinary course."""
    api.drop("getMe", times=5)
    api.hang("*")
    api.clear()
    assert await bot.get_me()
    assert await bot.get_chat(GROUP)


async def test_faults_from_json(api: BotApi, bot: Bot) -> None:
    """What can be arranged in Python can be arranged in plain JSON."""
    refused = {"fault": "refuse", "code": 429, "description": "Too Many", "retry_after": 7}
    api.arrange({"method": "sendMessage", **refused, "times": 2})
    for _ in range(2):
        with pytest.raises(TelegramRetryAfter) as caught:
            await bot.send_message(GROUP, "stuck")
        assert caught.value.retry_after == 7
    await bot.send_message(GROUP, "1")
    for fault, error in (
        ({"fault": "swallow"}, TelegramNetworkError),
        ({"fault": "drop"}, TelegramNetworkError),
        ({"fault": "garble", "code": 504}, ClientDecodeError),
    ):
        api.arrange({"method": "*", **fault})
        with pytest.raises(error):
            await bot.pin_chat_message(GROUP, api.posts(GROUP)[0].id)
    api.arrange({"method": "getMe", "fault": "delay", "seconds": 0.01})
    assert await bot.get_me()
    api.arrange({"method": "getMe", "fault": "hang"})
    bot.session.timeout = 0.1
    with pytest.raises(TelegramNetworkError):
        await bot.get_me()
    assert api.counts[Kind.PIN] == 1


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"method": "sendDice"}, "method: expected one of"),
        ({"method": None}, "method: expected one of"),
        ({"fault": "explode"}, "fault: expected one of refuse, drop"),
        ({"times": 0}, "times: expected a number from 1"),
        ({"times": 1.5}, "times: expected a whole number"),
        ({"times": True}, "times: expected a number"),
        ({"code": 200}, "code: expected a number from 400 to 599, not 200"),
        ({"code": None}, "code: expected a number"),
        ({"description": 5}, "description: expected a text, not 5"),
        ({"retry_after": "7"}, "retry_after: expected a number"),
        ({"seconds": 1}, "not known: seconds"),
        ({"fault": "drop"}, "not known: code, description"),
        ({"fault": "delay", "seconds": -1}, "seconds: expected a number from 0"),
    ],
)
async def test_mistakes_in_json_are_named(
    api: BotApi, bot: Bot, wrong: dict[str, Any], complaint: str
) -> None:
    """A fault that cannot be understood is named, and nothing is arranged."""
    right = {"method": "getMe", "fault": "refuse", "code": 500, "description": "Internal"}
    with pytest.raises(ValueError, match=complaint):
        api.arrange({**right, **wrong})
    with pytest.raises(ValueError, match="a fault is an object"):
        api.arrange([right])
    assert await bot.get_me()


@pytest.mark.parametrize(
    ("method", "body", "complaint"),
    [
        ("sendMessage", "[1]", "object expected as JSON content"),
        ("sendMessage", "{bad", "can't parse JSON content"),
        ("sendMessage", '{"chat_id": 1, "text": "x", "reply_markup": "[1]"}', "reply keyboard"),
        (
            "sendMessage",
            '{"chat_id": 1, "text": "x", "reply_markup": {"inline_keyboard": [[1]]}}',
            "can't parse inline keyboard button",
        ),
        ("sendMessage", '{"chat_id": 1, "text": "x", "reply_parameters": "[3]"}', "reply para"),
        ("setMyCommands", '{"commands": "5"}', "can't parse commands"),
        ("setMyCommands", '{"commands": [5]}', "can't parse BotCommand"),
        ("setMyCommands", '{"commands": [], "scope": "[]"}', "can't parse BotCommandScope"),
        ("getUpdates", '{"allowed_updates": "5"}', "can't parse allowed_updates"),
        ("getMe", '{"chat_id": 1}', "parameter chat_id of getMe is not known"),
    ],
)
async def test_requests_that_cannot_be_read(
    api: BotApi, method: str, body: str, complaint: str
) -> None:
    """A request that is none is refused with 400, whatever it is instead."""
    headers = {"Content-Type": "application/json"}
    async with (
        ClientSession() as client,
        client.post(f"{api.url}/bot{api.token}/{method}", data=body, headers=headers) as answer,
    ):
        told = await answer.json()
    assert (answer.status, told["ok"]) == (400, False)
    assert told["description"].startswith("Bad Request: ")
    assert complaint in told["description"]
