"""Service: the whole path over real files, HTTP and SMTP on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiogram import Router
from aiosmtpd.smtp import SMTP

import handlers
from bot import messangers
from sonixbot import inbox as letters
from sonixbot import oneshot, service
from sonixbot.clock import Clock
from sonixbot.errors import Problem
from sonixbot.inbox import presence
from tests.patience import until
from tests.site import CHANNEL, ERROR, OPERATOR, Site, open_site, running


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(tmp_path) as made:
        yield made


async def test_an_error_reaches_channel_and_mailboxes(site: Site) -> None:
    """An error in the protocol is a post in the channel and a mail to every recipient."""
    async with running(site.config()):
        site.write(ERROR)
        await until(lambda: site.posts() and len(site.box.mails) == 2)
    (post,) = site.posts()
    for words in (post, *(mail.text for mail in site.box.mails)):
        assert "YuMO" in words
        assert "P1_beta" in words
        assert "Двигатель не достиг заданной позиции" in words
    assert all(mail.tls and mail.user == "bot" for mail in site.box.mails)


async def test_a_repeated_error_is_an_edit(site: Site) -> None:
    """The same error again changes the post in place and sends no second mail."""
    async with running(site.config()):
        site.write(ERROR)
        await until(site.posts)
        site.write(ERROR.replace("03:22:45", "03:22:46"))
        await until(lambda: "×2" in site.posts()[0])
    assert len(site.posts()) == 1
    assert len(site.box.mails) == 2


async def test_commands_are_answered(site: Site) -> None:
    """An operator's /status is answered in the asker's language, a stranger's is not."""
    async with running(site.config()):
        await site.say("/status", by=OPERATOR, language="ru")
        await site.say("/status", by=5005)
        await until(lambda: site.api.posts(str(OPERATOR)) and site.api.posts("5005"))
    assert "YuMO" in site.api.posts(str(OPERATOR))[0].text
    stranger = site.api.posts("5005")[0].text
    assert "5005" in stranger
    assert "YuMO" not in stranger


async def test_a_mute_from_the_chat_holds_across_a_restart(site: Site) -> None:
    """An operator's mute hides an error, also after the service was restarted."""
    site.write("13.04.2021 03:22:40\tI4\tP1_beta\tready\r\n")
    async with running(site.config()):
        await site.say("/mute 2h P1_beta", by=OPERATOR)
        await until(lambda: site.api.posts(str(OPERATOR)) and site.posts())
    async with running(site.config()):
        site.write(ERROR)
        await site.say("/lasterrors", by=OPERATOR)
        await until(lambda: len(site.api.posts(str(OPERATOR))) == 2)
        assert "P1_beta" in site.api.posts(str(OPERATOR))[1].text
        await site.say("/unmute", by=OPERATOR)
        await until(lambda: len(site.posts()) == 2)
    assert not any("Двигатель не достиг" in post for post in site.posts()[:1])


async def test_a_scripts_message_goes_everywhere(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script's message reaches channel and mailboxes, and the script learns that it did."""
    config = site.config()
    monkeypatch.setenv("SONIXBOT_CONFIG", str(site.config_file))
    async with running(config):
        receipt = await asyncio.to_thread(
            messangers.send_message, "Образец 7 из 12 измерен", wait=8
        )
    assert receipt.state == "sent"
    assert len(receipt.deliveries) == 3
    assert "Образец 7 из 12 измерен" in site.posts()[0]
    assert len(site.box.mails) == 2


async def test_mail_goes_while_telegram_is_away_and_the_rest_follows(site: Site) -> None:
    """With Telegram away at the start mail arrives; when it is back, the post arrives too."""
    await site.api.down()
    async with running(site.config()):
        site.write(ERROR)
        await until(lambda: len(site.box.mails) == 2)
        await site.api.up()
        await until(site.posts)
    assert "P1_beta" in site.posts()[0]


async def test_a_refused_token_stops_neither_reading_nor_mail(site: Site) -> None:
    """A token that Telegram refuses is reported and retried; mail goes on."""
    site.settings["telegram"]["bot-id"] = "654321:another-token-that-nobody-knows-here"
    async with running(site.config()):
        site.write(ERROR)
        await until(lambda: len(site.box.mails) == 2)
    assert site.posts() == []


async def test_mail_does_not_wait_for_aiogram(site: Site) -> None:
    """Reading and mail are under way while the handlers are still being loaded."""
    loaded = asyncio.Event()
    loop = asyncio.get_running_loop()

    def load_slowly() -> Router:
        asyncio.run_coroutine_threadsafe(loaded.wait(), loop).result()
        return handlers.router()

    async with running(site.config(), load_slowly):
        site.write(ERROR)
        await until(lambda: len(site.box.mails) == 2)
        assert site.posts() == []
        loaded.set()
        await until(site.posts)


async def test_a_second_service_on_the_same_folder_is_refused(site: Site) -> None:
    """Two services on one data folder would tell everything twice, so the second one is refused."""
    config = site.config()
    async with running(config):
        with pytest.raises(Problem, match="already works"):
            await service.run(config, handlers.router, Clock(), asyncio.Event())


async def test_without_a_protocol_scripts_are_forwarded(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a protocol the bot only forwards scripts' messages, and says so."""
    del site.settings["protocol"]
    config = site.config()
    monkeypatch.setenv("SONIXBOT_CONFIG", str(site.config_file))
    async with running(config):
        messangers.send_message("hello")
        await site.say("/status", by=OPERATOR)
        await until(lambda: site.posts() and site.api.posts(str(OPERATOR)))
    assert "protocol" in site.api.posts(str(OPERATOR))[0].text


async def test_the_one_shot_deliverer_sends_and_ends(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With no service a deliverer sends what lies in the inbox, answers, and ends by itself."""
    config = site.config()
    inbox = str(config.inbox)
    key = letters.put(inbox, "beam is back")
    async with asyncio.timeout(8):
        await oneshot.deliver(config, Clock(), asyncio.Event())
    assert "beam is back" in site.posts()[0]
    assert len(site.box.mails) == 2
    answer = letters.read_answer(inbox, key)
    assert answer is not None
    assert {each["state"] for each in answer.values()} == {"sent"}
    found = presence.presence(inbox)
    assert found is not None
    assert not found.alive


async def test_a_letter_put_while_the_deliverer_says_goodbye_is_sent(site: Site) -> None:
    """A script that still saw the deliverer alive relied on it, so its message goes too."""
    del site.settings["telegram"]
    config = site.config()
    inbox, faulty, put = str(config.inbox), site.box.faulty, list[str]()

    async def put_late(talk: SMTP, command: str) -> str | None:
        if command == "QUIT" and not put:
            await asyncio.sleep(0.4)  # until the deliverer has found nothing more to do
            put.append(letters.put(inbox, "second words"))
            assert presence.service_alive(inbox)
        return await faulty(talk, command)

    site.box.faulty = put_late  # type: ignore[method-assign]  # a server that is slow to part
    letters.put(inbox, "first words")
    async with asyncio.timeout(8):
        await oneshot.deliver(config, Clock(), asyncio.Event())
    assert sum("second words" in mail.text for mail in site.box.mails) == 2


async def test_a_deliverer_leaves_the_field_to_a_running_service(site: Site) -> None:
    """A deliverer started beside a service ends at once and sends nothing twice."""
    config = site.config()
    async with running(config):
        async with asyncio.timeout(5):
            await oneshot.deliver(config, Clock(), asyncio.Event())


async def test_a_deliverer_yields_to_a_starting_service(site: Site) -> None:
    """A deliverer that cannot get its message through gives way when a service starts."""
    config = site.config()
    await site.api.down()
    letters.put(str(config.inbox), "first words")
    deliverer = asyncio.create_task(oneshot.deliver(config, Clock(), asyncio.Event()))
    await until(lambda: len(site.box.mails) == 2)
    async with running(config):
        async with asyncio.timeout(8):
            await deliverer
        await site.api.up()
        await until(site.posts)
    assert len(site.posts()) == 1
    assert len(site.box.mails) == 2


async def test_a_post_cut_off_by_the_stop_is_repeated_and_marked(site: Site) -> None:
    """A stop is bounded though Telegram hangs; the post is repeated after it, marked as one."""
    site.api.hang("sendMessage")
    config = site.config()
    async with running(config):
        site.write(ERROR)
        await until(lambda: site.api.called("sendMessage"))
    await site.api.down()
    await site.api.up()
    async with running(config):
        await until(site.posts)
    assert "repeat" in site.posts()[0].lower()


async def test_a_button_under_a_post_works(site: Site) -> None:
    """An operator acknowledges an error in the channel; the post says so, another has the rest."""
    async with running(site.config()):
        site.write(ERROR)
        await until(site.posts)
        (post,) = site.api.posts(CHANNEL)
        await until(lambda: site.api.called("getUpdates"))
        data = post.keyboard[0][0]["callback_data"]
        await site.api.press(data, post, by=OPERATOR, name="Ольга")
        await until(lambda: "✔ Ольга" in site.posts()[0])
        assert [each["text"] for each in post.keyboard[0]] == [
            "Mute 1 h",
            "till morning",
            "Context",
        ]
    assert len(site.posts()) == 1
