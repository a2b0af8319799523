"""Faults: what goes wrong at the devices of a neutron spectrometer, and how it ends.

Typical troubles, made up: no protocol of a real instrument was at hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sonixbot.sandbox.instrument.ordinary import AXES
from sonixbot.sandbox.instrument.sorts import (
    Draw,
    Sort,
    above,
    between,
    error,
    info,
    near,
    off,
    one_of,
    warning,
    whole,
)


@dataclass(frozen=True)
class Fault:
    """What is said of one trouble from its beginning to its end."""

    #: One after the other; the same one several times where a device tries again.
    sorts: tuple[Sort, ...]
    #: What is said once it is mended.
    over: Sort
    #: Values that stay the same all the while.
    shared: Mapping[str, Draw] = field(default_factory=dict)
    #: Seconds until it is mended.
    lasts: tuple[float, float] = (40.0, 240.0)
    #: Devices besides its own that have nothing to say meanwhile.
    silences: tuple[str, ...] = ()
    #: The exposure waits for its end.
    holds: bool = False


# Axes.
STUCK: Final = error(
    1,
    "{axis}",
    "position not reached, timeout 60 s (asked {asked:.3f}, is {actual:.3f})",
    "позиция не достигнута, таймаут 60 с (задано {asked:.3f}, текущая {actual:.3f})",
    actual=off("asked", 0.2, 0.9),
)
REACHED: Final = info(
    4,
    "{axis}",
    "position {asked:.3f} reached, attempt {attempt}",
    "позиция {asked:.3f} достигнута, попытка {attempt}",
    attempt=whole(2, 4),
)
AT_LIMIT: Final = error(
    1,
    "{axis}",
    'limit switch "{end}" active, movement stopped at {actual:.3f}',
    'сработал концевик "{end}", движение остановлено на {actual:.3f}',
    end=one_of("+", "-"),
    actual=off("asked", 0.2, 0.9),
)
OFF_LIMIT: Final = info(
    4,
    "{axis}",
    "limit switch released, position {asked:.3f} reached",
    "концевик освобождён, позиция {asked:.3f} достигнута",
)
NO_ENCODER: Final = error(
    2,
    "{axis}",
    "encoder stands still after {steps} steps of the motor",
    "датчик положения не меняется, двигатель сделал шагов: {steps}",
    steps=whole(200, 4000),
)
NO_REFERENCE: Final = error(
    2,
    "{axis}",
    "reference mark not found, zero position lost",
    "репер не найден, нулевая позиция потеряна",
)
REFERENCE: Final = info(
    4, "{axis}", "reference mark found, zero position set", "репер найден, нулевая позиция задана"
)
HOT_DRIVER: Final = warning(
    2,
    "{axis}",
    "motor driver hot: {at:.0f} C, limit 70 C",
    "перегрев драйвера двигателя: {at:.0f} °C, предел 70 °C",
    at=between(71, 84),
)
COOL_DRIVER: Final = info(
    4,
    "{axis}",
    "motor driver cooled to {at:.0f} C",
    "драйвер двигателя остыл до {at:.0f} °C",
    at=between(48, 58),
)
AN_AXIS: Final[Mapping[str, Draw]] = {"axis": one_of(*AXES), "asked": near(0.8, 0.6)}

# Samples and what surrounds them.
CHANGER_AT_LIMIT: Final = error(
    1,
    "changer",
    'limit switch "{end}" active, movement stopped',
    'сработал концевик "{end}", движение остановлено',
    end=one_of("+", "-"),
)
CHANGER_SLIPPED: Final = error(
    2,
    "changer",
    "sample {sample} is {distance:.1f} mm beside the beam",
    "образец {sample} смещён от пучка на {distance:.1f} мм",
    distance=between(1.2, 6.5),
)
CHANGER_HOME: Final = info(
    4,
    "changer",
    "reference position found, sample {sample} in the beam",
    "реперная позиция найдена, образец {sample} в пучке",
)
COM3: Final = error(
    2, "LAUDA", "COM3 does not answer (3 tries)", "порт COM3 не отвечает (3 попытки)"
)
COM3_BACK: Final = info(
    3,
    "LAUDA",
    "COM3 answers again, temperature {temperature:.2f} C",
    "порт COM3 снова отвечает, температура {temperature:.2f} °C",
)
DRIFTS: Final = warning(
    2,
    "LAUDA",
    "Temperature drifts: {reading:.1f} C, set {setpoint:.1f} C",
    "Температура уходит: {reading:.1f} °C, уставка {setpoint:.1f} °C",
    reading=above("setpoint", 0.4, 1.2),
)
OUT_OF_TOLERANCE: Final = warning(
    1,
    "LAUDA",
    "Temperature {reading:.1f} C, set {setpoint:.1f} C, tolerance 0.5 C",
    "Температура {reading:.1f} °C, уставка {setpoint:.1f} °C, вне допуска 0.5 °C",
    reading=above("setpoint", 1.5, 4.5),
)
OVERHEATED: Final = error(
    2,
    "LAUDA",
    "Temperature alarm: {reading:.1f} C, heater switched off",
    "Авария по температуре: {reading:.1f} °C, нагреватель отключён",
    reading=above("setpoint", 6.0, 9.0),
)
IN_TOLERANCE: Final = info(
    3,
    "LAUDA",
    "Temperature {temperature:.2f} C, in tolerance again",
    "Температура {temperature:.2f} °C, снова в допуске",
)
BATH_LOW: Final = warning(
    2,
    "LAUDA",
    "Bath level {level} %, below 40 %",
    "Уровень в ванне {level} %, ниже 40 %",
    level=whole(28, 39),
)
BATH_FILLED: Final = info(4, "LAUDA", "Bath level 82 %", "Уровень в ванне 82 %")
COMPRESSOR: Final = error(
    2,
    "cryostat",
    "helium compressor stopped, T = {kelvin:.1f} K and rising",
    "остановлен гелиевый компрессор, T = {kelvin:.1f} К и растёт",
    kelvin=between(9, 95),
)
COMPRESSOR_WATER: Final = warning(
    1,
    "cryostat",
    "cooling water of the compressor {at:.1f} C, limit 28.0 C",
    "охлаждающая вода компрессора {at:.1f} °C, предел 28.0 °C",
    at=between(28.3, 33),
)
HELIUM_LOW: Final = warning(
    2,
    "cryostat",
    "helium level {level} %, below 20 %",
    "уровень гелия {level} %, ниже 20 %",
    level=whole(12, 19),
)
COMPRESSOR_BACK: Final = info(
    3,
    "cryostat",
    "helium compressor runs, T = {kelvin:.1f} K",
    "гелиевый компрессор работает, T = {kelvin:.1f} К",
    kelvin=between(4.4, 8.0),
)
THERMOCOUPLE: Final = error(
    1,
    "furnace",
    "thermocouple broken, heating switched off at {at:.0f} C",
    "обрыв термопары, нагрев отключён при {at:.0f} °C",
    at=between(380, 640),
)
FURNACE_SLOW: Final = warning(
    2,
    "furnace",
    "650 C not reached in 40 min, T = {at:.0f} C",
    "уставка 650 °C не достигнута за 40 мин, T = {at:.0f} °C",
    at=between(560, 640),
)
FURNACE_BACK: Final = info(
    3,
    "furnace",
    "heating on, T = {at:.0f} C",
    "нагрев включён, T = {at:.0f} °C",
    at=between(300, 400),
)
OVERCURRENT: Final = error(
    2,
    "magnet",
    "supply: overcurrent, field switched off",
    "источник: превышение тока, поле выключено",
)
MAGNET_WATER: Final = warning(
    1,
    "magnet",
    "cooling water {flow:.1f} l/min, minimum 3.0 l/min",
    "расход охлаждающей воды {flow:.1f} л/мин, минимум 3.0 л/мин",
    flow=between(1.4, 2.8),
)
FIELD_ON: Final = info(3, "magnet", "field 0.5000 T on again", "поле 0.5000 Тл снова включено")
FLIPPER_CURRENT: Final = warning(
    2,
    "flipper",
    "current {current:.2f} A, asked 2.10 A",
    "ток {current:.2f} А, задано 2.10 А",
    current=between(1.6, 1.95),
)
FLIPPER_BACK: Final = info(4, "flipper", "current 2.10 A", "ток 2.10 А установлен")

SAMPLE_FAULTS: Final = (
    Fault((STUCK,), REACHED, AN_AXIS, (15, 60)),
    Fault((STUCK, STUCK, STUCK), REACHED, AN_AXIS, (15, 60)),
    Fault((AT_LIMIT,), OFF_LIMIT, AN_AXIS, (15, 90)),
    Fault((NO_ENCODER, NO_ENCODER), REACHED, AN_AXIS, (30, 120)),
    Fault((NO_REFERENCE,), REFERENCE, AN_AXIS, (30, 120)),
    Fault((HOT_DRIVER,), COOL_DRIVER, AN_AXIS),
    Fault((CHANGER_AT_LIMIT,), CHANGER_HOME),
    Fault((CHANGER_SLIPPED,), CHANGER_HOME),
    Fault((COM3, COM3), COM3_BACK),
    Fault((DRIFTS, OUT_OF_TOLERANCE, OUT_OF_TOLERANCE), IN_TOLERANCE),
    Fault((BATH_LOW,), BATH_FILLED),
    Fault((COMPRESSOR_WATER, COMPRESSOR), COMPRESSOR_BACK),
    Fault((HELIUM_LOW,), COMPRESSOR_BACK),
    Fault((THERMOCOUPLE,), FURNACE_BACK),
    Fault((FURNACE_SLOW,), FURNACE_BACK),
    Fault((MAGNET_WATER, OVERCURRENT), FIELD_ON),
    Fault((FLIPPER_CURRENT,), FLIPPER_BACK),
)
