"""Slowness: does an own expression take too long on some line? It is tried before it is taken.

An expression in which a run of signs can be divided in many ways, such as (a+)+$, needs for a
line of thirty signs longer than anybody waits. Which lines those are, follows from its own parts:
each part that repeats is given a long run of what it fits, and then something that it does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

#: Seconds of computing for one line. An honest expression takes some thousandths.
LIMIT: Final = 0.1
#: Signs of a run: too many where the ways to divide it double with each sign, and where their
#: number grows with the cube of its length. A device may write such a line.
_RUN: Final = 1500
#: Lines that are tried at the most.
_LINES: Final = 600

_TOKEN: Final = re.compile(
    r"\\(?P<escape>[pP]\{[^}]*\}|x[0-9a-fA-F]{2}|.)"
    r"|(?P<class>\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\])"
    r"|(?P<aside>\(\?(?:#[^)]*|[a-zA-Z0-9-]+|P=\w+)\))"
    r"|(?P<open>\((?:\?(?:P?<\w+>|<?[=!]|[a-zA-Z-]*:|[>|]))?)"
    r"|(?P<close>\))|(?P<or>\|)"
    r"|(?P<repeat>(?:[*+?]|\{\d*,?\d*\})[?+]?)"
    r"|(?P<sign>.)",
    re.DOTALL,
)
_MANY: Final = re.compile(r"[*+]|\{\d*,(?:\d{2,})?\}")
_ESCAPED: Final = {"d": "1", "w": "a", "s": " ", "D": "a", "W": " ", "S": "a", "n": " ", "t": " "}
_NOTHING: Final = frozenset("bBAZzGmMK0123456789")


@dataclass
class _Open:
    """A group that is being read."""

    #: Where it begins in the expression.
    at: int
    #: What fits the expression up to its beginning.
    before: str
    #: What fits its branches, the last one still growing.
    branches: list[str] = field(default_factory=lambda: [""])
    #: It looks only, and takes nothing.
    looks: bool = False


@dataclass(frozen=True)
class _Run:
    """A part that repeats."""

    piece: str
    #: What fits all before it.
    before: str
    #: What fits it once.
    atoms: tuple[str, ...]


def slow_piece(expression: str) -> str | None:
    """The part that makes an expression take too long on some line; None where none does.

    The expression compiles.
    """
    import regex  # only a configuration with own expressions pays for it

    compiled = regex.compile(expression, regex.IGNORECASE)
    runs, whole = _read(expression)
    for piece, line in islice(_lines(expression, runs, whole), _LINES):
        if _too_long(compiled, line) and _too_long(compiled, line):
            return piece
    return None


def _too_long(compiled: Any, line: str) -> bool:
    try:
        compiled.search(line, timeout=LIMIT)
    except TimeoutError:
        return True
    return False


def _lines(expression: str, runs: list[_Run], whole: str) -> Iterator[tuple[str, str]]:
    """Lines that are hard, each with the part it is hard for."""
    usual = [_Run(expression, "", (atom,)) for atom in ("a", "1", " ", "a ", "1 ", "я")]
    for run in (*runs, *usual) if runs else ():
        for atom in run.atoms:
            hard = f"{run.before}{atom * (_RUN // len(atom))}!"
            # What must stand somewhere is looked for first, so it stands behind, or before.
            for line in (hard, f"{hard} {whole}", f"{hard}\n{whole}", f"{whole} {hard}"):
                yield run.piece, line


def _read(expression: str) -> tuple[list[_Run], str]:
    """The parts that repeat, and a text that the expression probably fits."""
    runs: list[_Run] = []
    groups = [_Open(0, "")]
    at = 0
    atoms: tuple[str, ...] = ("",)
    for token in _TOKEN.finditer(expression):
        inner = groups[-1]
        if token["open"]:
            before = inner.before + inner.branches[-1]
            looks = token["open"].endswith(("=", "!"))
            groups.append(_Open(token.start(), before, looks=looks))
        elif token["or"]:
            inner.branches.append("")
        elif token["close"] and len(groups) > 1:
            groups.pop()
            at, atoms = inner.at, tuple(filter(None, inner.branches)) or ("",)
            atoms = ("",) if inner.looks else atoms
            groups[-1].branches[-1] += atoms[0]
        elif token["repeat"]:
            if _MANY.match(token["repeat"]) and any(atoms):
                before = (inner.before + inner.branches[-1]).removesuffix(atoms[0])
                piece = expression[at : token.end()]
                runs.append(_Run(piece, before, tuple(filter(None, atoms))))
        else:
            at, atoms = token.start(), (_sample(token),)
            inner.branches[-1] += atoms[0]
    return runs, groups[0].branches[0]


def _sample(token: re.Match[str]) -> str:
    """What fits one sign of an expression."""
    if escape := token["escape"]:
        if escape in _NOTHING:
            return ""
        return _ESCAPED.get(escape, "a" if len(escape) > 1 else escape)
    if token["class"]:
        return _member(token["class"])
    if token["aside"] or token["sign"] in ("^", "$"):
        return ""
    return "a" if token["sign"] == "." else str(token["sign"])


def _member(signs: str) -> str:
    """A sign of a class."""
    import regex

    one = regex.compile(signs, regex.IGNORECASE)
    return next((each for each in f"a1 я.-_{signs}" if one.fullmatch(each)), "a")
