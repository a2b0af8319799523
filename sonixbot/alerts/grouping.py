"""Grouping: which entries are one incident, by their likeness and by the rules of the instrument.

The rules are a list that can be read aloud; the first one that fits an entry decides.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from sonixbot.activity import TIME_OUT
from sonixbot.alerts.likeness import without_values
from sonixbot.entry import LEAST_IMPORTANT, MOST_IMPORTANT, Entry, Kind
from sonixbot.state import matches

log = logging.getLogger(__name__)

#: Devices whose rules are remembered; a protocol that names more of them names nonsense.
_DEVICES: Final = 1000
#: Fewer expressions than this are searched faster one by one.
_FEW: Final = 3
#: What an expression must not have to be searched as one of several: a reference by number, or
#: flags, would mean something else there.
_ALONE: Final = re.compile(r"\\[1-9g]|\(\?(?!:|P?<[^=!]|[=!]|<[=!])|\(\*")
_BRACES: Final = re.compile(r"\{(\w+)\}")
#: Characters of a name that rules give.
_LONGEST: Final = 200


#: How the fingerprint of what a rule merged begins: it is of no single device.
MERGED: Final = "\t"


def fingerprint(entry: Entry) -> str:
    """What like entries have in common: the source, and the text without its values."""
    return f"{entry.source}|{without_values(entry.text)}"


class Expression:
    """A regular expression of the configuration: searched whatever the case, and not for long."""

    def __init__(self, text: str) -> None:
        import regex  # only who has own rules pays for it

        self.text = text
        self._compiled = regex.compile(text, regex.IGNORECASE)
        self._told = False

    def search(self, text: str) -> Any:
        """The match of the regex module; None where nothing fits, or where it takes too long."""
        try:
            return self._compiled.search(text, timeout=TIME_OUT)
        except TimeoutError:
            if not self._told:
                log.warning("alerts.rules: %s takes too long on: %.100s", self.text, text)
            self._told = True
            return None

    def rules_out(self, text: str) -> bool:
        """Whether it certainly fits nothing in this text."""
        try:
            return self._compiled.search(text, timeout=TIME_OUT) is None
        except TimeoutError:
            return False


#: One for each text, so that what it has to tell is told once.
expression = lru_cache(maxsize=4096)(Expression)


@dataclass(frozen=True, slots=True)
class Pattern:
    """Which entries, by device and text; what is empty fits every entry."""

    #: A name, or a pattern with `*`.
    device: str = ""
    #: A regular expression.
    text: str = ""

    def fits(self, entry: Entry) -> bool:
        """Whether it is one of these."""
        if not matches(self.device, entry.source):
            return False
        return not self.text or expression(self.text).search(entry.text) is not None


@dataclass(frozen=True, slots=True)
class Hides:
    """What follows from a main cause."""

    pattern: Pattern
    #: How long after the newest entry of the cause it is hidden.
    seconds: float

    def covers(self, entry: Entry) -> bool:
        """Whether this entry is a consequence."""
        return self.pattern.fits(entry)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the configuration: which entries, and what becomes of them."""

    #: How people call it; no two have the same.
    name: str
    pattern: Pattern = Pattern()
    #: Empty: all of them.
    kinds: frozenset[Kind] = frozenset()
    min_level: int = MOST_IMPORTANT
    max_level: int = LEAST_IMPORTANT
    #: All that fits is one incident of this name.
    merge: str = ""
    #: Named groups of the expression whose values tell incidents apart.
    split: tuple[str, ...] = ()
    #: How people shall call the incident; {device} and the groups of the expression in braces.
    rename: str = ""
    as_level: int | None = None
    as_kind: Kind | None = None
    drop: bool = False
    #: An entry that fits this ends the incidents of the rule.
    ends: Pattern | None = None
    hides: Hides | None = None

    def takes(self, kind: Kind, rank: int) -> bool:
        """Whether it is about this kind and level."""
        return self.min_level <= rank <= self.max_level and (not self.kinds or kind in self.kinds)

    def changed(self, entry: Entry) -> Entry:
        """The entry with the kind and the level that the rule gives it."""
        if self.as_kind is None and self.as_level is None:
            return entry
        kind = self.as_kind or entry.kind
        return replace(entry, kind=kind, level=self.as_level or entry.level)


@dataclass(frozen=True, slots=True)
class Taught:
    """An entry as the rules want it."""

    #: With the kind and the level that the rule gives it.
    entry: Entry
    #: The fingerprint: entries that have it in common are one incident.
    key: str
    #: What people shall call the incident; empty: its text.
    name: str = ""
    #: The rule that decided; empty: none did.
    rule: str = ""
    #: It is not told and not counted.
    drop: bool = False
    hides: Hides | None = None


class Grouping:
    """The rules of an instrument, applied to one entry after the other."""

    def __init__(self, rules: Sequence[Rule] = ()) -> None:
        self.rules = tuple(rules)
        self._named = {each.name: each for each in self.rules}
        self._ends = [(each.name, each.ends) for each in self.rules if each.ends]
        self._by_device: dict[str, _Candidates] = {}

    def __bool__(self) -> bool:
        """Whether there is any rule."""
        return bool(self.rules)

    def taught(self, entry: Entry) -> Taught:
        """The entry as the first rule that fits it wants it."""
        if self.rules:
            for rule in self._candidates(entry.source).of(entry):
                if not rule.pattern.text:
                    return _made(rule, entry, {})
                if found := expression(rule.pattern.text).search(entry.text):
                    return _made(rule, entry, found.groupdict())
        return Taught(entry, fingerprint(entry))

    def ended_by(self, entry: Entry) -> tuple[str, ...]:
        """The names of the rules whose incidents this entry ends."""
        if not self._ends:
            return ()
        return tuple(name for name, pattern in self._ends if pattern.fits(entry))

    def hides(self, rule: str) -> Hides | None:
        """What the incidents of the rule of this name hide."""
        found = self._named.get(rule)
        return found.hides if found else None

    def _candidates(self, device: str) -> _Candidates:
        """The rules about this device, remembered: a few devices write all of a protocol."""
        found = self._by_device.get(device)
        if found is None:
            if len(self._by_device) >= _DEVICES:
                self._by_device.clear()
            found = self._by_device[device] = _Candidates(
                tuple(each for each in self.rules if matches(each.pattern.device, device))
            )
        return found


class _Candidates:
    """The rules about one device. Most entries fit none: one search often tells so for many."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self._rules = rules
        texts = {each.pattern.text for each in rules} - {""}
        joint = {each for each in texts if not _ALONE.search(each)}
        self._joint = joint if len(joint) > _FEW else set()
        self._any: Expression | None = None
        if self._joint:
            self._any = expression("|".join(f"(?:{each})" for each in sorted(joint)))

    def of(self, entry: Entry) -> Iterator[Rule]:
        """Those that may fit this entry, in order."""
        rank, hopeless = entry.rank, None
        for rule in self._rules:
            if not rule.takes(entry.kind, rank):
                continue
            if self._any and rule.pattern.text in self._joint:
                if hopeless is None:
                    hopeless = self._any.rules_out(entry.text)
                if hopeless:
                    continue
            yield rule


def _made(rule: Rule, entry: Entry, groups: Mapping[str, str | None]) -> Taught:
    values = {**groups, "device": entry.source}
    named = _BRACES.sub(lambda found: values.get(found[1]) or "", rule.rename)
    name = " ".join((named or rule.merge).split())[:_LONGEST]
    key = _key(rule, entry, groups)
    return Taught(rule.changed(entry), key, name, rule.name, rule.drop, rule.hides)


def _key(rule: Rule, entry: Entry, groups: Mapping[str, str | None]) -> str:
    """The fingerprint. A tab sets apart what rules add: no device and no text has one here."""
    if rule.merge:
        return f"{MERGED}{rule.merge.lower()}"
    values = (" ".join((groups.get(each) or "").lower().split()) for each in rule.split)
    return "\t".join((fingerprint(entry), *values))


def likeness(key: str) -> tuple[str, tuple[str, ...]]:
    """What the texts of a fingerprint have in common, and the values that a rule tells apart.

    Nothing where a rule merged them, whatever they say.
    """
    like, *values = key.partition("|")[2].split("\t")
    return like, tuple(values)
