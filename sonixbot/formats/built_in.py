"""Built-in layouts: how lines are written by Sonix+, as far as known, and by other programs."""

from __future__ import annotations

from typing import Final

from sonixbot.entry import Kind
from sonixbot.formats.kinds import LETTERS, WORDS
from sonixbot.formats.layouts import Layout

_ISO: Final = (
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M",
)
_RUSSIAN: Final = (
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%y %H:%M:%S",
    "%d/%m/%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d.%m.%y %H:%M",
    "%d/%m/%Y %H:%M",
    "%d.%m.%Y, %H:%M:%S",
)

# What `iso` is made of: a date as in _ISO or _RUSSIAN, a word or letter for the kind, perhaps a
# level and a source. Each piece takes at most one run of characters that the next one cannot take,
# so no line takes long.
_TIME: Final = (
    r"\[?(?P<time>(?:\d{4}-\d\d-\d\d[T ]|\d\d?(?:\.\d\d?\.|/\d\d?/)\d\d(?:\d\d)?,?[ \t]+)"
    r"\d\d?:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?(?:Z|[+-]\d\d:?\d\d)\b)?)\]?"
)
#: A letter is a kind only with a level, in brackets or in its own column: prose begins with "I".
_KIND: Final = r"[\[<(]?(?P<kind>(?i:сообщение пользователя|[EWIU](?=[\d\t;|\])])|[^\W\d_]{2,20}))"
#: A number apart from its word may be the beginning of the text ("ERROR 5 spectra lost"): it is
#: a level in a bracket, in its own column, or before a name or a sentence.
_LEVEL: Final = (
    r"(?:(?:[:/-]?|(?P<apart> |[\])>]? *[\t;|,] *))(?P<level>\d)(?!\d|[.,]\d)"
    r'(?(apart)(?=[\])>]| *(?:[:;|,\t]|$)| +[A-ZА-ЯЁ"«]| +[^\s:;|]+: )))?'
)
_SEPARATOR: Final = r"[\])>]?!?(?: *(?:[\t|;,:]|- )| +|$)"
#: In its own column, or a word before a colon.
_SOURCE: Final = (
    r"(?:(?P<source>(?<=\t)[^\t]{0,60}(?=\t)|(?<=;)[^;\t]{0,60}(?=;)|(?<=\|)[^|\t]{0,60}(?=\|)"
    r"|(?<=,)[^,\s]{0,60}(?=,)| *[^\s:|;]+(?=:\s|:$|\t| [|;] )) ?[\t;|,:])?"
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
        times=(*_ISO, *_RUSSIAN),
        json={
            "time": ("time", "timestamp", "ts"),
            "kind": ("level", "severity", "kind", "type"),
            "level": ("level",),
            "source": ("device", "logger", "source", "name"),
            "text": ("message", "msg", "text"),
        },
    ),
    Layout(
        "iso",
        _TIME + r"[\s|;,:-]+" + _KIND + _LEVEL + _SEPARATOR + _SOURCE + r"(?P<text>.*)",
        times=(*_ISO, *_RUSSIAN),
        kinds={**WORDS, **LETTERS},
    ),
)
