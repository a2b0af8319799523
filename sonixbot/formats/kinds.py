"""Kinds: the words and letters by which protocols tell errors from warnings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from sonixbot.entry import LEAST_IMPORTANT, MOST_IMPORTANT, Kind

Kinds = Mapping[str, tuple[Kind, int | None]]


def _kinds(kind: Kind, words: str, level: int | None = None) -> dict[str, tuple[Kind, int | None]]:
    return dict.fromkeys(words.split(), (kind, level))


LETTERS: Final[Kinds] = {
    "e": (Kind.ERROR, None),
    "w": (Kind.WARNING, None),
    "i": (Kind.INFO, None),
    "u": (Kind.USER, None),
}
#: Words in lower case, as loggers of several languages write them.
WORDS: Final[Kinds] = {
    **_kinds(Kind.ERROR, "error err severe alert ошибка сбой"),
    **_kinds(Kind.ERROR, "critical crit fatal emerg emergency panic авария", MOST_IMPORTANT),
    **_kinds(Kind.WARNING, "warning warn предупреждение внимание"),
    **_kinds(Kind.INFO, "info information informational notice action status инфо информация"),
    **_kinds(Kind.INFO, "debug trace verbose отладка", LEAST_IMPORTANT),
    **_kinds(Kind.USER, "user input пользователь"),
    "сообщение пользователя": (Kind.USER, None),
}

#: What makes an error of a line that nothing else tells the kind of; any case, word forms too.
ERROR_WORDS: Final = re.compile(
    r"error|exception|traceback|ошиб(?:к|ок|оч)|\bсбо[йяюие]|\bавари[йяюие]", re.IGNORECASE
)
