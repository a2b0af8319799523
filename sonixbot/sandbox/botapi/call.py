"""A request to the Bot API as it came, and what Telegram says instead of doing it."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

Sort = TypeVar("Sort", dict[str, Any], list[Any])


class Refusal(Exception):
    """What Telegram says instead of doing it."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.body: dict[str, Any] = {"ok": False, "error_code": code, "description": description}
        if parameters:
            self.body["parameters"] = parameters


def bad(why: str) -> Refusal:
    """The refusal of a request that makes no sense."""
    return Refusal(400, f"Bad Request: {why}")


@dataclass(frozen=True)
class Call:
    """One request as it came."""

    method: str
    params: dict[str, str]
    #: Name and bytes of each uploaded file, by its form field.
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    def number(self, name: str) -> int | None:
        """A parameter that is a number; None if it is not given. Raises `Refusal`."""
        given = self.params.get(name, "")
        if not given:
            return None
        with suppress(ValueError):
            return int(given)
        raise bad(f'parameter "{name}" must be of type Number')

    def flag(self, name: str) -> bool:
        """A parameter that is true or false; false if it is not given."""
        return self.params.get(name, "").lower() in ("true", "1")

    def value(self, name: str, what: str, sort: type[Sort]) -> Sort | None:
        """A parameter that is JSON of a sort, dict or list; None if it is not given.

        Raises `Refusal` naming `what`.
        """
        given = self.params.get(name, "")
        if not given:
            return None
        with suppress(ValueError, RecursionError):
            value = json.loads(given)
            if isinstance(value, sort):
                return value
        raise bad(f"can't parse {what} JSON object")
