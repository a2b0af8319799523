"""survey: how a protocol file is read, as plain data."""

from __future__ import annotations

import json
from datetime import UTC, timedelta, timezone
from pathlib import Path

from sonixbot.alerts.grouping import Taught
from sonixbot.entry import Entry, Kind
from sonixbot.formats import layout_of
from sonixbot.survey import Survey, survey
from tests.protocols import MESSAGES, TRACEBACK, moment, protocol

KEYS = [
    "layout",
    "encoding",
    "lines",
    "explained",
    "kinds",
    "devices",
    "first",
    "last",
    "unexplained",
    "incidents",
]


def surveyed(path: Path, text: str) -> Survey:
    """The survey of a protocol with this text; errors are pushed, and grouped by device."""
    path = path / "protocol.log"
    path.write_bytes(text.encode("cp1251"))
    return survey(
        path,
        taught=lambda entry: Taught(entry, entry.source),
        pushed=lambda entry: entry.kind is Kind.ERROR,
    )


def test_survey_counts_what_is_there(tmp_path: Path) -> None:
    """Layout, encoding, lines, kinds by level, devices and the time span are told."""
    found = surveyed(tmp_path, protocol("brackets"))
    assert (found.layout, found.encoding) == ("brackets", "cp1251")
    assert (found.lines, found.explained, found.sampled) == (12, 12, 12)
    assert found.shares == (("brackets", 12), ("iso", 12))
    assert found.kinds == {
        Kind.ERROR: {"1": 2, "2": 2, "3": 1},
        Kind.WARNING: {"1": 1, "2": 1, "3": 1},
        Kind.INFO: {"3": 1, "5": 1},
        Kind.USER: {"1": 2},
    }
    assert found.devices["varman"] == {Kind.INFO: 1, Kind.WARNING: 1}


def test_errors_that_would_be_pushed_are_grouped(tmp_path: Path) -> None:
    """Like errors are one incident with count, most important level, first and last time."""
    text = "".join(
        f"2021-04-13 03:22:4{n}.000 [ERROR:{level}] daq: lost {n}\n"
        for n, level in enumerate((3, 1, 2))
    )
    (incident,) = surveyed(tmp_path, text).incidents
    assert (incident.text, incident.level, incident.count) == ("lost 0", 1, 3)
    assert incident.first is not None
    assert incident.last is not None
    assert incident.last - incident.first == 2


def test_an_error_whose_lines_go_on_is_counted_once(tmp_path: Path) -> None:
    """A traceback that reaches into the next block does not make a second error."""
    error = "2021-04-13 03:22:45.000 [ERROR:1] is_client: script stopped\n"
    text = (error + "\n".join(TRACEBACK) + "\n") * 3000
    found = surveyed(tmp_path, text)
    assert found.kinds[Kind.ERROR] == {"1": 3000}
    assert found.incidents[0].count == 3000
    assert found.explained == found.lines == 15_000


def test_json_has_exactly_its_keys(tmp_path: Path) -> None:
    """The JSON object has its keys and all four kinds, also for a file with nothing in it."""
    data = surveyed(tmp_path, "").to_json()
    assert list(data) == KEYS
    assert data["kinds"] == {"error": {}, "warning": {}, "info": {}, "user": {}}
    assert (data["first"], data["last"], data["lines"], data["layout"]) == (None, None, 0, "text")
    json.dumps(data)


def test_json_of_a_protocol(tmp_path: Path) -> None:
    """Times are ISO 8601 with the offset of the zone; unknown levels are a question mark."""
    path = tmp_path / "protocol.log"
    path.write_text(protocol("iso") + "harmless\n", encoding="utf-8")

    def taught(entry: Entry) -> Taught:
        return Taught(entry, entry.text)

    zone = timezone(timedelta(hours=3))
    data = survey(
        path, layout_of("iso"), zone=zone, taught=taught, pushed=lambda entry: entry.rank == 1
    ).to_json()
    assert data["kinds"]["error"] == {"?": 5}
    assert data["first"] == moment(0).astimezone(zone).isoformat() == "2021-04-13T00:55:10+03:00"
    assert data["unexplained"] == [{"line": 13, "text": "harmless"}]
    assert data["incidents"][0] == {
        "kind": "error",
        "level": None,
        "source": "P1_beta",
        "text": MESSAGES[3].text,
        "count": 1,
        "first": moment(3).astimezone(zone).isoformat(),
        "last": moment(3).astimezone(zone).isoformat(),
    }
    assert data["devices"]["daq"] == {"error": 1}


def test_progress_is_told(tmp_path: Path) -> None:
    """How far reading is, is told in bytes, up to the whole file."""
    path = tmp_path / "protocol.log"
    path.write_text(protocol("tabs") * 2000, encoding="utf-8")
    steps: list[tuple[int, int]] = []
    survey(
        path,
        zone=UTC,
        progress=lambda done, total: steps.append((done, total)),
        taught=lambda entry: Taught(entry, entry.text),
        pushed=lambda entry: entry.rank == 1,
    )
    size = path.stat().st_size
    assert len(steps) > 3
    assert steps == sorted(steps)
    assert steps[-1] == (size, size)


def test_what_an_own_layout_does_not_know_is_told(tmp_path: Path) -> None:
    """The first time and the first kind that an own layout does not know are in the survey."""
    path = tmp_path / "own.log"
    path.write_text("01/05/2024|E|a\n2024-05-01|F|b\n", encoding="utf-8")
    layout = layout_of(
        {
            "pattern": r"(?P<time>[^|]+)\|(?P<kind>\w)\|(?P<text>.*)",
            "time": "%Y-%m-%d",
            "kinds": {"E": "error"},
        }
    )
    found = survey(
        path, layout, taught=lambda entry: Taught(entry, entry.text), pushed=lambda _entry: True
    )
    assert (found.own, found.unknown_kind) == (True, "F")
    assert found.unread_time == ("01/05/2024", ("%Y-%m-%d",))
    assert list(found.to_json()) == KEYS
