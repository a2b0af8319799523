"""Rows: deliveries and destinations as they stand in the store."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Final

from sonixbot.errors import Sentence
from sonixbot.message import Delivery, Marks, Message, State
from sonixbot.pace import Call

#: What `delivery` needs of a row; the deliveries are `d`, their messages `m`.
SELECT: Final = (
    "select d.*, m.data, m.version from deliveries d join messages m on m.id = d.message "
)


@dataclass(frozen=True, slots=True)
class Destination:
    """What is known of one address: how it goes, and when the next try may be."""

    name: str
    tries: int = 0
    resume: float = 0.0
    obeyed: bool = False
    worked: float | None = None
    failing: float | None = None
    reason: Sentence | None = None
    #: Recent calls, oldest first.
    calls: tuple[tuple[float, Call], ...] = ()


def delivery(row: sqlite3.Row) -> Delivery:
    """The delivery that a row of `SELECT` tells of."""
    return Delivery(
        id=row["id"],
        message=Message.from_json(json.loads(row["data"])),
        version=row["version"],
        destination=row["destination"],
        state=State(row["state"]),
        part=row["part"],
        remote=tuple(row["remote"].split()),
        marks=Marks(row["marks"]),
        unknown=bool(row["unknown"]),
        tries=row["tries"],
        due=row["due"],
        reason=_sentence(row["reason"]),
        updated=row["updated"],
    )


def destination(row: sqlite3.Row) -> Destination:
    """The address that a row tells of."""
    return Destination(
        name=row["name"],
        tries=row["tries"],
        resume=row["resume"],
        obeyed=bool(row["obeyed"]),
        worked=row["worked"],
        failing=row["failing"],
        reason=_sentence(row["reason"]),
        calls=tuple((moment, Call(call)) for moment, call in json.loads(row["calls"])),
    )


def _sentence(text: str | None) -> Sentence | None:
    return Sentence.from_json(json.loads(text)) if text else None
