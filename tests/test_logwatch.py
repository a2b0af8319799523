"""The Sonix+ device: it keeps the service alive and takes it along when it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import logwatch
from bot.logwatch import Keeper, pause_after
from sonixbot import inbox
from sonixbot.inbox import presence
from tests.standins import ROOT, StandIn, alive, configuration, run, until

pytestmark = [pytest.mark.process, pytest.mark.skipif(os.name == "nt", reason="stands in by #!")]

#: Runs like the service until its standard input closes.
OBEDIENT = "sys.stdin.read()"


@pytest.fixture
def keeper(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Keeper]:
    """A logwatch that has not started."""
    monkeypatch.setenv("SONIXBOT_CONFIG", str(tmp_path / "config.json"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    made = Keeper()
    yield made
    made.stop()


def service(folder: Path, body: str = OBEDIENT) -> StandIn:
    """A program in place of the service, which a configuration names."""
    program = StandIn(folder, body)
    configuration(folder, logwatch={"python": str(program.path)})
    return program


def test_it_runs_the_service(keeper: Keeper, tmp_path: Path) -> None:
    """The service is started with the configuration, and ended by closing its standard input."""
    program = service(tmp_path, OBEDIENT + "; open('ended', 'w').close()")
    keeper.start()
    (start,) = program.started()
    until(lambda: keeper.state.phase == "running")
    assert keeper.state.pid == start["pid"]
    assert str(keeper.state) == f"The service runs as process {start['pid']}."
    config = str(tmp_path / "config.json")
    assert start["argv"] == ["-m", "sonixbot", "run", "--until-stdin-closes", "--config", config]
    assert start["session"] == start["pid"]
    keeper.start()
    keeper.stop()
    assert (tmp_path / "data" / "ended").exists()
    assert not alive(start["pid"])
    assert (keeper.state.phase, keeper.state.pid) == ("stopped", None)
    assert len(program.starts) == 1


def test_it_can_start_again(keeper: Keeper, tmp_path: Path) -> None:
    """After a stop it can be started anew."""
    program = service(tmp_path)
    for times in (1, 2):
        keeper.start(str(tmp_path / "config.json"))
        program.started(times)
        keeper.stop()
        assert keeper.state.phase == "stopped"


def test_it_restarts_the_service(keeper: Keeper, tmp_path: Path) -> None:
    """A service that was killed runs again after a second."""
    program = service(tmp_path, "print('I fall'); " + OBEDIENT)
    keeper.start()
    (first,) = program.started()
    os.kill(int(str(first["pid"])), signal.SIGKILL)
    until(lambda: keeper.state.phase == "pausing")
    assert "code -9: I fall" in str(keeper.state)
    assert "in 1 s" in str(keeper.state)
    program.started(2)
    assert keeper.state.restarts == 1


def test_growing_pauses() -> None:
    """Pauses double up to a minute; after a minute of life the first one is short again."""
    pauses, pause = [], 0.0
    for _ in range(8):
        pause = pause_after(pause, lived=1.0)
        pauses.append(pause)
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    assert pause_after(60.0, lived=61.0) == 1


def test_a_wrong_configuration(keeper: Keeper, tmp_path: Path) -> None:
    """After exit code 2 it waits for another configuration and tells what the service said."""
    program = service(tmp_path, "print('mail.port must be a number', file=sys.stderr); sys.exit(2)")
    keeper.start()
    until(lambda: keeper.state.phase == "mistaken")
    assert str(keeper.state).endswith("configuration: mail.port must be a number")
    time.sleep(1.5)
    assert len(program.starts) == 1
    configuration(tmp_path, logwatch={"python": str(program.path)}, instrument="REMUR")
    program.started(2)


def test_a_broken_configuration(keeper: Keeper, tmp_path: Path) -> None:
    """A configuration that is no JSON is told, and watched until it is mended."""
    (tmp_path / "config.json").write_text("{")
    keeper.start()
    until(lambda: keeper.state.phase == "mistaken")
    assert "config.json is not JSON" in str(keeper.state)
    service(tmp_path).started()


def test_a_python_that_is_not_there(keeper: Keeper, tmp_path: Path) -> None:
    """An interpreter that cannot be started is told, and tried again."""
    configuration(tmp_path, logwatch={"python": "nowhere/python"})
    keeper.start()
    until(lambda: keeper.state.restarts >= 2)
    said = (
        "nowhere/python: No such file or directory. Correct logwatch.python in the configuration."
    )
    assert said in str(keeper.state)
    assert said in (tmp_path / "data/logwatch.log").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("content", "reason"), [("{", "is not JSON"), (None, "No configuration was found")]
)
def test_why_there_is_no_service(
    keeper: Keeper,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    content: str | None,
    reason: str,
) -> None:
    """The log says once why no service is started, in the folder that `sonixbot paths` names."""
    if content:
        (tmp_path / "config.json").write_text(content, encoding="utf-8")
    else:
        monkeypatch.delenv("SONIXBOT_CONFIG")
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
        monkeypatch.chdir(tmp_path)
    keeper.start()
    path = tmp_path / "share/sonixbot/logwatch.log"
    until(path.exists)
    keeper.stop()
    assert str(keeper.state) == "logwatch has ended."
    (line,) = path.read_text(encoding="utf-8").splitlines()
    assert reason in line


def test_whatever_goes_wrong(keeper: Keeper) -> None:
    """A configuration of a senseless type does not reach the host as an exception."""
    keeper.start(5)  # type: ignore[arg-type]  # that is the point
    until(lambda: keeper.state.phase == "pausing")
    assert "stumbled" in repr(keeper.state)


def test_a_talkative_service(keeper: Keeper, tmp_path: Path) -> None:
    """What the service writes never stops it, and its log stays within its bounds."""
    service(
        tmp_path,
        "for _ in range(5000): sys.stderr.write('x' * 999 + '\\n')\n"
        "open('through', 'w').close()\n" + OBEDIENT,
    )
    keeper.start()
    until((tmp_path / "data" / "through").exists)
    keeper.stop()
    logs = sorted((tmp_path / "data").glob("logwatch.log*"))
    assert [each.name for each in logs] == ["logwatch.log", "logwatch.log.1"]
    assert all(each.stat().st_size < 1.2 * logwatch.LOG_LIMIT for each in logs)


def test_a_log_that_cannot_be_written(keeper: Keeper, tmp_path: Path) -> None:
    """Even if no log can be written, a service that writes is not stopped by that."""
    (tmp_path / "data" / "logwatch.log").mkdir(parents=True)
    service(
        tmp_path,
        "sys.stderr.write('x' * 1000000)\nopen('through', 'w').close()\n" + OBEDIENT,
    )
    keeper.start()
    until((tmp_path / "data" / "through").exists)


def test_a_stubborn_service(
    keeper: Keeper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service that does not end by itself is ended, and only that process."""
    monkeypatch.setattr(logwatch, "PATIENCE", 0.5)
    program = service(tmp_path, "time.sleep(60)")
    keeper.start()
    (start,) = program.started()
    keeper.stop()
    assert not alive(start["pid"])


HOST = """
import sys, time
sys.path.insert(0, {root!r})
from bot import logwatch
logwatch.start({config!r})
time.sleep(60)
"""


def test_a_killed_host_leaves_no_orphan(tmp_path: Path) -> None:
    """When Sonix+ is killed without a word, the service ends too."""
    program = service(tmp_path)
    code = HOST.format(root=str(ROOT), config=str(tmp_path / "config.json"))
    host = subprocess.Popen([sys.executable, "-c", code])
    (start,) = program.started()
    assert alive(start["pid"])
    host.kill()
    host.wait()
    until(lambda: not alive(start["pid"]))


# -S: no installed package can help the file to find its own
@pytest.mark.parametrize("way", [["-S", "bot/logwatch.py"], ["-m", "bot.logwatch"]])
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_as_a_program(tmp_path: Path, way: list[str], ending: signal.Signals) -> None:
    """As a file or a module it runs until SIGTERM or Ctrl-C and takes the service along."""
    program = service(tmp_path)
    config = ["--config", str(tmp_path / "config.json"), "--what-sonix-may-add"]
    way = [str(ROOT / each) if each.endswith(".py") else each for each in way]
    process = subprocess.Popen(
        [sys.executable, *way, *config],
        cwd=ROOT if way[0] == "-m" else tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    (start,) = program.started()
    time.sleep(0.3)
    process.send_signal(ending)
    _, said = process.communicate(timeout=15)
    assert process.returncode == 0
    assert f"The service runs as process {start['pid']}." in said
    assert "Traceback" not in said
    until(lambda: not alive(start["pid"]))


FORKING = """
import os, sys, time
sys.path.insert(0, {root!r})
from bot import logwatch
logwatch.start({config!r})
while logwatch.state.phase != "running":
    time.sleep(0.02)
if os.fork() == 0:
    os.close(1)
    time.sleep(60)
print("forked", flush=True)
time.sleep(60)
"""


def test_a_fork_of_the_host_does_not_hold_the_service(tmp_path: Path) -> None:
    """The service ends with the host, though a process that the host has forked lives on."""
    program = service(tmp_path)
    host = subprocess.Popen(
        [
            sys.executable,
            "-c",
            FORKING.format(root=str(ROOT), config=str(tmp_path / "config.json")),
        ],
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        (start,) = program.started()
        assert host.stdout is not None
        assert host.stdout.readline() == b"forked\n"
        host.kill()
        host.communicate()
        until(lambda: not alive(start["pid"]))
    finally:
        os.killpg(host.pid, signal.SIGKILL)  # the fork


WATCHING = """
import sys, time
sys.path.insert(0, {root!r})
sys.modules["aiogram"] = None  # a Python that cannot run the service
from bot import logwatch
logwatch.start({config!r})
while logwatch.state.phase != "watching":
    time.sleep(0.02)
print(logwatch.state)
logwatch.stop()
"""


def test_where_nothing_can_run_the_service(tmp_path: Path) -> None:
    """Without an interpreter it says so, and what it sees of a service elsewhere."""
    config, folder = str(configuration(tmp_path)), str(tmp_path / "data" / "inbox")
    program = WATCHING.format(root=str(ROOT), config=config)
    hindrance = (
        "No Python that can run the service is known here: "
        f"name it as logwatch.python in {config}. "
    )
    assert run(sys.executable, program) == f"{hindrance}No message waits in {folder}.\n"
    inbox.put(folder, "text")
    said = run(sys.executable, program)
    assert said.startswith(f"{hindrance}Messages wait in {folder} since ")
    assert said.endswith(", and nobody takes them.\n")
    presence.announce(folder, "service", 1.0, "/elsewhere/python")
    said = run(sys.executable, program)
    assert said.startswith(f"{hindrance}The service on {presence.host()} is alive, last seen ")


def test_without_any_configuration(tmp_path: Path) -> None:
    """Without a configuration it says that there is none, and goes on looking."""
    program = WATCHING.format(root=str(ROOT), config=None)
    environment = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    said = run(sys.executable, f"import os; os.chdir({str(tmp_path)!r})\n{program}", **environment)
    assert said.startswith("No configuration was found: set SONIXBOT_CONFIG to its path.")


def test_importing_does_nothing() -> None:
    """Importing it starts nothing; its state says so."""
    said = run(
        sys.executable,
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from bot import logwatch; import threading\n"
        "print(threading.active_count(), logwatch.state)",
    )
    assert said == "1 logwatch does not run.\n"
