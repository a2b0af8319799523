"""Traffic: what is still on its way, seen from outside: in the protocol, the inbox, the outbox."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from sonixbot.sandbox.bot import read_only
from sonixbot.store import FILE_NAME

WAYS: Final = frozenset({"telegram", "mail"})


def moving(data: Path, protocol: Path) -> frozenset[str]:
    """The ways, `telegram` and `mail`, on which something may still arrive by itself.

    `data`: the bot's data folder. While anything cannot be looked at, both are.
    """
    try:
        with closing(read_only(data / FILE_NAME)) as store:
            if _unread(store, protocol) or _muted(store) or _stormy(store):
                return WAYS
            if any((data / "inbox/new").iterdir()):
                return WAYS
            return frozenset(
                row[0]
                for row in store.execute(
                    "select distinct substr(destination, 1, instr(destination, ':') - 1)"
                    " from deliveries where state in ('waiting', 'sending', 'stale', 'listed')"
                )
            )
    except (OSError, sqlite3.Error):
        return WAYS


def _unread(store: sqlite3.Connection, protocol: Path) -> bool:
    row = store.execute("select value from facts where name = 'position'").fetchone()
    position = json.loads(row[0]) if row else {}
    if position.get("path") != str(protocol):
        return True
    told: int = position["offset"] + position["taken"]
    return told < protocol.stat().st_size


def _muted(store: sqlite3.Connection) -> bool:
    """What a mute hides is told when it ends."""
    return store.execute("select 1 from mutes").fetchone() is not None


def _stormy(store: sqlite3.Connection) -> bool:
    """What a digest does not say yet is said when it is brought up to date, or at the end."""
    return bool(
        store.execute(
            "select 1 from storms where json_extract(data, '$.ended') is null"
            " or json_extract(data, '$.changed')"
        ).fetchone()
    )
