"""Languages: catalogues, and times and durations as people write and type them."""

from __future__ import annotations

import gettext
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Final

from sonixbot.errors import Sentence

LANGUAGES: Final = ("en", "ru")
FALLBACK: Final = "en"
CATALOGUES: Final = Path(__file__).with_name("locale")
DOMAIN: Final = "sonixbot"

MINUTE: Final = 60.0
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR


@dataclass(frozen=True)
class Language:
    """One language: looks sentences up and writes times the way its speakers do."""

    code: str
    catalogue: gettext.NullTranslations

    def gettext(self, text: str) -> str:
        """The sentence in this language."""
        return self.catalogue.gettext(text) if text else ""

    def ngettext(self, one: str, many: str, number: int) -> str:
        """The sentence in the form that goes with `number`."""
        return self.catalogue.ngettext(one, many, number)

    def say(self, said: Sentence) -> str:
        """A sentence of an error, in this language; sentences inside it too."""
        values = {
            key: self.say(each) if isinstance(each, Sentence) else each
            for key, each in said.values.items()
        }
        return self.gettext(said.text).format(**values)

    def duration(self, seconds: float) -> str:
        """A length of time in its two largest units: "2 h 5 min", "3 d", "45 s".

        From ten minutes on in whole minutes: nobody counts the seconds of a night.
        """
        _ = self.gettext
        # A mute of two hours is announced some milliseconds after it began.
        left = int(max(0.0, seconds) + 0.05)
        if left >= 10 * MINUTE:
            left -= left % int(MINUTE)
        units = ((int(DAY), _("d")), (int(HOUR), _("h")), (int(MINUTE), _("min")), (1, _("s")))
        for (size, name), (smaller, smaller_name) in pairwise(units):
            if left >= size:
                rest = left % size // smaller
                much = f"{left // size} {name}"
                return f"{much} {rest} {smaller_name}" if rest else much
        return f"{left} {units[-1][1]}"

    def clock(self, time: float | None, zone: tzinfo | None, now: float) -> str:
        """A moment as short as it can be told `now`: the time, and the date of another day.

        Never raises: of a moment that no calendar has the time is unknown.
        """
        if time is None:
            return self.gettext("time unknown")
        try:
            moment = datetime.fromtimestamp(time, UTC).astimezone(zone)
            today = datetime.fromtimestamp(now, UTC).astimezone(zone)
        except (ValueError, OverflowError, OSError):  # OSError: the system's own calendar ends
            return self.gettext("time unknown")
        of_day = f"{moment:%H:%M:%S}"
        if moment.date() == today.date():
            return of_day
        date = f"{moment:%d.%m}" if moment.year == today.year else f"{moment:%d.%m.%Y}"
        return f"{date} {of_day}"


@cache
def language(code: str | None) -> Language:
    """The language with this code ("ru", "ru-RU", "ru_RU.UTF-8"); English for any other."""
    short = re.split(r"[-_.@]", code or "")[0].lower()
    found = short if short in LANGUAGES else FALLBACK
    return Language(
        found, gettext.translation(DOMAIN, CATALOGUES, languages=[found], fallback=True)
    )


def locale_code() -> str:
    """The code of the language in which this computer speaks to its user."""
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name, "").split(":")[0]:
            return value
    if os.name == "nt":
        import ctypes  # only there has it this function
        import locale

        kernel = ctypes.windll.kernel32  # type: ignore[attr-defined,unused-ignore]  # Windows only
        return locale.windows_locale.get(kernel.GetUserDefaultUILanguage(), FALLBACK)
    return FALLBACK


_UNITS: Final = {
    unit: size
    for size, units in (
        (1.0, "s sec second seconds с сек секунд секунда секунды секунду"),
        (MINUTE, "m min minute minutes м мин минут минута минуты минуту"),
        (HOUR / 2, "полчаса"),
        (HOUR, "h hr hour hours ч час часа часов"),
        (DAY, "d day days д дн день дня дней сут сутки суток"),
        (7 * DAY, "week weeks неделя недели неделю недель"),
    )
    for unit in units.split()
}
_PIECE: Final = re.compile(r"(\d+(?:[.,]\d+)?)\s*([a-zа-яё]+)\.?\s*", re.IGNORECASE)
_FOR: Final = re.compile(r"^(?:for|на)\s+", re.IGNORECASE)
#: A unit that means one of it; shorter ones could be a device's name.
_ONE: Final = re.compile(r"[a-zа-яё]{3,}", re.IGNORECASE)
_MINUTES_AFTER_HOURS: Final = re.compile(r"(?<=\d[hч])(\d{2})$", re.IGNORECASE)
_UNTIL: Final = re.compile(r"(?:(?:until|till|до)\s*)(\d{1,2})(?:[:.](\d{2}))?", re.IGNORECASE)


def parse_duration(text: str) -> float | None:
    """Seconds of a duration as people type it (`30m`, `1h30`, `на 2 ч 30 мин`, `час`), or None."""
    seconds, at = 0.0, 0
    text = _MINUTES_AFTER_HOURS.sub(r"\1m", _FOR.sub("", text.strip()))
    if _ONE.fullmatch(text):
        return _UNITS.get(text.lower())
    for piece in _PIECE.finditer(text):
        size = _UNITS.get(piece[2].lower())
        if piece.start() != at or size is None:
            return None
        seconds += float(piece[1].replace(",", ".")) * size
        at = piece.end()
    return seconds if text and at == len(text) and seconds > 0 else None


def parse_until(text: str, zone: tzinfo | None, now: float) -> float | None:
    """The next moment that `until 8:00`, `до 8` or `до 24:00` names, in Unix seconds, or None."""
    found = _UNTIL.fullmatch(text.strip())
    hour, minute = (int(found[1]), int(found[2] or 0)) if found else (0, 60)
    if minute > 59 or (hour, minute) > (24, 0):
        return None
    today = datetime.fromtimestamp(now, UTC).astimezone(zone)
    moment = today.replace(hour=hour % 24, minute=minute, second=0, microsecond=0)
    if moment.timestamp() <= now:
        moment = (moment + timedelta(days=1)).replace(fold=0)
    return moment.timestamp()
