"""What a script's own old Python loads: standard library and language of Python 3.8."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sonixbot import inbox, locations
from tests.standins import ROOT, StandIn, configuration, old_python, run

pytestmark = pytest.mark.process

FILES = [
    "bot/__init__.py",
    "bot/logwatch.py",
    "bot/messangers.py",
    "sonixbot/__init__.py",
    "sonixbot/inbox/__init__.py",
    "sonixbot/inbox/interpreter.py",
    "sonixbot/inbox/letter.py",
    "sonixbot/locations.py",
    "sonixbot/inbox/presence.py",
    "sonixbot/pythonpath/bot/__init__.py",
    "sonixbot/pythonpath/sonixbot/__init__.py",
]


@pytest.fixture
def python() -> str:
    """A Python 3.8."""
    found = old_python()
    if found is None:
        pytest.skip("there is no Python 3.8 on this computer")
    return found


def test_language_and_library() -> None:
    """Neither language nor library of a later Python than 3.8 is used."""
    done = subprocess.run(
        [sys.executable, "-c", "import vermin; vermin.main()", "-t=3.8-", *FILES],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_list_is_complete() -> None:
    """The modules that an old Python loads are those that are checked."""
    loaded = run(
        sys.executable,
        f"import sys, json; sys.path.insert(0, {str(ROOT)!r})\n"
        "from bot import messangers, logwatch\n"
        "print(json.dumps([each.__file__ for name, each in sys.modules.items()"
        " if name.split('.')[0] in ('bot', 'sonixbot')]))",
    )
    found = {str(Path(each).relative_to(ROOT)) for each in json.loads(loaded)}
    assert found == {each for each in FILES if "pythonpath" not in each}


def test_a_script(python: str, tmp_path: Path) -> None:
    """With only the small folder on its path, an old Python sends messages and files."""
    program = StandIn(tmp_path)
    config = configuration(tmp_path, logwatch={"python": str(program.path)})
    (tmp_path / "plot.png").write_bytes(b"plot")
    said = run(
        python,
        "from bot import messangers\n"
        f"print(messangers.send_message('привет', picture={str(tmp_path / 'plot.png')!r}))\n"
        "print(messangers.Mail().send_message('x', file='/none', wait=0.1))\n"
        f"import sys; print({str(ROOT)!r} in sys.path)",
        PYTHONPATH=locations.pythonpath(),
        PYTHONIOENCODING="utf-8",
        PYTHONWARNINGS="error",
        SONIXBOT_CONFIG=str(config),
    )
    first, second, others = said.splitlines()
    assert first == "<Receipt queued>"
    assert second.startswith("<Receipt queued: The message was sent without files")
    assert others == "False"
    folder = str(tmp_path / "data" / "inbox")
    letters = [inbox.read(folder, key) for key in inbox.waiting(folder)]
    assert [each.text.split("\n")[0] for each in letters if each] == ["привет", "x"]
    (start,) = program.started()
    environment = start["environment"]
    assert isinstance(environment, dict)
    assert "PYTHONPATH" not in environment


def test_logwatch(python: str, tmp_path: Path) -> None:
    """Inside a program with an old Python, logwatch keeps the service of another one."""
    program = StandIn(tmp_path, "sys.stdin.read()")
    config = configuration(tmp_path, logwatch={"python": str(program.path)})
    said = run(
        python,
        "from bot import logwatch; import time\n"
        "logwatch.start()\n"
        "while logwatch.state.phase != 'running': time.sleep(0.02)\n"
        "print(logwatch.state.pid)\n"
        "logwatch.stop()\n"
        "print(logwatch.state)",
        PYTHONPATH=locations.pythonpath(),
        SONIXBOT_CONFIG=str(config),
    )
    pid, state = said.splitlines()
    assert [str(each["pid"]) for each in program.starts] in ([pid], [])
    assert state == "logwatch has ended."


def test_it_cannot_run_the_service(python: str, tmp_path: Path) -> None:
    """An old Python does not take itself for one that can run the service."""
    config = configuration(tmp_path)
    began = time.monotonic()
    reason = run(
        python,
        "from bot import messangers; print(messangers.send_message('x').reason)",
        PYTHONPATH=locations.pythonpath(),
        SONIXBOT_CONFIG=str(config),
    )
    assert reason.startswith("No service runs and no Python that has sonixbot installed is known")
    assert time.monotonic() - began < 10
