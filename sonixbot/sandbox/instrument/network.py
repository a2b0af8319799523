"""Network: the switch of the hall dies, and everything that hangs on it complains."""

from __future__ import annotations

from typing import Final

from sonixbot.sandbox.instrument.sorts import Sort, error, info, whole

#: Which comes first, as only the control computer is left to say it.
SWITCH: Final = error(
    1,
    "network",
    "Switch of the hall does not answer, 192.168.14.1",
    "Коммутатор зала не отвечает, 192.168.14.1",
)
LOST: Final[tuple[Sort, ...]] = (
    error(
        1, "daq", "No connection with the detector controller", "Нет связи с контроллером детектора"
    ),
    error(
        2,
        "daq",
        "Event buffer overflow, events lost: {many}",
        "Переполнение буфера, потеряно событий: {many}",
        many=whole(1200, 88000),
    ),
    error(2, "daq", "Time server cannot be reached", "Сервер времени недоступен"),
    error(2, "psd", "Crate 1 does not answer", "Крейт 1 не отвечает"),
    error(
        2,
        "psd",
        "Readout stopped, {many} packets missing",
        "Считывание ПЧД остановлено, потеряно пакетов: {many}",
        many=whole(3, 900),
    ),
    error(1, "hv", "Controller does not answer", "Контроллер высокого напряжения не отвечает"),
    error(
        2, "hv", "Voltage unknown for {wait} s", "Напряжение неизвестно {wait} с", wait=whole(2, 9)
    ),
    error(
        1,
        "chopper",
        "Connection closed by the controller",
        "Контроллер прерывателя закрыл соединение",
    ),
    error(
        2,
        "chopper",
        "Phase unknown for {wait} s",
        "Фаза прерывателя неизвестна {wait} с",
        wait=whole(2, 9),
    ),
    error(2, "monitor", "Counter does not answer", "Счётчик монитора не отвечает"),
    error(2, "monitor", "No counts for {wait} s", "Нет счёта монитора {wait} с", wait=whole(2, 9)),
    error(
        1,
        "P1_beta",
        "Axis controller does not answer, {many} commands wait",
        "Контроллер осей не отвечает, ждут команд: {many}",
        many=whole(1, 12),
    ),
    error(
        1,
        "P2_gamma",
        "Axis controller does not answer, {many} commands wait",
        "Контроллер осей не отвечает, ждут команд: {many}",
        many=whole(1, 12),
    ),
    error(
        2,
        "mono_theta",
        "Axis controller does not answer, {many} commands wait",
        "Контроллер осей не отвечает, ждут команд: {many}",
        many=whole(1, 12),
    ),
    error(
        2,
        "detector_z",
        "Axis controller does not answer, {many} commands wait",
        "Контроллер осей не отвечает, ждут команд: {many}",
        many=whole(1, 12),
    ),
    error(2, "changer", "Controller does not answer", "Контроллер смены образцов не отвечает"),
    error(
        2,
        "cryostat",
        "Temperature controller does not answer",
        "Контроллер температуры криостата не отвечает",
    ),
    error(
        3,
        "cryostat",
        "Helium level unknown for {wait} s",
        "Уровень гелия неизвестен {wait} с",
        wait=whole(2, 9),
    ),
    error(
        2,
        "furnace",
        "Temperature controller does not answer",
        "Контроллер температуры печи не отвечает",
    ),
    error(2, "magnet", "Supply does not answer", "Источник магнита не отвечает"),
    error(
        3,
        "magnet",
        "Field unknown for {wait} s",
        "Поле магнита неизвестно {wait} с",
        wait=whole(2, 9),
    ),
    error(
        3,
        "vacuum",
        "Gauge {gauge} does not answer",
        "Вакуумметр {gauge} не отвечает",
        gauge=whole(1, 4),
    ),
    error(
        2,
        "reactor",
        "No reactor start signal for {wait} s",
        "Нет стартов реактора {wait} с",
        wait=whole(2, 9),
    ),
    error(3, "reactor", "Power is not told by the control room", "Мощность не передаётся с пульта"),
    error(
        2,
        "converter",
        "Network folder cannot be reached, files waiting: {many}",
        "Сетевая папка недоступна, ждут файлов: {many}",
        many=whole(2, 40),
    ),
    error(
        3,
        "varman",
        "Values older than 5 s: {many} parameters",
        "Значения старше 5 с, параметров: {many}",
        many=whole(40, 800),
    ),
)
#: What is said when it lives again.
BACK: Final[tuple[Sort, ...]] = (
    info(2, "network", "Switch of the hall answers", "Коммутатор зала снова отвечает"),
    info(3, "daq", "Detector controller connected", "Связь с контроллером детектора восстановлена"),
    info(3, "P1_beta", "Axis controller answers", "Контроллер осей отвечает"),
    info(3, "hv", "Controller answers, 1850 V", "Контроллер высокого напряжения отвечает, 1850 В"),
    info(
        3,
        "chopper",
        "Controller connected, phase 4 us",
        "Контроллер прерывателя подключён, фаза 4 мкс",
    ),
    info(3, "varman", "All values are up to date", "Все значения обновляются"),
)
