"""`sonixbot run` and `deliver` as processes: what keeps them from starting, and how they end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sonixbot.inbox.presence import service_alive
from sonixbot.stop import LONGEST_STOP
from tests.commandline import CommandLine
from tests.standins import configuration, until

TOKEN = "123456:" + "t" * 35
#: A way that leads nowhere, so that nothing is ever delivered.
NOWHERE = {"server": "127.0.0.1", "port": 9, "recipients": ["boss@example.test"]}


@pytest.fixture
def sonixbot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    return CommandLine(tmp_path, monkeypatch, capsys)


@contextmanager
def running(config: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """`sonixbot run` as a process that takes messages; killed at the end."""
    child = subprocess.Popen(
        [sys.executable, "-m", "sonixbot", "run", "--config", str(config), *words],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "LANGUAGE": "en"},
    )
    try:
        until(lambda: child.poll() is not None or service_alive(str(config.parent / "data/inbox")))
        yield child
    finally:
        child.kill()
        child.communicate()


def test_placeholders_keep_it_from_starting(sonixbot: CommandLine, tmp_path: Path) -> None:
    """`run` with the documented example names every value that is still to be filled in."""
    mail = {**NOWHERE, "recipients": ["somebody@mail_address"]}
    telegram = {"bot-id": "your_telegram_bot_id", "channel-id": "telegram channel_id"}
    said = sonixbot("run", "--config", str(configuration(tmp_path, mail=mail, telegram=telegram)))
    assert (said.code, said.out) == (2, "")
    for key in ("mail.recipients[0]", "telegram.bot-id", "telegram.channel-id"):
        assert key in said.err


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"telegram": {"bot-id": "123", "channel-id": "@yumo"}}, "telegram.bot-id"),
        ({"protocol": {"path": "."}}, "is a folder"),
        ({"protocol": {"path": "p.log", "format": "sonix"}}, "protocol.format"),
        ({"data-dir": "config.json/data"}, "cannot be written"),
    ],
)
def test_what_is_known_without_the_network(
    sonixbot: CommandLine, tmp_path: Path, keys: dict[str, object], words: str
) -> None:
    """What no network is needed to know ends `run` with 2, in a sentence and without a secret."""
    said = sonixbot("run", "--config", str(configuration(tmp_path, **keys)))
    assert (said.code, said.out) == (2, "")
    assert words in said.words
    assert "Traceback" not in said.err


@pytest.mark.parametrize("command", ["run", "deliver"])
@pytest.mark.parametrize("name", ["sonixbot.sqlite", "delivery.lock"])
def test_a_data_folder_that_cannot_be_used(
    sonixbot: CommandLine, tmp_path: Path, command: str, name: str
) -> None:
    """A database or a lock that cannot be opened is named, and ends with 2: it will not pass."""
    (tmp_path / "data" / name).mkdir(parents=True)
    said = sonixbot(command, "--config", str(configuration(tmp_path)))
    assert (said.code, said.out) == (2, "")
    assert str(tmp_path / "data" / name) in said.words
    assert "Traceback" not in said.err


@pytest.mark.process
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_signals_end_it(tmp_path: Path, name: str) -> None:
    """SIGTERM and Ctrl-C end the service well, though nobody can be reached."""
    telegram = {"bot-id": TOKEN, "channel-id": "@yumo", "api-url": "http://127.0.0.1:9"}
    with running(configuration(tmp_path, mail=NOWHERE, telegram=telegram)) as child:
        began = time.monotonic()
        child.send_signal(getattr(signal, name))
        _, said = child.communicate(timeout=10)
        assert time.monotonic() - began < 10
    assert child.returncode == 0
    assert "Traceback" not in said
    assert "t" * 35 not in said


@pytest.mark.process
def test_the_end_of_standard_input_ends_it(tmp_path: Path) -> None:
    """With --until-stdin-closes the service ends when its parent closes the pipe or dies."""
    with running(configuration(tmp_path, mail=NOWHERE), "--until-stdin-closes") as child:
        assert child.poll() is None
        child.communicate(timeout=10)
    assert child.returncode == 0


@pytest.mark.process
def test_otherwise_standard_input_does_not_matter(tmp_path: Path) -> None:
    """Without that option a closed standard input changes nothing."""
    with running(configuration(tmp_path, mail=NOWHERE)) as child:
        assert child.stdin is not None
        child.stdin.close()
        time.sleep(0.5)
        assert child.poll() is None
        child.stdin = None
        child.send_signal(signal.SIGTERM)
        child.communicate(timeout=10)


@pytest.mark.process
def test_a_second_service_is_refused(sonixbot: CommandLine, tmp_path: Path) -> None:
    """A second service on the same data folder ends with 1 and a sentence; the first goes on."""
    config = configuration(tmp_path, mail=NOWHERE)
    with running(config) as first, running(config) as second:
        _, said = second.communicate(timeout=15)
        assert second.returncode == 1
        assert "Another sonixbot already works on the data folder" in said
        assert "Traceback" not in said
        assert first.poll() is None


@pytest.mark.process
def test_warnings_are_told_at_the_start(tmp_path: Path) -> None:
    """What is probably not meant is told on standard error, and the service runs."""
    with running(configuration(tmp_path)) as child:
        child.send_signal(signal.SIGTERM)
        _, said = child.communicate(timeout=10)
    assert child.returncode == 0
    assert 'there is neither "mail" nor "telegram"' in said


HANGING = """
import signal, sys, threading, time
from sonixbot import stop as stopping
async def work(stop):
    threading.Thread(target=time.sleep, args=(60,)).start()
    print("ready", flush=True)
    await stop.wait()
    time.sleep(60)
import asyncio
stopping.LONGEST_STOP = 1.0
stop = stopping.Stop()
stop.listen()
asyncio.run(stop.during(work))
"""


@pytest.mark.process
def test_what_hangs_is_cut_off() -> None:
    """A thread that hangs cannot prolong the stop, and a second Ctrl-C does not wait for it."""
    assert LONGEST_STOP < 10
    for signals in (1, 2):
        with subprocess.Popen([sys.executable, "-c", HANGING], stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            child.stdout.readline()
            began = time.monotonic()
            for _ in range(signals):
                child.send_signal(signal.SIGINT)
                time.sleep(0.3)
            assert child.wait(10) == 1
            assert (time.monotonic() - began < 1.0) == (signals == 2)


@pytest.mark.process
def test_deliver_ends_when_nothing_waits(sonixbot: CommandLine, tmp_path: Path) -> None:
    """The one-shot deliverer ends at once, and well, where there is nothing to do."""
    done = subprocess.run(
        [sys.executable, "-m", "sonixbot", "deliver", "--config", configuration(tmp_path)],
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
