"""Sorts: messages in both languages, with values that differ each time they are said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from sonixbot.entry import Kind
from sonixbot.sandbox.instrument.said import Said

Values = Mapping[str, Any]
#: Draws one value; may look at those that are known already.
Draw = Callable[[Random, Values], Any]

#: How Python introduces the lines of a traceback.
TRACEBACK: Final = "Traceback (most recent call last):"


@dataclass(frozen=True)
class Sort:
    """A message whose values are still open. English is plain ASCII: its byte for ° is a letter of
    another code page, and nothing else in such a file would tell which one it is.
    """

    kind: Kind
    level: int
    #: These, and the lines of `details`, are templates of `str.format`.
    source: str
    english: str
    russian: str
    #: Values in the order in which they are drawn.
    draws: Mapping[str, Draw] = field(default_factory=dict)
    details: tuple[str, ...] = ()

    def said(self, random: Random, language: str, known: Values) -> Said:
        """The message with its values; what is `known` is not drawn."""
        values = drawn(self.draws, random, known)
        text = self.russian if language == "ru" else self.english
        return Said(
            self.kind,
            self.level,
            self.source.format_map(values),
            text.format_map(values),
            tuple(each.format_map(values) for each in self.details),
        )


def drawn(draws: Mapping[str, Draw], random: Random, known: Values) -> dict[str, Any]:
    """What is known, and a value for every other name."""
    values = dict(known)
    for name, draw in draws.items():
        if name not in values:
            values[name] = draw(random, values)
    return values


def error(level: int, source: str, english: str, russian: str, /, **draws: Draw) -> Sort:
    """An error of this level."""
    return Sort(Kind.ERROR, level, source, english, russian, draws)


def warning(level: int, source: str, english: str, russian: str, /, **draws: Draw) -> Sort:
    """A warning of this level."""
    return Sort(Kind.WARNING, level, source, english, russian, draws)


def user(level: int, source: str, english: str, russian: str, /, **draws: Draw) -> Sort:
    """A message of this level about what a person or a script does."""
    return Sort(Kind.USER, level, source, english, russian, draws)


def info(level: int, source: str, english: str, russian: str, /, **draws: Draw) -> Sort:
    """An information of this level."""
    return Sort(Kind.INFO, level, source, english, russian, draws)


def between(low: float, high: float) -> Draw:
    """Any value between the two."""
    return lambda random, _: random.uniform(low, high)


def whole(low: int, high: int) -> Draw:
    """A whole number, the ends among them."""
    return lambda random, _: random.randint(low, high)


def near(mean: float, deviation: float) -> Draw:
    """A measured value with its noise."""
    return lambda random, _: random.gauss(mean, deviation)


def one_of(*choices: object) -> Draw:
    """One of these."""
    return lambda random, _: random.choice(choices)


def above(name: str, low: float, high: float) -> Draw:
    """More than another value, by this much."""
    return lambda random, known: known[name] + random.uniform(low, high)


def off(name: str, low: float, high: float) -> Draw:
    """Another value, missed by this much to either side."""
    return lambda random, known: known[name] + random.choice((-1, 1)) * random.uniform(low, high)
