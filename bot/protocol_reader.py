"""Reading the measurement protocol: its entries, and its last errors.

This needs the Python in which sonixbot is installed with all it depends on; importing the module
does not, and costs nothing.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from os import PathLike
    from typing import Any

    from sonixbot.entry import Entry


def entries(
    path: str | PathLike[str], layout: str | Mapping[str, Any] = "auto", encoding: str = "auto"
) -> Iterator[Entry]:
    """Give all entries of a protocol file in its order, each with the lines that belong to it.

    `layout` is what `protocol.format` of the configuration may be. Raises OSError where the file
    cannot be read, `sonixbot.errors.Problem` where layout or encoding do not exist, ImportError
    where this Python does not have sonixbot's dependencies.
    """
    try:
        from sonixbot.formats import Reader, layout_of
        from sonixbot.formats import entries as entries_of
        from sonixbot.tail.blocks import blocks
    except (ImportError, SyntaxError) as error:
        raise ImportError(
            "bot.protocol_reader works in the Python in which sonixbot is installed; "
            "install it for this one (pip install sonixbot), or run the script with that one. "
            f"What is missing: {error}"
        ) from error
    return entries_of(blocks(os.fspath(path)), Reader(layout_of(layout), encoding))


def last_errors(
    path: str | PathLike[str],
    n: int = 10,
    layout: str | Mapping[str, Any] = "auto",
    encoding: str = "auto",
) -> list[Entry]:
    """Give the `n` newest errors of a protocol file, the newest first. Raises as `entries` does."""
    from collections import deque

    errors = (entry for entry in entries(path, layout, encoding) if entry.kind == "error")
    return list(reversed(deque(errors, maxlen=n)))
