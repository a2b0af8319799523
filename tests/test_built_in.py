"""built-in layouts: dates, kinds, levels and devices as many programs write them."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from sonixbot.entry import Entry, Kind
from sonixbot.formats import BUILT_IN, TEXT, Reader, layout_of, own_layout
from sonixbot.tail.blocks import Block, Position
from tests.protocols import MESSAGES, line, moment, protocol

WRITTEN = datetime(2021, 4, 12, 21, 58, 2, tzinfo=UTC).timestamp()


def read(text: str, layout: str | dict[str, Any] = "auto") -> tuple[list[Entry], Reader]:
    """All entries of a protocol, and how it was read."""
    reader = Reader(layout_of(layout), "utf-8", UTC)
    return reader.feed(Block("x.log", 0, text.encode(), Position.nothing(), lines=0)), reader


@pytest.mark.parametrize(
    "date",
    [
        "12.04.2021 21:58:02",
        "12.04.21 21:58:02",
        "12/04/2021 21:58:02",
        "12.04.2021, 21:58:02",
        "12.04.2021\t21:58:02",
        "12.4.2021 21:58:02.000",
        "2021-04-12 21:58:02",
        "2021-04-12T21:58:02Z",
    ],
)
@pytest.mark.parametrize(
    "said",
    [
        "{}\tError 1\tP1_beta: Позиция; нет",
        "{}\tОшибка\t1\tP1_beta\tПозиция; нет",
        "[{}] [Error 1] P1_beta: Позиция; нет",
        "{};Error;1;P1_beta;Позиция; нет",
        "{} | СБОЙ | 1 | P1_beta | Позиция; нет",
        "{},Error,1,P1_beta,Позиция; нет",
        "{} [E1] P1_beta: Позиция; нет",
        "{} E1 P1_beta: Позиция; нет",
        "{} ERROR:1 P1_beta: Позиция; нет",
        "{} Авария 1: P1_beta: Позиция; нет",
    ],
)
def test_dates_kinds_levels_and_columns(date: str, said: str) -> None:
    """The usual dates and ways to write kind, level and device are found out and understood."""
    (found,), reader = read(said.format(date) + "\n")
    assert (reader.layout.name, reader.explained) == ("iso", 1)
    assert (found.kind, found.level, found.source) == (Kind.ERROR, 1, "P1_beta")
    assert (found.text, found.time) == ("Позиция; нет", WRITTEN)


@pytest.mark.parametrize(
    ("word", "kind", "level"),
    [
        ("Error", Kind.ERROR, None),
        ("ошибка", Kind.ERROR, None),
        ("Сбой", Kind.ERROR, None),
        ("АВАРИЯ", Kind.ERROR, 1),
        ("FATAL", Kind.ERROR, 1),
        ("Critical", Kind.ERROR, 1),
        ("Warning", Kind.WARNING, None),
        ("Предупреждение", Kind.WARNING, None),
        ("Внимание!", Kind.WARNING, None),
        ("W3", Kind.WARNING, 3),
        ("info", Kind.INFO, None),
        ("Информация", Kind.INFO, None),
        ("Инфо:4", Kind.INFO, 4),
        ("debug", Kind.INFO, 5),
        ("User", Kind.USER, None),
        ("Пользователь", Kind.USER, None),
        ("Сообщение пользователя", Kind.USER, None),
        ("[Сообщение пользователя 2]", Kind.USER, 2),
    ],
)
@pytest.mark.parametrize("between", [" ", "\t", ": "])
def test_words_for_kinds(word: str, kind: Kind, level: int | None, between: str) -> None:
    """Kinds are known in both languages, in any case; critical is error 1, debug is info 5."""
    (found,), _ = read(f"12.04.2021 21:58:02\t{word}{between}Старт\n")
    assert (found.kind, found.level, found.text) == (kind, level, "Старт")


@pytest.mark.parametrize(
    ("text", "level", "source", "rest"),
    [
        ("ERROR 5 spectra lost", None, "", "5 spectra lost"),
        ("ERROR 2.5 mm off", None, "", "2.5 mm off"),
        ("ERROR -5 V", None, "", "-5 V"),
        ("ERROR foo, bar; more", None, "", "foo, bar; more"),
        ("Error 1 Position not reached", 1, "", "Position not reached"),
        ("Ошибка 2 Позиция не достигнута", 2, "", "Позиция не достигнута"),
        ("Error\t1\t\ttext", 1, "", "text"),
        ("Error\t1\tdaq 2\tlimit: 5\tand more", 1, "daq 2", "limit: 5\tand more"),
        ("Error;;daq;text", None, "", "daq;text"),
        ("ERROR - scan lost", None, "", "scan lost"),
        ("ERROR", None, "", ""),
    ],
)
def test_numbers_and_names_that_are_text(
    text: str, level: int | None, source: str, rest: str
) -> None:
    """What only looks like a level or a device stays in the text."""
    (found,), _ = read(f"2021-04-12 21:58:02 {text}\n")
    assert (found.kind, found.level, found.source, found.text) == (Kind.ERROR, level, source, rest)


@pytest.mark.parametrize("layout", [each.name for each in BUILT_IN if not each.json])
def test_exact_layouts_are_preferred(layout: str) -> None:
    """A protocol in an exact layout is read by it, though the general one explains it as well."""
    assert read(protocol(layout))[1].layout.name == layout


@pytest.mark.parametrize("layout", ["tabs", "brackets", "python"])
def test_the_general_layout_reads_what_the_exact_ones_do(layout: str) -> None:
    """Where the general layout explains more lines than an exact one, nothing is lost."""
    text = "".join(line(layout, said, moment(n)) + "\n" for n, said in enumerate(MESSAGES))
    assert read(text, "iso")[0] == read(text, layout)[0]


@pytest.mark.parametrize(
    "text",
    [
        "2021-04-12 10:00 I went to the reactor hall: no beam\n",
        "12.04.2021 10:15 В 5 часов пришёл оператор\n",
        "12.04.2021 мы измеряли образец 7.\nОшибка была в коде: 5\n",
        "12.04.2021 21:58:02;1.5;E5;7\n12.04.2021 21:59:02;1.6;E6;8\n",
        "12/04/2021 21:58:02,20.1,19.9\n",
        "12.04.2021;21:58;1.5;2.5e3\n",
        "[12.04.2021, 10:15] Olga: error in the script?\n",
        "Error 1\nE1\tP1_beta\ttext\n",
        '{"date": "12.04.2021", "value": 5}\n',
        "\x01\x02E1\x7f12.04.2021 21:58\x03\n",
    ],
)
def test_plain_text_is_no_protocol(text: str) -> None:
    """Prose, tables of numbers and other files are kept as text."""
    assert read(text)[1].layout is TEXT


def test_american_date_is_told() -> None:
    """A month in the day's place is not guessed: the entry has no time, and the reader says so."""
    (found,), reader = read("04/13/2021 10:00:00 ERROR scan: lost\n")
    assert (found.text, found.time) == ("lost", None)
    assert reader.unread_time is not None
    assert reader.unread_time[0] == "04/13/2021 10:00:00"


RUN = 100_000


@pytest.mark.parametrize(
    "tail",
    [
        " " * RUN,
        " -:" * RUN,
        " ERROR" + " " * RUN,
        " ERROR" + "\t \t" * RUN,
        " " + "я" * RUN,
        " ERROR\t" + "a" * RUN,
        " ERROR:" + " a" * RUN,
        " Error 1 " + "Aa" * RUN,
        " Error;1;" + "a " * RUN,
        " Error 1" + " " * RUN,
        " Error" + "[1" * RUN,
    ],
)
def test_no_line_takes_long(tail: str) -> None:
    """However long a line is, reading it takes a time that its length explains."""
    iso = layout_of("iso")
    assert iso is not None
    began = time.process_time()
    iso.fit("12.04.2021 21:58:02" + tail)
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("record", "kind", "level", "source"),
    [
        ({"kind": "error", "level": 2, "device": "daq"}, Kind.ERROR, 2, "daq"),
        ({"type": "Предупреждение", "level": "3"}, Kind.WARNING, 3, ""),
        ({"type": "log", "level": "error", "logger": "l"}, Kind.ERROR, None, "l"),
        ({"severity": "error", "level": 40}, Kind.ERROR, None, ""),
        ({"level": "critical"}, Kind.ERROR, 1, ""),
        ({"kind": "user", "logger": "l", "device": "daq"}, Kind.USER, None, "daq"),
        ({"level": 30}, Kind.INFO, None, ""),
    ],
)
def test_json_fields(record: dict[str, Any], kind: Kind, level: int | None, source: str) -> None:
    """Kind, level and device are found by the usual names; a number is a level and no kind."""
    record |= {"time": "12.04.2021 21:58:02", "message": "m"}
    (found,), reader = read(json.dumps(record) + "\n")
    assert (found.kind, found.level, found.source) == (kind, level, source)
    assert (found.time, reader.explained, reader.unknown_kind) == (WRITTEN, 1, "")


def test_json_with_an_unknown_kind_is_told() -> None:
    """A JSON line with an unknown kind is an entry by its words, but not counted as explained."""
    records = ({"type": "Störung", "msg": "all well"}, {"type": "X", "msg": "ошибка"})
    text = "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in records)
    found, reader = read(text)
    assert [(each.kind, each.text) for each in found] == [
        (Kind.INFO, "all well"),
        (Kind.ERROR, "ошибка"),
    ]
    assert (reader.layout.name, reader.explained, reader.unknown_kind) == ("json", 0, "Störung")
    assert [number for number, _ in reader.unexplained] == [1, 2]


OWN = {
    "pattern": r"(?P<time>[^|]+)\|(?P<kind>\w)\|(?P<text>.*)",
    "time": "%Y-%m-%d",
    "kinds": {"E": "error"},
}


def test_time_that_does_not_fit_an_own_layout_is_told() -> None:
    """The first time that the given format does not fit is kept, with the format."""
    text = "2024-05-01|E|a\n01/05/2024 03:22:45|E|b\n02/05/2024|E|c\n"
    found, reader = read(text, OWN)
    assert [each.time is None for each in found] == [False, True, True]
    assert reader.unread_time == ("01/05/2024 03:22:45", ("%Y-%m-%d",))


def test_kind_that_an_own_layout_has_not_is_told() -> None:
    """The first kind that is not in `kinds` is kept, and its line fits nothing."""
    found, reader = read("2024-05-01|E|a\n2024-05-01|F|b\n2024-05-01|G|c\n", OWN)
    assert [(each.text, len(each.details)) for each in found] == [("a", 2)]
    assert (reader.unknown_kind, reader.explained, reader.unread_time) == ("F", 1, None)
    own = own_layout({"json": {"text": "m", "kind": "k"}, "kinds": {"1": "error"}})
    other = Reader(own)
    other.feed(Block("x", 0, b'{"m": "a", "k": 1}\n{"m": "b", "k": 7}\n', Position.nothing()))
    assert (other.unknown_kind, other.explained) == ("7", 1)


def test_half_line_tells_of_nothing_unread() -> None:
    """A time that was only half written is no time that does not fit."""
    reader = Reader(own_layout({"pattern": "(?P<time>.*?) (?P<text>.*)", "time": "%H:%M:%S"}))
    whole = b"03:22:45 text\n"
    reader.feed(Block("x", 0, b"3:2 t", Position.nothing(), lines=0, half=True))
    assert reader.unread_time is not None
    reader.feed(Block("x", 0, whole, Position.nothing(), lines=0))
    assert reader.unread_time is None
