"""Lines of protocols in every layout, from made-up messages of a neutron spectrometer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from sonixbot.entry import Kind
from sonixbot.sandbox.instrument.said import Said as Said
from sonixbot.sandbox.instrument.said import header, write_lines

#: English and Russian, by turns.
MESSAGES: Final = (
    Said(Kind.INFO, 5, "varman", "Sonix+ loaded, 23 modules"),
    Said(Kind.USER, 1, "is_client", "Старт скрипта night_SiO2.py"),
    Said(Kind.WARNING, 2, "lauda_1", "Температура вне допуска: 24.1 (задано 20.0)"),
    Said(Kind.ERROR, 1, "P1_beta", "position not reached, timeout 60 s (asked 1.000, is 0.437)"),
    Said(Kind.ERROR, 1, "changer", 'сработал концевой выключатель "+"; движение остановлено'),
    Said(Kind.ERROR, 2, "daq", "No reactor start signal for 120 s, exposure suspended"),
    Said(Kind.ERROR, 2, "LAUDA", "порт COM3 не отвечает (3 попытки)"),
    Said(Kind.ERROR, 3, "convert", "file 004217.dat is in use"),
    Said(Kind.WARNING, 1, "lauda_1", "Temperature 24.1 C, set 20.0 C, tolerance 0.5 C for 10 min"),
    Said(Kind.WARNING, 3, "varman", "Модуль chopper_srv отсутствует среди загруженных"),
    Said(Kind.USER, 1, "is_client", "Образец 7 из 12 измерен, следующий в 04:10"),
    Said(Kind.INFO, 3, "scp", "last error was 3 days ago, script not running"),
)
#: The moment of the first message, as the wall clock of the protocol shows it.
START: Final = datetime(2021, 4, 12, 21, 55, 10, tzinfo=UTC)
#: Between two messages.
STEP: Final = timedelta(minutes=20, seconds=7)

TRACEBACK: Final = (
    "Traceback (most recent call last):",
    r'  File "D:\Sonix\scripts\night_SiO2.py", line 14, in <module>',
    "    P1_beta.move(1.0)",
    "RuntimeError: P1_beta: timeout",
)
SEMICOLONS_HEADER: Final = header("semicolons", START, "REMUR") or ""


def moment(number: int) -> datetime:
    """When the message of this number was written."""
    return START + number * STEP


def line(layout: str, said: Said, at: datetime) -> str:
    """The message as a line of this layout, without its end."""
    (only,) = write_lines(layout, said, at)
    return only


def protocol(layout: str, *, end: str = "\n") -> str:
    """All messages as a protocol of this layout."""
    above = [SEMICOLONS_HEADER] if layout == "semicolons" else []
    lines = above + [line(layout, said, moment(n)) for n, said in enumerate(MESSAGES)]
    return "".join(each + end for each in lines)
