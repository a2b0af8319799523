"""Following: entries of a protocol shown as they are written."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.text import Text

from sonixbot.cli.findings import STYLES, kind_names
from sonixbot.cli.terminal import Terminal, visible
from sonixbot.clock import Clock
from sonixbot.entry import Entry
from sonixbot.formats import BUILT_IN, Layout, Reader
from sonixbot.tail import Position, Tail, head

if TYPE_CHECKING:
    from sonixbot.cli.protocol import Reading
    from sonixbot.survey import Survey

#: Seconds between two looks where the system tells of no change.
LOOK_EVERY: Final = 0.5


class Following:
    """Remembers where the file ends, so that nothing is missed while it is read; then goes on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._clock = Clock()
        self._tail = Tail(str(path.absolute()))
        with suppress(OSError):  # reading it, or the first turn, says why
            self._tail.position = self._tail.end() or Position.nothing()
        self._shown: Entry | None = None

    def go_on(self, terminal: Terminal, how: Reading, found: Survey) -> None:
        """Show what comes until Ctrl-C."""
        terminal.print("", Text(terminal.gettext("New messages; Ctrl-C ends this"), "bold"), "")
        try:
            asyncio.run(self._follow(terminal, how, found))
        except KeyboardInterrupt:
            return

    async def _follow(self, terminal: Terminal, how: Reading, found: Survey) -> None:
        from sonixbot.bell import Bell

        reader = Reader(how.layout or _named(found.layout), how.encoding, how.zone)
        if self._tail.position.end:
            reader.detect(head(self._path), str(self._path), before=self._clock.now())
        bell, trouble = Bell(self._path.absolute().parent), None
        try:
            while True:
                bell.keep()
                bell.rung.clear()
                while block := self._tail.read(self._clock.now()):
                    if block.fresh:
                        reader = Reader(how.layout, how.encoding, how.zone)
                        self._shown = None
                    for entry in reader.feed(block):
                        self._show(terminal, how, entry)
                if self._tail.trouble and self._tail.trouble != trouble:
                    terminal.note(terminal.say(self._tail.trouble), "yellow")
                trouble = self._tail.trouble
                await self._clock.wait(bell.rung, LOOK_EVERY)
        finally:
            bell.close()

    def _show(self, terminal: Terminal, how: Reading, entry: Entry) -> None:
        """Show an entry; of one that is told again only the lines that are new."""
        last, known = self._shown, 0
        if last and (last.offset, last.text) == (entry.offset, entry.text):
            known = len(last.details)
        else:
            terminal.print(_line(terminal, how, entry, self._clock.now()))
        for each in entry.details[known:]:
            terminal.print(Text(f"    {visible(each)}", "dim"))
        self._shown = entry


def _named(name: str) -> Layout | None:
    """The layout that was found; None where none was, as the next lines may tell."""
    return next((each for each in BUILT_IN if each.name == name), None)


def _line(terminal: Terminal, how: Reading, entry: Entry, now: float) -> Text:
    level = "" if entry.level is None else f" {entry.level}"
    moment = terminal.language.clock(entry.time, how.zone, now)
    line = Text(f"{moment}  ", "dim")
    line.append(f"{kind_names(terminal)[entry.kind]}{level}  ", f"not dim {STYLES[entry.kind]}")
    if entry.source:
        line.append(f"{visible(entry.source)}: ", "not dim bold")
    line.append(visible(entry.text), "not dim")
    return line
