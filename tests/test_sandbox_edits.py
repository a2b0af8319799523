"""The sandbox's Bot API edits files and captions as Telegram does, and refuses as it refuses."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramBadRequest, TelegramRetryAfter
from aiogram.types import (
    BufferedInputFile,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaAnimation,
    InputMediaDocument,
    InputMediaPhoto,
    InputMediaUnion,
    Message,
)
from aiohttp import ClientSession

from sonixbot.sandbox.botapi import BotApi, Kind
from sonixbot.sandbox.ledger import Ledger, Told, Truth, Way
from sonixbot.sandbox.views import message
from tests.handclock import HandClock
from tests.pictures import png

GROUP = -1005
KEYS = InlineKeyboardMarkup(
    inline_keyboard=[[InlineKeyboardButton(text="Acknowledge", callback_data="ack")]]
)


@pytest.fixture
async def api(clock: HandClock) -> AsyncIterator[BotApi]:
    """A Bot API on a clock that stands still unless a test moves it."""
    async with BotApi(clock=clock) as server:
        yield server


@pytest.fixture
async def bot(api: BotApi) -> AsyncIterator[Bot]:
    """aiogram's own bot, none of ours between."""
    session = AiohttpSession(api=TelegramAPIServer.from_base(api.url))
    async with Bot(api.token, session=session).context() as made:
        yield made


def upload(data: bytes = b"new", name: str = "list.txt") -> BufferedInputFile:
    return BufferedInputFile(data, name)


def document(data: bytes = b"new", caption: str = "two", **more: Any) -> InputMediaDocument:
    return InputMediaDocument(media=upload(data), caption=caption, **more)


async def test_file_and_caption_are_replaced(api: BotApi, bot: Bot) -> None:
    """One call brings a new file, caption and keyboard; only the newest file is shown."""
    sent = await bot.send_document(GROUP, upload(b"old"), caption="one")
    edited = await sent.edit_media(
        document(caption="<b>two</b>", parse_mode="HTML"), reply_markup=KEYS
    )
    assert isinstance(edited, Message)
    assert (edited.caption, edited.document and edited.document.file_name) == ("two", "list.txt")
    (post,) = api.posts(GROUP)
    assert (post.file, post.edits, post.keyboard[0][0]["text"]) == (
        ("list.txt", b"new"),
        1,
        "Acknowledge",
    )
    shown = message(post)
    assert (shown["html"], shown["file"]["size"]) == ("<b>two</b>", 3)
    assert api.counts[Kind.EDIT] == 1


async def test_a_text_becomes_a_file(api: BotApi, bot: Bot) -> None:
    """A text may be replaced by a file with a caption, and is edited as such from then on."""
    sent = await bot.send_message(GROUP, "one")
    await sent.edit_media(document())
    (post,) = api.posts(GROUP)
    assert (post.text, post.file) == ("two", ("list.txt", b"new"))
    with pytest.raises(TelegramBadRequest, match="there is no text in the message to edit"):
        await sent.edit_text("three")


async def test_a_photo_becomes_a_document_and_back(api: BotApi, bot: Bot) -> None:
    """What is shown as a picture follows the newest file."""
    picture = png(8, 6)
    sent = await bot.send_photo(GROUP, upload(picture, "plot.png"))
    await sent.edit_media(document(picture))
    assert not api.posts(GROUP)[0].photo
    await bot.edit_message_media(
        InputMediaPhoto(media=upload(picture, "plot.png")),
        chat_id=GROUP,
        message_id=sent.message_id,
    )
    assert api.posts(GROUP)[0].photo


async def test_a_page_gets_another_address_for_another_file(api: BotApi, bot: Bot) -> None:
    """After an edit the file has a new address, so that no page shows the picture it kept."""
    sent = await bot.send_photo(GROUP, upload(png(8, 6), "plot.png"))
    first = message(api.posts(GROUP)[0])["file"]["url"]
    await sent.edit_media(InputMediaPhoto(media=upload(png(6, 8), "plot.png")))
    assert message(api.posts(GROUP)[0])["file"]["url"] != first


async def test_a_caption_is_replaced(api: BotApi, bot: Bot, clock: HandClock) -> None:
    """The words under a file change, the file stays."""
    sent = await bot.send_document(GROUP, upload(b"old"), caption="one")
    await clock.move(60)
    await sent.edit_caption(caption="<i>two</i>", parse_mode="HTML", reply_markup=KEYS)
    (post,) = api.posts(GROUP)
    assert (post.text, post.file, len(post.keyboard)) == ("two", ("list.txt", b"old"), 1)
    assert post.edited == post.date + 60


Edit = Callable[[Bot, int], Any]


def media(new: InputMediaUnion) -> Edit:
    return lambda bot, number: bot.edit_message_media(new, chat_id=GROUP, message_id=number)


def caption(words: str) -> Edit:
    return lambda bot, number: bot.edit_message_caption(
        chat_id=GROUP, message_id=number, caption=words, parse_mode="HTML"
    )


@pytest.mark.parametrize(
    ("edit", "complaint"),
    [
        (media(document(b"old", "one")), "message is not modified"),
        (caption("one"), "message is not modified"),
        (media(document(caption="x" * 1025)), "message caption is too long"),
        (caption("x" * 1025), "message caption is too long"),
        (media(document(caption="<b>x", parse_mode="HTML")), "can't parse entities"),
        (caption("<b>x"), "can't parse entities"),
        (media(document(b"")), "file must be non-empty"),
        (media(InputMediaPhoto(media=upload(b"no picture"))), "IMAGE_PROCESS_FAILED"),
        (media(InputMediaDocument(media="attach://nothing")), "wrong file identifier"),
        (media(InputMediaDocument(media="")), "media not found"),
        (media(InputMediaAnimation(media=upload())), "type must be document or photo"),
        (media(document(disable_content_type_detection=True)), "parameter disable_content_type"),
    ],
)
async def test_edits_that_are_refused(api: BotApi, bot: Bot, edit: Edit, complaint: str) -> None:
    """What Telegram refuses is refused in its words, and the post stays as it is."""
    sent = await bot.send_document(GROUP, upload(b"old"), caption="one")
    with pytest.raises(TelegramBadRequest, match=complaint):
        await edit(bot, sent.message_id)
    (post,) = api.posts(GROUP)
    assert (post.text, post.file, post.edits) == ("one", ("list.txt", b"old"), 0)


async def test_messages_that_cannot_be_edited(api: BotApi, bot: Bot) -> None:
    """Neither what is not there, nor what somebody else wrote, nor the caption of a text."""
    for edit in (media(document()), caption("two")):
        with pytest.raises(TelegramBadRequest, match="message to edit not found"):
            await edit(bot, 999)
        with pytest.raises(TelegramBadRequest, match="message can't be edited"):
            await edit(bot, await api.say("hello", where=GROUP))
    text = await bot.send_message(GROUP, "one")
    with pytest.raises(TelegramBadRequest, match="there is no caption in the message to edit"):
        await caption("two")(bot, text.message_id)


async def test_edits_of_files_fill_the_chat_too(api: BotApi, bot: Bot, clock: HandClock) -> None:
    """They count in the pace like any other edit."""
    sent = await bot.send_document(GROUP, upload(), caption="one")
    await sent.edit_media(document())
    await sent.edit_caption(caption="three")
    for edit in (media(document()), caption("four")):
        with pytest.raises(TelegramRetryAfter):
            await edit(bot, sent.message_id)


async def test_media_that_is_no_json(api: BotApi, bot: Bot) -> None:
    """A request whose media cannot be read is refused; the edit of a caption takes no more."""
    sent = await bot.send_document(GROUP, upload(), caption="one")
    where = {"chat_id": str(GROUP), "message_id": str(sent.message_id)}
    async with ClientSession() as client:
        told = []
        for method, more in (("Media", {"media": "[1]"}), ("Caption", {"text": "two"})):
            url = f"{api.url}/bot{api.token}/editMessage{method}"
            async with client.post(url, json={**where, **more}) as answer:
                told.append((await answer.json())["description"])
    assert told == [
        "Bad Request: can't parse input media JSON object",
        "Bad Request: parameter text of editMessageCaption is not known",
    ]


def test_what_a_file_says_counts() -> None:
    """A list beside the words tells of its errors, as Windows writes it too; a picture of none."""
    ledger = Ledger()
    ledger.error("P1_beta", "stuck", 1.0)
    named = "\ufeffP1_beta: stuck\r\nP2: stuck\r\n".encode()
    told = Told.of(2.0, "2 errors", [("list.txt", named)])
    assert ledger.truth(Way([told]), Way([told])) == Truth(1, 1, 1, 0, 0)
    picture = Told.of(2.0, "2 errors", [("list.png", named)])
    assert ledger.truth(Way([picture]), Way([picture])) == Truth(1, 0, 0, 0, 1)
