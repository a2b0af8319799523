"""Letter: a script's message, as read from the inbox and checked.

Anybody who may write into the inbox can put anything there. Standard library and language of
Python 3.8: a script's old Python loads this.
"""

from __future__ import annotations

import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

WAYS = ("mail", "telegram")


class Enclosed:
    """A file that came with a letter."""

    __slots__ = ("name", "path", "picture")

    def __init__(self, name: str, path: str, *, picture: bool) -> None:
        #: The name that people see.
        self.name = name
        #: Where it lies, until `done`.
        self.path = path
        self.picture = picture


class Letter:
    """A script's message as it lay in the inbox."""

    __slots__ = ("created", "files", "key", "lost", "silent", "text", "ways")

    def __init__(self, key: str, data: Mapping[str, Any], folder: str) -> None:
        """Read `data`; attachments lie in `folder`. Raises ValueError where it is no message."""
        if not isinstance(data, dict):
            raise ValueError("not a JSON object")
        #: Its identity, the same however often it is taken.
        self.key = key
        #: Plain text.
        self.text = clean(_checked(data, "text", str, ""))
        #: Unix seconds on the script's computer.
        self.created: float = _checked(data, "created", (int, float), None)
        if not 0 <= self.created < 1e11:
            raise ValueError("created is no time")
        self.silent: bool = _checked(data, "silent", bool, default=False)
        #: `mail` or `telegram` where it goes that way alone.
        self.ways: str | None = data.get("ways")
        if self.ways not in (None, *WAYS):
            raise ValueError("ways must be mail, telegram or null")
        #: The attachments that are there…
        self.files: list[Enclosed] = []
        #: … and the names of those that should have been.
        self.lost: list[str] = []
        # Through a link for the folder, or for the one above it, any file could be had.
        here = is_folder(os.path.dirname(folder)) and is_folder(folder)
        for each in _checked(data, "files", list, ()):
            self._enclose(each, folder, here=here)
        if not (self.text.strip() or self.files or self.lost):
            raise ValueError("neither text nor files")

    def _enclose(self, data: object, folder: str, *, here: bool) -> None:
        if not isinstance(data, dict):
            raise ValueError("a file is not a JSON object")
        name = clean(_checked(data, "name", str, None))
        stored = _checked(data, "stored", str, None)
        if not stored.isalnum():  # a path would let anybody have any file of the service sent
            raise ValueError("a file lies outside its folder")
        path = os.path.join(folder, stored)
        if here and is_plain(path):
            picture = _checked(data, "picture", bool, default=False)
            self.files.append(Enclosed(name, path, picture=picture))
        else:
            self.lost.append(name)


def _checked(
    data: Mapping[str, Any], key: str, kind: type | tuple[type, ...], default: object
) -> Any:
    value = data.get(key, default)
    if value is default and default is not None:
        return value
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ValueError(f"{key} is missing or of the wrong type")
    return value


def clean(text: str) -> str:
    """The text without halves of characters, which nothing can encode or send."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def is_plain(path: str) -> bool:
    """Whether it is a file, and no link to something that its author could not read himself."""
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except FileNotFoundError:
        return False


def is_folder(path: str) -> bool:
    """Whether it is a folder itself, and neither a link nor a junction to one."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(found.st_mode) and not getattr(found, "st_reparse_tag", 0)
