"""Presence: who takes the messages of an inbox, and whether somebody does now.

`service.json` in the inbox names that process and is written again every `BEAT` seconds; the empty
file `starting` says that a deliverer has just been started. Standard library and language of
Python 3.8: a script's old Python loads this.

Nobody is left waiting, though scripts, deliverers and services never talk to each other:

1. A script first puts its message, then looks whether somebody takes messages; if nobody does, it
   starts a deliverer, unless that was done in the last `STARTING` seconds (`may_start`).
2. A deliverer or service first announces itself, then looks into the inbox.
3. A deliverer that found the inbox empty first withdraws, then looks once more; if there is a
   message after all, it announces itself again and goes on.

So either the script sees the deliverer gone, or the deliverer sees the message. Both `announce`
and `withdraw` are called under the data folder's lock. A deliverer that finds the lock taken by
somebody who has withdrawn waits for it, as that one has looked for the last time.
"""

from __future__ import annotations

import os
import sys
import time

from sonixbot.inbox import aside, dump, load, make_folders, place, remove

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

#: Seconds between two touches of `service.json` by the one who takes messages.
BEAT = 5.0
#: Untouched for so long, it is given up: on this computer, where the process can be seen to live…
SEEN_HERE = 60.0
#: … and on another one.
SEEN_ELSEWHERE = 20.0
#: Seconds that a deliverer may need from its start until it has announced itself.
STARTING = 10.0

_PRESENCE = "service.json"
_MARK = "starting"
#: https://learn.microsoft.com/windows/win32/procthread/process-security-and-access-rights
_QUERY_LIMITED_INFORMATION = 0x1000
#: https://learn.microsoft.com/windows/win32/api/processthreadsapi/nf-processthreadsapi-getexitcodeprocess
_STILL_ACTIVE = 259


def announce(inbox: str, role: str, started: float, python: str = sys.executable) -> None:
    """Say that this process takes messages; call it every `BEAT` seconds. Raises OSError.

    `role` is `service` or `deliverer`; `python` can start the next deliverer.
    """
    mine = {
        "host": host(),
        "pid": os.getpid(),
        "role": role,
        "started": started,
        "python": python,
    }
    path = os.path.join(inbox, _PRESENCE)
    if _noted(inbox) == mine:
        # Written again rather than touched: on Windows os.utime takes our clock, and the file
        # server's is the one that counts. The same bytes, so a reader in between is not harmed.
        with open(path, "r+b") as file:
            file.write(dump(mine))
    else:
        make_folders(inbox)
        place(inbox, _PRESENCE, mine)
    remove(os.path.join(inbox, _MARK))


def withdraw(inbox: str) -> None:
    """Say that this process takes no more messages. What it was stays readable. Raises OSError."""
    found = _noted(inbox)
    if found.get("host") == host() and found.get("pid") == os.getpid():
        place(inbox, _PRESENCE, {**found, "role": "ended"})


class Presence:
    """Who takes the messages of an inbox, or took them last."""

    __slots__ = ("age", "alive", "host", "python", "role")

    def __init__(self, found: Mapping[str, Any], age: float) -> None:
        self.host = str(found.get("host", ""))
        self.role = str(found.get("role", ""))
        #: Its interpreter, on its computer.
        self.python = str(found.get("python", ""))
        #: Seconds since it was last seen.
        self.age = age
        here = self.host == host()
        #: Whether it is there now.
        self.alive = (
            self.role in ("service", "deliverer")
            and age < (SEEN_HERE if here else SEEN_ELSEWHERE)
            and not (here and not process_alive(found.get("pid")))
        )


def presence(inbox: str) -> Presence | None:
    """Who takes messages here, or took them last; None if nobody ever did."""
    found = _noted(inbox)
    if not found:
        return None
    try:
        return Presence(found, _age(inbox, _PRESENCE))
    except OSError:
        return None


def service_alive(inbox: str) -> bool:
    """Whether a service or deliverer takes the messages that are put now."""
    found = presence(inbox)
    return found is not None and found.alive


def may_start(inbox: str) -> bool:
    """Whether the caller is the one to start a deliverer now; of several callers, one is.

    After a yes it is no for `STARTING` seconds, or until somebody announces himself: a script that
    sends in a loop does not start a hundred, nor one that fails at once again and again.
    """
    mark = os.path.join(inbox, _MARK)
    try:
        if _age(inbox, _MARK) < STARTING:
            return False
    except FileNotFoundError:
        pass
    else:
        remove(mark)
    try:
        os.close(os.open(mark, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return False
    return True


def host() -> str:
    """This computer's name; `socket` and `platform` would tell the same and load slowly."""
    if sys.platform == "win32":
        return os.environ.get("COMPUTERNAME", "")
    return os.uname().nodename


def process_alive(pid: object) -> bool:
    """Whether a process with this number runs on this computer."""
    if type(pid) is not int or not 0 < pid < 2**32:
        return False
    try:
        if sys.platform == "win32":  # os.kill would end it there
            import _winapi

            inherit = False
            handle = _winapi.OpenProcess(_QUERY_LIMITED_INFORMATION, inherit, pid)
            code = _winapi.GetExitCodeProcess(handle)
            _winapi.CloseHandle(handle)
            return code == _STILL_ACTIVE
        os.kill(pid, 0)
    except PermissionError:
        return True  # somebody else's
    except OSError:
        return False
    return True


def _noted(inbox: str) -> dict[str, Any]:
    try:
        found = load(os.path.join(inbox, _PRESENCE))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _age(inbox: str, name: str) -> float:
    """Seconds since the file changed, by the clock of the computer on whose disk it lies."""
    changed = os.stat(os.path.join(inbox, name)).st_mtime
    probe = aside(inbox, "clock")
    try:
        with open(probe, "xb") as file:
            file.write(b".")
        now = os.stat(probe).st_mtime
        remove(probe)
    except OSError:
        now = time.time()  # a share on which we may only read
    return now - changed
