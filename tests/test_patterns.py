"""Patterns: what a protocol says about scripts, in Russian and in English."""

from __future__ import annotations

import pytest
import regex

from sonixbot.config.patterns import FINISHED, PAUSED, STARTED


def found(text: str) -> dict[str, str | None]:
    """What is told by a message: each kind of pattern that finds something, with the script."""
    told: dict[str, str | None] = {}
    for name, patterns in (("started", STARTED), ("finished", FINISHED), ("paused", PAUSED)):
        for pattern in patterns:
            if match := regex.search(pattern, text, regex.IGNORECASE):
                told.setdefault(name, match.groupdict().get("script"))
    return told


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Старт скрипта night_SiO2.py", "night_SiO2.py"),
        ("Запуск скрипта «ночь.py»", "ночь.py"),
        ("Запущен скрипт night", "night"),
        ("Скрипт night_SiO2.py запущен", "night_SiO2.py"),
        ("скрипт night_SiO2.py был запущен", "night_SiO2.py"),
        ("Старт программы измерения проба.py", "проба.py"),
        ("Скрипт night_SiO2.py продолжен", "night_SiO2.py"),
        ("Экспозиция возобновлена", None),
        ("start night_SiO2.py", "night_SiO2.py"),
        ("Start script night", "night"),
        ("started 'night_SiO2.py'", "night_SiO2.py"),
        ("script night_SiO2.py started", "night_SiO2.py"),
        ("exposure resumed", None),
    ],
)
def test_a_start_is_recognised(text: str, script: str | None) -> None:
    """A script that starts or goes on is told as that, with its name, and as nothing else."""
    assert found(text) == {"started": script}


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Скрипт night_SiO2.py закончен", "night_SiO2.py"),
        ("Скрипт night_SiO2.py завершён", "night_SiO2.py"),
        ("скрипт night_SiO2.py был прерван пользователем", "night_SiO2.py"),
        ("Выполнение скрипта night_SiO2.py прервано", "night_SiO2.py"),
        ("Скрипт остановлен", None),
        ("Конец скрипта night_SiO2.py", "night_SiO2.py"),
        ("script night_SiO2.py stopped", "night_SiO2.py"),
        ("script night_SiO2.py has been aborted", "night_SiO2.py"),
        ("Script finished", None),
        ("stop night_SiO2.py", "night_SiO2.py"),
        ("finished script night", "night"),
    ],
)
def test_an_end_is_recognised(text: str, script: str | None) -> None:
    """A script that ends, or is stopped, is told as that, with its name, and as nothing else."""
    assert found(text) == {"finished": script}


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("экспозиция приостановлена", None),
        ("Набор приостановлен: нет пучка", None),
        ("Скрипт night_SiO2.py приостановлен", "night_SiO2.py"),
        ("Приостановлена экспозиция", None),
        ("exposure suspended", None),
        ("script night_SiO2.py is paused", "night_SiO2.py"),
    ],
)
def test_a_pause_is_recognised(text: str, script: str | None) -> None:
    """A script or an exposure that waits is told as that, and as nothing else."""
    assert found(text) == {"paused": script}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Sonix+ loaded, 23 modules",
        "start motor P1_beta",
        "Двигатель P1_beta остановлен",
        "Старт двигателя",
        "ошибка в скрипте night_SiO2.py",
        "restart pending",
        "transcript finished",
        "state IDLE",
        "the run is long",
    ],
)
def test_other_messages_tell_nothing(text: str) -> None:
    """Motors, modules and errors are no scripts."""
    assert found(text) == {}


def test_long_messages_cost_little() -> None:
    """No pattern takes long, whatever the text: they are searched in every message."""
    for text in ("скрипт " * 3000, "script " * 3000, "a" * 20000, "start " * 3000, ".py" * 6000):
        for pattern in (*STARTED, *FINISHED, *PAUSED):
            regex.search(pattern, text, regex.IGNORECASE, timeout=0.5)
