"""Hostile protocols: whatever a file holds, it becomes words and stored incidents, or nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sonixbot.alerts import AlertPolicy, Incident, Push, Rules, Why
from sonixbot.entry import Entry
from sonixbot.formats import BUILT_IN, TEXT, Layout, Reader, own_layout
from sonixbot.language import language
from sonixbot.state import ProtocolState
from sonixbot.tail import Block, Position
from sonixbot.text import Words, catch_up_words, errors_words, incident_words
from tests.handclock import NIGHT

EVERYTHING: Final = Push(error=5, warning=5, user=5, info=5)
LANGUAGES: Final = (language("en"), language("ru"))
ZONES: Final = (None, UTC, ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Etc/GMT+12"))
PATHS: Final = ("x.log", "nicos-2021-04-13.log", "nicos-9999-12-31.log", "nicos-0001-01-01.log")
ENCODINGS: Final = ("auto", "utf-8", "cp1251", "utf-7", "raw_unicode_escape")
#: Beside the built-in ones: times that only strptime knows, and lines of somebody's own.
OWN: Final = {
    "own": own_layout(
        {
            "pattern": r"\[(?P<time>[^\]]*)\] (?:(?P<kind>\w) )?(?P<level>\d*) ?(?P<text>.*)",
            "time": ["%d/%b/%Y:%H:%M:%S %z", "%I:%M:%S %p", "%d.%m.%Y"],
            "header": r"# (?P<time>.*)",
            "header-time": "%Y-%m-%d %H:%M:%S",
            "continuation": r"\|",
            "unquote": True,
        }
    ),
    "own json": own_layout(
        {"json": {"time": "t", "level": ["n", "level"], "source": "s", "text": "m"}}
    ),
}
WRITTEN: Final = {each.name: each for each in BUILT_IN} | OWN
READ: Final[dict[str, Layout | None]] = {"auto": None, "text": TEXT, **WRITTEN}

#: Days that calendars end with among them, and clocks that do not exist.
TIMES: Final = st.one_of(
    st.builds(
        "{:04}-{:02}-{:02}{}{:02}:{:02}:{:02}{}".format,
        st.sampled_from([0, 1, 1900, 1969, 1970, 2021, 9998, 9999]),
        st.integers(0, 13),
        st.integers(0, 32),
        st.sampled_from([" ", "T"]),
        st.integers(0, 25),
        st.integers(0, 61),
        st.integers(0, 99),
        st.sampled_from(["", ".5", ",999999999999", "Z", "+14:00", "-23:59", "+99:99", "9" * 400]),
    ),
    st.datetimes().map("{:%d/%b/%Y:%H:%M:%S} +1400".format),
    st.datetimes().map("{:%d.%m.%Y}".format),
    st.datetimes().map("{:%I:%M:%S %p}".format),
    st.text(max_size=20),
)
VALUES: Final = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.sampled_from([10**400, -(9 * 10**10), 1e300, 253402300800, 99999999999]),
        st.floats(),
        st.text(st.characters(exclude_categories=()), max_size=20),
        TIMES,
    ),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)
FIELDS: Final = ("time", "ts", "t", "level", "severity", "n", "source", "s", "message", "m")
WORDS: Final = ("error", "ошибка", "Traceback (most recent call last):", "  File", "<b>&", "\0\0")


def lines(layout: Layout) -> st.SearchStrategy[str]:
    """Lines of a layout, or nearly so, with whatever they let through in each place."""
    dated = st.builds(
        "{}{}{} {}".format,
        st.sampled_from(["", "# ", "[", "*** LOG STARTED "]),
        TIMES,
        st.sampled_from(["", "]", " ERROR a:", " [ERROR:1] a:", "\tE1\ta\t", ";2;1;a;"]),
        st.text(max_size=20),
    )
    found = [dated, st.sampled_from(WORDS), st.text(st.characters(exclude_categories=()))]
    if layout.json:
        found.append(st.dictionaries(st.sampled_from(FIELDS), VALUES).map(json.dumps))
    else:
        found.append(st.from_regex(layout.expression, fullmatch=True))
    if layout.header:
        found.append(st.from_regex(layout.header))
    return st.one_of(found)


@st.composite
def protocols(draw: st.DrawFn) -> tuple[str, list[bytes]]:
    """The name of a layout to read by, and the bytes that come in each turn."""
    name = draw(st.sampled_from(list(WRITTEN)))
    text = "\n".join(draw(st.lists(lines(WRITTEN[name]), max_size=8)))
    encoding = draw(st.sampled_from(["utf-8", "cp1251", "cp866", "utf-16"]))
    errors = "surrogatepass" if encoding.startswith("utf") else "replace"
    whole = text.encode(encoding, errors) + draw(st.binary(max_size=50))
    middle = draw(st.integers(0, len(whole)))
    return draw(st.sampled_from([name, *READ])), [whole[:middle], whole[middle:]]


def told(words: Words) -> None:
    """Words that can be sent: not empty, and of characters that can be written."""
    for each in (words.text, words.html, words.subject):
        each.encode()
    assert words.text
    assert "\n" not in words.subject


def stored(value: Entry | Incident) -> None:
    """What goes into the database comes out of it."""
    written = json.dumps(value.to_json(), ensure_ascii=False, allow_nan=False).encode()
    assert type(value).from_json(json.loads(written)) == value


@settings(deadline=None, max_examples=300)
@given(
    protocol=protocols(),
    zone=st.sampled_from(ZONES),
    path=st.sampled_from(PATHS),
    encoding=st.sampled_from(ENCODINGS),
)
@example(
    protocol=("own", [b"error\nerror\n# 2021-04-13 0", b"3:22:45 "]),
    zone=None,
    path="x.log",
    encoding="auto",
)
def test_whatever_a_protocol_holds_becomes_words(
    protocol: tuple[str, list[bytes]], zone: Any, path: str, encoding: str
) -> None:
    """From any bytes to entries, incidents, the store and messages nothing raises."""
    name, pieces = protocol
    reader = Reader(READ[name], encoding, zone)
    policy = AlertPolicy(Rules(EVERYTHING, EVERYTHING))
    state = ProtocolState("YuMO", lambda _text: None)
    start = 0
    for number, piece in enumerate((pieces[0], *pieces)):  # the first one as a half line too
        block = Block(path, start, piece, Position.nothing(), lines=0, half=not number)
        for entry in reader.feed(block):
            stored(entry)
            before = state.apply(entry)
            policy.apply(entry, NIGHT, before)
        start += len(piece) if number else 0
    state.view()
    incidents = list(policy.incidents.values())
    for spoken in LANGUAGES:
        for incident in incidents:
            stored(incident)
            for why in (None, *Why):
                told(incident_words(incident, why, "YuMO", spoken, zone, NIGHT))
        page = state.page(10, warnings=True)
        assert page is not None
        told(errors_words(page, (), spoken, zone, NIGHT)[0])
        if incidents:
            told(catch_up_words(incidents, NIGHT - 60, "YuMO", spoken, zone, NIGHT))


@pytest.mark.parametrize("moment", [float("nan"), float("inf"), -9e10, 9e99, 253402300799.0])
@pytest.mark.parametrize("zone", ZONES)
def test_a_moment_that_no_calendar_has_is_unknown(moment: float, zone: Any) -> None:
    """Whatever number is taken for a time, it is told in words."""
    last_year_of_all = datetime(9999, 12, 31, tzinfo=UTC).timestamp()
    for now in (NIGHT, moment):
        said = language("en").clock(moment, zone, now)
        assert said == "time unknown" or moment > last_year_of_all
    assert language("ru").clock(moment, zone, NIGHT)
