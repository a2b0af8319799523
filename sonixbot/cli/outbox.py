"""Outbox: what waits, what was given up and why, for a person at the command line."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer
from rich.table import Table
from rich.text import Text

from sonixbot import inbox
from sonixbot.cli.configuration import places, print_json, whole
from sonixbot.cli.terminal import Terminal, visible
from sonixbot.errors import Problem, sentence
from sonixbot.inbox import presence
from sonixbot.locations import Places, find_config
from sonixbot.message import Delivery, State

if TYPE_CHECKING:
    from sonixbot.outbox import Outbox

#: Deliveries that are listed.
SHOWN: Final = 100
#: All for a numbers' sake: what `retry all` takes.
EVERY: Final = 1_000_000
#: Digits of a number; the database keeps none of 20.
LONGEST_NUMBER: Final = 18
FAILED: Final = 1
#: What somebody may still want to do something about.
OPEN: Final = (State.WAITING, State.SENDING, State.STALE, State.LISTED, State.BURIED)


def _places(config: str | None) -> Places:
    return places(find_config(config))


def _zone(config: str | None) -> tzinfo | None:
    """The zone of the configuration; the computer's where that is wrong elsewhere."""
    try:
        return whole(config).zone
    except Problem:
        return None


@contextmanager
def _outbox(config: str | None) -> Iterator[Outbox | None]:
    """The outbox of the data folder, None where nothing was ever sent; a service may run."""
    from sonixbot.outbox import Outbox
    from sonixbot.store import FILE_NAME, Store

    folder = Path(_places(config).data_dir)
    if not _may_exist(folder / FILE_NAME):
        yield None
        return
    store = Store(folder)
    try:
        yield Outbox(store)
    except sqlite3.Error as error:
        raise Problem(
            sentence(
                "The database {path} cannot be used now: {error}. Try it again.",
                path=store.path,
                error=error,
            )
        ) from None
    finally:
        store.close()


def _may_exist(path: Path) -> bool:
    try:
        path.stat()
    except FileNotFoundError:
        return False
    except OSError:
        return True  # opening it will tell
    return True


def listing(terminal: Terminal, config: str | None, *, everything: bool, as_json: bool) -> None:
    """Print what is on its way, newest first."""
    states = tuple(State) if everything else OPEN
    with _outbox(config) as outbox:
        found = outbox.listing(states, SHOWN + 1) if outbox else []
        ever = outbox is not None
    if as_json:
        print_json(terminal, {"deliveries": [_json(each) for each in found[:SHOWN]]})
        return
    _ = terminal.gettext
    if not ever:
        terminal.print(_("Nothing was ever sent from here."))
    elif not found:
        terminal.print(_("Nothing waits, and nothing was given up."))
    else:
        terminal.print(_table(terminal, found[:SHOWN]))
    if len(found) > SHOWN:
        terminal.print(_("These are the {n} newest; there are more.").format(n=SHOWN))
    _letters(terminal, _places(config).inbox)


def _letters(terminal: Terminal, folder: str) -> None:
    """Say how many messages of scripts nobody has taken yet."""
    _, ngettext = terminal.gettext, terminal.language.ngettext
    try:
        number = len(inbox.waiting(folder))
    except OSError as error:
        raise Problem(
            sentence("The inbox {folder} cannot be read: {error}", folder=folder, error=error)
        ) from None
    if not number:
        return
    said = ngettext(
        "{n} message of scripts waits in {folder}.",
        "{n} messages of scripts wait in {folder}.",
        number,
    )
    terminal.print(said.format(n=number, folder=folder))
    if presence.service_alive(folder):
        terminal.print(_("A service takes what lies there."))
    else:
        terminal.note(_("No service runs now: it is sent once one does."), "yellow")


def _table(terminal: Terminal, deliveries: list[Delivery]) -> Table:
    _ = terminal.gettext
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column(_("number"), justify="right")
    table.add_column(_("state"))
    table.add_column(_("age"), no_wrap=True)
    table.add_column(_("to"), overflow="fold")
    table.add_column(_("message"), overflow="fold")
    for each in deliveries:
        # The subject, as the text begins with the instrument's name.
        first, *_rest = each.message.text.strip().splitlines() or [""]
        said = Text(visible(each.message.subject or first))
        if each.reason:
            said.append(f"\n{visible(terminal.say(each.reason))}", "dim")
        table.add_row(
            str(each.id),
            Text(_state(terminal, each), _style(each)),
            terminal.language.duration(time.time() - each.message.created),
            visible(each.destination),
            said,
        )
    return table


def _state(terminal: Terminal, delivery: Delivery) -> str:
    _ = terminal.gettext
    words = {
        State.WAITING: _("waits"),
        State.SENDING: _("is being sent"),
        State.SENT: _("sent"),
        State.STALE: _("is being edited"),
        State.LISTED: _("goes in a list"),
        State.BURIED: _("given up"),
        State.DROPPED: _("dropped"),
    }
    return words[delivery.state]


def _style(delivery: Delivery) -> str:
    return {State.BURIED: "red", State.SENT: "green", State.DROPPED: "dim"}.get(
        delivery.state, "yellow"
    )


def show(terminal: Terminal, config: str | None, number: str) -> None:
    """Print all that is known of one delivery."""
    _ = terminal.gettext
    with _outbox(config) as outbox:
        found = _found(outbox, number)
    message, spoken, zone = found.message, terminal.language, _zone(config)
    rows = [
        (_("number"), str(found.id)),
        (_("state"), _state(terminal, found)),
        (_("to"), found.destination),
        # As of another year, so with the whole date.
        (_("created"), spoken.clock(message.created, zone, 0.0)),
        (_("last change"), spoken.clock(found.updated, zone, 0.0)),
        (_("tries"), str(found.tries)),
    ]
    if found.reason:
        rows.append((_("reason"), terminal.say(found.reason)))
    if message.subject:
        rows.append((_("subject"), message.subject))
    rows += [(_("file"), each.name) for each in message.files]
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(name, visible(value))
    lines = [visible(line) for line in message.text.splitlines()]
    terminal.print(table, "", "\n".join(lines))


def retry(terminal: Terminal, config: str | None, number: str) -> None:
    """Let one delivery, or all that were buried, be tried at once."""
    _ = terminal.gettext
    with _outbox(config) as outbox:
        if number != "all":
            delivery = _found(outbox, number)
            changed = int(outbox is not None and outbox.retry(delivery.id, time.time()))
            _told(terminal, changed, _("Delivery {n} is already on its way or sent."), delivery.id)
        elif outbox is not None:
            buried = outbox.listing((State.BURIED,), EVERY)
            changed = sum(outbox.retry(each.id, time.time()) for each in reversed(buried))
        else:
            changed = 0
    said = terminal.language.ngettext("{n} is tried again.", "{n} are tried again.", changed)
    terminal.print(said.format(n=changed))
    if changed and not presence.service_alive(_places(config).inbox):
        terminal.note(_("No service runs now: it is sent once one does."), "yellow")


def drop(terminal: Terminal, config: str | None, number: str) -> None:
    """Take one delivery out."""
    _ = terminal.gettext
    with _outbox(config) as outbox:
        delivery = _found(outbox, number)
        changed = outbox is not None and outbox.drop(delivery.id, time.time())
    _told(terminal, changed, _("Delivery {n} can no longer be dropped."), delivery.id)
    terminal.print(_("Delivery {n} is dropped.").format(n=delivery.id))


def _told(terminal: Terminal, changed: int, refusal: str, number: int) -> None:
    """Say that nothing changed, and fail."""
    if not changed:
        terminal.note(refusal.format(n=number), "red")
        raise typer.Exit(FAILED)


def _found(outbox: Outbox | None, number: str) -> Delivery:
    known = number.isdecimal() and len(number) <= LONGEST_NUMBER
    found = outbox.get(int(number)) if outbox and known else None
    if found is None:
        raise Problem(
            sentence(
                "There is no delivery {number}; `sonixbot outbox --all` lists them.", number=number
            )
        )
    return found


def _json(delivery: Delivery) -> dict[str, Any]:
    """English in every language."""
    reason = str(delivery.reason) if delivery.reason else None
    message = delivery.message
    return {
        **{key: asdict(delivery)[key] for key in ("id", "destination", "state", "tries")},
        "reason": reason,
        "created": message.created,
        "updated": delivery.updated,
        "text": message.text,
    }
