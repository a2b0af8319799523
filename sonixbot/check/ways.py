"""Ways: whether Telegram and the mail server let the bot in, and take a test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sonixbot import station, text
from sonixbot.check.readiness import certificate_obstacles
from sonixbot.check.row import Found, Mark
from sonixbot.clock import Clock
from sonixbot.config import Config
from sonixbot.errors import DeliveryError, Sentence, sentence
from sonixbot.language import Language
from sonixbot.message import Message, Origin
from sonixbot.messengers import Messenger

if TYPE_CHECKING:
    from sonixbot.messengers.telegram import Telegram

Answer = TypeVar("Answer")

#: Seconds for one way to answer; more than a slow line needs.
PATIENCE: Final = 30.0


async def telegram(config: Config, clock: Clock, language: Language, *, send: bool) -> list[Found]:
    """Whether Telegram knows the bot, and whether it may post to the channel."""
    if obstacle := _obstacle(config, "telegram", configured=config.telegram is not None):
        return [obstacle]
    # In a thread, as aiogram takes seconds to import and mail should not wait for that.
    messenger = await asyncio.to_thread(station.telegram, config)
    (destination,) = station.posts(config)
    address = destination.partition(":")[2]
    found = await gathered(_rights(messenger, address), PATIENCE)
    if send and _good(found):
        found += await _tested(messenger, [address], _test(config, clock, language))
    for _chat, topic in messenger.lost_topics:
        said = sentence(
            "The group has no topic {topic}, so posts go outside its topics; check"
            " telegram.thread-id.",
            topic=topic,
        )
        found.append((Mark.WARNING, said))
    await messenger.close()
    return found


async def mail(config: Config, clock: Clock, language: Language, *, send: bool) -> list[Found]:
    """Whether the mail server can be reached and accepts the login."""
    if obstacle := _obstacle(config, "mail", configured=config.mail is not None):
        return [obstacle]
    messenger = station.mail(config, clock)

    async def login() -> AsyncIterator[Found]:
        await messenger.try_login()
        yield Mark.GOOD, _answered(config)

    found = await gathered(login(), PATIENCE)
    if send and _good(found):
        addresses = [each.partition(":")[2] for each in station.mails(config)]
        found += await _tested(messenger, addresses, _test(config, clock, language))
    await messenger.close()
    return found


def _obstacle(config: Config, section: str, *, configured: bool) -> Found | None:
    """Why a way is not even tried."""
    if not configured:
        mark = Mark.WARNING if config.telegram or config.mail else Mark.FAILED
        return mark, sentence("not configured: there is no “{section}”.", section=section)
    if any(key.startswith(f"{section}.") for key in config.placeholders()):
        return Mark.FAILED, sentence(
            "not tried, as “{section}” still holds values of the example.", section=section
        )
    for each in certificate_obstacles(config):
        if str(each.values["key"]).startswith(f"{section}."):
            return Mark.FAILED, each
    return None


def _good(found: list[Found]) -> bool:
    return all(mark is not Mark.FAILED for mark, _said in found)


async def gathered(trial: AsyncIterator[Found], seconds: float) -> list[Found]:
    """All that a trial finds, and what ended it."""
    found = []
    try:
        async with asyncio.timeout(seconds):
            async for each in trial:
                found.append(each)  # noqa: PERF401 - what was found before an error counts
    except TimeoutError:
        found.append((Mark.FAILED, sentence("no answer in {seconds:.0f} s.", seconds=seconds)))
    except DeliveryError as error:
        found.append((Mark.FAILED, error.reason))
    except Exception as error:  # noqa: BLE001 - whatever it is, the other rows are to be shown
        # Without its words, which may hold a secret.
        fault = sentence("A fault inside sonixbot ({error}).", error=type(error).__name__)
        found.append((Mark.FAILED, fault))
    return found


async def _rights(messenger: Telegram, address: str) -> AsyncIterator[Found]:
    from sonixbot.messengers.telegram import Place

    bot, place = messenger.bot, Place.parse(address)
    me = await _asked(messenger, bot.get_me())
    yield Mark.GOOD, sentence("The bot is @{name}.", name=me.username)
    chat = await _asked(messenger, bot.get_chat(place.chat))
    member = await _asked(messenger, bot.get_chat_member(place.chat, me.id))
    title = chat.title or chat.full_name
    if _may_post(chat.type, member):
        yield Mark.GOOD, sentence("It may post to “{title}”.", title=title)
    elif chat.type == "channel":
        yield (
            Mark.FAILED,
            sentence(
                "It may not post to the channel “{title}”: make it an administrator there with the"
                " right to post messages.",
                title=title,
            ),
        )
    else:
        yield (
            Mark.FAILED,
            sentence(
                "It may not write in the group “{title}”: add it to the group and let it write.",
                title=title,
            ),
        )


def _may_post(kind: str, member: Any) -> bool:
    """Whether the member may post (https://core.telegram.org/bots/api#chatmember)."""
    if member.status == "creator":
        return True
    if member.status == "administrator":
        return kind != "channel" or bool(member.can_post_messages)
    if member.status == "restricted":
        return bool(member.is_member and member.can_send_messages)
    return member.status == "member" and kind != "channel"


async def _asked(messenger: Telegram, answer: Awaitable[Answer]) -> Answer:
    """Telegram's answer; raises a `DeliveryError`, whose reason does not show the token."""
    from sonixbot.messengers.telegram import translate
    from sonixbot.messengers.telegram_errors import LIBRARY_ERRORS

    try:
        return await answer
    except LIBRARY_ERRORS as error:
        raise translate(error, messenger.bot.token) from None


def _answered(config: Config) -> Sentence:
    settings = config.mail
    assert settings is not None  # noqa: S101 - the caller looked
    values = {"server": settings.server, "port": settings.port, "user": settings.user}
    if settings.login:
        return sentence("{server}:{port} accepts the login of {user}.", **values)
    return sentence("{server}:{port} answers; no login is used.", **values)


async def _tested(messenger: Messenger, addresses: Sequence[str], message: Message) -> list[Found]:
    """What becomes of a test to each address."""

    async def tests(address: str) -> AsyncIterator[Found]:
        try:
            await messenger.send(address, message, 0)
        except DeliveryError as error:
            yield (
                Mark.FAILED,
                sentence("No test to {address}: {reason}", address=address, reason=error.reason),
            )
        else:
            yield Mark.GOOD, sentence("A test went to {address}.", address=address)

    return [found for each in addresses for found in await gathered(tests(each), PATIENCE)]


def _test(config: Config, clock: Clock, language: Language) -> Message:
    now = clock.now()
    words = text.test_words(config.instrument, language)
    return Message(
        key=f"test-{now:.3f}",
        text=words.text,
        html=words.html,
        subject=words.subject,
        origin=Origin.SERVICE,
        instrument=config.instrument,
        created=now,
    )
