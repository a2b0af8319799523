"""Reach: rules of the configuration that can never do what they are for."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from sonixbot.alerts.grouping import Hides, Pattern, Rule
from sonixbot.entry import LEAST_IMPORTANT, MOST_IMPORTANT, Entry, Kind
from sonixbot.errors import Sentence, sentence
from sonixbot.state import matches

#: An expression without any of these fits its own letters and nothing else.
_SPECIAL: Final = re.compile(r"[\\.^$*+?{}\[\]|()]")
#: Every sort of entry that a rule may be about.
_SORTS: Final = tuple(
    Entry(kind, level, "", "", None, 0)
    for kind in Kind
    for level in (None, *range(MOST_IMPORTANT, LEAST_IMPORTANT + 1))
)


def unreachable(rules: Sequence[Rule], pushed: Callable[[Entry], bool]) -> list[Sentence]:
    """Which rules can never have an effect, why, and what to do; in the order of the rules.

    `pushed` tells of an entry, as the rules want it, whether it is pushed any way. What is told is
    certain; a rule of which nothing is told may still never fit.
    """
    return [said for place in range(len(rules)) if (said := _trouble(rules, place, pushed))]


def _trouble(rules: Sequence[Rule], place: int, pushed: Callable[[Entry], bool]) -> Sentence | None:
    rule = rules[place]
    if rule.min_level > rule.max_level:
        return sentence(
            "{rule} fits no level: min-level {least} is less important than max-level {most};"
            " exchange them.",
            rule=rule.name,
            least=rule.min_level,
            most=rule.max_level,
        )
    for earlier in rules[:place]:
        if _covers_rule(earlier, rule):
            return sentence(
                "{rule} never fits, as {earlier} stands before it and takes all that it is about;"
                " put {rule} before {earlier}, or take it out.",
                rule=rule.name,
                earlier=earlier.name,
            )
    if not any(rule.takes(each.kind, each.rank) and pushed(rule.changed(each)) for each in _SORTS):
        if rule.drop:
            return sentence(
                "{rule} drops only what is not sent anyway; take it out, or see alerts.telegram"
                " and alerts.mail.",
                rule=rule.name,
            )
        return sentence(
            "{rule} is only about messages that are not sent any way; give it as-level or"
            " as-kind, or see alerts.telegram and alerts.mail.",
            rule=rule.name,
        )
    return _hides_nothing(rules, rule, rule.hides) if rule.hides else None


def _hides_nothing(rules: Sequence[Rule], rule: Rule, hides: Hides) -> Sentence | None:
    if rule.merge and _takes_all(rule, hides.pattern) and _is_first(rules, rule, hides.pattern):
        return sentence(
            "{rule} hides nothing: all that it hides is part of its own incident; name in hides"
            " what follows from it.",
            rule=rule.name,
        )
    for each in rules:
        if each.drop and _takes_all(each, hides.pattern) and _is_first(rules, each, hides.pattern):
            return sentence(
                "{rule} hides nothing, as {other} drops all of that; take hides out, or {other}.",
                rule=rule.name,
                other=each.name,
            )
    return None


def _is_first(rules: Sequence[Rule], rule: Rule, pattern: Pattern) -> bool:
    """Whether no rule before this one can take any of these entries."""
    before = rules[: rules.index(rule)]
    return all(_are_apart(each.pattern.device, pattern.device) for each in before)


def _are_apart(one: str, other: str) -> bool:
    """Whether surely no device fits both."""
    if "*" in one and "*" in other:
        return False
    return not matches(one, other or "*") and not matches(other, one or "*")


def _takes_all(rule: Rule, pattern: Pattern) -> bool:
    """Whether a rule takes all that fits the pattern, whatever its kind and level."""
    return _covers(rule.pattern, pattern) and all(
        rule.takes(each.kind, each.rank) for each in _SORTS
    )


def _covers_rule(earlier: Rule, later: Rule) -> bool:
    return _covers(earlier.pattern, later.pattern) and all(
        earlier.takes(each.kind, each.rank) for each in _SORTS if later.takes(each.kind, each.rank)
    )


def _covers(wide: Pattern, narrow: Pattern) -> bool:
    """Whether surely all that fits `narrow` fits `wide`."""
    # A * in the narrow pattern is a sign that only a * of the wide one fits.
    return matches(wide.device, narrow.device or "*") and _covers_text(wide.text, narrow.text)


def _covers_text(wide: str, narrow: str) -> bool:
    if not wide or wide == narrow:
        return True
    plain = not _SPECIAL.search(wide) and not _SPECIAL.search(narrow)
    return plain and wide.lower() in narrow.lower()
