"""`sonixbot demo`: its story, its end, and what keeps it from starting."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sonixbot.language import language
from tests.commandline import CommandLine
from tests.demos import demo
from tests.protocols import protocol
from tests.standins import alive, until

WRITTEN = re.compile(r"^\S+  written +(.*)$", re.MULTILINE)


@pytest.fixture
def sonixbot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    return CommandLine(tmp_path, monkeypatch, capsys)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--speed", "0"), "--speed is a number from 0.1 to 100, not 0."),
        (("--speed", "1000"), "--speed is a number from 0.1 to 100, not 1000."),
        (("--for", "ever"), "--for needs a length of time, such as 30s or 2m, not ever."),
        (("--language", "de"), "--language is one of en and ru, not de."),
        (("--layout", "knots"), 'There is no layout "knots"; there are auto, '),
        (("--encoding", "klingon"), 'The encoding "klingon" is not known; use auto, '),
        (("--port", "70000"), "--port is a number from 0 to 65535, not 70000."),
    ],
)
def test_options_that_make_no_sense(
    sonixbot: CommandLine, words: tuple[str, ...], said: str
) -> None:
    """An option that makes no sense ends with 2 and the sentence that says what does."""
    found = sonixbot("demo", *words)
    assert (found.code, found.out) == (2, "")
    assert found.words.startswith(said)


def test_without_the_extra(sonixbot: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where what the demo needs beside the service is missing, a sentence says how to get it."""
    monkeypatch.setitem(sys.modules, "trustme", None)
    found = sonixbot("demo")
    assert found.code == 2
    assert found.words.startswith("The demo needs the package trustme in addition.")


@pytest.mark.process
def test_it_tells_its_story_and_ends_by_itself(tmp_path: Path) -> None:
    """In the time it was given it writes, posts, mails and answers, loses nothing, and leaves
    nothing behind."""
    words = ("--for", "20s", "--speed", "3", "--seed", "7", "--language", "ru")
    with demo(*words, TMPDIR=str(tmp_path)) as shown:
        assert shown.end() == 0
    russian = language("ru")
    for word in ("written", "posted", "edited", "mailed", "asked", "answered"):
        assert f"  {russian.gettext(word)} " in shown.story, (word, shown.story)
    written, posted, mailed, waiting, lost = map(int, re.findall(r"\d+", shown.lines[-1]))
    assert written > 2
    assert (posted, mailed, waiting, lost) == (written, written, 0, 0)
    assert "позиция не достигнута" in shown.story
    assert list(tmp_path.iterdir()) == []


@pytest.mark.process
def test_the_same_seed_tells_the_same(tmp_path: Path) -> None:
    """Two demos with one seed write the same messages in the same order."""
    told = []
    for _ in range(2):
        with demo("--for", "12s", "--speed", "10", "--seed", "3") as shown:
            shown.end()
        told.append(WRITTEN.findall(shown.story))
    shorter = min(map(len, told))
    assert shorter > 2
    assert told[0][:shorter] == told[1][:shorter]


@pytest.mark.process
def test_ctrl_c_ends_it_with_all_that_it_started(tmp_path: Path) -> None:
    """Ctrl-C ends the demo well within ten seconds, its bot too, and its folder goes."""
    with demo("--seed", "7", TMPDIR=str(tmp_path)) as shown:
        until(lambda: "the bot reads" in shown.story, 20)
        [presence] = tmp_path.glob("*/data/inbox/service.json")
        pid = json.loads(presence.read_bytes())["pid"]
        assert alive(pid)
        began = time.monotonic()
        shown.child.send_signal(signal.SIGINT)
        assert shown.end(10) == 0
        assert time.monotonic() - began < 10
    assert list(tmp_path.iterdir()) == []
    assert not alive(pid)


@pytest.mark.process
def test_ctrl_c_does_not_wait_for_a_slow_clock(tmp_path: Path) -> None:
    """Whatever is about to happen on a slow clock, Ctrl-C ends the demo at once."""
    with demo("--seed", "7", "--speed", "0.5", TMPDIR=str(tmp_path)) as shown:
        until(lambda: "posted" in shown.story, 40)
        shown.child.send_signal(signal.SIGINT)
        began = time.monotonic()
        assert shown.end(10) == 0
        assert time.monotonic() - began < 8
    assert "  asked " not in shown.story
    assert list(tmp_path.iterdir()) == []


@pytest.mark.process
def test_modules_of_the_working_folder_are_not_taken(tmp_path: Path) -> None:
    """A working folder with modules of our names, as authors of bots have, does no harm."""
    (tmp_path / "bot.py").write_text("raise ImportError", encoding="utf-8")
    (tmp_path / "handlers").mkdir()
    (tmp_path / "handlers" / "__init__.py").write_text("raise ImportError", encoding="utf-8")
    words = ("-P", "-m", "sonixbot", "demo", "--no-browser", "--for", "17s", "--language", "en")
    done = subprocess.run(
        [sys.executable, *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "answered" in done.stdout


@pytest.mark.process
def test_a_reader_who_leaves_ends_it(tmp_path: Path) -> None:
    """When nobody reads the story any more, the demo ends without a word."""
    with demo("--seed", "7", TMPDIR=str(tmp_path), read=False) as shown:
        assert shown.child.stdout is not None
        shown.child.stdout.readline()
        shown.child.stdout.close()
        shown.child.wait(30)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.process
def test_a_disk_that_fills_up(tmp_path: Path) -> None:
    """A protocol that cannot be written any more ends the demo with one sentence."""
    source = tmp_path / "mine.log"
    line = "2021-04-13 03:22:45.118 [INFO:5] hall: " + "x" * 1000 + "\n"
    source.write_text(line * 200, encoding="utf-8")
    words = [sys.executable, "-c", LIMITED, "100000", "--protocol", str(source), "--speed", "50"]
    done = subprocess.run(
        words, capture_output=True, text=True, cwd=tmp_path, timeout=50, check=False
    )
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "The demo cannot write to " in done.stderr


@pytest.mark.process
@pytest.mark.parametrize("name", ["data", "config.json"])
def test_an_own_protocol_may_have_any_name(tmp_path: Path, name: str) -> None:
    """An own protocol that is called like a file of the demo's own is read all the same."""
    source = tmp_path / name
    source.write_bytes(protocol("brackets").encode("utf-8"))
    with demo("--protocol", str(source), "--speed", "10") as shown:
        until(lambda: re.search("posted .*position not reached", shown.story), 20)


@pytest.mark.process
def test_an_own_protocol_is_replayed(tmp_path: Path) -> None:
    """An own protocol is read to its end, posted from, followed, and left as it was."""
    source = tmp_path / "measurement.log"
    source.write_bytes(protocol("brackets", end="\r\n").encode("cp1251"))
    before = source.read_bytes()
    with demo("--protocol", str(source), "--speed", "10") as shown:
        until(lambda: re.search("posted .*position not reached", shown.story), 20)
        with source.open("ab") as file:
            file.write(b"2021-04-13 07:22:45.118 [ERROR:1] chopper_2: phase lost\r\n")
        until(lambda: re.search("posted .*chopper_2", shown.story), 20)
        shown.child.send_signal(signal.SIGINT)
        assert shown.end(10) == 0
    assert source.read_bytes().startswith(before)
    assert len(source.read_bytes()) == len(before) + 57


@pytest.mark.process
def test_an_own_protocol_in_a_layout_of_its_own(tmp_path: Path) -> None:
    """A protocol that no built-in layout fits is read by the layout that describes it."""
    source = tmp_path / "measurement.log"
    source.write_text("03:22:45 ## chopper_2 ## F1 ## phase lost\n" * 3, encoding="cp866")
    layout = tmp_path / "layout.json"
    pattern = r"(?P<time>\S+) ## (?P<source>\S+) ## (?P<kind>\w)(?P<level>\d) ## (?P<text>.*)"
    keys = {"pattern": pattern, "time": "%H:%M:%S", "kinds": {"F": "error"}}
    layout.write_text(json.dumps(keys), encoding="utf-8")
    with demo("--protocol", str(source), "--layout", str(layout)) as shown:
        until(lambda: re.search("posted .*Error 1 · chopper_2", shown.story), 20)


@pytest.mark.process
def test_the_instrument_writes_as_it_is_asked_to() -> None:
    """The simulated instrument writes in the layout and encoding that are asked for."""
    words = ("--layout", "semicolons", "--encoding", "cp866")
    with demo(*words, "--speed", "8", "--for", "14s", "--language", "ru") as shown:
        assert shown.end(40) == 0
    assert "позиция не достигнута" in shown.story
    written, posted, *_ = map(int, re.findall(r"\d+", shown.lines[-1]))
    assert written == posted > 1


@pytest.mark.process
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("missing.log", "There is no file {path}."),
        ("folder", "{path} is a folder; name the protocol in it."),
        ("empty.log", "{path} is empty: there is nothing to replay."),
    ],
)
def test_an_own_protocol_that_cannot_be_read(tmp_path: Path, name: str, said: str) -> None:
    """An own protocol that cannot be read ends with 2 and one sentence."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.log").touch()
    path = tmp_path / name
    with demo("--protocol", str(path)) as shown:
        assert shown.end() == 2
    assert shown.lines == [said.format(path=path)]


@pytest.mark.process
def test_a_port_in_use(tmp_path: Path) -> None:
    """A port that is taken ends with 2 and a sentence that says so."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with demo("--port", str(port)) as shown:
            assert shown.end() == 2
    assert len(shown.lines) == 1
    assert f"The page cannot be served at 127.0.0.1:{port}: " in shown.story


@pytest.mark.process
@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (0, "The demo finds no folder that it may write to. Name one with the variable TMPDIR."),
        (1000, "The demo cannot write to "),
    ],
)
def test_nothing_can_be_written(tmp_path: Path, limit: int, said: str) -> None:
    """Where no file can be written, or none large enough, one sentence says so."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(limit)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=30,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


#: No file may grow beyond that many bytes in this process.
LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
sys.dont_write_bytecode = True
from sonixbot.cli import main
sys.exit(main(["demo", "--no-browser", *sys.argv[2:]]))
"""
