"""Activity: messages about a script, told from all others."""

from __future__ import annotations

import pytest

from sonixbot.activity import Doing, recogniser
from sonixbot.config.patterns import FINISHED, PAUSED, STARTED

PATTERNS = {Doing.FINISHED: FINISHED, Doing.PAUSED: PAUSED, Doing.STARTED: STARTED}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Старт скрипта night_SiO2.py", (Doing.STARTED, "night_SiO2.py")),
        ("Скрипт night_SiO2.py прерван: NameError", (Doing.FINISHED, "night_SiO2.py")),
        ("No reactor start signal for 120 s, exposure suspended", (Doing.PAUSED, "")),
        ("Температура 20.1 °C", None),
    ],
)
def test_what_a_message_says_of_a_script(text: str, told: tuple[Doing, str] | None) -> None:
    """A message tells that a script was started, has ended or waits, or nothing of it."""
    assert recogniser(PATTERNS)(text) == told


def test_no_patterns_recognise_nothing() -> None:
    """Whoever takes all patterns out is told nothing of scripts."""
    assert recogniser({})("start night.py") is None


def test_a_pattern_that_takes_too_long_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    """An own expression that would take for ever costs a moment, and the log names the message."""
    assert recogniser({Doing.STARTED: [r"(a+)+(b+)+(c+)+$"]})("a" * 5000 + "!") is None
    assert recogniser({Doing.STARTED: [r"(?:(?:a|aa)+)+$"]})("a" * 5000 + "!") is None
    assert "take too long" in caplog.text
