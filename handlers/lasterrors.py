"""/lasterrors: the newest errors, and a button for older ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import tzinfo
from hashlib import blake2b
from typing import Final

from aiogram import Router
from aiogram.filters import Command, CommandObject
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message

from handlers.desk import Desk, knows_device
from handlers.reply import acknowledge, replace, reply
from sonixbot.clock import Clock
from sonixbot.language import Language
from sonixbot.state import RecentView
from sonixbot.text import errors_words
from sonixbot.text.answers import errors_example_words, gone_text, older_text
from sonixbot.text.markup import Words

DEFAULT_NUMBER: Final = 10
LARGEST_NUMBER: Final = 50
#: Bytes that a device may take in a button's data; with the rest they stay below the 64 that
#: Telegram carries (https://core.telegram.org/bots/api#inlinekeyboardbutton).
DEVICE_BYTES: Final = 24

_WARNINGS: Final = frozenset(
    ["warning", "warnings", "предупреждение", "предупреждения", "предупреждений"]
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to see."""

    number: int = DEFAULT_NUMBER
    device: str = ""
    warnings: bool = False


class Older(CallbackData, prefix="older"):
    """What a button for older errors remembers."""

    number: int
    warnings: bool
    #: The device, or `#` and a digest of a longer one.
    device: str
    behind: str


def router() -> Router:
    """The handlers of /lasterrors and its button."""
    made = Router(name="lasterrors")
    made.message.register(newest, Command("lasterrors", ignore_case=True))
    made.callback_query.register(older, Older.filter())
    return made


def parse_wish(arguments: str, known: Callable[[str], bool]) -> Wish | str:
    """What `[n] [device] [warnings]` in any order ask for; words that fit nothing come back."""
    words = arguments.split()
    others = [word for word in words if word.lower() not in _WARNINGS]
    number, device = DEFAULT_NUMBER, " ".join(others)
    if not known(device):  # a device may be called "Motor 5"
        number, device = _numbered(others)
        if device and "*" not in device and not known(device):
            return device
    return Wish(number, device, len(others) < len(words))


def _numbered(words: list[str]) -> tuple[int, str]:
    """The number that the first or the last word is, and the other words."""
    for number, others in ((words[:1], words[1:]), (words[-1:], words[:-1])):
        if number and number[0].removeprefix("-").isdecimal():
            return min(max(1, int(number[0])), LARGEST_NUMBER), " ".join(others)
    return DEFAULT_NUMBER, " ".join(words)


async def newest(
    message: Message,
    command: CommandObject,
    watch: Desk,
    language: Language,
    zone: tzinfo | None,
    clock: Clock,
) -> None:
    """Show the newest errors."""
    wish = parse_wish(command.args or "", lambda name: knows_device(watch, name))
    if isinstance(wish, str):
        await reply(message, errors_example_words(wish, language), clock)
        return
    view = watch.state.page(wish.number, device=wish.device, warnings=wish.warnings)
    if view:  # only behind an entry can there be none
        said, keyboard = _page(view, wish, watch, language, zone, clock.now())
        await reply(message, said, clock, keyboard)


async def older(
    callback: CallbackQuery,
    callback_data: Older,
    watch: Desk,
    language: Language,
    zone: tzinfo | None,
    clock: Clock,
) -> None:
    """Show the errors behind those shown, in their place."""
    names = {*watch.state.devices, *(entry.source for entry in watch.state.recent)}
    device = unfold(callback_data.device, names)
    view = device is not None and watch.state.page(
        callback_data.number,
        device=device,
        warnings=callback_data.warnings,
        behind=callback_data.behind,
    )
    if not view or not view.entries or not isinstance(callback.message, Message):
        await acknowledge(callback, gone_text(language))
        return
    await acknowledge(callback)
    wish = Wish(callback_data.number, device or "", callback_data.warnings)
    said, keyboard = _page(view, wish, watch, language, zone, clock.now())
    await replace(callback.message, said, clock, keyboard)


def _page(
    view: RecentView,
    wish: Wish,
    watch: Desk,
    language: Language,
    zone: tzinfo | None,
    now: float,
) -> tuple[Words, InlineKeyboardMarkup | None]:
    said, shown = errors_words(
        view,
        watch.policy.mutes.values(),
        language,
        zone,
        now,
        device=wish.device,
        warnings=wish.warnings,
    )
    if not shown.older:
        return said, None
    data = Older(
        number=wish.number,
        warnings=wish.warnings,
        device=fold(wish.device),
        behind=shown.cursor,
    )
    button = InlineKeyboardButton(text=older_text(language), callback_data=data.pack())
    return said, InlineKeyboardMarkup(inline_keyboard=[[button]])


def fold(device: str) -> str:
    """A device's name as short as a button needs it."""
    plain = ":" not in device and not device.startswith("#")
    if plain and len(device.encode()) <= DEVICE_BYTES:
        return device
    return "#" + blake2b(device.lower().encode("utf-8", "replace"), digest_size=8).hexdigest()


def unfold(folded: str, devices: Iterable[str]) -> str | None:
    """The device that `fold` shortened, found among those known; None where it is no more."""
    if not folded.startswith("#"):
        return folded
    return next((each for each in devices if fold(each) == folded), None)
