"""Actions: what the page can make happen in the world, by the path of its request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from sonixbot.errors import Sentence, sentence
from sonixbot.language import language
from sonixbot.sandbox.instrument import Instrument
from sonixbot.sandbox.world import CHANNEL, OPERATOR, World
from sonixbot.text.markup import clean

#: A text beyond that is nothing that a person writes to a bot.
LONGEST_TEXT: Final = 4096

Body = dict[str, Any]
Action = Callable[[Body], Awaitable[None]]


class Refused(Exception):
    """What was asked cannot be done; the sentence tells why."""

    def __init__(self, said: Sentence, status: int = 400) -> None:
        super().__init__(said)
        self.said, self.status = said, status


def actions(world: World) -> dict[str, Action]:
    """Every action, ready to be given the body of a request. They raise `Refused`."""

    async def script(body: Body) -> None:
        world.script(_text(body))

    async def say(body: Body) -> None:
        await world.say(_text(body), _language(body))

    async def telegram_fault(body: Body) -> None:
        _arrange(world.api.arrange, body)

    async def mail_fault(body: Body) -> None:
        _arrange(world.box.arrange, body)

    open_to_all: dict[str, Action] = {
        "/say": say,
        "/press": lambda body: _press(world, body),
        "/happen/motor": _disturbing(world, Instrument.motor),
        "/happen/thermostat": _disturbing(world, Instrument.thermostat),
        "/happen/storm": _disturbing(world, Instrument.storm),
        "/happen/restart": _disturbing(world, Instrument.restart),
        "/happen/script": script,
        "/happen/telegram": lambda body: world.set_telegram(up=_up(body)),
        "/happen/mail": lambda body: world.set_mail(up=_up(body)),
        "/happen/bot": lambda body: world.set_bot(up=_up(body)),
        "/faults/telegram": telegram_fault,
        "/faults/mail": mail_fault,
    }
    return {path: _until_over(world, action) for path, action in open_to_all.items()}


def _until_over(world: World, action: Action) -> Action:
    async def act(body: Body) -> None:
        if world.over:
            raise Refused(sentence("The demo has ended."), 409)
        await action(body)

    return act


def _disturbing(world: World, how: Callable[[Instrument], None]) -> Action:
    async def act(_body: Body) -> None:
        if world.instrument is None:
            raise Refused(sentence("The instrument cannot do that now."), 409)
        how(world.instrument)

    return act


async def _press(world: World, body: Body) -> None:
    chat = CHANNEL if body.get("chat") == "channel" else OPERATOR
    posts = (each for each in world.api.posts(chat) if each.id == body.get("message"))
    post = next(posts, None)
    if post is None:
        raise Refused(sentence("There is no such message."))
    await world.press(str(body.get("data")), post, _language(body))


def _arrange(arrange: Callable[[Body], None], body: Body) -> None:
    try:
        arrange(body)
    except ValueError as error:
        raise Refused(sentence("No such fault: {reason}", reason=str(error))) from None


def _text(body: Body) -> str:
    text = body.get("text")
    if not isinstance(text, str) or not clean(text).strip() or len(text) > LONGEST_TEXT:
        said = sentence("A text of 1 to {longest} characters is needed.", longest=LONGEST_TEXT)
        raise Refused(said)
    return clean(text).strip()


def _up(body: Body) -> bool:
    if not isinstance(body.get("up"), bool):
        raise Refused(sentence("Whether it is to be up is needed: true or false."))
    return bool(body["up"])


def _language(body: Body) -> str:
    return language(str(body.get("language"))).code
