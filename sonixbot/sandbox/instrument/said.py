"""Said: one message of a protocol, and the lines in which each layout writes it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sonixbot.entry import Kind

#: The layouts of `sonixbot.formats.BUILT_IN`, by their names there.
LAYOUTS: Final = ("tabs", "brackets", "semicolons", "python", "nicos", "iso", "json")
#: Those that write the level.
LEVELLED: Final = ("tabs", "brackets", "semicolons")

_WORDS: Final = {
    Kind.ERROR: "ERROR",
    Kind.WARNING: "WARNING",
    Kind.USER: "USER",
    Kind.INFO: "INFO",
}
#: What stands for each kind in semicolons, by its place.
_NUMBERS: Final = (Kind.USER, Kind.WARNING, Kind.ERROR, Kind.INFO)


@dataclass(frozen=True, slots=True)
class Said:
    """What one message of a protocol says."""

    #: None: it is no message, such as a header.
    kind: Kind | None
    #: 1 … 5, 1 the most important; None where the protocol gives none.
    level: int | None
    #: The device or program; empty where the protocol names none.
    source: str
    text: str
    #: The lines below it that belong to it: a traceback.
    details: tuple[str, ...] = ()


def header(layout: str, at: datetime, instrument: str) -> str | None:
    """The line with which a protocol of this layout begins; None: with its first message."""
    if layout == "semicolons":
        return f"*** LOG STARTED {at:%d.%m.%y %H:%M:%S} {instrument} ***"
    return None


def write_lines(layout: str, said: Said, at: datetime) -> list[str]:
    """The lines of a message, without their ends; `at` is the clock on the wall, with its zone."""
    if layout == "json":
        return [_json(said, at)]
    return [_line(layout, said, at), *said.details]


def _line(layout: str, said: Said, at: datetime) -> str:
    kind, level, source, text = said.kind or Kind.INFO, said.level, said.source, said.text
    word, millisecond = _WORDS[kind], at.microsecond // 1000
    match layout:
        case "tabs":
            return f"{at:%d.%m.%Y %H:%M:%S}\t{word[0]}{level}\t{source}\t{text}"
        case "brackets":
            moment = f"{at:%Y-%m-%d %H:%M:%S}.{millisecond:03}"
            return f"{moment} [{word}:{level}] {source}: {text}"
        case "semicolons":
            number, quoted = _NUMBERS.index(kind), text.replace('"', '""')
            return f'{at:%H:%M:%S};{number};{level};"{source}";"{quoted}"'
        case "python":
            return f"{at:%Y-%m-%d %H:%M:%S},{millisecond:03} {word} {source}: {text}"
        case "nicos":
            return f"{at:%H:%M:%S},{millisecond:03} : {word:7} : {source}: {text}"
        case "iso":
            return f"{at.isoformat(timespec='seconds')} {word} {source}: {text}"
        case _:
            raise ValueError(layout)


def _json(said: Said, at: datetime) -> str:
    """One object; what belongs to the message stands in its text, as loggers put tracebacks."""
    told = {
        "ts": at.timestamp(),
        "severity": _WORDS[said.kind or Kind.INFO].lower(),
        "source": said.source,
        "msg": "\n".join((said.text, *said.details)),
    }
    return json.dumps(told, ensure_ascii=False)
