"""Store: the one SQLite file, its schema and its transactions.

Everything that must hold together lies in this file, so that one transaction can hold it
together: the position in the protocol, the incidents, the mutes and the messages that follow.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, astuple
from pathlib import Path
from typing import Any, Final

from sonixbot.alerts import (
    FORGOTTEN_AFTER,
    Acknowledgement,
    AlertPolicy,
    Held,
    Incident,
    Mute,
    Numbers,
    Rules,
    Storm,
)
from sonixbot.errors import Problem, sentence

FILE_NAME: Final = "sonixbot.sqlite"

#: One script a version; a file is brought up to date by those it has not seen.
MIGRATIONS: Final = (
    """
    create table facts (name text primary key, value text not null) without rowid;
    create table incidents (
        id integer primary key, seen real not null, data text not null
    );
    create table mutes (id integer primary key, data text not null);
    create table messages (
        id integer primary key,
        key text not null unique,
        version integer not null default 1,  -- counts the changes of its words
        created real not null,
        data text not null
    );
    create table deliveries (
        id integer primary key,
        message integer not null references messages on delete cascade,
        destination text not null,
        state text not null default 'waiting',
        part integer not null default 0,      -- pieces that have arrived
        remote text not null default '',      -- ids the other side gave them
        marks integer not null default 0,     -- marks its words carry
        unknown integer not null default 0,   -- may have arrived
        tries integer not null default 0,
        due real not null default 0,
        reason text,
        updated real not null,
        list integer references deliveries on delete set null,  -- went within this one
        unique (message, destination)
    );
    create index deliveries_open on deliveries (destination, state)
        where state in ('waiting', 'sending', 'stale');
    create index deliveries_lists on deliveries (list) where list is not null;
    create table destinations (
        name text primary key,
        moved text,                           -- the chat's new address
        tries integer not null default 0,     -- failures since the last success
        resume real not null default 0,       -- nothing is tried before
        obeyed integer not null default 0,    -- the other side asked for that wait
        worked real,
        failing real,
        reason text,
        calls text not null default '[]'      -- recent calls: [moment, kind]
    ) without rowid;
    """,
    """
    create table acknowledgements (incident integer primary key, data text not null);
    """,
    """
    create table storms (id integer primary key, data text not null);
    """,
)


class Store:
    """The open file. Used by one thread; other processes may read and write it beside."""

    def __init__(self, folder: Path) -> None:
        """Open or create the store in `folder`; bring it up to date.

        Raises `Problem` where the file cannot be used.
        """
        self.path = folder / FILE_NAME
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.db = sqlite3.connect(self.path, isolation_level=None, timeout=5.0)
            self.path.chmod(0o600)
            self.db.row_factory = sqlite3.Row
            self.db.execute("pragma journal_mode = wal")
            self.db.execute("pragma synchronous = full")
            self.db.execute("pragma foreign_keys = on")
            self._migrate()
        except (OSError, sqlite3.Error) as error:
            raise Problem(
                sentence(
                    "{path} cannot be used as the bot's database: {error}. Check the folder's"
                    " permissions and free space, or move the file away to start with a new one.",
                    path=self.path,
                    error=error,
                )
            ) from error

    def _migrate(self) -> None:
        version: int = self.db.execute("pragma user_version").fetchone()[0]
        if version > len(MIGRATIONS):
            self.db.close()
            raise Problem(
                sentence(
                    "{path} was written by a newer sonixbot (schema {found}, this one knows"
                    " {known}). Install the newer sonixbot, or choose another data-dir.",
                    path=self.path,
                    found=version,
                    known=len(MIGRATIONS),
                )
            )
        for number, script in enumerate(MIGRATIONS[version:], version + 1):
            self.db.executescript(
                f"begin immediate; {script} pragma user_version = {number}; commit;"
            )

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All that is written inside happens together or not at all; joins one already begun."""
        if self.db.in_transaction:
            yield self.db
            return
        self.db.execute("begin immediate")
        try:
            yield self.db
        except BaseException:
            self.db.execute("rollback")
            raise
        self.db.execute("commit")

    def fact(self, name: str) -> Any:
        """A remembered value, None where there is none."""
        row = self.db.execute("select value from facts where name = ?", (name,)).fetchone()
        return row and json.loads(row[0])

    def remember(self, name: str, value: Any) -> None:
        """Keep a JSON value under a name."""
        with self.transaction() as db:
            db.execute(
                "insert into facts values (?1, ?2) on conflict do update set value = ?2",
                (name, json.dumps(value)),
            )

    def policy(self, rules: Rules) -> AlertPolicy:
        """The book of incidents and mutes as it was last written down."""
        incidents = self.db.execute("select data from incidents order by seen")
        mutes = self.db.execute("select data from mutes order by id")
        acknowledged = self.db.execute("select incident, data from acknowledgements")
        storms = self.db.execute("select data from storms order by id")
        return AlertPolicy(
            rules,
            [Incident.from_json(json.loads(row[0])) for row in incidents],
            [Mute.from_json(json.loads(row[0])) for row in mutes],
            Numbers(*(self.fact("numbers") or ())),
            {row[0]: Acknowledgement(**json.loads(row[1])) for row in acknowledged},
            [Storm.from_json(json.loads(row[0])) for row in storms],
            Held(**(self.fact("held") or {})),
        )

    def save(self, policy: AlertPolicy, now: float) -> None:
        """Write down what changed in the book; forget incidents long silent."""
        with self.transaction() as db:
            for number, incident in policy.changes.incidents.items():
                db.execute("delete from incidents where id = ?", (number,))
                if incident:
                    row = (number, incident.seen, _text(incident.to_json()))
                    db.execute("insert into incidents values (?, ?, ?)", row)
            db.execute("delete from incidents where seen < ?", (now - FORGOTTEN_AFTER,))
            db.execute(
                "delete from acknowledgements where incident not in (select id from incidents)"
            )
            for number, storm in policy.changes.storms.items():
                db.execute("delete from storms where id = ?", (number,))
                if storm:
                    values = (number, _text(storm.to_json()))
                    db.execute("insert into storms values (?, ?)", values)
            self.save_wishes(policy)

    def save_wishes(self, policy: AlertPolicy) -> None:
        """Write down what changed in what people want: mutes, acknowledgements.

        Incidents hold what was counted of the protocol, so they are written only with the position
        up to which it was read.
        """
        with self.transaction() as db:
            for number, mute in policy.changes.mutes.items():
                db.execute("delete from mutes where id = ?", (number,))
                if mute:
                    db.execute("insert into mutes values (?, ?)", (number, _text(mute.to_json())))
            for number, made in policy.changes.acknowledged.items():
                db.execute("delete from acknowledgements where incident = ?", (number,))
                if made:
                    row = (number, _text(made.to_json()))
                    db.execute("insert into acknowledgements values (?, ?)", row)
            self.remember("numbers", astuple(policy.numbers))
            self.remember("held", asdict(policy.held))


def _text(data: dict[str, Any]) -> str:
    return json.dumps(data)  # in ASCII: halves of characters cannot be stored in any other way
