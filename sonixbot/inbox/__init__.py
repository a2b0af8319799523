"""Inbox: the folder in which scripts leave messages and find answers.

Like a maildir: a message is one JSON file, written aside, synced and renamed into place, and its
name is its identity, so taking it twice is one message. That needs no lock and survives a kill at
any moment. Standard library and language of Python 3.8: a script's old Python loads this.

    new/KEY.json      a message that waits to be taken
    files/KEY/0, 1…   its attachments, there before it
    answers/KEY.json  what became of it, by destination
    broken/           files that are no messages, each with a .txt that says why
    tmp/              what is being written

Who takes the messages is told there by `sonixbot.inbox.presence`.
"""

from __future__ import annotations

import json
import os
import stat
import time

from sonixbot.inbox.letter import Letter, clean, is_folder, is_plain
from sonixbot.locations import UsageError, make_private

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, TypeVar

    Result = TypeVar("Result")

#: Bytes of a message file; a longer one is nobody's message, and would hold everything else up.
MESSAGE_LIMIT = 1024 * 1024
#: Bytes of an attachment: no bot may send more (https://core.telegram.org/bots/api#senddocument).
FILE_LIMIT = 50 * 1024 * 1024

_DAY = 86400.0
#: Seconds for which `prune` keeps what lies there.
_KEPT = {"answers": _DAY, "tmp": _DAY, "files": _DAY, "broken": 30 * _DAY}
_FOLDERS = ("new", "tmp", "answers", "files", "broken")


def _(text: str) -> str:
    """Mark a sentence for the catalogues; whoever shows it translates it."""
    return text


def put(
    inbox: str,
    text: str,
    *,
    files: Iterable[tuple[str | os.PathLike[str], bool]] = (),
    silent: bool = False,
    ways: str | None = None,
    created: float | None = None,
) -> str:
    """Leave a message and return its key; when this returns, it is safe.

    `files` are pairs of a path and whether it is a picture. Raises OSError, or `UsageError` for a
    file that cannot be sent; nothing is left behind then.
    """
    key = _new_key()
    make_folders(inbox)
    try:
        data = {
            "text": clean(text),
            "created": time.time() if created is None else created,
            "silent": silent,
            "ways": ways,
            "files": [
                _enclose(inbox, key, str(number), os.fsdecode(path), picture=picture)
                for number, (path, picture) in enumerate(files)
            ],
        }
        place(inbox, os.path.join("new", key + ".json"), data)
    except BaseException:
        _remove_folder(os.path.join(inbox, "files", key))
        raise
    return key


_last_ns = 0


def _new_key() -> str:
    """A name that sorts by time, also where the clock ticks slower than a script speaks."""
    global _last_ns  # noqa: PLW0603 - the order of this process's messages is the process's
    _last_ns = max(time.time_ns(), _last_ns + 1)
    return f"{_last_ns:020d}-{os.getpid()}-{os.urandom(4).hex()}"


def _enclose(inbox: str, key: str, stored: str, path: str, *, picture: bool) -> dict[str, Any]:
    import shutil  # costs as much as sending a message; few have files

    found = os.stat(path)
    if not stat.S_ISREG(found.st_mode):  # a device or a pipe would never end
        raise UsageError(_("{path} is not a file."), path=path)
    if found.st_size > FILE_LIMIT:
        raise UsageError(
            _("{path} is too large: a message takes files of at most {limit} MB."),
            path=path,
            limit=FILE_LIMIT // 1024**2,
        )
    folder = os.path.join(inbox, "files", key)
    _make_like(folder, inbox)
    with open(path, "rb") as source, open(os.path.join(folder, stored), "xb") as copy:
        shutil.copyfileobj(source, copy)
        copy.flush()
        os.fsync(copy.fileno())
    name = clean(os.path.basename(path))
    return {"name": name, "stored": stored, "picture": picture}


def waiting(inbox: str) -> list[str]:
    """The keys of the messages that wait, oldest first. Raises OSError if the share is away.

    A key that begins with a dot could be `..` and lead to folders that are not the message's.
    """
    return sorted(
        name[: -len(".json")]
        for name in _listed(os.path.join(inbox, "new"))
        if name.endswith(".json") and not name.startswith(".")
    )


def waiting_since(inbox: str) -> float | None:
    """When the oldest waiting message came, in Unix seconds; None while none waits."""
    keys = waiting(inbox)
    try:
        return os.stat(os.path.join(inbox, "new", keys[0] + ".json")).st_mtime if keys else None
    except FileNotFoundError:
        return None  # just taken


def read(inbox: str, key: str) -> Letter | None:
    """The message, or None if there is none (any more).

    What is no message is set aside into `broken/` with its reason, so it is met only once. What
    cannot be read for the moment stays.
    """
    path = os.path.join(inbox, "new", key + ".json")
    try:
        if not is_plain(path):
            raise ValueError("not a plain file")
        if os.stat(path).st_size > MESSAGE_LIMIT:
            raise ValueError(f"longer than {MESSAGE_LIMIT} bytes")
        return Letter(key, _patiently(load, path), os.path.join(inbox, "files", key))
    except FileNotFoundError:
        return None
    except (PermissionError, ValueError, RecursionError) as error:
        _set_aside(inbox, key, f"{type(error).__name__}: {error}")
    except OSError as error:  # the share is away, or no more files can be opened: not its fault
        _warn("The message %s cannot be read now: %s", path, error)
    return None


def _set_aside(inbox: str, key: str, problem: str) -> None:
    broken = os.path.join(inbox, "broken", key)
    try:
        make_folders(inbox)
        _patiently(os.replace, os.path.join(inbox, "new", key + ".json"), broken + ".json")
        with open(broken + ".txt", "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(problem + "\n")
    except OSError as error:
        problem = f"{problem}; it stays, as it cannot be moved: {error}"
    _warn("No message, set aside: %s.json (%s)", broken, problem)


def _warn(text: str, *values: object) -> None:
    import logging  # slow to load for scripts, which never come here

    logging.getLogger(__name__).warning(text, *values)


def done(inbox: str, key: str) -> None:
    """Remove a message that was taken, then its attachments. Raises OSError."""
    remove(os.path.join(inbox, "new", key + ".json"))
    _remove_folder(os.path.join(inbox, "files", key))


def answer(inbox: str, key: str, deliveries: Mapping[str, Mapping[str, str]]) -> None:
    """Tell the script what became of its message. Raises OSError.

    `deliveries` gives for each destination `state` (queued, sent, failed) and `reason`.
    """
    make_folders(inbox)
    data = {destination: dict(each) for destination, each in deliveries.items()}
    place(inbox, os.path.join("answers", key + ".json"), data)


def read_answer(inbox: str, key: str) -> dict[str, dict[str, str]] | None:
    """What became of a message by destination, or None while nobody has answered."""
    try:
        data = load(os.path.join(inbox, "answers", key + ".json"))
    except (OSError, ValueError, RecursionError):
        return None  # just being replaced, or not there
    if not isinstance(data, dict):
        return None
    return {
        destination: {"state": str(each.get("state", "")), "reason": str(each.get("reason", ""))}
        for destination, each in data.items()
        if isinstance(each, dict)
    }


def prune(inbox: str, now: float) -> None:
    """Remove old answers, and what was left by whoever was killed while writing."""
    in_use = set(waiting(inbox))
    for folder, kept in _KEPT.items():
        for name in _listed(os.path.join(inbox, folder)):
            path = os.path.join(inbox, folder, name)
            if folder == "files" and name in in_use:
                continue
            try:
                if os.lstat(path).st_mtime < now - kept:
                    _remove_folder(path) if folder == "files" else os.remove(path)
            except OSError:
                continue  # somebody else's; it is tried again the next time


def aside(inbox: str, name: str) -> str:
    """A path of its own for something that is yet to be complete, or soon to be gone."""
    return os.path.join(inbox, "tmp", f"{name}.{os.getpid()}.{os.urandom(4).hex()}")


def place(inbox: str, name: str, data: Mapping[str, Any]) -> None:
    """Write a JSON file so that others see all of it or nothing. Raises OSError."""
    beside = aside(inbox, os.path.basename(name))
    try:
        with open(beside, "xb") as file:
            file.write(dump(data))
            file.flush()
            os.fsync(file.fileno())
        _patiently(os.replace, beside, os.path.join(inbox, name))
    except BaseException:
        remove(beside)
        raise


def dump(data: Mapping[str, Any]) -> bytes:
    """The bytes of a JSON file."""
    return json.dumps(data, ensure_ascii=False).encode("utf-8", "backslashreplace")


def load(path: str) -> Any:
    """What is in a JSON file. Raises OSError, ValueError, RecursionError."""
    with open(path, "rb") as file:
        return json.loads(file.read(MESSAGE_LIMIT + 1).decode("utf-8-sig"))


def _patiently(act: Callable[..., Result], *paths: str) -> Result:
    """Do it; on Windows, where a virus scanner may hold the file, try for half a second."""
    for pause in (0.01, 0.04, 0.15, 0.3) if os.name == "nt" else ():
        try:
            return act(*paths)
        except PermissionError:  # noqa: PERF203 - the loop is there for the exception
            time.sleep(pause)
    return act(*paths)


def make_folders(inbox: str) -> None:
    """Make the inbox and what belongs into it. Raises OSError."""
    make_private(inbox)
    for name in _FOLDERS:
        _make_like(os.path.join(inbox, name), inbox)


def _make_like(folder: str, inbox: str) -> None:
    """Make a folder as private, or as common to several users, as the inbox itself."""
    if os.path.isdir(folder):
        return
    os.makedirs(folder, exist_ok=True)
    try:
        os.chmod(folder, stat.S_IMODE(os.stat(inbox).st_mode))
    except OSError:
        return  # some shares know no permissions


def remove(path: str) -> None:
    """Remove a file, which may be gone already. Raises OSError."""
    try:
        _patiently(os.remove, path)
    except FileNotFoundError:
        return


def _remove_folder(path: str) -> None:
    """Remove a message's attachments; where links lead is not ours to remove."""
    if not is_folder(os.path.dirname(path)):
        return
    if not is_folder(path):
        remove(path)
        return
    for name in os.listdir(path):
        remove(os.path.join(path, name))
    os.rmdir(path)


def _listed(path: str) -> list[str]:
    """What lies in a folder of the inbox; nothing where somebody put a link in its place."""
    return os.listdir(path) if is_folder(path) else []
