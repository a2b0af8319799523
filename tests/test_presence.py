"""Whether somebody takes the messages of an inbox, and who starts a deliverer if nobody does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sonixbot import inbox
from sonixbot.inbox import presence


@pytest.fixture
def folder(tmp_path: Path) -> str:
    """An empty inbox."""
    inbox.make_folders(str(tmp_path))
    return str(tmp_path)


def note(folder: str, *, age: float = 0.0, **changes: object) -> None:
    """A presence of this process, but for the changes, touched `age` seconds ago."""
    presence.announce(folder, "service", 1.0)
    path = Path(folder, "service.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    then = time.time() - age
    os.utime(path, (then, then))


def dead_pid() -> int:
    """The number of a process that has ended."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_nobody(folder: str) -> None:
    """Where nobody has announced himself, nobody takes messages."""
    assert presence.presence(folder) is None
    assert not presence.service_alive(folder)


@pytest.mark.parametrize("role", ["service", "deliverer"])
def test_announced_and_withdrawn(folder: str, role: str) -> None:
    """Somebody is there from announcement to withdrawal; then his interpreter is still known."""
    presence.announce(folder, role, 5.0, "/opt/python")
    found = presence.presence(folder)
    assert found
    assert (found.alive, found.role, found.host) == (True, role, presence.host())
    assert -1 < found.age < 30
    presence.withdraw(folder)
    found = presence.presence(folder)
    assert found
    assert (found.alive, found.role, found.python) == (False, "ended", "/opt/python")


def test_touched(folder: str) -> None:
    """Announcing again shows that one is alive, without a new file; another's note is replaced."""
    path = Path(folder, "service.json")
    note(folder, age=100.0)
    assert not presence.service_alive(folder)
    before = path.stat().st_ino
    presence.announce(folder, "service", 1.0)
    assert presence.service_alive(folder)
    assert path.stat().st_ino == before
    note(folder, pid=1)
    presence.announce(folder, "service", 1.0)
    assert json.loads(path.read_text())["pid"] == os.getpid()


def test_withdrawing_leaves_others_alone(folder: str) -> None:
    """A deliverer that ends late does not take away the announcement of the service."""
    note(folder, pid=os.getppid())
    presence.withdraw(folder)
    assert presence.service_alive(folder)


def test_killed_here(folder: str) -> None:
    """On this computer a dead process is seen at once, and one that hangs after a minute."""
    note(folder, pid=dead_pid())
    assert not presence.service_alive(folder)
    note(folder, age=50.0)
    assert presence.service_alive(folder)
    note(folder, age=70.0)
    assert not presence.service_alive(folder)


def test_elsewhere(folder: str) -> None:
    """On another computer only the touches count, and twenty seconds without one are too many."""
    note(folder, host="elsewhere", pid=dead_pid(), age=15.0)
    assert presence.service_alive(folder)
    note(folder, host="elsewhere", age=25.0)
    assert not presence.service_alive(folder)


@pytest.mark.parametrize("pid", [0, -1, True, None, "1", 2**40, 1.5])
def test_no_process(pid: object) -> None:
    """What is no process number is no living process (0 and -1 would be groups of them)."""
    assert not presence.process_alive(pid)


def test_somebody_elses_process() -> None:
    """A process that we may not touch is alive."""
    assert presence.process_alive(1)


@pytest.mark.parametrize("content", ["", "[]", "null", '"text"', "{", '{"age": 1}', "\0"])
def test_broken_note(folder: str, content: str) -> None:
    """A broken note is nobody's."""
    Path(folder, "service.json").write_text(content)
    assert not presence.service_alive(folder)


def test_clocks_that_differ(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the clock of the computer with the folder counts, not that of the script's."""
    note(folder, host="elsewhere", age=1.0)
    monkeypatch.setattr(time, "time", lambda: 5.0)
    assert presence.service_alive(folder)


def test_nothing_is_left_by_looking(folder: str) -> None:
    """Looking whether somebody is there leaves no file behind."""
    note(folder)
    presence.service_alive(folder)
    assert list(Path(folder, "tmp").iterdir()) == []


def test_one_starts(folder: str) -> None:
    """Of many scripts that find nobody, one starts a deliverer."""
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(presence.may_start, [folder] * 64))
    assert answers.count(True) == 1


def test_a_start_that_failed(folder: str) -> None:
    """If the one started never announced himself, somebody else may try after a while."""
    assert presence.may_start(folder)
    mark = Path(folder, "starting")
    then = time.time() - presence.STARTING + 2
    os.utime(mark, (then, then))
    assert not presence.may_start(folder)
    os.utime(mark, (then - 3, then - 3))
    assert presence.may_start(folder)
    assert not presence.may_start(folder)


def test_a_start_that_succeeded(folder: str) -> None:
    """Whoever announced himself has arrived: after his end another may be started at once."""
    assert presence.may_start(folder)
    presence.announce(folder, "deliverer", 1.0)
    presence.withdraw(folder)
    assert presence.may_start(folder)


def test_a_message_before_the_withdrawal(folder: str) -> None:
    """A script that still saw the deliverer has its message seen by the deliverer's last look."""
    presence.announce(folder, "deliverer", 1.0)
    assert inbox.waiting(folder) == []
    key = inbox.put(folder, "text")
    assert presence.service_alive(folder)
    presence.withdraw(folder)
    assert inbox.waiting(folder) == [key]


def test_a_message_after_the_withdrawal(folder: str) -> None:
    """A script whose message came after the deliverer's last look sees that nobody is there."""
    presence.announce(folder, "deliverer", 1.0)
    presence.withdraw(folder)
    assert inbox.waiting(folder) == []
    inbox.put(folder, "text")
    assert not presence.service_alive(folder)
    assert presence.may_start(folder)
