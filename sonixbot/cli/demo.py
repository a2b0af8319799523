"""Demo: the service at work in a sandbox on loopback, shown in a browser or told line by line."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import sys
import tempfile
import time
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer
from rich.text import Text

from sonixbot.cli.protocol import described
from sonixbot.cli.terminal import Terminal, visible
from sonixbot.errors import Problem, Sentence, sentence, why
from sonixbot.formats import layout_of
from sonixbot.formats.encodings import checked
from sonixbot.language import LANGUAGES, Language, language, parse_duration
from sonixbot.stop import Stop

if TYPE_CHECKING:
    from sonixbot.sandbox.clock import FastClock
    from sonixbot.sandbox.world import Source

FAILED: Final = 1
#: Where the system is told which folder is for temporary files.
VARIABLE: Final = "TEMP" if os.name == "nt" else "TMPDIR"
#: In which the simulated instrument can write.
ENCODINGS: Final = ("cp1251", "cp866", "utf-8")
SPEEDS: Final = (0.1, 100.0)
#: Before an end that was set the instrument falls silent for so long, so that the story is told to
#: its end.
LAST_WORDS: Final = 7.0


@dataclass(frozen=True)
class Wish:
    """What the command line asks for."""

    language: Language
    speed: float
    #: Wall time in seconds after which the demo ends by itself; None: at Ctrl-C.
    seconds: float | None
    port: int
    browser: bool
    protocol: Path | None
    #: As `protocol.format` and `protocol.encoding` of the configuration; "auto".
    layout: str | dict[str, Any]
    encoding: str
    seed: int


def wish(
    terminal: Terminal,
    *,
    spoken: str | None,
    speed: float,
    duration: str | None,
    port: int,
    browser: bool,
    protocol: str | None,
    layout: str,
    encoding: str,
    seed: int | None,
) -> Wish:
    """What the options mean. Raises `Problem`."""
    if spoken is not None and spoken not in LANGUAGES:
        raise Problem(sentence("--language is one of en and ru, not {value}.", value=spoken))
    if not SPEEDS[0] <= speed <= SPEEDS[1]:
        least, most = SPEEDS
        raise Problem(
            sentence(
                "--speed is a number from {least} to {most}, not {value}.",
                least=f"{least:g}",
                most=f"{most:g}",
                value=f"{speed:g}",
            )
        )
    given = described(layout)
    layout_of(given)  # raises
    if not 0 <= port <= 65535:
        raise Problem(sentence("--port is a number from 0 to 65535, not {value}.", value=port))
    return Wish(
        language(spoken) if spoken else terminal.language,
        speed,
        None if duration is None else _seconds(duration),
        port,
        browser,
        None if protocol is None else Path(protocol),
        given,
        checked(encoding),
        random.randrange(10**6) if seed is None else seed,  # noqa: S311 - no secret
    )


def _seconds(written: str) -> float:
    seconds = parse_duration(f"{written}s" if written.isdecimal() else written)
    if seconds is None:
        raise Problem(
            sentence("--for needs a length of time, such as 30s or 2m, not {value}.", value=written)
        )
    return seconds


def run(terminal: Terminal, asked: Wish) -> None:
    """Show the demo until its end. Exits with 1 where something was lost. Raises `Problem`."""
    from sonixbot import logs

    _require_extra()
    logs.set_up(logging.ERROR)  # the libraries' warnings are no part of the story
    stop = Stop()
    stop.listen()
    began, lost = time.monotonic(), 0

    async def work(event: asyncio.Event) -> None:
        nonlocal lost
        with _folder() as folder:
            lost = await _show(terminal, asked, folder, event, began)

    from sonixbot.sandbox.world import Unfit

    try:
        asyncio.run(stop.during(work))
    except OSError as error:
        raise Problem(_unwritable(error)) from None
    except Unfit as problem:
        terminal.complain(problem)
        raise typer.Exit(FAILED) from None
    if lost:
        raise typer.Exit(FAILED)


def _unwritable(error: OSError) -> Sentence:
    return sentence(
        "The demo cannot write to {folder}: {reason}. Name another folder with the variable"
        " {variable}.",
        folder=error.filename or tempfile.gettempdir(),
        reason=why(error),
        variable=VARIABLE,
    )


def _require_extra() -> None:
    try:
        import aiosmtpd  # noqa: F401 - whether it is there
        import trustme  # noqa: F401 - the same
    except ImportError as error:
        said = sentence(
            "The demo needs the package {name} in addition. In the folder of the sources:"
            ' pip install ".[demo]"',
            name=error.name,
        )
        raise Problem(said) from None


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder for all that the demo writes; it goes with the demo. Raises `Problem`, OSError."""
    try:
        tempfile.gettempdir()
    except FileNotFoundError:
        said = sentence(
            "The demo finds no folder that it may write to. Name one with the variable {variable}.",
            variable=VARIABLE,
        )
        raise Problem(said) from None
    with tempfile.TemporaryDirectory(prefix="sonixbot-demo-", ignore_cleanup_errors=True) as name:
        yield Path(name)


async def _show(
    terminal: Terminal, asked: Wish, folder: Path, stop: asyncio.Event, began: float
) -> int:
    """Show it; return how many messages were lost. `began`: by the monotonic clock."""
    from sonixbot.sandbox.clock import FastClock
    from sonixbot.sandbox.narrator import Narrator
    from sonixbot.sandbox.server import Server
    from sonixbot.sandbox.world import World

    clock = FastClock.begin(asked.speed)
    source = _source(asked, folder, clock)
    reading = {"format": asked.layout, "encoding": asked.encoding} if asked.protocol else {}
    world = World(folder, source, clock, asked.language, asked.language.gettext("YuMO"), reading)
    async with Server(world, asked.port) as server:
        _announce(terminal, asked, server.url)
        seen = asked.browser and terminal.out.is_terminal and await _opened(server.url)
        narrator = None if seen else Narrator(world, asked.language, _teller(terminal, stop))
        async with world:
            await world.run(stop, _quiet(asked.seconds, began, stop))
    if narrator is not None:
        narrator.end()
    return world.truth.lost


def _source(asked: Wish, folder: Path, clock: FastClock) -> Source:
    """What writes the protocol. Raises `Problem`."""
    from sonixbot.sandbox.instrument import LAYOUTS, Instrument, Replay

    layout, encoding = asked.layout, asked.encoding
    folder = folder / "protocol"  # whatever an own one is called, it is not one of our files
    folder.mkdir()
    if asked.protocol is not None:
        path = folder / asked.protocol.name
        return Replay(
            asked.protocol, path, clock=clock, layout=layout_of(layout), encoding=encoding
        )
    layout = "tabs" if layout == "auto" else layout
    encoding = "cp1251" if encoding == "auto" else encoding
    if layout not in LAYOUTS or encoding not in ENCODINGS:
        said = sentence(
            "The simulated instrument writes the layouts {layouts}, in {encodings}.",
            layouts=", ".join(LAYOUTS),
            encodings=", ".join(ENCODINGS),
        )
        raise Problem(said)
    return Instrument(
        folder / "protocol.log",
        clock=clock,
        language=asked.language.code,
        layout=str(layout),
        encoding=encoding,
        seed=asked.seed,
    )


def _announce(terminal: Terminal, asked: Wish, url: str) -> None:
    _ = asked.language.gettext
    terminal.print(Text.assemble(_("The demo is at"), " ", (url, "bold cyan")))
    if asked.protocol is None:
        terminal.print(
            Text(_("The same again: --seed {seed}").format(seed=asked.seed), "bright_black")
        )
    if asked.seconds is None:
        terminal.print(Text(_("Ctrl-C ends it."), "bright_black"))


async def _opened(url: str) -> bool:
    """Whether a browser shows the page. One in this terminal would take it away."""
    screen = sys.platform in ("win32", "darwin") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
    return screen and await asyncio.to_thread(webbrowser.open, url)


def _teller(terminal: Terminal, stop: asyncio.Event) -> Callable[[str, str], None]:
    def tell(line: str, style: str) -> None:
        try:
            terminal.print(Text(visible(line), style))
        except (
            SystemExit
        ):  # nobody reads any more; rich ends the process then, but here others work
            stop.set()

    return tell


def _quiet(seconds: float | None, began: float, stop: asyncio.Event) -> asyncio.Event:
    """Set `stop` so many seconds after it `began`, if any; the event set some time before."""
    quiet = asyncio.Event()
    if seconds is not None:
        loop, left = asyncio.get_running_loop(), began + seconds - time.monotonic()
        loop.call_later(left - LAST_WORDS, quiet.set)
        loop.call_later(left, stop.set)
    return quiet
