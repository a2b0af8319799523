"""Beam faults: what goes wrong with the beam and the detectors, and how it ends."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sonixbot.sandbox.instrument.faults import Fault
from sonixbot.sandbox.instrument.sorts import (
    between,
    error,
    info,
    one_of,
    warning,
    whole,
)

#: What counts neutrons, and has nothing to say without them.
COUNTERS: Final = ("daq", "psd", "monitor", "reactor")

# Beam.
NO_STARTS: Final = error(
    2,
    "daq",
    "No reactor start signal for {wait} s, exposure suspended",
    "Нет стартов реактора {wait} с, экспозиция приостановлена",
    wait=one_of(60, 90, 120),
)
STARTS_BACK: Final = info(
    2,
    "daq",
    "Reactor starts are back, exposure resumed",
    "Старты реактора восстановлены, экспозиция возобновлена",
)
LOW_POWER: Final = warning(
    2,
    "reactor",
    "Power {power:.1f} MW, below 1.5 MW",
    "Мощность {power:.1f} МВт, ниже 1.5 МВт",
    power=between(0.6, 1.4),
)
FULL_POWER: Final = info(
    3,
    "reactor",
    "Power {power:.2f} MW",
    "Мощность {power:.2f} МВт",
    power=between(1.82, 1.9),
)
EMERGENCY: Final = error(
    2,
    "reactor",
    "Emergency protection tripped, power 0 MW",
    "Сработала аварийная защита, мощность 0 МВт",
)
NO_COUNTS: Final = error(
    2,
    "monitor",
    "Counts are zero: shutter closed or reactor stopped",
    "Нулевой счёт монитора: закрыт шибер или остановлен реактор",
)
COUNTS_LOW: Final = warning(
    3,
    "monitor",
    "Rate {rate} 1/s, {less} % below the mean",
    "Скорость счёта {rate} 1/с, на {less} % ниже средней",
    rate=whole(1100, 1500),
    less=whole(18, 40),
)
COUNTS_BACK: Final = info(
    4, "monitor", "Rate {rate} 1/s again", "Скорость счёта снова {rate} 1/с", rate=whole(1790, 1880)
)
SHUTTER: Final = error(
    2,
    "shutter",
    "Does not open: no permission from the control room",
    "Шибер не открывается: нет разрешения с пульта",
)
SHUTTER_OPEN: Final = info(3, "shutter", "Open", "Шибер открыт")
PHASE: Final = error(
    2,
    "chopper",
    "Phase out of range: {phase} us, allowed 20 us",
    "Фаза прерывателя вне допуска: {phase} мкс при допуске 20 мкс",
    phase=whole(24, 640),
)
CHOPPER_STOPPED: Final = error(
    1, "chopper", "Emergency stop, 0 rpm", "Аварийный останов прерывателя, 0 об/мин"
)
VIBRATION: Final = warning(
    1,
    "chopper",
    "Vibration {speed:.1f} mm/s, limit 2.8 mm/s",
    "Вибрация {speed:.1f} мм/с, предел 2.8 мм/с",
    speed=between(2.9, 4.6),
)
IN_PHASE: Final = info(
    3, "chopper", "Phase {phase} us, 1500 rpm", "Фаза {phase} мкс, 1500 об/мин", phase=whole(1, 6)
)
VACUUM: Final = warning(
    2,
    "vacuum",
    "Flight tube {pressure:.1f} mbar, limit 1.0 mbar",
    "Вакуумная труба: {pressure:.1f} мбар, предел 1.0 мбар",
    pressure=between(1.2, 4.5),
)
PUMP: Final = error(
    2,
    "vacuum",
    "Fore pump stopped by its motor protection",
    "Форвакуумный насос остановлен защитой двигателя",
)
VACUUM_BACK: Final = info(
    3,
    "vacuum",
    "Flight tube {pressure:.2f} mbar",
    "Вакуумная труба: {pressure:.2f} мбар",
    pressure=between(0.4, 0.8),
)

# Detectors.
NO_CONTROLLER: Final = error(
    1, "daq", "No connection with the detector controller", "Нет связи с контроллером детектора"
)
BUFFER_FULL: Final = error(
    2,
    "daq",
    "Event buffer overflow, events lost: {many}",
    "Переполнение буфера, потеряно событий: {many}",
    many=whole(1200, 88000),
)
DISORDER: Final = warning(
    3,
    "daq",
    "Time stamps out of order: {many}",
    "Нарушен порядок временных меток: {many}",
    many=whole(2, 60),
)
DAQ_BACK: Final = info(
    3, "daq", "Detector controller connected", "Связь с контроллером детектора восстановлена"
)
NOISY: Final = warning(
    2,
    "psd",
    "Noise in channel {channel}: {rate} 1/s",
    "Шумит канал ПЧД {channel}: {rate} 1/с",
    channel=whole(3, 220),
    rate=whole(900, 6000),
)
DEAD: Final = error(
    2,
    "psd",
    "No counts in channels from {channel} on",
    "Нет счёта в каналах ПЧД начиная с {channel}",
    channel=whole(3, 220),
)
GAS: Final = warning(
    1,
    "psd",
    "Gas pressure {pressure:.2f} bar, nominal 3.00 bar",
    "Давление газа в ПЧД {pressure:.2f} бар, номинал 3.00 бар",
    pressure=between(2.52, 2.81),
)
PSD_BACK: Final = info(4, "psd", "All channels count", "Все каналы ПЧД считают")
NO_VOLTAGE: Final = error(
    1,
    "hv",
    "Detector high voltage tripped: 0 V instead of 1850 V",
    "Отключилось высокое напряжение детектора: 0 В вместо 1850 В",
)
HV_CURRENT: Final = warning(
    1,
    "hv",
    "Current {current:.1f} uA, limit 30.0 uA",
    "Ток {current:.1f} мкА, предел 30.0 мкА",
    current=between(31, 48),
)
VOLTAGE_BACK: Final = info(
    3,
    "hv",
    "1850 V again, {current:.1f} uA",
    "Снова 1850 В, {current:.1f} мкА",
    current=between(12.1, 12.6),
)

BEAM_LOSS: Final = Fault((NO_STARTS,), STARTS_BACK, silences=COUNTERS, holds=True)
VOLTAGE_TRIP: Final = Fault((NO_VOLTAGE,), VOLTAGE_BACK, silences=COUNTERS)
BEAM_FAULTS: Final = (
    BEAM_LOSS,
    replace(BEAM_LOSS, sorts=(EMERGENCY, NO_STARTS), lasts=(600.0, 1500.0)),
    replace(BEAM_LOSS, sorts=(LOW_POWER, NO_STARTS)),
    Fault((LOW_POWER,), FULL_POWER),
    Fault((NO_COUNTS,), COUNTS_BACK, silences=COUNTERS),
    Fault((COUNTS_LOW,), COUNTS_BACK),
    Fault((SHUTTER,), SHUTTER_OPEN, silences=COUNTERS),
    Fault((PHASE, PHASE), IN_PHASE),
    Fault((VIBRATION, CHOPPER_STOPPED), IN_PHASE),
    Fault((VIBRATION,), IN_PHASE),
    Fault((VACUUM, VACUUM), VACUUM_BACK),
    Fault((PUMP, VACUUM), VACUUM_BACK),
    Fault((NO_CONTROLLER,), DAQ_BACK, silences=COUNTERS),
    Fault((BUFFER_FULL, BUFFER_FULL), DAQ_BACK),
    Fault((DISORDER,), DAQ_BACK),
    Fault((NOISY,), PSD_BACK),
    Fault((DEAD,), PSD_BACK),
    Fault((GAS,), PSD_BACK),
    VOLTAGE_TRIP,
    Fault((HV_CURRENT,), VOLTAGE_BACK),
)
