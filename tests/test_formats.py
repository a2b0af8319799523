"""formats: lines of every layout become entries; what fits nothing is never lost."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sonixbot.entry import Entry, Kind
from sonixbot.errors import Problem
from sonixbot.formats import DETAILS, TEXT, Reader, entries, layout_of, own_layout
from sonixbot.formats.encodings import Decoder
from sonixbot.tail.blocks import LONGEST, Block, Position, blocks
from tests.protocols import (
    MESSAGES,
    SEMICOLONS_HEADER,
    START,
    TRACEBACK,
    Said,
    line,
    moment,
    protocol,
)

LAYOUTS = ("tabs", "brackets", "semicolons", "python", "nicos", "json", "iso")
#: Layouts whose lines give the level.
LEVELLED = ("tabs", "brackets", "semicolons")


def block(text: str | bytes, start: int = 0, *, half: bool = False, path: str = "x.log") -> Block:
    """A block that begins at `start`."""
    data = text.encode() if isinstance(text, str) else text
    return Block(path, start, data, Position.nothing(), lines=0 if not start else None, half=half)


def read(text: str | bytes, layout: str | dict[str, Any] = "auto", **given: Any) -> list[Entry]:
    """All entries of a protocol that is read in one turn."""
    return Reader(layout_of(layout), zone=given.pop("zone", UTC), **given).feed(block(text))


def brackets(*lines: str) -> str:
    """A protocol with one line that sets the layout, and these."""
    return "\n".join(("2021-04-13 03:00:00.000 [INFO:4] varman: start", *lines)) + "\n"


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1251", "cp866"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_layout(tmp_path: Path, layout: str, encoding: str, end: str) -> None:
    """Each built-in layout is found out, in each encoding, and its lines are understood."""
    path = tmp_path / f"nicos-{START:%Y-%m-%d}.log"
    path.write_bytes(protocol(layout, end=end).encode(encoding))
    reader = Reader(zone=UTC)
    found = list(entries(blocks(path, size=256), reader))
    assert (reader.layout.name, reader.encoding) == (layout, encoding)
    assert reader.explained == reader.lines
    assert [(each.kind, each.source, each.text) for each in found] == [
        (each.kind, each.source, each.text) for each in MESSAGES
    ]
    times = [round(each.time or 0.0) for each in found]
    assert times == [int(moment(n).timestamp()) for n in range(len(MESSAGES))]
    if layout in LEVELLED:
        assert [each.level for each in found] == [each.level for each in MESSAGES]
    else:
        assert {each.level for each in found} == {None}
    first = layout == "semicolons"
    assert [each.line for each in found] == [n + 1 + first for n in range(len(MESSAGES))]


def test_why_a_layout_is_chosen() -> None:
    """The layout that explains most of the first lines is chosen, and the counts are kept."""
    reader = Reader()
    reader.feed(block(protocol("python") + "2021-04-13 04:00:00 ERROR no name here\n"))
    assert reader.layout.name == "iso"
    assert reader.shares == (("iso", len(MESSAGES) + 1), ("python", len(MESSAGES)))
    assert reader.sampled == len(MESSAGES) + 1


def test_layout_is_chosen_anew_while_few_lines_were_seen() -> None:
    """A file that begins with a header is understood once its real lines come."""
    reader = Reader()
    header = "Sonix+ protocol\nREMUR\n"
    assert reader.feed(block(header))[0].text == "Sonix+ protocol"
    assert reader.layout is TEXT
    found = reader.feed(block(protocol("tabs"), len(header)))
    assert reader.layout.name == "tabs"
    assert found[-1].text == MESSAGES[-1].text


def test_layout_is_found_below_a_long_header() -> None:
    """However long nothing fits, the layout is found once there are lines of one."""
    reader = Reader()
    header = "a line of a licence\n" * 300
    reader.feed(block(header))
    reader.feed(block(protocol("brackets"), len(header)))
    assert reader.layout.name == "brackets"


def test_layout_is_kept_once_it_is_sure() -> None:
    """Lines of another layout, further down, do not change what the first ones showed."""
    reader = Reader()
    first = protocol("tabs") * 5
    reader.feed(block(first))
    reader.feed(block(protocol("iso") * 50, len(first)))
    assert reader.layout.name == "tabs"


def test_reading_begins_in_the_middle() -> None:
    """After a restart layout, encoding and date are learnt from the head of the file."""
    text = protocol("semicolons").encode("cp866")
    reader = Reader(zone=UTC)
    reader.detect(text[:400])
    said = Said(Kind.ERROR, 1, "daq", "ёж")
    (found,) = reader.feed(block((line("semicolons", said, START) + "\n").encode("cp866"), 9000))
    assert (found.text, found.offset, found.line) == ("ёж", 9000, None)
    assert found.time == START.timestamp()


def test_lines_without_a_date_are_dated_by_the_last_change() -> None:
    """In the middle of a file without dates the day follows from when the file was changed."""
    reader = Reader(zone=UTC)
    changed = START + timedelta(days=9, minutes=1)
    reader.detect(f"{SEMICOLONS_HEADER}\n".encode(), before=changed.timestamp())
    lines = "23:59:00;2;1;a;x\n00:01:00;2;1;a;x\n"
    times = [each.time for each in reader.feed(block(lines, 9000))]
    midnight = datetime(changed.year, changed.month, changed.day, tzinfo=UTC).timestamp()
    assert times == [midnight - 60, midnight + 60]


@pytest.mark.parametrize("zone", [UTC, ZoneInfo("Asia/Tokyo"), ZoneInfo("US/Hawaii")])
@pytest.mark.parametrize("idle", [0, 1, 6, 22])
@pytest.mark.parametrize("header", [None, 7, 1])
def test_day_in_the_middle_is_found_from_the_end(
    zone: tzinfo, idle: int, header: int | None
) -> None:
    """In the middle of a file with one date at its top, midnights are counted from its end."""
    times = [START.astimezone(zone) + timedelta(hours=5 * n) for n in range(20)]
    said = Said(Kind.ERROR, 1, "daq", "text")
    lines = [f"{line('semicolons', said, each)}\n" for each in times]
    changed = (times[-1] + timedelta(hours=idle)).timestamp()
    if header is not None:  # the complex was started anew, and the file copied since
        lines[header] = f"*** LOG STARTED {times[header]:%d.%m.%y %H:%M:%S} REMUR ***\n"
        changed += 9 * 86400 + 7 * 3600
        times.pop(header)
    reader = Reader(zone=zone)
    reader.detect(f"{SEMICOLONS_HEADER}\n{lines[0]}".encode())
    reader.find_day([block("".join(lines[:5]), 9000), block("".join(lines[5:]), 9999)], changed)
    found = reader.feed(block("".join(lines), 9000))
    assert [each.time for each in found] == [each.timestamp() for each in times]


def test_day_of_no_lines() -> None:
    """Where nothing below has a time, the next line is of the day of the last change."""
    reader = Reader(layout_of("semicolons"), zone=UTC)
    reader.find_day([block("nothing\n", 9000)], START.timestamp())
    (found,) = reader.feed(block(line("semicolons", MESSAGES[0], START), 9008))
    assert found.time == START.timestamp()


def test_first_entry_of_a_block() -> None:
    """Where reading may begin in the middle is the first line that begins an entry."""
    reader = Reader(layout_of("brackets"))
    rest = "\n".join(TRACEBACK) + "\n"
    assert reader.first_entry(block(rest + brackets(), 100)) == 100 + len(rest)
    assert reader.first_entry(block(rest)) is None
    assert reader.lines == 0


def test_python_levels() -> None:
    """CRITICAL is an error of level 1, DEBUG info of level 5, ERROR an error of unknown level."""
    words = ("CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG")
    text = "".join(f"2021-04-13 03:22:45,118 {word} scan: text\n" for word in words)
    assert [(each.kind, each.level) for each in read(text)] == [
        (Kind.ERROR, 1),
        (Kind.ERROR, None),
        (Kind.WARNING, None),
        (Kind.INFO, None),
        (Kind.INFO, 5),
    ]


def test_level_out_of_range_is_unknown() -> None:
    """An error with a level that there is not is an error of unknown level."""
    found = read("12.04.2021 21:55:10\tE7\tdaq\ttext\n12.04.2021 21:55:10\tE\tdaq\ttext\n")
    assert [(each.kind, each.level) for each in found] == [(Kind.ERROR, None)] * 2


@pytest.mark.parametrize("digits", ["12", "00003", "9" * 5000])
def test_level_of_many_digits_is_unknown(digits: str) -> None:
    """Only a single digit from 1 to 5 is a level; a line with another number is still read."""
    (found,) = read(f"12.04.2021 21:55:10\tE{digits}\tdaq\ta\n", "tabs")
    assert (found.kind, found.text, found.level) == (Kind.ERROR, "a", None)
    own = {"json": {"text": "m", "level": "n"}}
    (found,) = read(json.dumps({"m": "a", "n": digits}), own)
    assert (found.text, found.level) == ("a", None)


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (
            {"timestamp": "2021-04-13T03:22:45.5Z", "severity": "Error", "message": "m"},
            1618284165.5,
        ),
        ({"ts": 1618284165500, "level": "error", "logger": "l", "text": "m"}, 1618284165.5),
        ({"time": 1618284165.5, "level": "error", "name": "l", "msg": "m"}, 1618284165.5),
        ({"time": "2021-04-13T06:22:45.500+03:00", "level": "error", "msg": "m"}, 1618284165.5),
        ({"time": "soon", "level": "error", "msg": "m"}, None),
        ({"time": 1e300, "level": "error", "msg": "m"}, None),
        ({"time": [1], "level": "error", "msg": "m"}, None),
        ({"time": 10**400, "level": "error", "msg": "m"}, None),
        ({"time": float("inf"), "level": "error", "msg": "m"}, None),
        ({"time": float("nan"), "level": "error", "msg": "m"}, None),
        ({"time": -9e10, "level": "error", "msg": "m"}, None),
        ({"time": "0001-01-01T00:00:00", "level": "error", "msg": "m"}, None),
        ({"time": "0001-01-01T00:00:00+14:00", "level": "error", "msg": "m"}, None),
        ({"time": "9999-12-31T23:59:59", "level": "error", "msg": "m"}, None),
        ({"time": "9999-12-31T23:59:59-12:00", "level": "error", "msg": "m"}, None),
        ({"level": "error", "msg": "m"}, None),
    ],
)
def test_json_lines(record: dict[str, Any], expected: float | None) -> None:
    """JSON lines are read by the usual field names; times are epoch or ISO with their offset."""
    (found,) = read(json.dumps(record) + "\n")
    assert (found.kind, found.text, found.time) == (Kind.ERROR, "m", expected)


def test_halves_of_characters_become_whole_ones() -> None:
    """What no encoding can write again is replaced, in every field and every encoding."""
    record = r'{"level": "error", "name": "d\ud800q", "msg": "a \udfff\ud83d\ude00\nb\udc00"}'
    for found in (
        *read(record, "json"),
        *read(rb"2021-04-12 21:55:10 ERROR d\ud800q: a", "python", encoding="raw_unicode_escape"),
    ):
        assert found.source == "d�q"
        json.dumps(found.to_json(), ensure_ascii=False).encode()
    (found,) = read(record, "json")
    assert found.text == "a �😀"
    assert found.details == ("b�",)


def test_json_without_a_known_kind_goes_by_words() -> None:
    """Where a JSON line gives no kind that is known, the words of its text decide."""
    text = '{"msg": "all is well"}\n{"level": 40, "msg": "ошибка"}\n'
    assert [each.kind for each in read(text)] == [Kind.INFO, Kind.ERROR]


def test_json_message_of_several_lines() -> None:
    """The first line of a JSON message is the text, the others are its details."""
    (found,) = read(json.dumps({"level": "error", "msg": "first\nsecond"}) + "\n")
    assert (found.text, found.details) == ("first", ("second",))


@pytest.mark.parametrize("broken", ['{"msg": ', "{" * 5000, '["msg"]', '{"a": 1}', "{}"])
def test_broken_json_fits_nothing(broken: str) -> None:
    """A line that is no JSON object with a text is a line that fits nothing."""
    reader = Reader(layout_of("json"))
    reader.feed(block(broken + "\n"))
    assert (reader.lines, reader.explained) == (1, 0)


def test_traceback_belongs_to_the_error_above() -> None:
    """Lines of a traceback belong to the error above them, as they are written."""
    error = "2021-04-13 03:22:45.118 [ERROR:1] is_client: script stopped"
    found = read(
        brackets(error, *TRACEBACK, "", "2021-04-13 03:22:46.002 [INFO:4] is_client: idle")
    )
    assert [each.kind for each in found] == [Kind.INFO, Kind.ERROR, Kind.INFO]
    assert found[1].details == TRACEBACK


def test_traceback_without_an_error_above_is_an_error() -> None:
    """A traceback below an info line is an error of unknown level, with its further lines."""
    found = read(brackets(*TRACEBACK))
    assert [(each.kind, each.level, each.source) for each in found[1:]] == [(Kind.ERROR, None, "")]
    assert (found[1].text, found[1].details) == (TRACEBACK[0], TRACEBACK[1:])
    assert found[1].time == found[0].time


@pytest.mark.parametrize(
    "text",
    [
        "Error in DAQ",
        "unhandled EXCEPTION",
        "ОШИБКА записи",
        "обнаружено 5 ошибок",
        "Ошибочный ответ",
        "произошёл сбой",
        "после сбоя питания",
        "Аварийная защита",
        "авария",
        "ZeroDivisionError: division by zero",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1251", "cp866"])
def test_error_words(text: str, encoding: str) -> None:
    """A line that fits nothing but tells of an error is an error, in any case and word form."""
    found = read(brackets(text, "    more of it").encode(encoding), encoding=encoding)
    assert (found[-1].kind, found[-1].level, found[-1].text) == (Kind.ERROR, None, text)
    assert found[-1].details == ("    more of it",)


@pytest.mark.parametrize("text", ["сборка начата", "terminated", "безаварийная работа"])
def test_other_words_are_no_errors(text: str) -> None:
    """A harmless line that fits nothing belongs to the entry above it."""
    (found,) = read(brackets(text))
    assert found.details == (text,)


def test_info_line_with_an_error_word_stays_info() -> None:
    """A line that fits is what it says it is, whatever words are in it."""
    found = read(brackets("2021-04-13 03:00:01.000 [INFO:3] scp: last error was 3 days ago"))
    assert [each.kind for each in found] == [Kind.INFO, Kind.INFO]


def test_line_at_the_top_stands_alone() -> None:
    """A harmless line above all entries is kept as info; one that tells of an error is one."""
    reader = Reader(layout_of("brackets"))
    found = reader.feed(block("hello\nmore\n"))
    assert [(each.kind, each.text, each.details) for each in found] == [
        (Kind.INFO, "hello", ("more",))
    ]
    assert reader.unexplained == ((1, "hello"), (2, "more"))
    assert Reader(layout_of("brackets")).feed(block("ошибка\n"))[0].kind is Kind.ERROR


def test_unknown_layout_is_kept_line_by_line() -> None:
    """Where no layout fits, each line is an entry of its own, and no error is lost in another."""
    text = "start\nerror in A\n  detail\nerror in B\n"
    text += "Traceback (most recent call last):\n  x\nKeyError: 1\n"
    reader = Reader()
    found = reader.feed(block(text))
    assert reader.layout is TEXT
    assert [(each.kind, each.text, each.details) for each in found] == [
        (Kind.INFO, "start", ()),
        (Kind.ERROR, "error in A", ("  detail",)),
        (Kind.ERROR, "error in B", ()),
        (Kind.ERROR, "Traceback (most recent call last):", ("  x", "KeyError: 1")),
    ]


def test_details_are_capped_and_counted() -> None:
    """Of very many lines below an entry the first are kept and the others counted."""
    (found,) = read(brackets(*(f"  {n}" for n in range(DETAILS + 7))))
    assert (len(found.details), found.omitted) == (DETAILS, 7)


def test_entry_is_told_again_when_its_lines_come_later() -> None:
    """An entry is told at its first line, and again with the same offset when it grows."""
    reader = Reader(zone=UTC)
    first = brackets("2021-04-13 03:22:45.118 [ERROR:1] is_client: stopped")
    told = reader.feed(block(first))
    again = reader.feed(block("\n".join(TRACEBACK) + "\n", len(first)))
    assert [each.offset for each in again] == [told[-1].offset]
    assert again[0].details == TRACEBACK
    assert reader.feed(block("", len(first) + 200)) == []


def test_completed_half_line_replaces_the_first_reading() -> None:
    """A half line is an entry at once; completed, it is told again with the same offset."""
    reader = Reader(zone=UTC)
    first = brackets()
    reader.feed(block(first))
    whole = "2021-04-13 03:22:45.118 [ERROR:1] P1_beta: timeout 60 s\n"
    (half,) = reader.feed(block(whole[:52], len(first), half=True))
    (full,) = reader.feed(block(whole, len(first)))
    assert (half.offset, half.text) == (full.offset, "timeout 6")
    assert full.text == "timeout 60 s"
    assert (reader.lines, reader.explained) == (2, 2)


def test_half_line_that_was_taken_for_a_detail_is_taken_back() -> None:
    """Where the beginning of a line looked like a detail, the entry above is told without it."""
    reader = Reader(zone=UTC)
    first = brackets()
    reader.feed(block(first))
    whole = "2021-04-13 03:22:45.118 [ERROR:1] P1_beta: timeout\n"
    (above,) = reader.feed(block(whole[:9], len(first), half=True))
    assert above.details == ("2021-04-1",)
    above, error = reader.feed(block(whole, len(first)))
    assert (above.offset, above.details, error.text) == (0, (), "timeout")


def test_zeros_in_lines() -> None:
    """Single NUL bytes are passed over; a run of them parts what stood before and behind it."""
    good = "2021-04-13 03:22:45.118 [ERROR:1] P1_beta: time\0out"
    lost = "2021-04-13 03:22:45.118 [INFO:1] P1_b" + "\0" * 100 + good
    found = read(brackets(lost))
    assert [(each.kind, each.text) for each in found[-2:]] == [
        (Kind.INFO, "P1_b"),
        (Kind.ERROR, "timeout"),
    ]
    assert found[-1].offset == len(brackets(lost)) - len(good) - 1


def test_byte_order_mark_is_passed_over() -> None:
    """A byte order mark at the top is no part of the first line."""
    assert read(b"\xef\xbb\xbf" + brackets().encode())[0].text == "start"


def test_overlong_line_is_cut() -> None:
    """A line of any length is understood by its beginning, marked, and counted."""
    reader = Reader()
    text = brackets("2021-04-13 03:22:45.118 [ERROR:1] daq: " + "ж" * LONGEST)
    found = reader.feed(block(text))
    assert (reader.cut, found[-1].source) == (1, "daq")
    assert found[-1].text.endswith("ж […]")
    assert len(found[-1].text.encode()) <= LONGEST


def test_mixed_encodings() -> None:
    """Each line is UTF-8 or not; the others share the code page that their letters show."""
    lines = [line("tabs", said, moment(n)) for n, said in enumerate(MESSAGES * 2)]
    data = b"\n".join(each.encode(("utf-8", "cp866")[n % 2]) for n, each in enumerate(lines))
    reader = Reader()
    assert [each.text for each in reader.feed(block(data))] == [each.text for each in MESSAGES * 2]
    assert set(reader.encoding.split(", ")) == {"utf-8", "cp866"}


RUSSIAN = (
    "Двигатель не достиг заданной позиции (таймаут 60 с)",
    "ОШИБКА: НЕТ СВЯЗИ С КОНТРОЛЛЕРОМ ДЕТЕКТОРА",
    "Температура вне допуска: 24.1 °C",
    "порт COM3 не отвечает",
    "Сбой",
    "авария",
    "Приёмник занят",
    "Файл №5 занят",
    "Устройство смены образцов: сработал концевой выключатель, движение остановлено",
)


@pytest.mark.parametrize("encoding", ["cp1251", "cp866"])
@pytest.mark.parametrize("text", RUSSIAN)
def test_short_russian_lines(text: str, encoding: str) -> None:
    """One line alone, short or in capitals, is enough to tell cp1251 from cp866."""
    text = text if encoding == "cp1251" else text.replace("»", '"')
    assert Decoder().text(text.encode(encoding)) == text


WORDS = st.sampled_from(" ".join(RUSSIAN).split())
#: A single sign beyond ASCII, as in "24.1 °C", is a letter in the other code page.
PROSE = st.sampled_from([each for each in " ".join(RUSSIAN).split() if each.isalpha()])
SENTENCES = st.builds("{} {}".format, PROSE, st.lists(WORDS, min_size=1, max_size=8).map(" ".join))


@settings(deadline=None)
@given(
    sentences=st.lists(SENTENCES, min_size=1),
    upper=st.booleans(),
    encoding=st.sampled_from(["cp1251", "cp866", "utf-8"]),
)
def test_any_russian_sentences(sentences: list[str], encoding: str, *, upper: bool) -> None:
    """Whatever Russian is written, in any case, the decoder gives it back."""
    decoder = Decoder()
    for each in sentences:
        text = each.upper() if upper else each
        assert decoder.text(text.encode(encoding)) == text


def test_given_encoding_is_kept() -> None:
    """An encoding that is given is used for every line."""
    assert (
        read("12.04.2021 21:55:10\tE1\tdaq\tж\n".encode("koi8-r"), encoding="koi8-r")[0].text == "ж"
    )


@pytest.mark.parametrize("encoding", ["utf-16", "klingon", "rot13", ""])
def test_encoding_that_cannot_be_read(encoding: str) -> None:
    """An encoding that does not exist, or whose lines cannot be found, is refused."""
    with pytest.raises(Problem, match="cp1251"):
        Reader(encoding=encoding)


def semicolons(*times: str) -> list[datetime]:
    """When lines with these times of the day were written, by the header of 12.04.21."""
    text = "".join(f"{each};2;1;a;b\n" for each in times)
    found = read(f"{SEMICOLONS_HEADER}\n{text}", "semicolons")
    return [datetime.fromtimestamp(each.time or 0.0, UTC) for each in found]


def test_midnight() -> None:
    """Where lines have no date, a time that falls is the next day."""
    assert [each.day for each in semicolons("21:58:02", "03:22:45", "09:00:00", "08:59:00")] == [
        12,
        13,
        13,
        13,
    ]
    assert [each.day for each in semicolons("23:00:00", "09:00:00", "06:00:00")] == [12, 13, 14]


def test_clock_set_back_is_no_midnight() -> None:
    """A clock set back by an hour stays on its day, also across midnight."""
    assert [each.day for each in semicolons("22:58:02", "21:58:30", "23:59:59")] == [12, 12, 12]
    assert [each.day for each in semicolons("23:59:59", "00:00:05", "23:59:58", "00:00:01")] == [
        12,
        13,
        12,
        13,
    ]


def test_header_in_the_middle_sets_the_date() -> None:
    """A second header, after a restart of the complex, gives the date anew."""
    text = f"{SEMICOLONS_HEADER}\n22:00:00;2;1;a;b\n*** LOG STARTED 20.04.21 08:00:00 REMUR ***\n"
    found = read(text + "08:00:01;2;1;a;b\n", "semicolons")
    assert datetime.fromtimestamp(found[-1].time or 0.0, UTC).day == 20


def test_missing_date() -> None:
    """Without a header the day is unknown, and the entry has no time."""
    assert read("22:00:00;2;1;a;b\n")[0].time is None


def test_impossible_time() -> None:
    """A time that does not exist is no reason to lose the entry."""
    (found,) = read("32.13.2021 25:61:10\tE1\tdaq\ttext\n", "tabs")
    assert (found.time, found.text) == (None, "text")


@pytest.mark.parametrize("zone", [UTC, None, ZoneInfo("Asia/Tokyo"), ZoneInfo("US/Hawaii")])
@pytest.mark.parametrize("day", ["01.01.0001", "31.12.1969", "31.12.9999"])
def test_day_that_no_clock_shows(day: str, zone: tzinfo | None) -> None:
    """A day before 1970 or after 9998 is no date; what comes after it is read as ever."""
    lines = f"{day} 12:00:00\tE1\tdaq\ta\n12.04.2021 21:55:10\tE1\tdaq\tb\n"
    (first, second) = read(lines, "tabs", zone=zone)
    assert (first.time, second.time is None) == (None, False)


@pytest.mark.parametrize("day", ["0001-01-01", "1969-06-01", "9999-12-31"])
def test_header_with_a_day_that_no_clock_shows(day: str) -> None:
    """A header with such a day dates no line, also across midnight."""
    layout = {
        "pattern": r"(?P<time>\d\d:\d\d:\d\d) (?P<text>.*)",
        "time": "%H:%M:%S",
        "header": r"# (?P<time>.*)",
        "header-time": "%Y-%m-%d",
    }
    found = read(f"# {day}\n23:00:00 a\n01:00:00 b\n00:59:00 c\n", layout)
    assert [(each.text, each.time) for each in found] == [("a", None), ("b", None), ("c", None)]


def test_seconds_of_absurd_length() -> None:
    """A time with digits without end is no time, also below a good one of the same minute."""
    times = ("2021-04-13T03:22:45", f"2021-04-13T03:22:{'9' * 400}", "2021-04-13T03:22:99")
    lines = "".join(json.dumps({"time": each, "msg": "m"}) + "\n" for each in times)
    found = [each.time for each in read(lines, "json")]
    assert found == [1618284165.0, None, 1618284180.0]


@pytest.mark.parametrize(
    ("written", "text", "expected"),
    [
        ("%d/%b/%Y:%H:%M:%S %z", "13/Apr/2021:06:22:45 +0300", 1618284165.0),
        ("%d %b %Y %H:%M:%S", "13 Apr 2021 03:22:45", 1618284165.0),
        ("%I:%M:%S %p", "03:22:45 AM", None),
        ("%b %d %H:%M:%S", "Apr 13 03:22:45", None),
    ],
)
def test_times_that_only_strptime_reads(written: str, text: str, expected: float | None) -> None:
    """Names of months, own zones and halves of the day are understood; a missing year is none."""
    layout = {"pattern": r"\[(?P<time>.*?)\] (?P<text>.*)", "time": written}
    (found,) = read(f"[{text}] m\n", layout)
    assert (found.time, found.text) == (expected, "m")


def test_clock_set_back_with_dates() -> None:
    """Where lines have a date, times are taken as they are, also when they go back."""
    found = read("12.04.2021 21:55:10\tE1\tdaq\ta\n11.04.2021 20:00:00\tE1\tdaq\tb\n")
    assert [(found[0].time or 0) - (found[1].time or 0)] == [86400 + 6910]


def test_end_of_summer_time() -> None:
    """The hour that is repeated in autumn goes on rising; out of order by seconds is no repeat."""
    times = ("02:30:00", "02:29:58", "02:59:59", "02:00:01", "02:30:00", "03:00:01")
    text = "".join(f"31.10.2021 {each}\tE1\tdaq\tx\n" for each in times)
    found = [each.time or 0.0 for each in read(text, zone=ZoneInfo("Europe/Berlin"))]
    assert [each - found[0] for each in found] == [0, -2, 1799, 1801, 3600, 5401]


def test_zone_of_the_computer() -> None:
    """Without a zone the times are those of the computer."""
    (found,) = read("12.04.2021 21:55:10\tE1\tdaq\tx\n", zone=None)
    assert found.time == datetime(2021, 4, 12, 21, 55, 10).astimezone().timestamp()


def test_own_pattern() -> None:
    """An own layout with an expression, formats and letters reads its lines."""
    layout = {
        "pattern": r"(?P<kind>\w)\|(?P<time>[^|]+)\|(?P<source>[^|]*)\|(?P<text>.*)",
        "time": "%d %b %Y %H:%M:%S",
        "kinds": {"F": "error", "H": "warning", "x": "info"},
    }
    found = read("F|13 Apr 2021 03:22:45|daq|text\nh|13 Apr 2021 03:22:46|daq|text\n", layout)
    assert [(each.kind, each.source, each.text) for each in found] == [
        (Kind.ERROR, "daq", "text"),
        (Kind.WARNING, "daq", "text"),
    ]
    assert found[0].time == datetime(2021, 4, 13, 3, 22, 45, tzinfo=UTC).timestamp()


def test_own_pattern_with_text_alone() -> None:
    """Only the text is required: then words tell an error, and the usual words the kinds."""
    assert [each.kind for each in read("> fine\n> сбой\n", {"pattern": "> (?P<text>.*)"})] == [
        Kind.INFO,
        Kind.ERROR,
    ]


def test_own_header_continuation_and_quotes() -> None:
    """An own layout may give a header with the date, continuation lines and quotes."""
    layout = {
        "pattern": r"(?P<time>\d\d:\d\d) (?P<kind>\w) (?P<text>.*)",
        "time": "%H:%M",
        "header": r"# (?P<time>\S+)",
        "header-time": "%d.%m.%Y",
        "continuation": r"\+",
        "unquote": True,
    }
    reader = Reader(own_layout(layout), zone=UTC)
    (found,) = reader.feed(block('# 13.04.2021\n03:22 e "a ""b"""\n+ error\n'))
    assert (found.text, found.details) == ('a "b"', ("+ error",))
    assert found.time == datetime(2021, 4, 13, 3, 22, tzinfo=UTC).timestamp()
    assert (reader.lines, reader.explained) == (3, 3)


def test_own_json_fields() -> None:
    """An own layout may name the fields of JSON lines."""
    layout = {"json": {"text": "was", "kind": ["typ"], "level": "stufe"}, "kinds": {"F": "error"}}
    (found,) = read('{"was": "text", "typ": "f", "stufe": 2}\n', layout)
    assert (found.kind, found.level, found.text) == (Kind.ERROR, 2, "text")


def test_own_expression_runs_out_of_time() -> None:
    """An expression that would take for ever is stopped; its lines fit nothing and are counted."""
    reader = Reader(own_layout({"pattern": r"(?P<text>(?:a|a|aa)+)$"}))
    found = reader.feed(block(("a" * 60 + "! error\n") * 500))
    assert reader.slow == 500
    assert [each.kind for each in found] == [Kind.ERROR]


@pytest.mark.parametrize(
    ("layout", "said"),
    [
        ("nosuch", "tabs, brackets"),
        ({}, "either pattern or json"),
        ({"pattern": "(?P<text>.*)", "json": {"text": "m"}}, "either pattern or json"),
        ({"pattern": "(?P<text>.*"}, "no regular expression"),
        ({"pattern": ".*"}, r"no group \(\?P<text>"),
        ({"pattern": "(?P<text>.*)(?P<who>)"}, "group who"),
        ({"pattern": 5}, "must be a text"),
        ({"pattern": "(?P<text>.*)", "time": "%Q"}, "must be written like"),
        ({"pattern": "(?P<text>.*)", "time": "yyyy"}, "must be written like"),
        ({"pattern": "(?P<text>.*)", "time": 5}, "list of texts"),
        ({"pattern": "(?P<text>.*)", "kinds": {"F": "fehler"}}, "error, warning"),
        ({"pattern": "(?P<text>.*)", "kinds": ["F"]}, "kinds must be like"),
        ({"pattern": "(?P<text>.*)", "unquote": 1}, "true or false"),
        ({"pattern": "(?P<text>.*)", "header": "#"}, r"no group \(\?P<time>"),
        ({"pattern": "(?P<text>.*)", "colour": 1}, 'no key "colour"'),
        ({"json": {"when": "t"}}, "when"),
        ({"json": {"text": 5}}, "text"),
        ({"json": {"time": "t"}}, "nothing about text"),
        ({"json": "m"}, "json must be like"),
    ],
)
def test_mistakes_in_an_own_layout(layout: str | dict[str, Any], said: str) -> None:
    """Each mistake in a layout is told in a sentence."""
    with pytest.raises(Problem, match=said):
        layout_of(layout)


PLAIN = st.text(
    st.characters(codec="cp1251", exclude_categories=("Cc", "Zs", "Zl", "Zp", "Cf")), min_size=1
)
SAID = st.builds(
    Said,
    st.sampled_from(Kind),
    st.integers(1, 5),
    st.from_regex(r"[A-Za-z]\w{0,8}", fullmatch=True, alphabet=st.characters(codec="ascii")),
    st.lists(PLAIN, min_size=1, max_size=4).map(" ".join),
)


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(deadline=None)
@given(said=st.lists(SAID, min_size=1, max_size=5), start=st.integers(0, 2_000_000_000))
@example(said=[Said(Kind.ERROR, 1, "a", '"')], start=0)
def test_any_message_in_any_layout(layout: str, said: list[Said], start: int) -> None:
    """Whatever is written in a layout is read as it was meant."""
    times = [datetime.fromtimestamp(start + 61 * n, UTC) for n in range(len(said))]
    header = f"*** LOG STARTED {times[0]:%d.%m.%y %H:%M:%S} X ***\n"
    text = header if layout == "semicolons" else ""
    text += "".join(line(layout, each, at) + "\n" for each, at in zip(said, times, strict=True))
    path = f"nicos-{times[0]:%Y-%m-%d}.log"
    found = Reader(layout_of(layout), "utf-8", UTC).feed(block(text, path=path))
    assert [(each.kind, each.source, each.text) for each in found] == [
        (each.kind, each.source, each.text) for each in said
    ]
    assert [int(each.time or 0) for each in found] == [int(at.timestamp()) for at in times]


@settings(deadline=None)
@given(data=st.binary(max_size=300), layout=st.sampled_from(["auto", *LAYOUTS, "text"]))
def test_no_bytes_stop_the_reader(data: bytes, layout: str) -> None:
    """Whatever bytes are in a protocol, they are read without an exception and none is lost."""
    reader = Reader(layout_of(layout))
    found = reader.feed(block(data))
    assert bool(found) == bool(reader.lines)
    assert sum(1 + len(each.details) for each in found) >= min(reader.lines, 1)
