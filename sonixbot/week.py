"""Week: hours that come again every week, as people write them: `mon-fri 22:00-07:00`, `сб-вс`.

Hours are those of the wall clock in a zone. Around the change to summer time an hour that the
clock leaves out counts as the one after it, and of an hour that comes twice the first one counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import groupby
from math import inf
from typing import Final

from sonixbot.errors import Problem, Sentence, sentence
from sonixbot.language import Language

#: Minutes of a day.
DAY: Final = 24 * 60
#: Days looked at before and after a moment: enough to see whether a window ever ends.
_AROUND: Final = 9

_NAMES: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ALL: Final = tuple(range(7))
_WORKDAYS: Final = tuple(range(5))
_DAYS: Final = {
    word: days
    for days, words in (
        ((0,), "mon monday mondays пн понедельник"),
        ((1,), "tue tues tuesday tuesdays вт вторник"),
        ((2,), "wed wednesday wednesdays ср среда среду"),
        ((3,), "thu thur thurs thursday thursdays чт четверг"),
        ((4,), "fri friday fridays пт пятница пятницу"),
        ((5,), "sat saturday saturdays сб суббота субботу"),
        ((6,), "sun sunday sundays вс воскресенье"),
        (_WORKDAYS, "workdays weekdays будни будням рабочие"),
        ((5, 6), "weekend weekends выходные выходным"),
        (_ALL, "daily everyday ежедневно"),
    )
    for word in words.split()
}
_HOURS: Final = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?-(\d{1,2})(?:[:.](\d{2}))?")
_DASH: Final = re.compile(r"\s*[-–—]\s*|(?<=[\w.])\s+(?:to|till|until|до|по)\s+")
_FILLER: Final = re.compile(r"\b(?:from|on|at|and|every|days?|с|со|и|по|дни|день|каждый)\b")


@dataclass(frozen=True, slots=True)
class Span:
    """Time from one moment up to another, both in Unix seconds; -inf or inf: without that end."""

    begin: float
    end: float


@dataclass(frozen=True, slots=True)
class Window:
    """The same hours on some days of the week."""

    #: The days on which it begins, 0 is Monday.
    days: tuple[int, ...]
    #: Minutes after midnight, 0 … 1439.
    begin: int
    #: Minutes after the same midnight: more than 1440 where it ends on the next day.
    end: int

    def __str__(self) -> str:
        """As it may be written in a configuration."""
        return self._written(_NAMES, "-")

    def said(self, language: Language) -> str:
        """As people read it in their language."""
        _ = language.gettext
        names = (_("mon"), _("tue"), _("wed"), _("thu"), _("fri"), _("sat"), _("sun"))
        return self._written(names, "–")

    def _written(self, names: tuple[str, ...], dash: str) -> str:
        hours = (
            f"{_clock(self.begin)}{dash}{_clock(self.end if self.end <= DAY else self.end - DAY)}"
        )
        if self.days == _ALL:
            return hours
        runs = [[day for _, day in run] for _, run in groupby(enumerate(self.days), _step)]
        days = (names[run[0]] + (f"{dash}{names[run[-1]]}" if run[1:] else "") for run in runs)
        return f"{','.join(days)} {hours}"


def _step(numbered: tuple[int, int]) -> int:
    """The same for days that follow one another."""
    return numbered[1] - numbered[0]


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


@dataclass(frozen=True, slots=True)
class Week:
    """Windows that come again every week; those that touch or overlap are one."""

    windows: tuple[Window, ...]

    def __str__(self) -> str:
        """As it may be written in a configuration; `parse_week` reads it back."""
        return "; ".join(map(str, self.windows))

    def said(self, language: Language) -> str:
        """As people read it in their language."""
        return "; ".join(each.said(language) for each in self.windows)

    def contains(self, moment: float, zone: tzinfo | None) -> bool:
        """Whether a moment, in Unix seconds, lies within; `zone` None: the computer's."""
        return self.span(moment, zone) is not None

    def span(self, moment: float, zone: tzinfo | None) -> Span | None:
        """The time around a moment that lies within; None where the moment does not."""
        around = (each for each in self._spans(moment, zone) if each.begin <= moment < each.end)
        return next(around, None)

    def end(self, moment: float, zone: tzinfo | None) -> float | None:
        """When the time around a moment ends, inf for never; None where it lies outside."""
        span = self.span(moment, zone)
        return span.end if span else None

    def next_begin(self, moment: float, zone: tzinfo | None) -> float | None:
        """When it begins next after a moment; None where it never does, as it never ends."""
        later = (each.begin for each in self._spans(moment, zone) if each.begin > moment)
        return next(later, None)

    def _spans(self, moment: float, zone: tzinfo | None) -> list[Span]:
        """What lies within around a moment, in order, joined where it touches."""
        day = datetime.fromtimestamp(moment, UTC).astimezone(zone).date()
        days = [day + timedelta(days=each) for each in range(-_AROUND, _AROUND + 1)]
        found = sorted(
            (_moment(each, window.begin, zone), _moment(each, window.end, zone))
            for each in days
            for window in self.windows
            if each.weekday() in window.days
        )
        joined: list[Span] = []
        for begin, end in found:
            if joined and begin <= joined[-1].end:
                joined[-1] = Span(joined[-1].begin, max(joined[-1].end, end))
            else:
                joined.append(Span(begin, end))
        if len(joined) == 1:  # of a week with any gap there would be two
            return [Span(-inf, inf)]
        return joined


def _moment(day: date, minutes: int, zone: tzinfo | None) -> float:
    """Unix seconds of so many minutes of the wall clock after the midnight that begins a day."""
    later, left = divmod(minutes, DAY)
    clock = time(left // 60, left % 60)
    return datetime.combine(day + timedelta(days=later), clock, zone).timestamp()


class WeekError(Problem):
    """What was written are no days and hours; the sentence gives an example of some."""

    def __init__(self, reason: Sentence) -> None:
        super().__init__(
            sentence(
                'I expect days and hours such as "mon-fri 22:00-07:00" or "sat-sun": {reason}.',
                reason=reason,
            )
        )
        self.reason = reason


def parse_week(text: str) -> Week:
    """The windows that people mean by `mon-fri 22:00-07:00; sat-sun`, `пн,ср с 9 до 18`, `22-7`.

    Hours without days are those of every day, days without hours are whole, hours that end
    before they begin end on the next day. Windows are parted by `;`, or by a comma after hours.
    Raises `WeekError`.
    """
    windows = [each for part in text.split(";") for each in _windows(part)]
    if not windows:
        raise WeekError(sentence("there is neither a day nor an hour"))
    return Week(tuple(windows))


def _windows(part: str) -> Iterator[Window]:
    days: set[int] = set()
    whole = True
    for word in re.split(r"[\s,]+", _FILLER.sub(" ", _DASH.sub("-", part.lower())).strip()):
        if hours := _HOURS.fullmatch(word):
            yield _window(days, hours, word)  # the next hours may be of the same days
            whole = False
        elif word:
            days = days if whole else set()
            days.update(_days(word))
            whole = True
    if days and whole:
        yield Window(tuple(sorted(days)), 0, DAY)


def _days(word: str) -> Iterator[int]:
    """The days that a word means; `fri-mon` goes over the end of the week."""
    ends = [_DAYS.get(each.rstrip("."), ()) for each in word.split("-")]
    if len(ends) == 1 and ends[0]:
        yield from ends[0]
        return
    if len(ends) != 2 or [len(each) for each in ends] != [1, 1]:
        raise WeekError(sentence('"{word}" is neither a day nor hours', word=word[:40]))
    first, last = ends[0][0], ends[1][0]
    yield from (day % 7 for day in range(first, last + (8 if last < first else 1)))


def _window(days: set[int], hours: re.Match[str], word: str) -> Window:
    begin, end = (int(hours[at]) * 60 + int(hours[at + 1] or 0) for at in (1, 3))
    minutes = [int(hours[at] or 0) for at in (2, 4)]
    if max(minutes) > 59 or begin >= DAY or end > DAY:
        raise WeekError(sentence("{hours} is no time of a day", hours=word))
    if begin == end:
        raise WeekError(
            sentence("{hours} ends as it begins; a whole day is 00:00-24:00", hours=word)
        )
    return Window(tuple(sorted(days)) or _ALL, begin, end if end > begin else end + DAY)
