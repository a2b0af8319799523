"""Layouts: how a line of a protocol is written, as data."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, NamedTuple

import regex

from sonixbot.entry import LEAST_IMPORTANT, MOST_IMPORTANT, Kind
from sonixbot.formats.encodings import whole
from sonixbot.formats.kinds import WORDS, Kinds

#: Seconds that one line may take in somebody's own expression.
TIME_OUT: Final = 0.1

_LEVELS: Final = {str(each): each for each in range(MOST_IMPORTANT, LEAST_IMPORTANT + 1)}


class Fit(NamedTuple):
    """What a line says, in the layout it fits."""

    time: str | float | None
    #: None: the layout gives no kinds, or this line none.
    kind: Kind | None
    level: int | None
    source: str
    text: str
    #: The kind as it is written, where that stands for none.
    unknown: str = ""


@dataclass(frozen=True)
class Layout:
    """How lines are written: an expression with named groups, or the names of JSON fields."""

    name: str
    #: Named groups `time`, `kind`, `level`, `source`, `text`; only `text` is required.
    expression: str = ""
    #: How `time` is written, in the directives of strptime; the first that fits is taken.
    times: tuple[str, ...] = ()
    #: What stands for each kind, in lower case, and the level where it says that too.
    kinds: Kinds = field(default_factory=lambda: WORDS)
    #: A line that gives the date of lines which have only the time of the day: group `time`.
    header: str = ""
    header_times: tuple[str, ...] = ()
    #: The date in the file's name: group `time`, written `%Y-%m-%d`.
    name_date: str = ""
    #: A line that belongs to the entry above it.
    continuation: str = ""
    #: Source and text may stand in double quotes, doubled inside.
    unquote: bool = False
    #: Names of JSON fields for `time`, `kind`, `level`, `source`, `text`; the first there is taken.
    json: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: Somebody's own: its expressions may take too long.
    own: bool = False

    def fit(self, line: str) -> Fit | None:
        """What the line says; None: it is not of this layout. Raises TimeoutError."""
        if self.json:
            return self._fit_json(line)
        found = self._match(self._line, line)
        if found is None:
            return None
        parts = found.groupdict()
        word = (parts.get("kind") or "").strip()
        known = self.kinds.get(word.lower())
        kind, level = known or (None, None)
        source, text = parts.get("source") or "", parts["text"] or ""
        if self.unquote:
            source, text = _unquoted(source), _unquoted(text)
        level = _level(parts.get("level"), level)
        unknown = "" if known else word
        return Fit(parts.get("time"), kind, level, source.strip(), text.strip(), unknown)

    def takes(self, fit: Fit) -> bool:
        """Whether a line that says this begins an entry.

        With an unknown kind only a JSON line does, whose form leaves no doubt.
        """
        return not fit.unknown or bool(self.json)

    def date(self, line: str) -> str | None:
        """The time that a header line gives. Raises TimeoutError."""
        found = self._match(self._header, line) if self.header else None
        return found["time"] if found else None

    def continues(self, line: str) -> bool:
        """Whether the line belongs to the entry above it by its form. Raises TimeoutError."""
        return bool(self.continuation) and self._match(self._continuation, line) is not None

    def _match(self, expression: Any, line: str) -> Any:
        return expression.match(line, timeout=TIME_OUT) if self.own else expression.match(line)

    # `re` is twice as fast as `regex`, but cannot be stopped.
    def _compiled(self, expression: str) -> Any:
        return regex.compile(expression) if self.own else re.compile(expression)

    @cached_property
    def _line(self) -> Any:
        return self._compiled(self.expression)

    @cached_property
    def _header(self) -> Any:
        return self._compiled(self.header)

    @cached_property
    def _continuation(self) -> Any:
        return self._compiled(self.continuation)

    def _fit_json(self, line: str) -> Fit | None:
        if not line.lstrip().startswith("{"):
            return None
        try:
            values = json.loads(line)
        except (ValueError, RecursionError):
            return None
        if not isinstance(values, dict):
            return None
        found = {part: _first(values, names) for part, names in self.json.items()}
        if found.get("text") is None:
            return None
        kind, level, unknown = self._json_kind(values)
        moment = found.get("time")
        return Fit(
            moment if isinstance(moment, str | int | float) else None,
            kind,
            _level(found.get("level"), level),
            whole(str(found.get("source") or "")).strip(),
            whole(str(found["text"])).strip(),
            whole(unknown),
        )

    def _json_kind(self, values: Mapping[str, Any]) -> tuple[Kind | None, int | None, str]:
        """Kind and level by the first field with a known word; else the word that is unknown.

        A number stands for no kind, unless somebody's own layout says so.
        """
        given = (values.get(name) for name in self.json.get("kind", ()))
        written = [str(each).strip() for each in given if isinstance(each, str | int)]
        for word in written:
            if known := self.kinds.get(word.lower()):
                return *known, ""
        words = (each for each in written if self.own or not each.lstrip("-").isdigit())
        return None, None, next(words, "")


def _first(values: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((values[name] for name in names if values.get(name) is not None), None)


def _level(written: object, otherwise: int | None) -> int | None:
    """The level that is written, as far as it is one of 1 … 5."""
    return _LEVELS.get(str(written).strip(), otherwise)


def _unquoted(text: str) -> str:
    text = text.strip()
    if not text.startswith('"'):
        return text
    end = len(text) - 1 if len(text) > 1 and text.endswith('"') else len(text)
    return text[1:end].replace('""', '"')
