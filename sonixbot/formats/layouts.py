"""Layouts: how a line of a protocol is written, as data."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, NamedTuple

import regex

from sonixbot.entry import LEAST_IMPORTANT, MOST_IMPORTANT, Kind
from sonixbot.formats.encodings import whole

#: Seconds that one line may take in somebody's own expression.
TIME_OUT: Final = 0.1

_LEVELS: Final = {str(each): each for each in range(MOST_IMPORTANT, LEAST_IMPORTANT + 1)}

Kinds = Mapping[str, tuple[Kind, int | None]]


def _kinds(kind: Kind, words: str, level: int | None = None) -> dict[str, tuple[Kind, int | None]]:
    return dict.fromkeys(words.split(), (kind, level))


LETTERS: Final[Kinds] = {
    "e": (Kind.ERROR, None),
    "w": (Kind.WARNING, None),
    "i": (Kind.INFO, None),
    "u": (Kind.USER, None),
}
#: Words in lower case, as loggers of several languages write them.
WORDS: Final[Kinds] = {
    **_kinds(Kind.ERROR, "error err severe alert ошибка сбой"),
    **_kinds(Kind.ERROR, "critical crit fatal emerg emergency panic авария", MOST_IMPORTANT),
    **_kinds(Kind.WARNING, "warning warn предупреждение внимание"),
    **_kinds(Kind.INFO, "info information informational notice action status инфо информация"),
    **_kinds(Kind.INFO, "debug trace verbose отладка", LEAST_IMPORTANT),
    **_kinds(Kind.USER, "user input пользователь"),
}

#: What makes an error of a line that nothing else tells the kind of; any case, word forms too.
ERROR_WORDS: Final = re.compile(
    r"error|exception|traceback|ошиб(?:к|ок|оч)|\bсбо[йяюие]|\bавари[йяюие]", re.IGNORECASE
)


class Fit(NamedTuple):
    """What a line says, in the layout it fits."""

    time: str | float | None
    #: None: the layout gives no kinds, or this line none.
    kind: Kind | None
    level: int | None
    source: str
    text: str


@dataclass(frozen=True)
class Layout:
    """How lines are written: an expression with named groups, or the names of JSON fields."""

    name: str
    #: Named groups `time`, `kind`, `level`, `source`, `text`; only `text` is required.
    expression: str = ""
    #: How `time` is written, in the directives of strptime; the first that fits is taken.
    times: tuple[str, ...] = ()
    #: What stands for each kind, in lower case, and the level where it says that too.
    kinds: Kinds = field(default_factory=lambda: WORDS)
    #: A line that gives the date of lines which have only the time of the day: group `time`.
    header: str = ""
    header_times: tuple[str, ...] = ()
    #: The date in the file's name: group `time`, written `%Y-%m-%d`.
    name_date: str = ""
    #: A line that belongs to the entry above it.
    continuation: str = ""
    #: Source and text may stand in double quotes, doubled inside.
    unquote: bool = False
    #: Names of JSON fields for `time`, `kind`, `level`, `source`, `text`; the first there is taken.
    json: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: Somebody's own: its expressions may take too long.
    own: bool = False

    def fit(self, line: str) -> Fit | None:
        """What the line says; None: it is not of this layout. Raises TimeoutError."""
        if self.json:
            return self._fit_json(line)
        found = self._match(self._line, line)
        if found is None:
            return None
        parts = found.groupdict()
        word = parts.get("kind")
        kind, level = None, None
        if word is not None:
            known = self.kinds.get(word.strip().lower())
            if known is None:
                return None
            kind, level = known
        source, text = parts.get("source") or "", parts["text"] or ""
        if self.unquote:
            source, text = _unquoted(source), _unquoted(text)
        level = _level(parts.get("level"), level)
        return Fit(parts.get("time"), kind, level, source.strip(), text.strip())

    def date(self, line: str) -> str | None:
        """The time that a header line gives. Raises TimeoutError."""
        found = self._match(self._header, line) if self.header else None
        return found["time"] if found else None

    def continues(self, line: str) -> bool:
        """Whether the line belongs to the entry above it by its form. Raises TimeoutError."""
        return bool(self.continuation) and self._match(self._continuation, line) is not None

    def _match(self, expression: Any, line: str) -> Any:
        return expression.match(line, timeout=TIME_OUT) if self.own else expression.match(line)

    # `re` is twice as fast as `regex`, but cannot be stopped.
    def _compiled(self, expression: str) -> Any:
        return regex.compile(expression) if self.own else re.compile(expression)

    @cached_property
    def _line(self) -> Any:
        return self._compiled(self.expression)

    @cached_property
    def _header(self) -> Any:
        return self._compiled(self.header)

    @cached_property
    def _continuation(self) -> Any:
        return self._compiled(self.continuation)

    def _fit_json(self, line: str) -> Fit | None:
        if not line.lstrip().startswith("{"):
            return None
        try:
            values = json.loads(line)
        except (ValueError, RecursionError):
            return None
        if not isinstance(values, dict):
            return None
        found = {part: _first(values, names) for part, names in self.json.items()}
        if found.get("text") is None:
            return None
        kind, level = self.kinds.get(str(found.get("kind")).strip().lower(), (None, None))
        moment = found.get("time")
        return Fit(
            moment if isinstance(moment, str | int | float) else None,
            kind,
            _level(found.get("level"), level),
            whole(str(found.get("source") or "")).strip(),
            whole(str(found["text"])).strip(),
        )


def _first(values: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((values[name] for name in names if values.get(name) is not None), None)


def _level(written: object, otherwise: int | None) -> int | None:
    """The level that is written, as far as it is one of 1 … 5."""
    if written is None or written == "":
        return otherwise
    return _LEVELS.get(str(written).strip())


def _unquoted(text: str) -> str:
    text = text.strip()
    if not text.startswith('"'):
        return text
    end = len(text) - 1 if len(text) > 1 and text.endswith('"') else len(text)
    return text[1:end].replace('""', '"')


_ISO: Final = (
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M",
)

#: Nothing of a line is understood: each is kept as text.
TEXT: Final = Layout("text", r"(?!)(?P<text>)")

#: Tried in this order; of two that explain as many lines the first is taken.
BUILT_IN: Final = (
    Layout(
        "tabs",
        r"(?P<time>\d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d(?:[.,]\d+)?)\t(?P<kind>[A-Za-z])(?P<level>\d*)"
        r"\t(?P<source>[^\t]*)\t(?P<text>.*)",
        times=("%d.%m.%Y %H:%M:%S",),
        kinds=LETTERS,
    ),
    Layout(
        "brackets",
        r"(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:[.,]\d+)?) \[(?P<kind>\w+):(?P<level>\d+)\] "
        r"(?:(?P<source>[^\s:]+): )?(?P<text>.*)",
        times=_ISO,
    ),
    Layout(
        "semicolons",
        r"(?P<time>\d\d:\d\d:\d\d(?:[.,]\d+)?);(?P<kind>[0-3]);(?P<level>\d*);"
        r'(?P<source>"(?:[^"]|"")*"|[^;"]*);(?P<text>.*)',
        times=("%H:%M:%S",),
        kinds={
            "0": (Kind.USER, None),
            "1": (Kind.WARNING, None),
            "2": (Kind.ERROR, None),
            "3": (Kind.INFO, None),
        },
        header=r"\*{3} LOG STARTED (?P<time>\d\d\.\d\d\.\d\d \d\d:\d\d:\d\d)\b",
        header_times=("%d.%m.%y %H:%M:%S",),
        unquote=True,
    ),
    # The documented example of the logging module's Formatter, with `name` before the message:
    # https://docs.python.org/3/howto/logging-cookbook.html
    Layout(
        "python",
        r"(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:,\d{3})?) +(?P<kind>[A-Z]+) +"
        r"(?P<source>[^\s:]+): (?P<text>.*)",
        times=_ISO,
    ),
    # LOGFMT and NicosLogfileFormatter in nicos/utils/loggers.py of github.com/mlz-ictrl/nicos;
    # the day is in the name of the file (nicos-2021-04-13.log), which changes at midnight.
    Layout(
        "nicos",
        r"(?P<time>\d\d:\d\d:\d\d,\d{3}) : (?P<kind>[A-Z]+) *: (?P<source>[^:]*): (?P<text>.*)",
        times=("%H:%M:%S",),
        name_date=r"(?P<time>\d{4}-\d\d-\d\d)",
    ),
    Layout(
        "json",
        times=_ISO,
        json={
            "time": ("time", "timestamp", "ts"),
            "kind": ("level", "severity"),
            "source": ("logger", "source", "name"),
            "text": ("message", "msg", "text"),
        },
    ),
    Layout(
        "iso",
        r"\[?(?P<time>\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?"
        r"(?: ?(?:Z|[+-]\d\d:?\d\d)\b)?)\]?"
        r"[\s|;,:-]+[\[<(]?(?P<kind>[^\W\d_]+)(?:[:/ -]?(?P<level>\d)(?!\d))?[\])>]?"
        r"(?:[\s|;,:-]+|$)(?:(?P<source>[^\s:|;]+)(?:: | [|;] ))?(?P<text>.*)",
        times=_ISO,
    ),
)
