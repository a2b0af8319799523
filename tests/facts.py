"""Entries and messages that many tests speak of."""

from __future__ import annotations

from dataclasses import replace
from html import escape

from sonixbot.entry import Entry, Kind
from sonixbot.message import Message, Origin
from tests.handclock import NIGHT

STUCK = Entry(
    kind=Kind.ERROR,
    level=1,
    source="P1_beta",
    text="position not reached, timeout 60 s (asked 1.000, is 0.437)",
    time=NIGHT,
    offset=1000,
)
WARM = Entry(
    kind=Kind.WARNING,
    level=1,
    source="lauda_1",
    text="Temperature 24.1 C, set 20.0 C",
    time=NIGHT,
    offset=2000,
)


def like(entry: Entry, **changes: object) -> Entry:
    """An entry that differs in these fields."""
    return replace(entry, **changes)  # type: ignore[arg-type]  # the fields' types are mixed


def message(key: str = "m-1", text: str = "P1_beta stuck", **changes: object) -> Message:
    """A message that differs in these fields."""
    plain = Message(
        key, text, Origin.ALERT, "YuMO", NIGHT, html=f"<b>{escape(text)}</b>", subject=text
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # the fields' types are mixed
