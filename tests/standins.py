"""Programs that stand in for the Python which has sonixbot installed, and an old Python."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent

#: Writes down how it was started, one JSON line a start.
RECORD = """
import json, os, sys, time
with open({record!r}, "a") as file:
    handles = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    file.write(json.dumps({{
        "argv": sys.argv[1:], "pid": os.getpid(), "session": os.getsid(0), "cwd": os.getcwd(),
        "handles": handles, "environment": dict(os.environ)}}) + "\\n")
"""


class StandIn:
    """An executable file that records its starts and then does as `body` says."""

    def __init__(self, folder: Path, body: str = "") -> None:
        self.path = folder / "stand-in"
        self._record = folder / "starts.jsonl"
        record = RECORD.format(record=str(self._record))
        self.path.write_text(f"#!{sys.executable}\n{record}\n{body}\n", encoding="utf-8")
        self.path.chmod(0o700)

    @property
    def starts(self) -> list[dict[str, object]]:
        """What is known of each start so far."""
        if not self._record.exists():
            return []
        lines = self._record.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    def started(self, times: int = 1) -> list[dict[str, object]]:
        """Wait for so many starts."""
        until(lambda: len(self.starts) >= times)
        return self.starts


def until(condition: Callable[[], object], seconds: float = 8.0) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.02)


def alive(pid: object) -> bool:
    """Whether this process still runs (one that nobody has waited for yet does not)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def configuration(folder: Path, **keys: object) -> Path:
    """A configuration in the folder, with its data beside it."""
    path = folder / "config.json"
    path.write_text(json.dumps({"data-dir": "data", **keys}), encoding="utf-8")
    return path


def run(python: str, program: str, **environment: str) -> str:
    """What a program prints, run in a Python of its own with only this environment."""
    done = subprocess.run(
        [python, "-c", program],
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@functools.cache
def old_python() -> str | None:
    """The Python 3.8 of this computer, or None."""
    found = shutil.which("python3.8")
    if found is None:
        return None
    asked = subprocess.run(
        [found, "-c", "import sys; print(sys.executable)"],
        env={**os.environ, "PYENV_VERSION": "3.8"},  # where pyenv stands in for it
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.stdout.strip() or None
