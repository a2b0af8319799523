"""Absence: the configuration of what is missed when it is not there, the bot itself among it."""

from __future__ import annotations

import re
from datetime import time
from typing import Annotated, Final, Literal

from pydantic import Field

from sonixbot.config.addresses import PingUrl
from sonixbot.config.section import Section, named_once
from sonixbot.config.values import (
    TEXT,
    Duration,
    Expression,
    Items,
    Line,
    Patience,
    Rule,
    Weekly,
    line,
    require,
)
from sonixbot.entry import LEAST_IMPORTANT, MOST_IMPORTANT
from sonixbot.errors import Sentence, sentence
from sonixbot.language import MINUTE

_TIME: Final = re.compile(r"(\d{1,2}):(\d{2})")


def _importance(value: object) -> int:
    number = value if isinstance(value, int) and not isinstance(value, bool) else 0
    require(MOST_IMPORTANT <= number <= LEAST_IMPORTANT)
    return number


def _time_of_day(value: object) -> time | None:
    if line(value) == "never":
        return None
    found = _TIME.fullmatch(line(value))
    if found is None:
        raise ValueError
    return time(int(found[1]), int(found[2]))


def _moment_of_day(value: object) -> time:
    moment = _time_of_day(value)
    require(moment is not None)
    return moment or time()


def _while(value: object) -> object:
    require(value in ("running", "always"))
    return value


Importance = Annotated[
    int,
    Rule(
        _importance,
        sentence("a level from 1 (the most important) to 5"),
        {"type": "integer", "minimum": MOST_IMPORTANT, "maximum": LEAST_IMPORTANT},
    ),
]
TimeOfDay = Annotated[
    time | None,
    Rule(
        _time_of_day,
        sentence('a time of the day such as "08:00", or "never"'),
        {**TEXT, "examples": ["08:00", "never"]},
    ),
]
ClockTime = Annotated[
    time,
    Rule(
        _moment_of_day,
        sentence('a time of the day such as "08:00"'),
        {**TEXT, "examples": ["08:00"]},
    ),
]
While = Annotated[
    Literal["running", "always"],
    Rule(_while, sentence('"running" or "always"'), {"enum": ["running", "always"]}),
]


class ValueSettings(Section):
    """A value that the protocol reports again and again, and that is missed when it does not."""

    name: Line = Field(
        description="How people call it, such as helium level; each name once.",
        examples=["helium level"],
    )
    text: Expression = Field(
        description="A regular expression that finds its reports in the text of a message,"
        " whatever the case."
    )
    within: Duration = Field(
        description="It is missed after so long without a report.", examples=["15m"]
    )
    device: Line = Field(
        "*", description="Only messages of this device report it; a * stands for any letters."
    )
    during: While = Field(
        "running",
        alias="while",
        description="running: it is missed only while a measurement script runs. always: at any"
        " time.",
    )
    level: Importance = Field(
        MOST_IMPORTANT, description="Level of the error that tells it, 1 the most important."
    )


def _twice(name: str) -> Sentence:
    return sentence('values with different names, but "{name}" comes twice', name=name)


class AbsenceSettings(Section):
    """What should be there and is not: how long it may be away before that is an error."""

    silent_time: Patience = Field(
        30 * MINUTE,
        description='The protocol may say nothing for so long while a script runs; or "never" to'
        " miss it.",
        json_schema_extra={"default": "30m"},
    )
    idle_time: Patience = Field(
        None,
        description='For so long no script may run; or "never" to miss one.',
        json_schema_extra={"default": "never"},
    )
    idle_hours: Weekly | None = Field(
        None,
        description="Days and hours in which a script should run. Without it: always. It needs"
        " idle-time.",
    )
    gone_time: Patience = Field(
        MINUTE,
        description="For so long the protocol may be gone or unreadable, as network shares are at"
        ' times; or "never" to miss it.',
        json_schema_extra={"default": "1m"},
    )
    level: Importance = Field(
        MOST_IMPORTANT,
        description="Level of the errors that tell these, 1 the most important.",
    )
    values: Annotated[
        tuple[ValueSettings, ...],
        Items(sentence("a list of values in braces")),
        named_once(_twice),
    ] = Field((), description="Values that the protocol should report again and again.")


class HealthSettings(Section):
    """How people learn that the bot itself lives, and that it does not."""

    ping_url: PingUrl | None = Field(
        None,
        description="An address that is asked for at intervals while the bot works, such as that"
        " of a check at healthchecks.io: it tells you when the bot, the computer or the network"
        " is dead. /fail is added to its path while the bot runs but does not get on.",
    )
    ping_interval: Duration = Field(
        5 * MINUTE,
        description="How often it is asked for.",
        json_schema_extra={"default": "5m"},
    )
    alive_at: TimeOfDay = Field(
        None,
        description="At this time of the day the bot says that it lives, and what the day brought;"
        ' or "never".',
        json_schema_extra={"default": "never"},
    )
    away_time: Patience = Field(
        5 * MINUTE,
        description="When it starts after being away for so long, the bot says so, and what it"
        ' missed; or "never" to say nothing of it where nothing was missed.',
        json_schema_extra={"default": "5m"},
    )

    @property
    def ping_address(self) -> str:
        """The address in the clear; empty where there is none."""
        return self.ping_url.get_secret_value() if self.ping_url else ""
