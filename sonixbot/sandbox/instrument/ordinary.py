"""Ordinary: what a protocol says while all is well."""

from __future__ import annotations

from typing import Final

from sonixbot.sandbox.instrument.sorts import Sort, between, info, near, off, one_of, user, whole

#: The axes of the instrument, each a device of Sonix+.
AXES: Final = (
    "P1_beta",
    "P1_alpha",
    "P2_gamma",
    "mono_theta",
    "slit1_x",
    "slit2_x",
    "sample_phi",
    "detector_z",
)

# The complex starts and ends.
LOADED: Final = info(3, "varman", "Sonix+ loaded, 23 modules", "Sonix+ загружен, 23 модуля")
NOT_RUNNING: Final = info(3, "scp", "Script not running", "Скрипт не выполняется")
UNLOADING: Final = info(
    3, "scp", "Unloading all modules of the complex", "Выгрузка всех модулей комплекса"
)
READY: Final[tuple[Sort, ...]] = (
    info(
        5,
        "varman",
        "Snapshot of the database read, {many} parameters",
        "Снимок базы данных прочитан, параметров: {many}",
        many=whole(1214, 1218),
    ),
    info(
        5,
        "P1_beta",
        "Driver ready, position {at:.3f}",
        "Драйвер готов, позиция {at:.3f}",
        at=between(-2.0, 2.0),
    ),
    info(5, "LAUDA", "COM3 opened, version 3.21", "Порт COM3 открыт, версия 3.21"),
    info(5, "chopper", "Controller ready", "Контроллер готов"),
    info(4, "daq", "Detector controller connected", "Контроллер детектора подключён"),
)

# A script and its samples.
SCRIPT_STARTED: Final = user(1, "is_client", "Script {script} started", "Старт скрипта {script}")
SCRIPT_AGAIN: Final = user(
    1,
    "is_client",
    "Script {script} started by the operator, from sample {sample}",
    "Старт скрипта {script} оператором, с образца {sample}",
)
SCRIPT_FINISHED: Final = user(
    1,
    "is_client",
    "Script {script} finished, samples measured: {samples}",
    "Скрипт {script} завершён, измерено образцов: {samples}",
)
SETPOINT: Final = user(
    3,
    "is_client",
    "Temperature for the next series: {setpoint:.1f} C",
    "Температура следующей серии: {setpoint:.1f} °C",
)
SAMPLE_MOVED: Final = info(
    4,
    "changer",
    "Sample {sample} of {samples} in the beam",
    "Образец {sample} из {samples} в пучке",
)
EXPOSURE_STARTED: Final = info(
    4,
    "daq",
    "Exposure {exposure} of 3 started, {seconds:.0f} s",
    "Начат набор {exposure} из 3, {seconds:.0f} с",
)
EXPOSURE_DONE: Final = info(
    4,
    "daq",
    "Spectrum {spectrum:06d} saved, {counts} counts",
    "Спектр {spectrum:06d} записан, событий: {counts}",
)
SAMPLE_DONE: Final = user(
    1,
    "is_client",
    "Sample {sample} of {samples} measured, next at {next}",
    "Образец {sample} из {samples} измерен, следующий в {next}",
)
ALL_DONE: Final = user(
    1,
    "is_client",
    "Sample {sample} of {samples} measured, it was the last",
    "Образец {sample} из {samples} измерен, он был последним",
)

#: What only a running exposure has to say.
MEASURING: Final[tuple[Sort, ...]] = (
    info(
        5,
        "daq",
        "Exposure {exposure} of 3: {percent:.0f} %, {counts} counts",
        "Набор {exposure} из 3: {percent:.0f} %, событий: {counts}",
    ),
    info(5, "monitor", "Rate {rate:.0f} 1/s", "Скорость счёта {rate:.0f} 1/с", rate=near(1843, 43)),
    info(
        5,
        "psd",
        "Rate {rate:.0f} 1/s, dead time {dead:.1f} %",
        "Скорость счёта ПЧД {rate:.0f} 1/с, мёртвое время {dead:.1f} %",
        rate=near(4120, 64),
        dead=near(1.4, 0.1),
    ),
    info(
        5,
        "reactor",
        "Power {power:.2f} MW, starts {rate:.2f} Hz",
        "Мощность {power:.2f} МВт, старты реактора {rate:.2f} Гц",
        power=near(1.86, 0.02),
        rate=near(5.0, 0.004),
    ),
    info(
        5,
        "converter",
        "File {spectrum:06d}.dat written, {many} points",
        "Файл {spectrum:06d}.dat записан, точек: {many}",
        many=one_of(512, 1024, 2048),
    ),
    info(
        5,
        "is_client",
        "Line {line}: expo(sample, 900)",
        "Строка {line}: expo(sample, 900)",
    ),
)

TEMPERATURE: Final = info(
    5,
    "LAUDA",
    "Temperature {temperature:.2f} C, set {setpoint:.1f} C",
    "Температура {temperature:.2f} °C, уставка {setpoint:.1f} °C",
)

#: What may be said at any time.
ANY_TIME: Final[tuple[Sort, ...]] = (
    TEMPERATURE,
    info(
        5,
        "LAUDA",
        "Pump {pressure:.2f} bar, bath level {level} %",
        "Насос {pressure:.2f} бар, уровень в ванне {level} %",
        pressure=near(0.42, 0.01),
        level=whole(78, 79),
    ),
    info(
        5,
        "cryostat",
        "T = {kelvin:.2f} K, helium {level} %",
        "T = {kelvin:.2f} К, уровень гелия {level} %",
        kelvin=near(4.21, 0.01),
        level=whole(61, 62),
    ),
    info(
        5,
        "furnace",
        "Standby, T = {at:.1f} C",
        "Режим ожидания, T = {at:.1f} °C",
        at=near(24.6, 0.2),
    ),
    info(
        5,
        "chopper",
        "Phase {phase:.0f} us, {speed:.1f} rpm",
        "Фаза {phase:.0f} мкс, {speed:.1f} об/мин",
        phase=near(3, 1.5),
        speed=near(1500, 0.1),
    ),
    info(
        5,
        "hv",
        "{volts:.0f} V, {current:.1f} uA",
        "Напряжение {volts:.0f} В, ток {current:.1f} мкА",
        volts=near(1850, 0.6),
        current=near(12.3, 0.2),
    ),
    info(
        5,
        "vacuum",
        "Flight tube {pressure:.3f} mbar",
        "Вакуумная труба: {pressure:.3f} мбар",
        pressure=near(0.312, 0.006),
    ),
    info(
        5,
        "magnet",
        "Field {field:.4f} T, {current:.2f} A",
        "Поле {field:.4f} Тл, ток {current:.2f} А",
        field=near(0.5, 0.0001),
        current=near(12.4, 0.01),
    ),
    info(
        5,
        "flipper",
        "Current {current:.3f} A, field {field:.2f} mT",
        "Ток {current:.3f} А, поле {field:.2f} мТл",
        current=near(2.1, 0.002),
        field=near(1.32, 0.01),
    ),
    info(
        5,
        "P2_gamma",
        "Position {at:.3f}, asked {asked:.3f}",
        "Позиция {at:.3f}, задано {asked:.3f}",
        asked=one_of(0.5, 0.75, 1.0),
        at=off("asked", 0.0, 0.002),
    ),
    info(
        4,
        "slit1_x",
        "Opening {opening:.2f} mm reached",
        "Щель: раскрытие {opening:.2f} мм установлено",
        opening=one_of(2.0, 4.0, 8.0),
    ),
    info(
        4,
        "mono_theta",
        "Monochromator {angle:.3f} deg, wavelength {length:.3f} nm",
        "Монохроматор {angle:.3f}°, длина волны {length:.3f} нм",
        angle=near(22.35, 0.003),
        length=near(0.48, 0.0005),
    ),
    info(
        5,
        "varman",
        "Database snapshot saved, {many} parameters",
        "Снимок базы данных записан, параметров: {many}",
        many=whole(1214, 1218),
    ),
    info(
        5,
        "disk",
        "D: {free:.1f} GB free",
        "Диск D: свободно {free:.1f} ГБ",
        free=near(121.3, 0.1),
    ),
    info(5, "scp", "Check: all modules are loaded", "Проверка: все модули загружены"),
    info(
        5,
        "ups",
        "Mains {volts:.0f} V, battery {charge} %",
        "Сеть {volts:.0f} В, заряд батареи {charge} %",
        volts=near(229, 1.2),
        charge=whole(99, 100),
    ),
    info(
        5,
        "hall",
        "Hall {at:.1f} C, humidity {humidity} %",
        "Зал: {at:.1f} °C, влажность {humidity} %",
        at=near(23.4, 0.2),
        humidity=whole(36, 38),
    ),
)
