"""Arranged: a fault that is asked for in plain JSON; complaints name the mistake."""

from __future__ import annotations

from math import inf
from typing import Any


class Arranged:
    """One wish. Its values are taken one by one; every mistake is a ValueError."""

    def __init__(self, wish: object) -> None:
        if not isinstance(wish, dict):
            raise ValueError(f"a fault is an object, not {wish!r}")
        self._left: dict[str, Any] = dict(wish)

    def __contains__(self, key: str) -> bool:
        return key in self._left

    def word(self, key: str, *choices: str) -> str:
        """A text, one of `choices` if there are any."""
        value = self._left.pop(key, None)
        if not isinstance(value, str) or (choices and value not in choices):
            expected = f"one of {', '.join(choices)}" if choices else "a text"
            raise ValueError(f"{key}: expected {expected}, not {value!r}")
        return value

    def number(
        self, key: str, default: float | None = None, *, least: float = -inf, most: float = inf
    ) -> float:
        """A number within its bounds."""
        value = self._left.pop(key, default)
        known = isinstance(value, int | float) and not isinstance(value, bool)
        if not known or not least <= value <= most:
            raise ValueError(f"{key}: expected a number from {least} to {most}, not {value!r}")
        return float(value)

    def whole(
        self, key: str, default: int | None = None, *, least: float = -inf, most: float = inf
    ) -> int:
        """A whole number within its bounds."""
        value = self.number(key, default, least=least, most=most)
        if not value.is_integer():
            raise ValueError(f"{key}: expected a whole number, not {value!r}")
        return int(value)

    def done(self) -> None:
        """Nothing else may be there."""
        if self._left:
            raise ValueError(f"not known: {', '.join(self._left)}")
