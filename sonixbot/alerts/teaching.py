"""Teaching: what the configuration says about grouping, as the policy takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sonixbot.alerts.grouping import Hides, Pattern, Rule
from sonixbot.entry import Entry, Kind

if TYPE_CHECKING:
    from sonixbot.config import Config, EndSettings, HideSettings, RuleSettings


def rules_of(config: Config) -> tuple[Rule, ...]:
    """The rules of a configuration, in its order."""
    return tuple(_rule(each, number) for number, each in enumerate(config.alerts.rules, 1))


def _rule(settings: RuleSettings, number: int) -> Rule:
    hides = settings.hides
    return Rule(
        settings.name or f"rule {number}",
        _pattern(settings),
        kinds=frozenset(settings.kind),
        min_level=settings.min_level,
        max_level=settings.max_level,
        merge=settings.merge or "",
        split=settings.split,
        rename=settings.rename or "",
        as_level=settings.as_level,
        as_kind=settings.as_kind,
        drop=settings.drop,
        ends=_pattern(settings.ended_by) if settings.ended_by else None,
        hides=Hides(_pattern(hides), hides.time) if hides else None,
    )


def _pattern(settings: RuleSettings | EndSettings | HideSettings) -> Pattern:
    return Pattern(settings.device, settings.text or "")


def is_pushed(config: Config, entry: Entry) -> bool:
    """Whether an entry, as the rules want it, is pushed any way."""
    ways = (config.alerts.telegram, config.alerts.mail)
    limits = {
        Kind.ERROR: max(each.error_max_level for each in ways),
        Kind.WARNING: max(each.warning_max_level for each in ways),
        Kind.USER: max(each.user_max_level for each in ways),
        Kind.INFO: max(each.info_max_level for each in ways),
    }
    return entry.rank <= limits[entry.kind]
