"""Patterns: how protocols tell, in Russian and in English, what a measurement script is doing.

Searched in the text of an entry, whatever the case. What the group `script` finds is the script's
name; a pattern that finds none still tells that something was started, finished or paused.
"""

from __future__ import annotations

from typing import Final

_NAME: Final = r"[«\"'“]?(?P<script>[^\s«»\"'“”;,]+)[»\"'”]?"
# Without the word "script" before it, only its ending tells a script from a motor.
_FILE: Final = r"[«\"'“]?(?P<script>[^\s«»\"'“”;,]+\.py)\b[»\"'”]?"
_SCRIPT_RU: Final = r"(?:скрипта?|программ[аы]\s+измерени[яй])"
_RUN_RU: Final = r"(?:экспозици[яию]|набора?|измерени[ея])"
_RUN_EN: Final = r"(?:exposure|measurement|run)"
_END_EN: Final = r"(?:stop(?:ped)?|finish(?:ed)?|end(?:ed)?|abort(?:ed)?)"
_ENDED_EN: Final = r"(?:stopped|finished|ended|done|completed|aborted|interrupted|failed)"
_WAS: Final = r"(?:(?:is|was|has|has been)\s+)?"
_WAS_RU: Final = r"(?:был[ао]?\s+)?"

STARTED: Final = (
    rf"\b(?:старт|запуск|начало|запущена?|начата?)\s+{_SCRIPT_RU}\s+{_NAME}",
    rf"\b{_SCRIPT_RU}\s+{_NAME}\s+{_WAS_RU}(?:запущен|начат|стартовал)",
    rf"\b(?:{_SCRIPT_RU}(?:\s+{_NAME})?|{_RUN_RU})\s+{_WAS_RU}(?:возобновл|продолж)",
    rf"\bstart(?:ed|ing)?\s+(?:of\s+)?(?:the\s+)?(?:script\s+{_NAME}|{_FILE})",
    rf"\bscript\s+{_NAME}\s+{_WAS}started\b",
    rf"\b(?:script(?:\s+{_NAME})?|{_RUN_EN})\s+{_WAS}(?:resumed|continued)\b",
)
FINISHED: Final = (
    rf"\b(?:конец|стоп|останов|прерван|законч|заверш)\w*\s+{_SCRIPT_RU}(?:\s+{_NAME})?",
    rf"\b{_SCRIPT_RU}(?:\s+{_NAME})?\s+{_WAS_RU}(?:законч|заверш|прерван|останов|выполнен)",
    rf"\b{_END_EN}\s+(?:of\s+)?(?:the\s+)?(?:script\s+{_NAME}|{_FILE})",
    rf"\bscript(?:\s+{_NAME})?\s+{_WAS}{_ENDED_EN}\b",
)
PAUSED: Final = (
    rf"\b(?:{_SCRIPT_RU}(?:\s+{_NAME})?|{_RUN_RU})\s+{_WAS_RU}приостановлен",
    rf"\bприостановлен[аоы]?\s+(?:{_SCRIPT_RU}(?:\s+{_NAME})?|{_RUN_RU})",
    rf"\b(?:script(?:\s+{_NAME})?|{_RUN_EN})\s+{_WAS}(?:suspended|paused)\b",
)
