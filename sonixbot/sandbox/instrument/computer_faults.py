"""Computer faults: what goes wrong with computers, files and scripts, and how it ends."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sonixbot.sandbox.instrument.faults import Fault
from sonixbot.sandbox.instrument.sorts import (
    TRACEBACK,
    Draw,
    Sort,
    between,
    error,
    info,
    warning,
    whole,
)

NO_VARMAN: Final = error(1, "scp", "Varman server does not answer", "Сервер Varman не отвечает")
VARMAN_BACK: Final = info(3, "scp", "Varman server answers", "Сервер Varman отвечает")
NO_MODULE: Final = warning(
    3,
    "varman",
    "Module chopper_srv is not in the list of loaded modules",
    "Модуль chopper_srv отсутствует среди загруженных",
)
MODULE_BACK: Final = info(3, "varman", "Module chopper_srv loaded", "Модуль chopper_srv загружен")
SNAPSHOT_LOST: Final = error(
    3,
    "varman",
    "Database snapshot not written, locked parameters: {many}",
    "Снимок базы данных не записан, занято параметров: {many}",
    many=whole(1, 12),
)
SNAPSHOT: Final = info(4, "varman", "Database snapshot written", "Снимок базы данных записан")
DISK_FULL: Final = error(
    1,
    "disk",
    "D: is full, spectrum {spectrum:06d} not saved",
    "Диск D: переполнен, спектр {spectrum:06d} не записан",
)
DISK_LOW: Final = warning(
    2,
    "disk",
    "D: {free:.1f} GB free, below 2 GB",
    "Диск D: свободно {free:.1f} ГБ, меньше 2 ГБ",
    free=between(0.3, 1.9),
)
DISK_FREE: Final = info(
    3, "disk", "D: {free:.0f} GB free", "Диск D: свободно {free:.0f} ГБ", free=between(40, 90)
)
NOT_CONVERTED: Final = error(
    3,
    "converter",
    "Conversion to the user's format failed: file {spectrum:06d}.dat is in use",
    "Ошибка преобразования в формат пользователя: файл {spectrum:06d}.dat занят",
)
NO_SHARE: Final = error(
    2,
    "converter",
    "Network folder cannot be reached, files waiting: {many}",
    "Сетевая папка недоступна, ждут файлов: {many}",
    many=whole(2, 40),
)
CONVERTED: Final = info(
    4, "converter", "File {spectrum:06d}.dat written", "Файл {spectrum:06d}.dat записан"
)
SAG: Final = warning(
    1,
    "ups",
    "Mains {volts} V, running on battery",
    "Провал напряжения сети: {volts} В, питание от батареи",
    volts=whole(148, 186),
)
MAINS: Final = info(
    3, "ups", "Mains {volts} V again", "Сеть снова {volts} В", volts=whole(226, 232)
)
CLOCK_OFF: Final = warning(
    3,
    "scp",
    "Clock of the computer is off by {seconds_off:.1f} s",
    "Часы компьютера расходятся на {seconds_off:.1f} с",
    seconds_off=between(1.1, 6.0),
)
CLOCK_SET: Final = info(4, "scp", "Clock of the computer set", "Часы компьютера подведены")

COMPUTER_FAULTS: Final = (
    Fault((NO_VARMAN, NO_VARMAN), VARMAN_BACK),
    Fault((NO_MODULE,), MODULE_BACK, silences=("chopper",)),
    Fault((SNAPSHOT_LOST,), SNAPSHOT),
    Fault((DISK_LOW, DISK_FULL), DISK_FREE),
    Fault((DISK_LOW,), DISK_FREE),
    Fault((NOT_CONVERTED,), CONVERTED),
    Fault((NO_SHARE,), CONVERTED),
    Fault((SAG,), MAINS),
    Fault((CLOCK_OFF,), CLOCK_SET),
)


def _crash(statement: str, exception: str, **draws: Draw) -> Sort:
    """A script ends with this exception at this statement."""
    said = error(
        1,
        "is_client",
        f"Script {{script}} stopped: {exception} (line {{line}})",
        f"Скрипт {{script}} прерван: {exception} (строка {{line}})",
        **draws,
    )
    place = r'  File "D:\Sonix\scripts\{script}", line {line}, in <module>'
    return replace(said, details=(TRACEBACK, place, f"    {statement}", exception))


#: What people misspell, and what scripts meet.
CRASHES: Final = (
    _crash("mesure(sample, 900)", "NameError: name 'mesure' is not defined"),
    _crash("P1_beta.move(1.0)", "RuntimeError: P1_beta: timeout"),
    _crash("expo(sample, time)", "TypeError: unsupported operand type(s) for /: 'str' and 'int'"),
    _crash("temperature = table[sample]", "IndexError: list index out of range"),
)
