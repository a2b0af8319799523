"""The sandbox's Bot API: refuses what Telegram refuses, and speaks as aiogram's types expect."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.enums import ParseMode
from aiogram.exceptions import (
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNotFound,
)
from aiogram.types import BufferedInputFile, ChatMemberAdministrator
from hypothesis import given
from hypothesis import strategies as st

from sonixbot.sandbox.botapi import BotApi
from sonixbot.sandbox.botapi.markup import Unparsable, read, trimmed
from sonixbot.text.markup import clean, escape

CHANNEL = -1001234567890


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    """A Bot API."""
    async with BotApi() as server:
        yield server


@pytest.fixture
async def bot(api: BotApi) -> AsyncIterator[Bot]:
    """aiogram's own bot, none of ours between."""
    session = AiohttpSession(api=TelegramAPIServer.from_base(api.url))
    async with Bot(api.token, session=session) as made:
        yield made


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


async def test_answers_are_what_aiogram_expects(api: BotApi, bot: Bot) -> None:
    """Every answer fits aiogram's types, so that a drift of either shows."""
    assert (await bot.get_me()).is_bot
    assert (await bot.get_chat(CHANNEL)).id == CHANNEL
    member = await bot.get_chat_member(CHANNEL, bot.id)
    assert isinstance(member, ChatMemberAdministrator)
    post = await bot.send_message(CHANNEL, "<b>stuck</b>", parse_mode=ParseMode.HTML)
    assert post.entities is not None
    [bold] = post.entities
    assert (bold.type, bold.offset, bold.length) == ("bold", 0, 5)
    edited = await bot.edit_message_text(
        "<i>stuck</i> ×2", chat_id=CHANNEL, message_id=post.message_id, parse_mode=ParseMode.HTML
    )
    assert not isinstance(edited, bool)
    assert (edited.text, edited.message_id) == ("stuck ×2", post.message_id)
    file = BufferedInputFile(b"1 2 3", "spectrum.dat")
    sent = await bot.send_document(CHANNEL, file, caption="<u>s</u>", parse_mode=ParseMode.HTML)
    assert sent.document is not None
    assert sent.caption_entities is not None
    assert (sent.document.file_name, sent.caption_entities[0].type) == ("spectrum.dat", "underline")
    await api.say("/status", by=42)
    [update] = await bot.get_updates()
    assert update.message is not None
    assert update.message.entities is not None
    assert update.message.entities[0].type == "bot_command"


async def test_pins(api: BotApi, bot: Bot) -> None:
    """A post can be pinned and unpinned; a post that is not there cannot."""
    post = await bot.send_message(CHANNEL, "status")
    assert await bot.pin_chat_message(CHANNEL, post.message_id)
    assert api.chats.pinned == {str(CHANNEL): post.message_id}
    assert await bot.unpin_chat_message(CHANNEL)
    assert api.chats.pinned == {}
    with pytest.raises(TelegramBadRequest, match="message to unpin not found"):
        await bot.unpin_chat_message(CHANNEL)
    with pytest.raises(TelegramBadRequest, match="message to pin not found"):
        await bot.pin_chat_message(CHANNEL, 77)


async def test_closed_doors(api: BotApi, bot: Bot) -> None:
    """A person who blocked the bot and a chat that threw it out are told apart, both refused."""
    api.chats.closed = {"42", str(CHANNEL)}
    with pytest.raises(TelegramForbiddenError, match="bot was blocked by the user"):
        await bot.send_message(42, "hello")
    with pytest.raises(TelegramForbiddenError, match="bot was kicked from the chat"):
        await bot.send_message(CHANNEL, "hello")


async def test_moved_group(api: BotApi, bot: Bot) -> None:
    """A group that became a supergroup tells its new number."""
    api.chats.moved = {"-5": CHANNEL}
    with pytest.raises(TelegramMigrateToChat) as caught:
        await bot.send_message(-5, "hello")
    assert caught.value.migrate_to_chat_id == CHANNEL


async def test_old_presses(api: BotApi, bot: Bot) -> None:
    """A press that waited too long cannot be answered any more."""
    post = await bot.send_message(CHANNEL, "stuck")
    press = await api.press("ack", api.posts(post.chat.id)[0])
    assert await bot.answer_callback_query(press)
    api.chats.expired.add(press)
    with pytest.raises(TelegramBadRequest, match="query is too old"):
        await bot.answer_callback_query(press)


async def test_unknown_methods_are_named(bot: Bot) -> None:
    """What the sandbox does not know it refuses by name instead of saying ok."""
    with pytest.raises(TelegramNotFound, match="sendDice"):
        await bot.send_dice(CHANNEL)
