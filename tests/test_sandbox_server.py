"""The page's server: what it tells, what it lets happen, and whom it refuses."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, FormData
from hypothesis import given
from hypothesis import strategies as st

from sonixbot.language import language
from sonixbot.sandbox.botapi.markup import read
from sonixbot.sandbox.clock import FastClock
from sonixbot.sandbox.instrument import Instrument
from sonixbot.sandbox.server import PAGE, Server
from sonixbot.sandbox.views import html, message
from sonixbot.sandbox.world import CHANNEL, OPERATOR, World
from sonixbot.text.markup import escape, plain
from tests.patience import until


class Desk:
    """A world whose bot does not run, its page's server, and a client."""

    def __init__(self, world: World, server: Server, client: ClientSession) -> None:
        self.world, self.server, self.client = world, server, client

    async def ask(self, path: str, **headers: str) -> tuple[int, Any]:
        async with self.client.get(self.server.url + path, headers=headers) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if path.endswith("json?language=ru") else text

    async def do(self, path: str, body: object = None, **headers: str) -> tuple[int, str]:
        sent = {"X-Sonixbot": "1", **headers}
        url = self.server.url + path
        async with self.client.post(url, json={} if body is None else body, headers=sent) as answer:
            return answer.status, await answer.text()

    async def bot(self, method: str, data: object) -> None:
        """The bot asks something of Telegram, in the channel."""
        url = f"{self.world.api.url}/bot{self.world.api.token}/{method}?chat_id={CHANNEL}"
        async with self.client.post(url, data=data) as answer:
            assert answer.status == 200, await answer.text()


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    clock, english = FastClock.begin(), language("en")
    source = Instrument(tmp_path / "protocol.log", clock=clock, language="en", seed=7)
    world = World(tmp_path, source, clock, english, "YuMO")
    async with Server(world) as server, world, ClientSession() as client:
        yield Desk(world, server, client)


class Events:
    """What a page is told, in its order."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []

    async def follow(self, desk: Desk) -> None:
        async with desk.client.get(desk.server.url + "events") as answer:
            async for line in answer.content:
                if line.startswith(b"data: "):
                    self.told.append(json.loads(line[6:]))

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [each for each in self.told if each["kind"] == kind]


@pytest.fixture
async def events(desk: Desk) -> AsyncIterator[Events]:
    events = Events()
    following = asyncio.create_task(events.follow(desk))
    await until(lambda: events.told)
    yield events
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


async def test_a_page_is_told_all_there_is(desk: Desk, events: Events) -> None:
    """A page that has just been opened is told the whole state at once."""
    state = events.told[0]["state"]
    assert events.told[0]["kind"] == "all"
    assert state["instrument"] == {
        "name": "YuMO",
        "file": "protocol.log",
        "number": 1,
        "layout": "tabs",
        "encoding": "cp1251",
        "own": False,
    }
    assert len(state["lines"]) == 400
    assert state["bot"] == {"state": "down", "note": ""}
    assert state["truth"] == dict.fromkeys(("written", "posted", "mailed", "waiting", "lost"), 0)
    assert state["chat"]["operator"] == "Olga"


async def test_what_happens_is_told(desk: Desk, events: Events) -> None:
    """Posts, edits and words of the operator reach an open page as they happen."""
    await desk.bot("sendMessage", {"text": "<b>stuck</b>\n×1", "parse_mode": "HTML"})
    post = desk.world.api.posts(CHANNEL)[0]
    await desk.bot("editMessageText", {"message_id": str(post.id), "text": "stuck"})
    assert await desk.do("say", {"text": " /status ", "language": "ru"}) == (204, "")
    await until(lambda: len(events.of("message")) == 3)
    posted, edited, said = events.of("message")
    assert posted["message"]["html"] == "<b>stuck</b><br>×1"
    assert (edited["chat"], edited["message"]["id"]) == ("channel", posted["message"]["id"])
    assert edited["message"]["edits"] == 1
    assert (said["chat"], said["message"]["text"], said["message"]["own"]) == (
        "chat",
        "/status",
        True,
    )
    assert desk.world.api.posts(OPERATOR) == []


async def test_ways_go_away_and_come_back(desk: Desk, events: Events) -> None:
    """Telegram and the mail server can be cut off: they refuse connections until they are back."""
    api, box = desk.world.api, desk.world.box
    for path, port in (("telegram", int(api.url.rpartition(":")[2])), ("mail", box.port)):
        assert await desk.do(f"happen/{path}", {"up": False}) == (204, "")
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        assert await desk.do(f"happen/{path}", {"up": True}) == (204, "")
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()
    await until(lambda: len(events.of("mailserver")) == 2)
    assert [each["telegram"]["up"] for each in events.of("telegram")] == [False, True]


async def test_faults_are_arranged_over_http(desk: Desk) -> None:
    """The next requests of a method fail as was asked over HTTP; nonsense is refused by name."""
    fault = {
        "method": "getMe",
        "fault": "refuse",
        "code": 429,
        "description": "Too Many Requests: retry after 7",
        "retry_after": 7,
    }
    assert await desk.do("faults/telegram", fault) == (204, "")
    url = f"{desk.world.api.url}/bot{desk.world.api.token}/getMe"
    async with desk.client.get(url) as answer:
        assert (await answer.json())["parameters"] == {"retry_after": 7}
    async with desk.client.get(url) as answer:
        assert answer.status == 200
    mail = {"command": "RCPT", "fault": "answer", "answer": "451 Greylisted"}
    assert await desk.do("faults/mail", mail) == (204, "")
    for path, key, name in (("telegram", "method", "getMe"), ("mail", "command", "RCPT")):
        status, said = await desk.do(f"faults/{path}", {key: name, "fault": "explode"})
        assert (status, "explode" in said) == (400, True)


async def test_the_instrument_waits_for_the_bot(desk: Desk) -> None:
    """Nothing is made to happen before the bot reads: it would not be told."""
    for path in ("motor", "thermostat", "storm", "restart"):
        status, said = await desk.do(f"happen/{path}", {"language": "ru"})
        assert status == 409
        assert json.loads(said)["error"] == "Сейчас установка не может этого сделать."


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("say", {"text": " "}),
        ("say", {"text": 5}),
        ("say", {"text": "\x07"}),
        ("say", {"text": "x" * 4097}),
        ("press", {"chat": "channel", "message": 77, "data": "x"}),
        ("happen/telegram", {"up": "yes"}),
        ("happen/bot", {}),
    ],
)
async def test_nonsense_is_refused(desk: Desk, path: str, body: dict[str, Any]) -> None:
    """What makes no sense is refused with a sentence, and nothing happens."""
    status, said = await desk.do(path, body)
    assert status == 400
    assert json.loads(said)["error"].endswith(".")


async def test_other_sites_are_refused(desk: Desk) -> None:
    """A foreign name that leads here, and a request that another page made, get nothing."""
    for host in ("evil.example", "evil.example:80", "evil:80:90", "", "127.0.0.1.evil.example"):
        assert (await desk.ask("", Host=host))[0] in (400, 403)
    assert (await desk.do("happen/bot", {"up": True}, Host="evil.example"))[0] == 403
    assert (await desk.do("happen/bot", {"up": True}, **{"X-Sonixbot": ""}))[0] == 403
    assert (await desk.do("happen/bot", ["up"]))[0] == 400


async def test_the_page_and_its_files(desk: Desk) -> None:
    """The page loads with all that it names, from here alone, and nothing else is given out."""
    status, page = await desk.ask("")
    assert status == 200
    assert "http://" not in page.replace("http://www.w3.org/", "")
    for each in PAGE.iterdir():
        assert (await desk.ask(each.name))[0] == 200
    for name in ("server.py", "..%2Fserver.py", "..%2f..%2fcli%2fapp.py", "none.css", "page"):
        assert (await desk.ask(name))[0] == 404


async def test_words_in_the_language_that_is_asked_for(desk: Desk) -> None:
    """The page's words come translated."""
    _, words = await desk.ask("words.json?language=ru")
    assert words["lost"] == "Потеряно"


async def test_files_are_given_out_as_data(desk: Desk) -> None:
    """A document comes back byte for byte, and never as a page of ours."""
    upload = FormData(quote_fields=False)
    upload.add_field("document", "attach://file")
    upload.add_field("file", b"<script>1</script>", filename="storm #1.html")
    await desk.bot("sendDocument", upload)
    shown = message(desk.world.api.posts(CHANNEL)[0])["file"]
    assert (shown["name"], shown["size"], shown["photo"]) == ("storm #1.html", 18, False)
    url = desk.server.url + shown["url"][1:]
    async with desk.client.get(url) as answer:
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert await answer.read() == b"<script>1</script>"
    for path in ("files/post-77/x", "files/mail-0-0/x", "files/other-1/x", "files/post-x/x"):
        assert (await desk.ask(path))[0] == 404


MARKED = st.recursive(
    st.text(max_size=8).map(escape),
    lambda inner: st.builds(
        lambda tag, parts: f"<{tag}>{''.join(parts)}</{tag.split()[0]}>",
        st.sampled_from(["b", "i", "code", "blockquote expandable", "tg-spoiler"]),
        st.lists(inner, max_size=3),
    ),
    max_leaves=8,
)


@given(MARKED)
def test_a_message_is_shown_as_it_is(source: str) -> None:
    """Whatever was marked up is shown with tags that nest, around the very same text."""
    text, entities = read(source)
    shown = html(text, entities)
    assert unescape(plain(shown.replace("<br>", "\n"))) == text
    for sandboxs, telegrams in (
        ("<br>", "\n"),
        ('span class="spoiler"', "tg-spoiler"),
        ("/span", "/tg-spoiler"),
        (' class="expandable"', " expandable"),
    ):
        shown = shown.replace(sandboxs, telegrams)
    again, found = read(shown)
    assert again == text
    assert sorted(map(str, found)) == sorted(map(str, entities))  # of the same span in any order


def test_only_web_addresses_are_links() -> None:
    """A link leads to the web; any other address is shown as text alone."""
    text, entities = read('<a href="javascript:alert(1)">a</a> <a href="https://nf.jinr.ru/">b</a>')
    assert html(text, entities) == (
        'a <a href="https://nf.jinr.ru/" rel="noreferrer" target="_blank">b</a>'
    )


async def test_nothing_happens_after_the_end(desk: Desk) -> None:
    """While the demo ends nothing new can be begun in it."""
    desk.world.over = True
    for path, body in (("happen/bot", {"up": True}), ("happen/script", {"text": "late"})):
        status, said = await desk.do(path, {**body, "language": "ru"})
        assert (status, json.loads(said)["error"]) == (409, "Демонстрация окончена.")
