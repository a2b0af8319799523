"""`sonixbot protocol`: how a file is read, for people and for programs."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from sonixbot.cli.protocol import reading, show
from sonixbot.cli.terminal import Terminal
from sonixbot.entry import Kind
from sonixbot.language import language
from tests.commandline import CommandLine
from tests.protocols import MESSAGES, STEP, TRACEBACK, Said, line, moment, protocol
from tests.standins import until

KEYS = [
    "layout", "encoding", "lines", "explained", "kinds", "devices", "first", "last",
    "unexplained", "incidents",
]  # fmt: skip


@pytest.fixture
def sonixbot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    return CommandLine(tmp_path, monkeypatch, capsys)


@pytest.fixture
def tabs(tmp_path: Path) -> str:
    """A protocol in cp1251 with two lines that fit nothing."""
    path = tmp_path / "tabs.log"
    text = protocol("tabs", end="\r\n") * 3 + "ни к чему\r\n\x1b[2Jred\r\n"
    path.write_bytes(text.encode("cp1251"))
    return str(path)


def test_what_is_told_of_a_file(sonixbot: CommandLine, tabs: str) -> None:
    """Layout and why, encoding, share of lines explained, time span, what fits nothing."""
    said = sonixbot("protocol", tabs, "--time-zone", "UTC")
    assert (said.code, said.err) == (0, "")
    for each in (
        "tabs, as it explains 36 of the first 38 lines",
        "cp1251",
        "38 lines, 94.7 % explained",
        f"{moment(0):%d.%m.%Y %H:%M:%S} – {moment(11):%d.%m.%Y %H:%M:%S} (3 h 41 min)",
        "37  ни к чему",
        "38  ·[2Jred",
    ):
        assert each in said.out


def test_counts_by_kind_and_device(sonixbot: CommandLine, tabs: str) -> None:
    """Two tables count the messages by kind and level, and by device and kind."""
    rows = [each.split() for each in sonixbot("protocol", tabs).out.splitlines()]
    assert ["error", "6", "6", "3", "·", "·", "15"] in rows
    assert ["warning", "3", "3", "3", "·", "·", "9"] in rows
    assert ["P1_beta", "3", "·", "·", "·", "3"] in rows
    assert ["varman", "·", "3", "3", "·", "6"] in rows


def test_what_would_have_been_sent(sonixbot: CommandLine, tabs: str) -> None:
    """Errors and important warnings are listed grouped with their count, the newest last."""
    out = sonixbot("protocol", tabs).out
    _, _, incidents = out.partition("Would have been sent: 6 problems")
    first, last = incidents.index("P1_beta"), incidents.index("Temperature 24.1 C")
    assert first < last
    assert incidents.count("×3") == 6
    assert "Старт скрипта" not in incidents


def test_one_json_object_alone(sonixbot: CommandLine, tabs: str) -> None:
    """--json prints one object with the agreed keys and nothing else, in English."""
    sonixbot.speak("ru_RU")
    said = sonixbot("protocol", tabs, "--json", "--time-zone", "UTC")
    assert (said.code, said.err) == (0, "")
    found = json.loads(said.out)
    assert list(found) == KEYS
    assert (found["layout"], found["encoding"]) == ("tabs", "cp1251")
    assert (found["lines"], found["explained"]) == (38, 36)
    assert found["kinds"]["error"] == {"1": 6, "2": 6, "3": 3}
    assert list(found["kinds"]) == ["error", "warning", "info", "user"]
    assert found["devices"]["P1_beta"] == {"error": 3}
    assert found["first"] == moment(0).isoformat()
    assert found["unexplained"][0] == {"line": 37, "text": "ни к чему"}
    assert [each["count"] for each in found["incidents"]] == [3] * 6


def test_many_devices_and_problems_are_cut(sonixbot: CommandLine, tmp_path: Path) -> None:
    """Long lists end with how many more there are."""
    path = tmp_path / "many.log"
    said = [Said(Kind.ERROR, 1, f"motor_{n}x", f"failure {chr(97 + n)}") for n in range(25)]
    lines = [line("brackets", each, moment(n)) + "\n" for n, each in enumerate(said)]
    path.write_text("".join(lines), encoding="utf-8")
    out = sonixbot("protocol", str(path)).out
    assert "… and 5 more" in out
    assert "… 5 earlier ones, and then:" in out
    assert "failure y" in out


def test_an_own_layout_is_tried(sonixbot: CommandLine, tmp_path: Path) -> None:
    """--layout takes a name, JSON, or a file with JSON, as protocol.format will."""
    log, own = tmp_path / "own.log", tmp_path / "own.json"
    log.write_text("13/04/2021 03:22|F|P1_beta|stuck\n", encoding="utf-8")
    layout = json.dumps(
        {
            "pattern": r"(?P<time>[^|]*)\|(?P<kind>[^|]*)\|(?P<source>[^|]*)\|(?P<text>.*)",
            "time": "%d/%m/%Y %H:%M",
            "kinds": {"F": "error"},
        }
    )
    own.write_text(layout, encoding="utf-8")
    for given in (layout, str(own)):
        said = sonixbot("protocol", str(log), "--layout", given, "--json", "--time-zone", "UTC")
        found = json.loads(said.out)
        assert (found["layout"], found["explained"]) == ("own", 1)
        assert found["devices"] == {"P1_beta": {"error": 1}}
        assert found["first"] == "2021-04-13T03:22:00+00:00"
    assert (
        json.loads(sonixbot("protocol", str(log), "--layout", "text", "--json").out)["lines"] == 1
    )


@pytest.mark.parametrize(
    ("options", "answer"),
    [
        (["--layout", "sonix"], 'There is no layout "sonix"; there are auto, tabs,'),
        (["--layout", "{"], "--layout is not JSON: "),
        (["--layout", '{"pattern": "x"}'], "The layout of the protocol cannot be used: pattern"),
        (["--encoding", "klingon"], 'The encoding "klingon" is not known; use auto,'),
        (["--time-zone", "Dubna"], "There is no time zone Dubna;"),
        (["--time-zone", "../etc"], "There is no time zone ../etc;"),
        (["--json", "--follow"], "--json prints one object and ends, so it goes without --follow."),
    ],
)
def test_wrong_options(sonixbot: CommandLine, tabs: str, options: list[str], answer: str) -> None:
    """An option that cannot be meant is one sentence; the exit code is 2."""
    said = sonixbot("protocol", tabs, *options)
    assert (said.code, said.out) == (2, "")
    assert said.words.startswith(answer)


def test_files_that_cannot_be_read(sonixbot: CommandLine, tmp_path: Path) -> None:
    """A missing file and a folder are told in a sentence; the exit code is 2."""
    said = sonixbot("protocol", str(tmp_path / "no.log"))
    assert (said.code, said.words) == (2, f"There is no file {tmp_path / 'no.log'}.")
    said = sonixbot("protocol", str(tmp_path))
    assert (said.code, said.words) == (2, f"{tmp_path} is a folder; name the protocol in it.")


def test_files_without_sense(sonixbot: CommandLine, tmp_path: Path) -> None:
    """An empty file and one of no known layout are told so, and are no error."""
    path = tmp_path / "odd.log"
    path.write_bytes(b"")
    assert "There is nothing in this file yet." in sonixbot("protocol", str(path)).out
    path.write_bytes(b"hello\nsevere error\n")
    said = sonixbot("protocol", str(path))
    assert said.code == 0
    assert "none fits, so every line is kept as text" in said.out
    assert "Would have been sent: 1 problem\n" in said.out


def test_people_see_how_far_reading_is(tabs: str) -> None:
    """A bar on the terminal, on standard error, shows the file and how much of it is read."""
    out, err = io.StringIO(), io.StringIO()
    terminal = Terminal(
        language("en"), Console(file=out), Console(file=err, force_terminal=True, width=100)
    )
    show(terminal, tabs, reading("auto", "auto", None), follow=False, as_json=True)
    assert json.loads(out.getvalue())["lines"] == 38
    assert "tabs.log" in err.getvalue()
    assert re.search(r"(\d\.\d)/\1 kB", err.getvalue())


@pytest.mark.process
def test_a_narrow_pipe_in_a_foreign_code_page(tabs: str) -> None:
    """Output into a pipe stays within its columns and survives a code page without our letters."""
    done = subprocess.run(
        [sys.executable, "-m", "sonixbot", "protocol", tabs],
        env={**os.environ, "LANGUAGE": "en", "COLUMNS": "60", "PYTHONIOENCODING": "cp437"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"\x1b" not in done.stdout
    lines = done.stdout.decode("cp437").splitlines()
    assert max(len(each) for each in lines if str(Path(tabs).parent) not in each) <= 60


@pytest.mark.process
def test_follow_shows_what_comes(tmp_path: Path) -> None:
    """--follow shows entries as they are written, with their lines, across a new file."""
    path = tmp_path / "live.log"
    path.write_text(protocol("brackets"), encoding="utf-8")
    shown = tmp_path / "shown"
    with shown.open("wb") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", "sonixbot", "protocol", str(path), "--follow"],
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, "LANGUAGE": "en", "PYTHONIOENCODING": "utf-8"},
        )
    try:
        until(lambda: b"Ctrl-C ends this" in shown.read_bytes())
        late = Said(Kind.ERROR, 1, "daq", "no connection with the detector")
        with path.open("a", encoding="utf-8") as file:
            file.write(line("brackets", late, moment(0) + len(MESSAGES) * STEP) + "\n")
            file.write("\n".join(TRACEBACK) + "\n")
        until(lambda: b"RuntimeError: P1_beta: timeout" in shown.read_bytes())
        path.rename(tmp_path / "old.log")
        user = Said(Kind.USER, 1, "is_client", "Старт скрипта day.py")
        path.write_text(line("brackets", user, moment(20)) + "\n", encoding="utf-8")
        until(lambda: "Старт скрипта day.py".encode() in shown.read_bytes())
        child.send_signal(signal.SIGINT)
        assert child.wait(10) == 0
    finally:
        child.kill()
        child.wait()
    _, _, live = shown.read_text(encoding="utf-8").partition("Ctrl-C ends this")
    # Whether the moment without a file is seen and told is chance.
    lines = [each for each in live.splitlines() if each and "There is no protocol" not in each]
    first, *rest = lines
    assert first.endswith("error 1  daq: no connection with the detector")
    assert [each.strip() for each in rest[:4]] == [each.strip() for each in TRACEBACK]
    assert rest[4].endswith("user 1  is_client: Старт скрипта day.py")
    assert len(rest) == 5


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with a name")
def test_what_has_no_end_is_refused(sonixbot: CommandLine, tmp_path: Path) -> None:
    """A pipe is refused in a sentence rather than waited for."""
    os.mkfifo(tmp_path / "pipe")
    for words in ([], ["--follow"], ["--json"]):
        said = sonixbot("protocol", "pipe", *words)
        assert (said.code, said.out, said.words) == (2, "", "pipe is not a file.")


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["x" * 300], "cannot be read: "),
        (["p.log", "--layout", "x" * 300], "There is no layout"),
        (["p.log", "--layout", '{"a":' * 20_000], "--layout is not JSON: "),
    ],
)
def test_senseless_words(
    sonixbot: CommandLine, tmp_path: Path, words: list[str], answer: str
) -> None:
    """Names that are too long and endless JSON are wrong use like any other."""
    (tmp_path / "p.log").touch()
    said = sonixbot("protocol", *words)
    assert (said.code, said.out) == (2, "")
    assert answer in said.words


def test_what_an_own_layout_does_not_know_is_said(sonixbot: CommandLine, tmp_path: Path) -> None:
    """A time that the format does not fit and a kind that is not in kinds are told in words."""
    path, layout = tmp_path / "own.log", tmp_path / "layout.json"
    path.write_text("01/05/2024 03:22:45|E|a\n2024-05-01|F|b\n", encoding="utf-8")
    described = {
        "pattern": r"(?P<time>[^|]+)\|(?P<kind>\w)\|(?P<text>.*)",
        "time": "%Y-%m-%d",
        "kinds": {"E": "error"},
    }
    layout.write_text(json.dumps(described), encoding="utf-8")
    out = sonixbot("protocol", str(path), "--layout", str(layout)).out
    assert 'the time "01/05/2024 03:22:45" does not fit "%Y-%m-%d"' in out
    assert 'the kind "F" is not in kinds' in out


def test_what_a_built_in_layout_does_not_know_is_said(
    sonixbot: CommandLine, tmp_path: Path
) -> None:
    """An unreadable time and an unknown kind lead to an own layout."""
    path = tmp_path / "us.log"
    path.write_text("04/13/2021 10:00:00 ERROR a: b\n12.04.2021 10:00 FEHLER c\n", encoding="utf-8")
    out = " ".join(sonixbot("protocol", str(path)).out.split())
    assert 'the time "04/13/2021 10:00:00" cannot be read; an own layout can say' in out
    assert 'the kind "FEHLER" is not known; an own layout can say' in out
