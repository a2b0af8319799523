"""Interpreter: the Python that can run the service, seen from any Python on this computer.

Sonix+ and old scripts run in a Python of their own that may be unable to. Standard library and
language of Python 3.8, as they load this.
"""

from __future__ import annotations

import os
import subprocess
import sys

from sonixbot.inbox import presence
from sonixbot.locations import Places, make_private

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: What the service needs and this Python may lack.
NEEDED = ("sonixbot.service", "aiogram", "aiosmtplib", "pydantic")


def find(places: Places) -> str | None:
    """The interpreter that runs sonixbot here, or None where none is known.

    It is the configured one, else this one, else the one of the last service on this computer.
    """
    if places.python:
        return places.python
    this = _this()
    if this and _has_everything():
        return this
    last = presence.presence(places.inbox)
    if last and last.host == presence.host() and os.path.isfile(last.python):
        return last.python
    return None


def _this() -> str | None:
    """The file of this Python; sys.executable may be a program that has Python built in."""
    named = sys.executable or ""
    if os.path.basename(named).lower().startswith("python"):
        return named
    inside = "python.exe" if os.name == "nt" else os.path.join("bin", "python3")
    path = os.path.join(sys.exec_prefix, inside)
    return path if os.path.isfile(path) else None


def _has_everything() -> bool:
    from importlib.util import find_spec

    try:
        return sys.version_info >= (3, 11) and all(map(find_spec, NEEDED))
    except (ImportError, ValueError):  # half of a package, or one that is no module
        return False


def start(python: str, places: Places, words: list[str], **streams: int) -> subprocess.Popen[bytes]:
    """Start `python -m sonixbot WORDS` apart from this process. Raises OSError.

    No Ctrl-C or closed console of this process reaches it, and it holds nothing of this process
    but `streams`: `stdin`, `stdout`, `stderr` as subprocess takes them, each else the null device.
    """
    nothing = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    return subprocess.Popen(  # noqa: S603 - the user's own configuration names the program
        [python, "-m", "sonixbot", *words],
        cwd=_folder(places),
        env=_environment(python),
        close_fds=True,
        **{**nothing, **streams, **_apart()},
    )


def _apart() -> dict[str, Any]:
    if sys.platform == "win32":
        # Not DETACHED_PROCESS: without any console, the python.exe of a virtual environment would
        # open a visible one for the real python.exe that it starts.
        return {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def _folder(places: Places) -> str:
    """A folder that nobody wants to remove, unlike the one in which a measurement writes."""
    try:
        make_private(places.data_dir)
    except OSError:
        return os.path.expanduser("~")
    return places.data_dir


def _environment(python: str) -> dict[str, str]:
    values = dict(os.environ)
    if python != _this():  # what this Python needs would break another
        for name in ("PYTHONHOME", "PYTHONPATH"):
            values.pop(name, None)
    values["PYTHONSAFEPATH"] = "1"  # no bot.py of the folder it runs in instead of ours
    values["PYTHONIOENCODING"] = "utf-8:backslashreplace"  # no Russian word ends it
    return values
