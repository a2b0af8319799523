"""Outbox: messages on their way, each for every destination, until sent or buried with a reason.

A delivery goes waiting → sending → sent; sending → waiting again when it failed; to buried when
it never can arrive. A message whose words changed after it was sent is stale at destinations that
can be edited, until the edit has arrived.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from sonixbot.errors import Sentence
from sonixbot.language import DAY, HOUR, MINUTE
from sonixbot.message import Delivery, Marks, Message, Origin, State
from sonixbot.outbox import rows
from sonixbot.outbox.rows import Destination
from sonixbot.pace import Call
from sonixbot.store import Store

__all__ = ["Destination", "Outbox"]

#: What was sent, buried or dropped is kept so long for `sonixbot outbox` and for edits.
KEPT: Final = 30 * DAY
#: Calls remembered for the pace; more than any pace looks back at.
CALLS: Final = 100
#: Words renewed sooner than this after the last change wait, so that a burst is one edit.
EDIT_DELAY: Final = 2.5


_OPEN: Final = "state in ('waiting', 'sending', 'stale')"
#: The messenger whose messages can be edited after they were sent.
_EDITED: Final = "telegram:"


class Outbox:
    """The messages of the store. Every method is one transaction, or joins the caller's."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def put(self, message: Message, destinations: Iterable[str], now: float) -> bool:
        """Take a message in; False where its key is known: taking it twice is one message."""
        with self._store.transaction() as db:
            made = db.execute(
                "insert or ignore into messages (key, created, data) values (?, ?, ?)",
                (message.key, message.created, _text(message.to_json())),
            )
            if not made.rowcount:
                return False
            db.executemany(
                "insert or ignore into deliveries (message, destination, updated) values (?, ?, ?)",
                [(made.lastrowid, self._address(each), now) for each in destinations],
            )
        return True

    def _address(self, destination: str) -> str:
        """Where this address is now; a chat may have moved more than once."""
        passed = {destination}
        while True:
            row = self._store.db.execute(
                "select moved from destinations where name = ?", (destination,)
            ).fetchone()
            if not row or not row[0] or row[0] in passed:
                return destination
            destination = row[0]
            passed.add(destination)

    def renew(self, message: Message, now: float, delay: float = EDIT_DELAY) -> bool:
        """Give a known message new words; where it was sent and can be edited, it is edited.

        `delay`: seconds until then, so that what changes in a burst is one edit. Whether it makes
        a sound was decided when it was put, and stays so. False where the words are seen nowhere,
        as every delivery of it was given up.
        """
        with self._store.transaction() as db:
            known = db.execute(
                "select json_extract(data, '$.silent') from messages where key = ?", (message.key,)
            ).fetchone()
            silent = bool(known and known[0])
            db.execute(
                "update messages set data = ?, version = version + 1 where key = ?",
                (_text(replace(message, silent=silent).to_json()), message.key),
            )
            db.execute(
                "update deliveries set state = 'stale', due = ? where state = 'sent'"
                " and list is null and destination like ?"
                " and message = (select id from messages where key = ?)",
                (now + delay, f"{_EDITED}%", message.key),
            )
            return bool(
                db.execute(
                    "select 1 from deliveries d join messages m on m.id = d.message"
                    " where m.key = ? and state not in ('buried', 'dropped') limit 1",
                    (message.key,),
                ).fetchone()
            )

    def remote(self, key: str, destination: str) -> str:
        """The id that a message has at an address; empty where it has not arrived there."""
        row = self._store.db.execute(
            "select remote from deliveries d join messages m on m.id = d.message"
            " where m.key = ? and d.destination = ?",
            (key, destination),
        ).fetchone()
        return str(row[0]).partition(" ")[0] if row else ""

    def recover(self, destination: str, now: float) -> None:
        """What was being sent when this process, or an earlier one, failed may have arrived."""
        cut_off = "destination = ? and state = 'sending'"
        if self._store.db.execute(
            f"select 1 from deliveries where {cut_off}", (destination,)
        ).fetchone():
            with self._store.transaction() as db:
                db.execute(
                    "update deliveries set state = 'waiting', unknown = 1, updated = ?"
                    f" where {cut_off}",
                    (now, destination),
                )

    def try_at_once(self) -> None:
        """Let nothing wait for its backoff, as somebody may have repaired what was wrong."""
        with self._store.transaction() as db:
            db.execute("update destinations set resume = 0 where not obeyed")

    def retire(self, keep: Iterable[str], reason: Sentence, now: float) -> None:
        """Give up what is open for addresses other than these, or where those have moved."""
        kept = {each for name in keep for each in (name, self._address(name))}
        for name in self.destinations():
            if name not in kept:
                with self._store.transaction() as db:
                    db.execute(
                        "update deliveries set state = case state when 'stale' then 'sent'"
                        " else 'buried' end, reason = ?, updated = ? where destination = ?"
                        " and state in ('waiting', 'sending', 'stale', 'listed')",
                        (_text(reason.to_json()), now, name),
                    )

    def heads(self, destination: str, now: float) -> list[Delivery]:
        """What may go next, in the order of preference.

        A digest goes before messages, and these before edits. Of each origin it is the oldest
        message, and the edit that is due longest, so that no post which changes all the time keeps
        the others from being edited.
        """
        found = self._store.db.execute(
            rows.SELECT + "where d.id in (select id from (select d.id, row_number() over"
            " (partition by d.state, json_extract(m.data, '$.origin') order by d.due, d.id) place"
            " from deliveries d join messages m on m.id = d.message"
            " where d.destination = ? and d.state in ('waiting', 'stale')"
            " and not (d.due > ? and d.due < ?)"  # later than that: the clock was set back
            ") where place = 1)",
            (destination, now, now + MINUTE),
        )
        return sorted(map(rows.delivery, found), key=_rank)

    def waiting(self, destination: str, origin: Origin | None = None) -> list[Delivery]:
        """Messages that wait for this destination, oldest first; those of one origin."""
        found = self._store.db.execute(
            rows.SELECT + "where d.destination = ? and d.state = 'waiting' order by d.id",
            (destination,),
        )
        deliveries = map(rows.delivery, found)
        return [each for each in deliveries if origin in (None, each.message.origin)]

    def due(self, destination: str, now: float) -> float | None:
        """When the next thing for this destination falls due that is not; None: there is none."""
        row = self._store.db.execute(
            "select min(due) from deliveries where destination = ?"
            " and state in ('waiting', 'stale') and due > ?",
            (destination, now),
        ).fetchone()
        moment: float | None = row[0]
        return moment

    def begin(self, delivery: Delivery, marks: Marks, call: Call, now: float) -> None:
        """A try begins: noted before anything leaves, so that a kill in between is seen."""
        with self._store.transaction() as db:
            if delivery.state is State.WAITING:
                db.execute(
                    "update deliveries set state = 'sending', marks = ?, tries = tries + 1,"
                    " updated = ? where id = ?",
                    (int(marks), now, delivery.id),
                )
            self.called(delivery.destination, call, now)

    def called(self, destination: str, call: Call, now: float) -> None:
        """A call to this destination is made; its pace counts it."""
        known = self.destination(destination)
        calls = [*(each for each in known.calls if each[0] > now - HOUR), (now, call)]
        with self._store.transaction() as db:
            db.execute(
                "insert into destinations (name, calls) values (?1, ?2)"
                " on conflict do update set calls = ?2",
                (destination, json.dumps(calls[-CALLS:])),
            )

    def arrived(self, delivery: Delivery, part: int, remote: Sequence[str], now: float) -> None:
        """The first `part` pieces have arrived."""
        with self._store.transaction() as db:
            db.execute(
                "update deliveries set part = ?, remote = ?, updated = ? where id = ?",
                (part, " ".join(remote), now, delivery.id),
            )

    def sent(self, delivery: Delivery, now: float) -> None:
        """It has arrived, or its edit has."""
        with self._store.transaction() as db:
            version = db.execute(
                "select version from messages m join deliveries d on d.message = m.id"
                " where d.id = ?",
                (delivery.id,),
            ).fetchone()[0]
            renewed = version != delivery.version and delivery.destination.startswith(_EDITED)
            db.execute(
                "update deliveries set state = ?1, due = ?2, unknown = 0, reason = null,"
                " updated = ?3 where id = ?4 or list = ?4",
                (
                    State.STALE if renewed else State.SENT,
                    now + EDIT_DELAY if renewed else 0,
                    now,
                    delivery.id,
                ),
            )
            db.execute(
                "update destinations set tries = 0, resume = 0, obeyed = 0, worked = ?,"
                " failing = null, reason = null where name = ?",
                (now, delivery.destination),
            )

    def failed(self, delivery: Delivery, reason: Sentence, *, unknown: bool, now: float) -> None:
        """A try failed and will be repeated."""
        with self._store.transaction() as db:
            state = State.WAITING if delivery.state is State.WAITING else State.STALE
            db.execute(
                "update deliveries set state = ?, unknown = unknown or ?, reason = ?, updated = ?"
                " where id = ?",
                (state, unknown, _text(reason.to_json()), now, delivery.id),
            )

    def hold(self, name: str, resume: float, *, reason: Sentence, obeyed: bool, now: float) -> None:
        """Nothing is tried at this destination before `resume`."""
        with self._store.transaction() as db:
            db.execute(
                "insert into destinations (name, tries, resume, obeyed, failing, reason)"
                " values (?1, 1, ?2, ?3, ?4, ?5) on conflict do update set tries = tries + 1,"
                " resume = ?2, obeyed = ?3, failing = coalesce(failing, ?4), reason = ?5",
                (name, resume, obeyed, now, _text(reason.to_json())),
            )

    def wake(self, messenger: str, now: float) -> None:
        """A call got through: what backed off that way may try again, unless told to wait."""
        with self._store.transaction() as db:
            db.execute(
                "update destinations set resume = ?1 where name like ?2 and resume > ?1"
                " and not obeyed",
                (now, f"{messenger}:%"),
            )

    def bury(self, delivery: Delivery, reason: Sentence, now: float) -> None:
        """It will never arrive. A post whose edit cannot arrive stays sent."""
        with self._store.transaction() as db:
            state = State.SENT if delivery.state is State.STALE else State.BURIED
            db.execute(
                "update deliveries set state = ?1, reason = ?2, updated = ?3"
                " where id = ?4 or list = ?4",
                (state, _text(reason.to_json()), now, delivery.id),
            )

    def move(self, old: str, new: str) -> None:
        """A chat has a new address: what is open goes there, and so does what comes."""
        with self._store.transaction() as db:
            db.execute(
                "update deliveries set state = 'sent' where destination = ? and state = 'stale'",
                (old,),
            )
            db.execute(
                "update or ignore deliveries set destination = ?, state = 'waiting'"
                " where destination = ? and state in ('waiting', 'sending')",
                (new, old),
            )
            db.execute(
                "insert into destinations (name, moved) values (?1, ?2)"
                " on conflict do update set moved = ?2",
                (old, new),
            )

    def join(self, deliveries: Sequence[Delivery], message: Message, now: float) -> None:
        """Let one message go in the place of several at one destination."""
        destination = deliveries[0].destination
        with self._store.transaction() as db:
            self.put(message, [destination], now)
            row = db.execute(
                "select d.id from deliveries d join messages m on m.id = d.message"
                " where m.key = ? and d.destination = ?",
                (message.key, self._address(destination)),
            ).fetchone()
            db.executemany(
                "update deliveries set list = ?1, state = 'listed', updated = ?2"
                " where id = ?3 or list = ?3",  # it may itself stand for several
                [(row[0], now, each.id) for each in deliveries],
            )

    def take_in(self, key: str, into: str, now: float) -> bool:
        """Let the message `into` stand for another one of which nothing has left yet.

        False where a part of it is on its way or has arrived, or `into` does not go everywhere.
        """
        with self._store.transaction() as db:
            untouched = db.execute(
                "select d.id, i.id, d.state = 'waiting' and d.tries = 0 from deliveries d"
                " join messages m on m.id = d.message left join deliveries i"
                " on i.destination = d.destination"
                " and i.message = (select id from messages where key = ?)"
                " where m.key = ?",
                (into, key),
            ).fetchall()
            if not untouched or not all(list_id and waits for _, list_id, waits in untouched):
                return False
            db.executemany(
                "update deliveries set list = ?, state = 'listed', updated = ? where id = ?",
                [(list_id, now, number) for number, list_id, _ in untouched],
            )
        return True

    def destination(self, name: str) -> Destination:
        """What is known of an address."""
        row = self._store.db.execute(
            "select * from destinations where name = ?", (name,)
        ).fetchone()
        return rows.destination(row) if row else Destination(name)

    def destinations(self) -> list[str]:
        """Addresses for which something is open."""
        found = self._store.db.execute(
            f"select distinct destination from deliveries where {_OPEN} order by destination"
        )
        return [row[0] for row in found]

    def backlog(self) -> dict[str, int]:
        """How many messages wait, by destination."""
        found = self._store.db.execute(
            "select destination, count(*) from deliveries"
            " where state in ('waiting', 'sending', 'listed') group by destination"
        )
        return {row[0]: row[1] for row in found}

    def count(self, state: State) -> int:
        """How many deliveries stand there."""
        query = "select count(*) from deliveries where state = ?"
        found: int = self._store.db.execute(query, (state,)).fetchone()[0]
        return found

    def fate(self, key: str) -> list[Delivery]:
        """How a message fared at each destination."""
        found = self._store.db.execute(rows.SELECT + "where m.key = ? order by d.id", (key,))
        return [rows.delivery(row) for row in found]

    def lately(self, prefix: str, since: float) -> list[str]:
        """Keys that begin with `prefix`, of messages whose fate changed since then."""
        found = self._store.db.execute(
            "select distinct m.key from messages m join deliveries d on d.message = m.id"
            " where m.key like ? and d.updated >= ?",
            (f"{prefix}%", since),
        )
        return [row[0] for row in found]

    def listed(self, key: str) -> list[str]:
        """Keys of the messages that go within this list."""
        found = self._store.db.execute(
            "select m.key from deliveries d join messages m on m.id = d.message where d.list in"
            " (select d.id from deliveries d join messages m on m.id = d.message where m.key = ?)",
            (key,),
        )
        return [row[0] for row in found]

    def listing(self, states: Sequence[State], limit: int) -> list[Delivery]:
        """The newest deliveries in these states, newest first."""
        slots = ", ".join("?" * len(states))
        found = self._store.db.execute(
            rows.SELECT + f"where d.state in ({slots}) order by d.id desc limit ?", (*states, limit)
        )
        return [rows.delivery(row) for row in found]

    def get(self, number: int) -> Delivery | None:
        """One delivery by its number."""
        row = self._store.db.execute(rows.SELECT + "where d.id = ?", (number,)).fetchone()
        return row and rows.delivery(row)

    def retry(self, number: int, now: float) -> bool:
        """Try a delivery that is not yet sent again, at once; False where there is none."""
        with self._store.transaction() as db:
            changed = db.execute(
                "update deliveries set state = 'waiting', due = 0, list = null, updated = ?"
                " where id = ? and state in ('waiting', 'buried', 'dropped')",
                (now, number),
            )
            db.execute(
                "update deliveries set state = 'listed', updated = ?"
                " where list = ? and state in ('buried', 'dropped')",
                (now, number),
            )
            db.execute(
                "update destinations set resume = 0 where not obeyed"
                " and name = (select destination from deliveries where id = ?)",
                (number,),
            )
        return changed.rowcount > 0

    def drop(self, number: int, now: float) -> bool:
        """Take a delivery out that waits or was buried; False where there is none."""
        with self._store.transaction() as db:
            changed = db.execute(
                "update deliveries set state = 'dropped', updated = ?"
                " where id = ? and state in ('waiting', 'buried')",
                (now, number),
            )
            if changed.rowcount:
                db.execute(
                    "update deliveries set state = 'dropped', updated = ?"
                    " where list = ? and state in ('listed', 'buried')",
                    (now, number),
                )
        return changed.rowcount > 0

    def prune(self, now: float) -> list[Message]:
        """Forget what ended long ago; return those messages, so that their files can go too."""
        with self._store.transaction() as db:
            found = db.execute(
                "select id, data from messages m where not exists (select 1 from deliveries d"
                " where d.message = m.id and d.state in ('waiting', 'sending', 'stale', 'listed'))"
                " and coalesce((select max(updated) from deliveries d where d.message = m.id),"
                " created) < ?",
                (now - KEPT,),
            ).fetchall()
            db.executemany("delete from messages where id = ?", [(row[0],) for row in found])
        return [Message.from_json(json.loads(row[1])) for row in found]


def _rank(delivery: Delivery) -> tuple[bool, bool, float, int]:
    call = Call.of(delivery)
    return call is not Call.DIGEST, call is Call.EDIT, delivery.due, delivery.id


def _text(data: dict[str, Any]) -> str:
    return json.dumps(data)  # in ASCII: halves of characters cannot be stored in any other way
