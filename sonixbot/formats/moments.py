"""Moments: what a protocol writes about time → Unix seconds."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import cache
from typing import Final, NamedTuple

DAY: Final = 86400.0
#: Seconds by which a clock may be set back (the end of summer time) without a new day.
SET_BACK: Final = 4200.0
#: Seconds by which lines of several programs may be out of order.
DISORDER: Final = 60.0
#: Different minutes remembered; more are begun anew.
REMEMBERED: Final = 4096
#: Epoch times above are milliseconds: in seconds it would be the year 5138.
MILLISECONDS: Final = 1e11
#: From the beginning of the year 9999 on no zone's time of the day is sure to be a `datetime`;
#: a time before 1970 is a mistake, and Windows knows none.
TOO_LATE: Final = 253_370_764_800.0

_PARTS: Final = {
    "Y": r"(?P<Y>\d{4})",
    "y": r"(?P<y>\d{2})",
    "m": r"(?P<m>\d{1,2})",
    "d": r"(?P<d>\d{1,2})",
    "H": r"(?P<H>\d{1,2})",
    "M": r"(?P<M>\d{2})",
    "S": r"(?P<S>\d{2})(?:[.,](?P<f>\d+))?",
    "%": "%",
}
_ZONE: Final = r"\s*(?P<z>Z|[+-]\d{2}:?\d{2})?"
_SECONDS: Final = re.compile(r"[0-5]\d(?:[.,]\d+)?")
#: The year that strptime gives where none is written.
_NO_YEAR: Final = 1900


class Reading(NamedTuple):
    """A time as it is written: the day (None: not written), seconds of it, its own zone."""

    day: date | None
    seconds: float
    zone: tzinfo | None = None


@cache
def _expression(written: str) -> re.Pattern[str] | None:
    """What matches a strptime format; None: it has directives that only strptime knows.

    A fraction may follow the seconds, with point or comma, and an offset from UTC the whole. A
    space stands for any white space, as in strptime.
    """
    plain = " ".join(written.replace("%S.%f", "%S").replace("%S,%f", "%S").split())
    directives = re.findall(r"%(.)", plain)
    if not set(directives) <= set(_PARTS) or len(directives) > len(set(directives)):
        return None
    pieces = re.findall(r"%(.)|(.)", plain)
    spaced = {" ": r"\s+"}
    read = (_PARTS.get(it) or spaced.get(other) or re.escape(other) for it, other in pieces)
    return re.compile("".join(read) + _ZONE)


def _zone(written: str | None) -> tzinfo | None:
    if not written or written == "Z":
        return UTC if written else None
    hours, minutes = int(written[1:3]), int(written[-2:])
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if written[0] == "-" else offset)


def parse(text: str, written: str) -> Reading | None:
    """The time in `text`, written in a strptime format; None: it is none."""
    expression = _expression(written)
    try:
        if expression is None:
            # The zone is put in where the moment is resolved.
            moment = datetime.strptime(text, written)  # noqa: DTZ007 - see above
            of_day = timedelta(
                hours=moment.hour,
                minutes=moment.minute,
                seconds=moment.second,
                microseconds=moment.microsecond,
            ).total_seconds()
            day = None if moment.year == _NO_YEAR else moment.date()
            return Reading(day, of_day, moment.tzinfo)
        found = expression.fullmatch(text.strip())
        return _read(found.groupdict()) if found else None
    except (ValueError, OverflowError):
        return None


def _read(parts: dict[str, str | None]) -> Reading | None:
    year = parts.get("Y")
    if short := parts.get("y"):
        # The pivot of POSIX and strptime: 69 … 99 are of the last century.
        year = f"{'19' if int(short) > 68 else '20'}{short}"
    month, day = parts.get("m"), parts.get("d")
    of_day = time(int(parts.get("H") or 0), int(parts.get("M") or 0))
    second = min(int(parts.get("S") or 0), 60)
    seconds = of_day.hour * 3600 + of_day.minute * 60 + second + float(f"0.{parts.get('f') or 0}")
    whole = date(int(year), int(month), int(day)) if year and month and day else None
    return Reading(whole, seconds, _zone(parts["z"]))


def _epoch(value: float) -> float | None:
    """Unix seconds of a number, which may be milliseconds; None: no year has it."""
    seconds = value / 1000 if abs(value) > MILLISECONDS else float(value)
    return seconds if abs(seconds) <= MILLISECONDS else None


def _likely(moment: float | None) -> float | None:
    """The moment, unless it is one that no clock can show, or none at all (NaN)."""
    return moment if moment is not None and 0 <= moment < TOO_LATE else None


@dataclass
class WallClock:
    """Follows the times of one protocol, which are those of a clock on the wall.

    Where lines carry no date, a time that falls by more than a clock is set back is the next day.
    A silence of almost a day is taken for a clock set back, as nothing tells them apart.
    """

    #: None: the computer's.
    zone: tzinfo | None = None
    #: The day of lines without a date, as far as it is known.
    day: date | None = None
    #: Unix seconds of the last line that had a time.
    last: float | None = None
    #: Unix seconds that the first line without a date is not later than, where no day is known.
    before: float | None = None
    #: Seconds of the day in the last line without a date.
    seconds: float | None = None
    #: The first time that could not be read, and how it should have been written.
    unread: tuple[str, tuple[str, ...]] | None = None
    _minutes: dict[str, Reading] = field(default_factory=dict)
    _moments: dict[tuple[date, int], float] = field(default_factory=dict)

    def header(self, text: str, formats: tuple[str, ...]) -> None:
        """Take the date that a header line gives."""
        reading = self._parse(text, formats)
        if reading is not None and reading.day is not None:
            self.day, self.seconds, self.before = reading.day, reading.seconds, None
            self.last = _likely(self._moment(reading.day, reading.seconds))

    def read(self, value: str | float | None, formats: tuple[str, ...]) -> float | None:
        """Unix seconds of what a line gives as its time; None: none, or no date is known."""
        try:
            if isinstance(value, str):
                found = _likely(self._wall(value, formats))
            else:
                found = None if value is None else _likely(_epoch(value))
        except (ValueError, OverflowError):
            return None
        if found is not None:
            self.last = found
        return found

    def _wall(self, text: str, formats: tuple[str, ...]) -> float | None:
        reading = self._parse(text, formats)
        if reading is None:
            return None
        day, seconds, zone = reading
        if day is None:
            day = self._dated(seconds)
            if day is None:
                return None
        if zone is not None:
            midnight = datetime.combine(day, time(), zone).timestamp()
            return midnight + seconds
        return self._moment(day, seconds)

    def _parse(self, text: str, formats: tuple[str, ...]) -> Reading | None:
        """Parse; most lines share their minute with the one before, so only seconds are read."""
        minute, _, rest = text.rpartition(":")
        known = self._minutes.get(minute)
        if known is not None and _SECONDS.fullmatch(rest):
            return Reading(known.day, known.seconds + float(rest.replace(",", ".")))
        for written in formats:
            reading = parse(text, written)
            if reading is not None:
                if reading.zone is None and written.endswith("%S"):
                    self._remember(minute, reading)
                return reading
        self.unread = self.unread or (text, formats)
        return None

    def _remember(self, minute: str, reading: Reading) -> None:
        if len(self._minutes) > REMEMBERED:
            self._minutes.clear()
        self._minutes[minute] = Reading(reading.day, reading.seconds // 60 * 60)

    def _dated(self, seconds: float) -> date | None:
        """The day of a line that has only the time of the day."""
        previous, self.seconds = self.seconds, seconds
        if self.before is not None:
            day = datetime.fromtimestamp(self.before, UTC).astimezone(self.zone).date()
            moment = self._moment(day, seconds)
            late = moment is not None and moment > self.before + SET_BACK
            self.day, self.before = day - timedelta(days=late), None
        elif self.day is not None and previous is not None:
            if seconds < previous - SET_BACK:
                self.day += timedelta(days=1)
            elif seconds > previous + DAY - SET_BACK:
                # Set back across midnight.
                self.day -= timedelta(days=1)
        return self.day

    def _moment(self, day: date, seconds: float) -> float | None:
        minute = int(seconds // 60)
        start = self._moments.get((day, minute))
        if start is None:
            earlier, later = (self._minute(day, minute, fold) for fold in (0, 1))
            if earlier is None or later is None:
                return None
            start = earlier
            if later > earlier:
                # The hour that summer time's end repeats: the second one once the first is over.
                passed = self.last is not None and earlier + seconds % 60 < self.last - DISORDER
                return (later if passed else earlier) + seconds % 60
            if len(self._moments) > REMEMBERED:
                self._moments.clear()
            self._moments[day, minute] = start
        return start + seconds - minute * 60

    def _minute(self, day: date, minute: int, fold: int) -> float | None:
        """Unix seconds at which a minute of a day begins."""
        try:
            of_day = time(min(minute // 60, 23), minute % 60, fold=fold, tzinfo=self.zone)
            return datetime.combine(day, of_day).timestamp()
        except (ValueError, OverflowError, OSError):  # Windows knows no times before 1970
            return None
