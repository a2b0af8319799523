"""Findings: a survey of a protocol as words and tables, for eighty columns and for a pipe."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from rich.table import Table
from rich.text import Text

from sonixbot.cli.terminal import Terminal, visible
from sonixbot.entry import LEAST_IMPORTANT, MOST_IMPORTANT, Kind
from sonixbot.formats import TEXT
from sonixbot.survey import Incident, Survey

#: Devices and incidents that are shown; more are counted.
SHOWN: Final = 20
#: Below this share of explained lines something is wrong with the layout.
GOOD_SHARE: Final = 0.9
STYLES: Final = {
    Kind.ERROR: "red",
    Kind.WARNING: "yellow",
    Kind.USER: "cyan",
    Kind.INFO: "default",
}


def kind_names(terminal: Terminal) -> dict[Kind, str]:
    """The kinds as headings."""
    _ = terminal.gettext
    return {
        Kind.ERROR: _("error"),
        Kind.WARNING: _("warning"),
        Kind.INFO: _("info"),
        Kind.USER: _("user"),
    }


def draw(terminal: Terminal, path: Path, found: Survey) -> None:
    """Show everything that is known of the file."""
    _ = terminal.gettext
    terminal.print(Text(visible(str(path)), "bold"), "")
    if not found.lines:
        terminal.print(_("There is nothing in this file yet."))
        return
    terminal.print(_reading(terminal, found))
    for title, table in (
        (_("Messages by kind and level (1 is the most important)"), _kinds(terminal, found)),
        (_("Messages by device"), _devices(terminal, found)),
    ):
        terminal.print("", Text(title, "bold"), "", table)
    terminal.print(*_rest(len(found.devices), terminal))
    _unexplained(terminal, found)
    _rules(terminal, found)
    _incidents(terminal, found)


def _rest(number: int, terminal: Terminal) -> list[str]:
    left = number - SHOWN
    if left <= 0:
        return []
    return [terminal.language.ngettext("… and {n} more", "… and {n} more", left).format(n=left)]


def _grid() -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    return table


def _reading(terminal: Terminal, found: Survey) -> Table:
    """How the file was read, and how well that went."""
    _, ngettext = terminal.gettext, terminal.language.ngettext
    grid = _grid()
    grid.add_row(_("layout"), _layout(terminal, found))
    grid.add_row(_("encoding"), found.encoding)
    share = found.explained / found.lines
    lines = ngettext("{n} line, {share} explained", "{n} lines, {share} explained", found.lines)
    said = lines.format(n=_number(found.lines), share=_percent(share))
    grid.add_row(_("lines"), Text(said, "" if share >= GOOD_SHARE else "yellow"))
    if found.cut:
        cut = ngettext("{n} was too long and is cut", "{n} were too long and are cut", found.cut)
        grid.add_row("", cut.format(n=_number(found.cut)))
    if found.slow:
        slow = ngettext(
            "the own expression took too long on {n} line",
            "the own expression took too long on {n} lines",
            found.slow,
        )
        grid.add_row("", Text(slow.format(n=_number(found.slow)), "yellow"))
    grid.add_row(_("time"), _span(terminal, found))
    for each in _misunderstood(terminal, found):
        grid.add_row("", Text(each, "yellow"))
    return grid


def _layout(terminal: Terminal, found: Survey) -> Text:
    _ = terminal.gettext
    if found.layout == TEXT.name:
        return Text(
            _("none fits, so every line is kept as text; describe your own with --layout"),
            "yellow",
        )
    if not found.shares:
        return Text(_("{name}, as you asked").format(name=found.layout))
    (_best, count), *others = found.shares
    said = _("{name}, as it explains {count} of the first {sampled} lines").format(
        name=found.layout, count=count, sampled=found.sampled
    )
    also = ", ".join(f"{name} {share}" for name, share in others[:3])
    return Text(said + (f" ({also})" if also else ""))


def _span(terminal: Terminal, found: Survey) -> str:
    _ = terminal.gettext
    if found.first is None or found.last is None:
        return _("no line has a time")
    spoken, now = terminal.language, time.time()
    ends = (spoken.clock(each, found.zone, now) for each in (found.first, found.last))
    return f"{' – '.join(ends)} ({spoken.duration(found.last - found.first)})"


def _misunderstood(terminal: Terminal, found: Survey) -> Iterator[str]:
    """What the layout does not know of the lines that fit it, by the first example."""
    _ = terminal.gettext
    if found.unread_time is not None:
        written, formats = found.unread_time
        said = (
            _('the time "{time}" does not fit {formats}')
            if found.own
            else _('the time "{time}" cannot be read; an own layout can say how it is written')
        )
        yield said.format(
            time=visible(written)[:60], formats=", ".join(f'"{each}"' for each in formats)
        )
    if found.unknown_kind:
        said = (
            _('the kind "{kind}" is not in kinds')
            if found.own
            else _('the kind "{kind}" is not known; an own layout can say what it stands for')
        )
        yield said.format(kind=visible(found.unknown_kind)[:60])


def _kinds(terminal: Terminal, found: Survey) -> Table:
    """Counts by kind and level; the column of the unknown level only where there is one."""
    _ = terminal.gettext
    levels = [*map(str, range(MOST_IMPORTANT, LEAST_IMPORTANT + 1)), "?"]
    if not any(counts["?"] for counts in found.kinds.values()):
        levels.remove("?")
    table = _counts(_("kind"), [*levels, _("all")])
    for kind, counts in found.kinds.items():
        numbers = [counts[level] for level in levels]
        table.add_row(
            Text(kind_names(terminal)[kind], STYLES[kind]), *map(_cell, [*numbers, counts.total()])
        )
    return table


def _devices(terminal: Terminal, found: Survey) -> Table:
    _ = terminal.gettext
    names = kind_names(terminal)
    table = _counts(_("device"), [*names.values(), _("all")])
    ordered = sorted(
        found.devices.items(),
        key=lambda each: (-each[1][Kind.ERROR], -each[1][Kind.WARNING], -each[1].total(), each[0]),
    )
    for device, counts in ordered[:SHOWN]:
        numbers = [counts[kind] for kind in names]
        table.add_row(visible(device) or _("(none named)"), *map(_cell, [*numbers, counts.total()]))
    return table


def _counts(first: str, others: Iterable[str]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column(first, overflow="fold")
    for each in others:
        table.add_column(each, justify="right", no_wrap=True)
    return table


def _unexplained(terminal: Terminal, found: Survey) -> None:
    _ = terminal.gettext
    if not found.unexplained:
        return
    grid = _grid()
    for number, text in found.unexplained:
        shown = "?" if number is None else str(number)
        grid.add_row(f"  {shown}", visible(text.strip())[:200])
    terminal.print("", Text(_("The first lines that fit nothing"), "bold"), "", grid)


def _rules(terminal: Terminal, found: Survey) -> None:
    """What each rule of the configuration did, and which of them fit nothing here."""
    _, ngettext = terminal.gettext, terminal.language.ngettext
    if not found.rules:
        return
    table = _counts(_("rule"), [_("fits"), _("problems"), _("left out"), _("hides")])
    for name, effect in found.rules.items():
        numbers = (effect.taken, effect.incidents, effect.dropped, effect.hidden)
        table.add_row(visible(name), *map(_cell, numbers))
    title = _("What the rules of the configuration do; the first that fits a message decides")
    terminal.print("", Text(title, "bold"), "", table)
    idle = [visible(name) for name, effect in found.rules.items() if not effect.taken]
    if idle:
        said = ngettext(
            "Nothing here fits this rule: {names}.", "Nothing here fits these rules: {names}.",
            len(idle),
        )  # fmt: skip
        terminal.print("", said.format(names=", ".join(idle)))


def _incidents(terminal: Terminal, found: Survey) -> None:
    """What would have been pushed, the newest last: it stands next to the prompt."""
    _, ngettext = terminal.gettext, terminal.language.ngettext
    if not found.incidents:
        terminal.print("", Text(_("Nothing in it would have been sent."), "bold"))
        return
    ordered = sorted(found.incidents, key=lambda each: (each.last is not None, each.last or 0.0))
    number = len(ordered)
    title = ngettext(
        "Would have been sent: {n} problem", "Would have been sent: {n} problems", number
    )
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True, justify="right")
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for each in ordered[-SHOWN:]:
        grid.add_row(*_incident(terminal, found, each))
    above = list(_earlier(terminal, number))
    terminal.print("", Text(title.format(n=_number(number)), "bold"), "", *above, grid)


def _earlier(terminal: Terminal, number: int) -> Iterator[str]:
    left = number - SHOWN
    if left > 0:
        yield terminal.language.ngettext(
            "… {n} earlier one, and then:", "… {n} earlier ones, and then:", left
        ).format(n=_number(left))


def _incident(terminal: Terminal, found: Survey, incident: Incident) -> tuple[str, str, Text, Text]:
    level = "" if incident.level is None else f" {incident.level}"
    kind = f"{kind_names(terminal)[incident.kind]}{level}"
    about = Text(f"{visible(incident.source)}: " if incident.source else "", "bold")
    if incident.name:
        about = Text(f"{visible(incident.name)} · ", "bold") + about
    about.append(visible(incident.text), "not bold")
    moment = terminal.language.clock(incident.last, found.zone, time.time())
    many = f"×{incident.count}" if incident.count > 1 else ""
    return moment, many, Text(kind, STYLES[incident.kind]), about


def _cell(number: int) -> str:
    return _number(number) if number else "·"


def _number(number: int) -> str:
    """A number that can be read: 1 234 567, with spaces that do not break."""
    return f"{number:,}".replace(",", "\u00a0")


def _percent(share: float) -> str:
    """A share; only all of it is 100 %, and only none of it 0 %."""
    if share in (0, 1):
        return f"{share:.0%}".replace("%", " %")
    return f"{min(max(100.0 * share, 0.1), 99.9):.1f} %"
