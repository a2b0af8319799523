"""Telegram: posts over real HTTP to a Bot API on loopback."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import aiohttp_socks
import pytest
import trustme
from aiogram import exceptions as api_errors
from aiogram.methods import GetMe
from hypothesis import given
from hypothesis import strategies as st

from sonixbot.errors import (
    AddressMoved,
    DeliveryError,
    NeedsRepair,
    Problem,
    TryLater,
    Undeliverable,
)
from sonixbot.language import language
from sonixbot.message import Attachment, Button, Message, Origin
from sonixbot.messengers import Messenger
from sonixbot.messengers.telegram import Place, Telegram, translate
from sonixbot.messengers.telegram_pieces import pieces
from sonixbot.messengers.words import head, sound, split
from sonixbot.sandbox.botapi import TOKEN, BotApi
from sonixbot.text import length, plain
from sonixbot.text.markup import one_line
from tests.pictures import png

CHAT = "-1001234567890"


def said(text: str = "P1_beta stuck", **more: Any) -> Message:
    """A message."""
    known: dict[str, Any] = {
        "key": "k1",
        "origin": Origin.ALERT,
        "instrument": "УГРА",
        "created": 1618273365.0,
    }
    return Message(text=text, **{**known, **more})


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    """A Bot API that takes any number of posts at once: the pace is the deliverer's part."""
    async with BotApi(paced=False) as server:
        yield server


@pytest.fixture
async def telegram(api: BotApi) -> AsyncIterator[Telegram]:
    """The messenger that talks to it."""
    messenger = Telegram(api.token, api_urls=[api.url], language=language("en"))
    yield messenger
    await messenger.close()


async def sent(telegram: Telegram, message: Message, address: str = CHAT) -> list[str]:
    """Send every part."""
    return [await telegram.send(address, message, part) for part in range(telegram.parts(message))]


def test_is_a_messenger() -> None:
    """Telegram has everything that delivery asks of a messenger."""
    messenger: Messenger = Telegram(TOKEN, language=language("en"))
    assert messenger.name == "telegram"


# Words.


@given(st.text(st.sampled_from("ab 😀\nя"), max_size=300), st.integers(2, 40))
def test_split_loses_nothing(text: str, limit: int) -> None:
    """The pieces of a text join to the text, and each fits."""
    parts = split(text, limit)
    assert "".join(parts) == text
    assert all(length(part) <= limit for part in parts)
    assert not text or all(parts)


@given(st.text(max_size=200), st.integers(2, 40))
def test_head_is_as_long_as_it_can_be(text: str, limit: int) -> None:
    """The head of a text without blanks stops where the next character would not fit."""
    text = "".join(text.split())
    start = head(text, limit)
    assert text.startswith(start)
    assert start == text or length(text[: len(start) + 1]) > limit


def test_split_prefers_lines_then_words() -> None:
    """A text is cut after a line where one ends in reach, else after a word."""
    assert split("first line\nsecond", 14) == ["first line\n", "second"]
    assert split("several words here", 14) == ["several words ", "here"]
    assert split("ab\nabcdefghijklmnop", 14) == ["ab\nabcdefghijk", "lmnop"]


def test_visible_counts_what_is_read() -> None:
    """Tags do not count and an entity is the character it stands for."""
    assert plain("<b>P1</b> &lt;3 <blockquote expandable>x</blockquote>") == "P1 <3 x"
    assert length("😀") == 2


@given(st.text())
def test_one_line_has_nothing_to_end_a_header(text: str) -> None:
    """Whatever comes in, one line of printable characters comes out."""
    line = one_line(text)
    assert not line or (line.isprintable() and len(line.splitlines()) == 1)
    sound(text).encode()


def test_pieces_of_long_texts() -> None:
    """Up to four posts, beyond that one file; blanks alone are no post."""
    assert [len(piece.text) for piece in pieces(said("x" * 4096, html="x" * 4096))] == [4096]
    assert pieces(said("x" * 4097, html="<b>x</b>" * 4097))[0].html == ""
    assert len(pieces(said("x" * 4 * 4096))) == 4
    long = "x" * (4 * 4096 + 1)
    (file,) = pieces(said(long))
    assert file.whole == long
    assert long.startswith(file.text)
    assert len(pieces(said("x" * 4096 + "\n" * 20))) == 1


def test_pieces_with_files() -> None:
    """One file carries a short text; otherwise the words go first and the files after them."""
    one, two = Attachment("a.txt", "/a"), Attachment("b.png", "/b", picture=True)
    assert [(p.text, p.file) for p in pieces(said("x", files=(one,)))] == [("x", one)]
    assert [p.file for p in pieces(said("x" * 1025, files=(one,)))] == [None, one]
    assert [p.file for p in pieces(said("x", files=(one, two)))] == [None, one, two]
    assert [p.file for p in pieces(said("", files=(one, two)))] == [one, two]


def test_a_digest_stays_one_post() -> None:
    """A digest too long for the words under a file is cut, marked, as its file has all of it."""
    file = Attachment("errors.txt", "", text="all of it")
    long = said("word " * 300, html="<b>word</b> " * 300, origin=Origin.DIGEST, files=(file,))
    (piece,) = pieces(long)
    assert (piece.file, piece.html, piece.text[-2:]) == (file, "", " …")
    assert 1000 < length(piece.text) <= 1024


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("-100123", Place(-100123)),
        (" @channel ", Place("@channel")),
        ("-100123/55", Place(-100123, 55)),
        ("-100123/1", Place(-100123)),
        ("@channel/7", Place("@channel", 7)),
    ],
)
def test_places(address: str, place: Place) -> None:
    """An address names a chat, and a topic unless it is General, which must not be named."""
    assert Place.parse(address) == place


# Posts.


async def test_post(api: BotApi, telegram: Telegram) -> None:
    """A message is posted with its markup, without preview, and its number comes back."""
    remote = await telegram.send(CHAT, said(html="<b>P1_beta</b> stuck"), 0)
    (post,) = api.posts(CHAT)
    assert (str(post.id), post.text, post.silent) == (remote, "P1_beta stuck", False)
    assert "is_disabled" in api.calls[0].params["link_preview_options"]


async def test_silent_post_to_a_named_channel(api: BotApi, telegram: Telegram) -> None:
    """A silent message makes no sound; a channel may be given by its name."""
    await telegram.send("@sonix", said(silent=True), 0)
    assert api.posts("@sonix")[0].silent


async def test_text_without_markup_is_not_read_as_markup(api: BotApi, telegram: Telegram) -> None:
    """A plain text arrives as it is, whatever is in it."""
    await telegram.send(CHAT, said("a < b & <i>c</i> 😀"), 0)
    assert api.posts(CHAT)[0].text == "a < b & <i>c</i> 😀"


async def test_lone_surrogates_do_not_stop_a_post(api: BotApi, telegram: Telegram) -> None:
    """A broken character becomes a question mark."""
    await telegram.send(CHAT, said("\ud800 stuck"), 0)
    assert api.posts(CHAT)[0].text == "? stuck"


async def test_long_text_in_posts(api: BotApi, telegram: Telegram) -> None:
    """A long text arrives in several posts, complete."""
    text = "".join(f"{number:04d} мотор 😀\n" for number in range(900)).strip()
    assert len(await sent(telegram, said(text, html=f"<b>{text}</b>"))) == 4
    assert "\n".join(post.text for post in api.posts(CHAT)) == text


async def test_very_long_text_as_a_file(api: BotApi, telegram: Telegram) -> None:
    """A longer text is one file, its beginning above it."""
    text = "строка\n" * 5000
    await sent(telegram, said(text))
    (post,) = api.posts(CHAT)
    assert post.file == ("message.txt", text.encode())
    assert post.text.startswith("строка\nстрока")
    assert post.text.endswith("The whole text is in the file.")


async def test_bad_markup_is_resent_as_plain_text(api: BotApi, telegram: Telegram) -> None:
    """Markup that Telegram does not understand never costs the text."""
    await telegram.send(CHAT, said("P1 stuck", html="<b>P1 stuck"), 0)
    assert [post.text for post in api.posts(CHAT)] == ["P1 stuck"]


async def test_topic(api: BotApi, telegram: Telegram) -> None:
    """A topic is named, but General is not."""
    await telegram.send(f"{CHAT}/55", said(), 0)
    await telegram.send(f"{CHAT}/1", said(), 0)
    assert [post.topic for post in api.posts(CHAT)] == [55, None]


async def test_lost_topic(
    api: BotApi, telegram: Telegram, caplog: pytest.LogCaptureFixture
) -> None:
    """What was meant for a deleted topic arrives in the group; the log says so once."""
    api.chats.topics[CHAT] = {7}
    await telegram.send(f"{CHAT}/55", said("one"), 0)
    await telegram.send(f"{CHAT}/55", said("two"), 0)
    assert [(post.text, post.topic) for post in api.posts(CHAT)] == [("one", None), ("two", None)]
    assert caplog.text.count("posting without a topic") == 1


# Files.


async def test_file_with_caption(api: BotApi, telegram: Telegram, tmp_path: Path) -> None:
    """A short text goes with its file."""
    path = tmp_path / "scan"
    path.write_bytes(b"1 2 3\n")
    await sent(telegram, said(html="<b>done</b>", files=(Attachment('a"\r\nb.txt', str(path)),)))
    (post,) = api.posts(CHAT)
    assert (post.text, post.photo) == ("done", False)
    assert post.file is not None
    assert post.file[1] == b"1 2 3\n"


async def test_picture(api: BotApi, telegram: Telegram, tmp_path: Path) -> None:
    """A picture is a photo; one that is refused as a photo is a file."""
    pictures = {"plot.png": png(8, 6), "long.png": png(9000, 8), "none.png": b"no picture"}
    for name, data in pictures.items():
        (tmp_path / name).write_bytes(data)
        await sent(telegram, said(files=(Attachment(name, str(tmp_path / name), picture=True),)))
    assert [post.photo for post in api.posts(CHAT)] == [True, False, False]
    assert [post.file for post in api.posts(CHAT)] == list(pictures.items())


async def test_several_files_follow_their_text(
    api: BotApi, telegram: Telegram, tmp_path: Path
) -> None:
    """The words come first as a post of their own."""
    (tmp_path / "a").write_bytes(b"a")
    (tmp_path / "b").write_bytes(b"b")
    files = tuple(Attachment(name, str(tmp_path / name)) for name in "ab")
    await sent(telegram, said(files=files))
    assert [post.text for post in api.posts(CHAT)] == ["P1_beta stuck", "", ""]
    assert [post.file for post in api.posts(CHAT)[1:]] == [("a", b"a"), ("b", b"b")]


@pytest.mark.parametrize("refusal", [(400, "Bad Request: wrong file"), (413, "Too Large")])
async def test_refused_file_keeps_its_text(
    api: BotApi, telegram: Telegram, tmp_path: Path, refusal: tuple[int, str]
) -> None:
    """The text of a file that Telegram refuses arrives and says so."""
    path = tmp_path / "scan.dat"
    path.write_bytes(b"1")
    api.refuse("sendDocument", *refusal)
    await sent(
        telegram, said("a < b", html="a &lt; <b>b</b>", files=(Attachment("s&.dat", str(path)),))
    )
    (post,) = api.posts(CHAT)
    assert post.text.startswith("a < b\n\nTelegram refused the file s&.dat:")


async def test_missing_file_keeps_its_text(api: BotApi, telegram: Telegram) -> None:
    """The text of a file that is not there arrives and says so."""
    await sent(telegram, said(files=(Attachment("scan.dat", "/nowhere/scan.dat"),)))
    (post,) = api.posts(CHAT)
    assert post.text.startswith("P1_beta stuck\n\nThe file scan.dat could not be read: No such")


# Edits.


async def test_edit(api: BotApi, telegram: Telegram) -> None:
    """A post is replaced in place; the same words again are no error."""
    remote = await telegram.send(CHAT, said(), 0)
    await telegram.edit(CHAT, remote, said("×2", html="<b>×2</b>"))
    await telegram.edit(CHAT, remote, said("×2", html="<b>×2</b>"))
    await telegram.edit(CHAT, remote, said("×3", html="<b>×3"))
    (post,) = api.posts(CHAT)
    assert (post.text, post.edits) == ("×3", 2)


async def test_edit_that_cannot_be(telegram: Telegram) -> None:
    """Editing what is gone, or into what is too long, is given up."""
    with pytest.raises(Undeliverable, match="message to edit not found"):
        await telegram.edit(CHAT, "999", said())
    with pytest.raises(Undeliverable, match="one post"):
        await telegram.edit(CHAT, "999", said("x" * 5000))


def digest(number: int, **more: Any) -> Message:
    """A digest with its list, as it is after so many errors."""
    files = (Attachment("errors.txt", "", text=f"ошибок: {number}\nP1_beta"),)
    words = {"text": f"Storm ×{number}", "html": f"<b>Storm</b> ×{number}", "files": files}
    return said(**{**words, "origin": Origin.DIGEST, **more})


def listed(number: int) -> tuple[str, bytes]:
    """What is in the file of that digest."""
    return "errors.txt", f"\ufeffошибок: {number}\r\nP1_beta".encode()


async def test_edit_of_a_file(api: BotApi, telegram: Telegram) -> None:
    """The file and the words under it are replaced in one call, and the buttons stay."""
    buttons = (Button("Acknowledge", "incident:ack:1"),)
    remote = await telegram.send(CHAT, digest(9), 0)
    (post,) = api.posts(CHAT)
    assert (post.text, post.file) == ("Storm ×9", listed(9))
    await telegram.edit(CHAT, remote, digest(10, buttons=buttons))
    await telegram.edit(CHAT, remote, digest(10, buttons=buttons))
    assert (post.text, post.file, post.edits) == ("Storm ×10", listed(10), 1)
    assert post.keyboard[0][0]["text"] == "Acknowledge"
    assert len(api.calls) == 3


async def test_edit_of_a_file_with_bad_markup(api: BotApi, telegram: Telegram) -> None:
    """Markup that Telegram does not understand costs neither the words nor the file."""
    remote = await telegram.send(CHAT, digest(9), 0)
    await telegram.edit(CHAT, remote, digest(10, html="<b>Storm ×10"))
    (post,) = api.posts(CHAT)
    assert (post.text, post.file) == ("Storm ×10", listed(10))


@pytest.mark.parametrize("refusal", [(400, "Bad Request: wrong file"), (413, "Too Large")])
async def test_edit_whose_file_is_refused(
    api: BotApi, telegram: Telegram, refusal: tuple[int, str]
) -> None:
    """Where Telegram refuses the new file, the words are new all the same and say so."""
    remote = await telegram.send(CHAT, digest(9), 0)
    api.refuse("editMessageMedia", *refusal)
    await telegram.edit(CHAT, remote, digest(10, text="a < b", html="a &lt; <b>b</b>"))
    (post,) = api.posts(CHAT)
    assert post.text.startswith("a < b\n\nTelegram refused the file errors.txt: ")
    assert (post.file, post.entities[0]["type"]) == (listed(9), "bold")
    await telegram.edit(CHAT, remote, digest(11))
    assert (post.text, post.file) == ("Storm ×11", listed(11))


async def test_a_note_never_makes_the_words_too_long(api: BotApi, telegram: Telegram) -> None:
    """Words that fill a caption are cut for the note about their file, with a mark."""
    remote = await telegram.send(CHAT, digest(9), 0)
    api.refuse("editMessageMedia", 400, "Bad Request: wrong file")
    await telegram.edit(CHAT, remote, digest(10, text="x" * 1024, html=""))
    (post,) = api.posts(CHAT)
    assert len(post.text) == 1024
    assert "x…\n\nTelegram refused" in post.text


async def test_edit_whose_file_is_gone(api: BotApi, telegram: Telegram, tmp_path: Path) -> None:
    """Where the file cannot be read any more, the words are new and say so."""
    remote = await telegram.send(CHAT, digest(9), 0)
    files = (Attachment("scan.dat", str(tmp_path / "gone")),)
    await telegram.edit(CHAT, remote, digest(10, files=files))
    (post,) = api.posts(CHAT)
    assert post.text.startswith("Storm ×10\n\nThe file scan.dat could not be read")
    assert post.file == listed(9)


async def test_a_post_that_went_without_its_file_gets_it(api: BotApi, telegram: Telegram) -> None:
    """A digest whose first file was refused is edited all the same, and has its file then."""
    api.refuse("sendDocument", 400, "Bad Request: wrong file")
    remote = await telegram.send(CHAT, digest(9), 0)
    assert api.posts(CHAT)[0].text.startswith("Storm ×9\n\nTelegram refused the file")
    await telegram.edit(CHAT, remote, digest(10))
    (post,) = api.posts(CHAT)
    assert (post.text, post.file) == ("Storm ×10", listed(10))


async def test_a_post_without_a_file_where_none_can_be_added(
    api: BotApi, telegram: Telegram
) -> None:
    """A server of an own that adds no file to a text still gets the new words."""
    remote = await telegram.send(CHAT, said("Storm ×9"), 0)
    api.refuse("editMessageMedia", 400, "Bad Request: there is no media in the message to edit")
    await telegram.edit(CHAT, remote, digest(10))
    (post,) = api.posts(CHAT)
    assert post.text.startswith("Storm ×10\n\nTelegram refused the file errors.txt")


async def test_edits_of_files_that_cannot_be(api: BotApi, telegram: Telegram) -> None:
    """The edit of what is gone is given up; one that comes too early is tried again."""
    with pytest.raises(Undeliverable, match="message to edit not found"):
        await telegram.edit(CHAT, "999", digest(9))
    remote = await telegram.send(CHAT, digest(9), 0)
    api.refuse("editMessageMedia", 429, "Too Many Requests: retry after 7", retry_after=7)
    with pytest.raises(TryLater) as caught:
        await telegram.edit(CHAT, remote, digest(10))
    assert caught.value.after == 7
    assert api.posts(CHAT)[0].edits == 0


async def test_a_picture_is_edited_as_a_picture(
    api: BotApi, telegram: Telegram, tmp_path: Path
) -> None:
    """A photo stays a photo when it is replaced."""
    for name, size in (("a.png", 8), ("b.png", 9)):
        (tmp_path / name).write_bytes(png(size, size))
    first, second = (
        said(files=(Attachment(name, str(tmp_path / name), picture=True),))
        for name in ("a.png", "b.png")
    )
    remote = await telegram.send(CHAT, first, 0)
    await telegram.edit(CHAT, remote, second)
    (post,) = api.posts(CHAT)
    assert (post.photo, post.file) == (True, ("b.png", png(9, 9)))


# Errors over the wire.


async def failure(telegram: Telegram, address: str = CHAT) -> DeliveryError:
    """The error of sending a message."""
    with pytest.raises(DeliveryError) as caught:
        await telegram.send(address, said(), 0)
    assert TOKEN.partition(":")[2] not in f"{caught.value} {caught.value.reason!r}"
    assert caught.value.__cause__ is None
    return caught.value


async def test_flood_limit(api: BotApi, telegram: Telegram) -> None:
    """The seconds that Telegram asks for are passed on exactly."""
    api.refuse("sendMessage", 429, "Too Many Requests: retry after 37", retry_after=37)
    error = await failure(telegram)
    assert isinstance(error, TryLater)
    assert (error.after, error.unknown) == (37.0, False)


async def test_supergroup(api: BotApi, telegram: Telegram) -> None:
    """A group that became a supergroup is followed, into the same topic."""
    api.chats.moved["-5"] = -1005
    for address, moved in (("-5", "-1005"), ("-5/7", "-1005/7")):
        error = await failure(telegram, address)
        assert isinstance(error, AddressMoved)
        assert error.new_address == moved


async def test_refused_token(api: BotApi) -> None:
    """A token that is refused must be repaired; the sentence names the key."""
    telegram = Telegram(
        "123456:TEST-token-of-a-bot-that-was-deleted", api_urls=[api.url], language=language("en")
    )
    error = await failure(telegram)
    await telegram.close()
    assert isinstance(error, NeedsRepair)
    assert "telegram.bot-id" in str(error)


async def test_unknown_chat(api: BotApi, telegram: Telegram) -> None:
    """A chat that does not exist gets no message, ever."""
    api.chats.unknown.add(CHAT)
    assert isinstance(await failure(telegram), Undeliverable)


async def test_unknown_outcome(api: BotApi, telegram: Telegram) -> None:
    """A connection dropped instead of an answer, or a gateway's page, leaves the outcome open."""
    api.drop("sendMessage")
    dropped = await failure(telegram)
    api.garble("sendMessage")
    garbled = await failure(telegram)
    for error in (dropped, garbled):
        assert isinstance(error, TryLater)
        assert error.unknown


async def test_time_out(api: BotApi, telegram: Telegram) -> None:
    """No answer in time leaves the outcome open."""
    telegram.bot.session.timeout = 0.2
    api.hang("sendMessage")
    error = await failure(telegram)
    assert isinstance(error, TryLater)
    assert error.unknown


async def test_nobody_there(api: BotApi, telegram: Telegram) -> None:
    """While nobody listens nothing arrives; when somebody does again, it does."""
    await api.down()
    error = await failure(telegram)
    assert isinstance(error, TryLater)
    assert not error.unknown
    await api.up()
    await telegram.send(CHAT, said(), 0)
    assert len(api.posts(CHAT)) == 1


async def test_certificates(tmp_path: Path) -> None:
    """A server of an own authority is believed once `ca-file` names it."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    async with BotApi(tls=context) as api:
        ways: list[Any] = [
            {},
            {"ca_file": tmp_path / "none.pem"},
            {"ca_file": tmp_path / "ca.pem"},
        ]
        stranger, lost, trusting = (
            Telegram(TOKEN, language=language("en"), api_urls=[api.url], **way) for way in ways
        )
        for messenger in (stranger, lost):
            error = await failure(messenger)
            assert isinstance(error, NeedsRepair)
            assert "telegram.ca-file" in str(error)
        await trusting.send(CHAT, said(), 0)
        for messenger in (stranger, lost, trusting):
            await messenger.close()
        assert len(api.posts(CHAT)) == 1


async def test_no_tls_there(api: BotApi) -> None:
    """TLS towards a server that speaks none is the configuration's mistake."""
    telegram = Telegram(
        TOKEN, api_urls=[api.url.replace("http:", "https:")], language=language("en")
    )
    error = await failure(telegram)
    await telegram.close()
    assert isinstance(error, NeedsRepair)
    assert "telegram.api-url" in str(error)


async def test_names_that_cannot_be_asked() -> None:
    """A name that no computer can look up is to be repaired, and told with its key."""
    telegram = Telegram(TOKEN, api_urls=["http://tg..example.test"], language=language("en"))
    error = await failure(telegram)
    await telegram.close()
    assert isinstance(error, NeedsRepair)
    assert "telegram.api-url" in str(error)


async def test_proxy(api: BotApi) -> None:
    """Requests go through an HTTP proxy; without it they do not go at all."""
    seen: list[bytes] = []

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        host, port = seen[-1].split()[1].decode().split(":")
        there, back = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")

        async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            while data := await source.read(4096):
                target.write(data)
            target.close()

        await asyncio.gather(copy(reader, back), copy(there, writer))

    server = await asyncio.start_server(pass_on, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    telegram = Telegram(
        TOKEN,
        api_urls=[api.url],
        proxies=[f"http://me:secret@127.0.0.1:{port}"],
        language=language("en"),
    )
    await telegram.send(CHAT, said(), 0)
    await telegram.close()
    server.close()
    await server.wait_closed()
    assert seen[0].startswith(b"CONNECT 127.0.0.1:")
    other = Telegram(
        TOKEN,
        api_urls=[api.url],
        proxies=[f"socks5://me:secret@127.0.0.1:{port}"],
        language=language("en"),
    )
    error = await failure(other)
    await other.close()
    assert isinstance(error, TryLater)
    assert not error.unknown
    assert "secret" not in str(error)


# The table of errors.

METHOD = GetMe()


def network(cause: Exception) -> Exception:
    """aiogram's error around one of aiohttp."""
    error = api_errors.TelegramNetworkError(METHOD, f"{type(cause).__name__}: {cause}")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "remedy", "unknown"),
    [
        (api_errors.TelegramServerError(METHOD, "Internal Server Error"), TryLater, False),
        (api_errors.TelegramServerError(METHOD, "Bad Gateway"), TryLater, True),
        (api_errors.RestartingTelegram(METHOD, "restart"), TryLater, False),
        (api_errors.TelegramRetryAfter(METHOD, "flood", 5), TryLater, False),
        (api_errors.TelegramConflictError(METHOD, "Conflict: other"), TryLater, False),
        (api_errors.TelegramAPIError(METHOD, "something new"), TryLater, False),
        (api_errors.ClientDecodeError("no", ValueError(), "<html>"), TryLater, True),
        (api_errors.TelegramEntityTooLarge(METHOD, "Too Large"), Undeliverable, None),
        (api_errors.TelegramBadRequest(METHOD, "Bad Request: no"), Undeliverable, None),
        (api_errors.TelegramForbiddenError(METHOD, "bot was kicked"), Undeliverable, None),
        (api_errors.TelegramUnauthorizedError(METHOD, "Unauthorized"), NeedsRepair, None),
        (api_errors.TelegramNotFound(METHOD, "Not Found"), NeedsRepair, None),
        (network(TimeoutError()), TryLater, True),
        (network(aiohttp.ServerDisconnectedError()), TryLater, True),
        (network(aiohttp.ClientOSError(104, "reset")), TryLater, True),
        (network(aiohttp.ConnectionTimeoutError(f"to {TOKEN}")), TryLater, False),
        (network(aiohttp.InvalidURL(f"x{TOKEN}")), NeedsRepair, None),
        (UnicodeEncodeError("idna", "a..b", 0, 1, TOKEN), NeedsRepair, None),
        (UnicodeDecodeError("utf-8", b"x", 0, 1, TOKEN), TryLater, True),
        (aiohttp_socks.ProxyConnectionError("refused"), TryLater, False),
        (aiohttp_socks.ProxyTimeoutError("slow"), TryLater, False),
        (aiohttp_socks.ProxyError("Host unreachable", error_code=4), TryLater, False),
        (aiohttp_socks.ProxyError("407 Proxy Authentication Required"), NeedsRepair, None),
        (ConnectionResetError("reset"), TryLater, True),
    ],
)
def test_errors_by_remedy(
    error: Exception,
    remedy: type[DeliveryError],
    unknown: bool | None,
) -> None:
    """Each error of the libraries says what to do about it, and never the token."""
    known = translate(error, TOKEN)
    assert type(known) is remedy
    assert getattr(known, "unknown", None) is unknown
    assert TOKEN not in str(known)
    assert translate(known, TOKEN) is known


def test_problem_in_a_problem() -> None:
    """The sentences of Telegram's errors are sentences, to be said in any language."""
    known = translate(api_errors.TelegramForbiddenError(METHOD, "Forbidden: bot was kicked"), TOKEN)
    assert language("en").say(known.reason) == "Telegram refuses this: Forbidden: bot was kicked."
    assert not isinstance(known, Problem)


# The Bot API of the tests, as aiogram sees it.


async def test_updates(api: BotApi, telegram: Telegram) -> None:
    """Updates wait for a poller and are gone once a higher offset was asked for."""
    poll = asyncio.create_task(telegram.bot.get_updates(timeout=5))
    await api.until(lambda: api.called("getUpdates"))
    await api.say("/status@sonix_test_bot now", by=7, language="ru")
    (update,) = await poll
    assert update.message is not None
    assert update.message.from_user is not None
    assert (update.message.text, update.message.from_user.id) == ("/status@sonix_test_bot now", 7)
    assert await telegram.bot.get_updates(offset=update.update_id)
    assert not await telegram.bot.get_updates(offset=update.update_id + 1)


async def test_second_poller(api: BotApi, telegram: Telegram) -> None:
    """Of two pollers the earlier one is turned away."""
    first = asyncio.create_task(telegram.bot.get_updates(timeout=5))
    await api.until(lambda: api.called("getUpdates"))
    await telegram.bot.get_updates()
    with pytest.raises(api_errors.TelegramConflictError):
        await first


async def test_buttons(api: BotApi, telegram: Telegram) -> None:
    """A press comes with its post, and its answer is kept."""
    await telegram.send(CHAT, said(), 0)
    press = await api.press("older", api.posts(CHAT)[0])
    (update,) = await telegram.bot.get_updates()
    assert update.callback_query is not None
    assert (update.callback_query.id, update.callback_query.data) == (press, "older")
    await update.callback_query.answer("here")
    assert api.chats.answers[0].text == "here"


async def test_what_the_bot_is(api: BotApi, telegram: Telegram) -> None:
    """The bot, its chats and its rights are told as aiogram expects them."""
    me = await telegram.bot.get_me()
    assert (await telegram.bot.get_chat(CHAT)).type == "supergroup"
    assert (await telegram.bot.get_chat_member(CHAT, me.id)).status == "administrator"
    api.chats.rights = {"status": "left"}
    assert (await telegram.bot.get_chat_member(CHAT, me.id)).status == "left"
    assert (await telegram.bot.get_chat_member(CHAT, 42)).status == "member"
    with pytest.raises(api_errors.TelegramNotFound, match="getMyName"):
        await telegram.bot.get_my_name()


async def test_ways_are_tried_in_order(api: BotApi) -> None:
    """Where one way cannot be reached the next one is taken within the same call, and kept."""
    with socket.socket() as dead:
        dead.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{dead.getsockname()[1]}"
        telegram = Telegram(TOKEN, api_urls=[nobody, api.url], language=language("en"))
        await telegram.send(CHAT, said(), 0)
        await telegram.send(CHAT, said(), 0)
        await telegram.close()
    assert len(api.posts(CHAT)) == 2


async def test_an_unknown_outcome_is_not_repeated_over_another_way(api: BotApi) -> None:
    """What may have arrived over one way is left to the retry, which marks it as a repeat."""
    async with BotApi() as other:
        api.drop("sendMessage")
        telegram = Telegram(TOKEN, api_urls=[api.url, other.url], language=language("en"))
        error = await failure(telegram)
        assert isinstance(error, TryLater)
        assert error.unknown
        assert not other.posts(CHAT)
        await telegram.send(CHAT, said(), 0)
        await telegram.close()
        assert len(other.posts(CHAT)) == 1


async def test_buttons_and_answers(api: BotApi, telegram: Telegram) -> None:
    """A message has its buttons and stands in reply to another; an edit may take them away."""
    first = await telegram.send(CHAT, said(), 0)
    buttons = (Button("Acknowledge", "incident:ack:1"), Button("Mute 1 h", "incident:hour:1"))
    second = said("over", buttons=buttons, answers=first)
    number = await telegram.send(CHAT, second, 0)
    post = api.posts(CHAT)[1]
    assert post.reply == int(first)
    assert [each["callback_data"] for each in post.keyboard[0]] == [each.data for each in buttons]
    await telegram.edit(CHAT, number, said("over", buttons=buttons[1:]))
    assert [each["text"] for each in post.keyboard[0]] == ["Mute 1 h"]
    await telegram.edit(CHAT, number, said("quiet"))
    assert post.keyboard == []


async def test_four_buttons_stand_in_two_rows(api: BotApi, telegram: Telegram) -> None:
    """Of more than three buttons the most important one stands alone, so that it is read."""
    buttons = tuple(
        Button(each, f"incident:{each}:1") for each in ("ack", "hour", "morning", "more")
    )
    await telegram.send(CHAT, said(buttons=buttons), 0)
    rows = [[each["text"] for each in row] for row in api.posts(CHAT)[0].keyboard]
    assert rows == [["ack"], ["hour", "morning", "more"]]


async def test_the_message_that_is_answered_may_be_gone(api: BotApi, telegram: Telegram) -> None:
    """What answers a message that was deleted is posted all the same."""
    await telegram.send(CHAT, said("over", answers="77"), 0)
    (post,) = api.posts(CHAT)
    assert post.reply is None
