"""Teaching: the rules of the configuration about what is one incident and what becomes of it."""

from __future__ import annotations

import re
from collections import Counter
from typing import Annotated, Any, Final, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from sonixbot.config.section import Section
from sonixbot.config.values import (
    Duration,
    ExpectationError,
    Expression,
    Flag,
    Items,
    Line,
    Rule,
    line,
    require,
)
from sonixbot.entry import LEAST_IMPORTANT, MOST_IMPORTANT, Kind
from sonixbot.errors import Sentence, sentence
from sonixbot.language import MINUTE

_CONDITIONS: Final = ("device", "text", "kind", "min_level", "max_level")
_EFFECTS: Final = (
    "merge", "split", "rename", "as_level", "as_kind", "drop", "ended_by", "hides",
)  # fmt: skip
_BRACES: Final = re.compile(r"\{([^{}]*)\}")


def _kind(value: object) -> Kind:
    return Kind(line(value))


def _level(value: object) -> int:
    number = value if isinstance(value, int) and not isinstance(value, bool) else 0
    require(MOST_IMPORTANT <= number <= LEAST_IMPORTANT)
    return number


AnyKind = Annotated[
    Kind,
    Rule(
        _kind,
        sentence('"error", "warning", "user" or "info"'),
        {"enum": [str(each) for each in Kind]},
    ),
]
Kinds = Annotated[tuple[AnyKind, ...], Items(sentence("a kind or a list of kinds"), lone=True)]
OwnLevel = Annotated[
    int,
    Rule(
        _level,
        sentence("a level from 1 (the most important) to 5"),
        {"type": "integer", "minimum": MOST_IMPORTANT, "maximum": LEAST_IMPORTANT},
    ),
]
Names = Annotated[
    tuple[Line, ...], Items(sentence("the name of a group or a list of such"), lone=True)
]


def _needs_condition(section: Section) -> None:
    if not section.model_fields_set & {"device", "text"}:
        raise ExpectationError(sentence('device or text, such as "device": "motor_*"'))


class EndSettings(Section):
    """What ends the incidents of a rule."""

    device: Line = Field("*", description="The device that says so, or a pattern with *.")
    text: Expression | None = Field(
        None, description="A regular expression that is searched in its text, whatever the case."
    )

    @model_validator(mode="after")
    def _checked(self) -> Self:
        _needs_condition(self)
        return self


class HideSettings(Section):
    """What follows from a main cause, and is not told by itself."""

    device: Line = Field("*", description="The devices that fail then, or a pattern with *.")
    text: Expression | None = Field(
        None, description="A regular expression that is searched in their text, whatever the case."
    )
    time: Duration = Field(
        10 * MINUTE,
        alias="for",
        description="How long after the newest message of the cause.",
        json_schema_extra={"default": "10m"},
    )

    @model_validator(mode="after")
    def _checked(self) -> Self:
        _needs_condition(self)
        return self


class RuleSettings(Section):
    """One rule: which messages, and what becomes of them."""

    name: Line | None = Field(
        None,
        description="How people call the rule. Without it: rule and its number in the list.",
    )
    device: Line = Field(
        "*",
        description="The device that wrote the message, or a pattern with *, whatever the case.",
    )
    text: Expression | None = Field(
        None,
        description="A regular expression that is searched in the text of the message, whatever"
        " the case.",
    )
    kind: Kinds = Field(
        (), description="error, warning, user, info, or a list of them. Without it: any of them."
    )
    min_level: OwnLevel = Field(
        MOST_IMPORTANT,
        description="The most important level that the rule is about. A message without a level"
        " counts as of level 1 if it is an error, else as of level 5.",
    )
    max_level: OwnLevel = Field(
        LEAST_IMPORTANT, description="The least important level that the rule is about."
    )
    merge: Line | None = Field(
        None, description="All that fits is one incident of this name, whichever device wrote it."
    )
    split: Names = Field(
        (),
        description="Named groups (?P<name>…) of text: each of their values is an incident of its"
        " own.",
    )
    rename: Line | None = Field(
        None,
        description="How the incident is called; {device} and named groups of text may stand in"
        " it in braces.",
    )
    as_level: OwnLevel | None = Field(None, description="The level that it counts as.")
    as_kind: AnyKind | None = Field(None, description="The kind of message that it counts as.")
    drop: Flag = Field(
        default=False, description="Whether the message is not told and not counted at all."
    )
    ended_by: EndSettings | None = Field(
        None, description="A message that ends the incidents of this rule."
    )
    hides: HideSettings | None = Field(
        None,
        description="What follows from this: it is counted, but not told, for a while. The post"
        " about the cause says so.",
    )

    @field_validator("split")
    @classmethod
    def _split_known(cls, split: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if info.data.get("merge"):
            raise ExpectationError(sentence("either merge or split, not both"))
        _require_groups(split, info)
        return split

    @field_validator("rename")
    @classmethod
    def _rename_known(cls, rename: str | None, info: ValidationInfo) -> str | None:
        named = (each for each in _BRACES.findall(rename or "") if each != "device")
        _require_groups(tuple(named), info)
        return rename

    @model_validator(mode="after")
    def _meant(self) -> Self:
        if not self.model_fields_set & set(_CONDITIONS):
            raise ExpectationError(
                sentence('a condition, such as "device": "motor_*" or "text": "timeout"')
            )
        effects = [each for each in _EFFECTS if getattr(self, each) not in (None, (), False)]
        if not effects:
            raise ExpectationError(
                sentence('something that becomes of it, such as "merge": "motors" or "drop": true')
            )
        if self.drop and len(effects) > 1:
            raise ExpectationError(
                sentence('nothing beside "drop": true, as what is dropped has no incident')
            )
        return self


def _require_groups(names: tuple[str, ...], info: ValidationInfo) -> None:
    """Raise ExpectationError where the expression has no such group."""
    if "text" not in info.data:
        return  # what is wrong with it is told already
    known = groups_of(info.data["text"])
    if all(each in known for each in names):
        return
    raise ExpectationError(_groups_expected(known))


def groups_of(text: str | None) -> tuple[str, ...]:
    """The named groups of an expression."""
    if not text:
        return ()
    import regex  # only a configuration with own expressions pays for it

    return tuple(regex.compile(text, regex.IGNORECASE).groupindex)


def _groups_expected(known: tuple[str, ...]) -> Sentence:
    if known:
        return sentence("names of groups of text; it has {names}", names=", ".join(known))
    return sentence("names of groups of text, such as {example}; it has none", example=_EXAMPLE)


_EXAMPLE: Final = '"axis" of "axis (?P<axis>\\w+) stopped"'


class _Rules(Items):
    """The list of rules; no two have the same name."""

    def _listed(self, value: object) -> Any:
        rules = super()._listed(value)
        names = (each.get("name") if isinstance(each, dict) else None for each in rules)
        given = [
            each.strip() if isinstance(each, str) else f"rule {number}"
            for number, each in enumerate(names, 1)
        ]
        name, many = max(Counter(given).items(), key=lambda each: each[1], default=("", 0))
        if many > 1:
            raise ExpectationError(
                sentence('rules of different names; "{name}" is the name of {n}', name=name, n=many)
            )
        return rules


Teachings = Annotated[tuple[RuleSettings, ...], _Rules(sentence("a list of rules in braces"))]
