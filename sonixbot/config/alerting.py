"""Alerting: the configuration of what is told, which way, how often, and when it is not."""

from __future__ import annotations

from datetime import time
from typing import Annotated

from pydantic import Field

from sonixbot.config.absence import AbsenceSettings, ClockTime, Importance
from sonixbot.config.section import Section, named_once
from sonixbot.config.teaching import Teachings
from sonixbot.config.values import (
    Count,
    Duration,
    Flag,
    Items,
    Level,
    Line,
    Patience,
    Weekly,
)
from sonixbot.entry import MOST_IMPORTANT
from sonixbot.errors import Sentence, sentence
from sonixbot.language import HOUR, MINUTE


class QuietHours(Section):
    """Hours in which less important things wait for a digest at their end."""

    hours: Weekly = Field(description="The days and hours.")
    min_level: Importance = Field(
        2, description="This level and less important ones wait; those above it are told at once."
    )


class QuietPosts(QuietHours):
    """Hours in which less important things do not disturb anybody in Telegram."""

    silent: Flag = Field(
        default=False,
        description="true: they are posted at once, without a sound. false: they wait for a digest"
        " at the end of the hours.",
    )


class Push(Section):
    """What is pushed one way: of each kind the messages up to a level, 1 the most important."""

    error_max_level: Level = Field(
        5, description="Errors from level 1 to this level are sent; 0: none."
    )
    warning_max_level: Level = Field(
        1, description="Warnings from level 1 to this level are sent; 0: none."
    )
    user_max_level: Level = Field(
        0, description="Messages of the user from level 1 to this level are sent; 0: none."
    )
    info_max_level: Level = Field(
        0, description="Information from level 1 to this level is sent; 0: none."
    )


class PushPosts(Push):
    """What goes to the Telegram channel."""

    quiet_hours: Annotated[
        tuple[QuietPosts, ...], Items(sentence("a list of quiet hours in braces"))
    ] = Field((), description="Hours in which less important things do not disturb anybody.")


class PushMails(Push):
    """What goes to the mail recipients."""

    quiet_hours: Annotated[
        tuple[QuietHours, ...], Items(sentence("a list of quiet hours in braces"))
    ] = Field((), description="Hours in which less important things wait for one mail.")


class Reminders(Section):
    """How long an error may go on before it is said again, by its level."""

    level_1: Patience = Field(
        20 * MINUTE,
        description="An error of level 1 that nobody acknowledged is posted again after so long;"
        ' or "never".',
        json_schema_extra={"default": "20m"},
    )
    level_2: Patience = Field(
        2 * HOUR,
        description='The same for level 2; or "never".',
        json_schema_extra={"default": "2h"},
    )
    level_3: Patience = Field(
        None, description="The same for level 3.", json_schema_extra={"default": "never"}
    )
    level_4: Patience = Field(
        None, description="The same for level 4.", json_schema_extra={"default": "never"}
    )
    level_5: Patience = Field(
        None, description="The same for level 5.", json_schema_extra={"default": "never"}
    )


class StormSettings(Section):
    """When single messages give way to one digest."""

    incidents: Count = Field(
        8, description="More new problems than this within alerts.storm.within become one digest."
    )
    within: Duration = Field(
        10.0,
        description="The time in which they are counted.",
        json_schema_extra={"default": "10s"},
    )
    calm_time: Duration = Field(
        30.0,
        description="It has calmed down when in so long at most two new problems came.",
        json_schema_extra={"default": "30s"},
    )


class ScheduleSettings(Section):
    """Regular work, in which what it causes is muted by itself."""

    name: Line = Field(
        description="How people call it, such as sample change; each name once.",
        examples=["sample change"],
    )
    hours: Weekly = Field(description="The days and hours.")
    device: Line = Field(
        "*",
        description="What is muted: a device, or a pattern for device or text in which a * stands"
        " for any letters.",
    )
    min_level: Importance = Field(
        MOST_IMPORTANT, description="Only this level and less important ones are muted."
    )


def _twice(name: str) -> Sentence:
    return sentence('schedules with different names, but "{name}" comes twice', name=name)


class AlertSettings(Section):
    """What is pushed, and how often."""

    telegram: PushPosts = Field(
        default_factory=PushPosts, description="What goes to the Telegram channel."
    )
    mail: PushMails = Field(
        default_factory=PushMails, description="What goes to the mail recipients."
    )
    repeat_interval: Duration = Field(
        4 * HOUR,
        description="While an error goes on, at most one mail about it in this time.",
        json_schema_extra={"default": "4h"},
    )
    quiet_time: Duration = Field(
        30 * MINUTE,
        description="An error is over after so long without it; if it comes again, it is a new"
        " post.",
        json_schema_extra={"default": "30m"},
    )
    reminders: Reminders = Field(
        default_factory=Reminders, description="When what nobody acknowledged is said again."
    )
    storm: StormSettings = Field(
        default_factory=StormSettings,
        description="When single messages give way to one digest.",
    )
    break_through_max_level: Level = Field(
        0,
        description="Errors from level 1 to this level are told whatever is muted, also by"
        " schedules; 0: a mute hides all of its scope.",
    )
    schedules: Annotated[
        tuple[ScheduleSettings, ...],
        Items(sentence("a list of schedules in braces")),
        named_once(_twice),
    ] = Field((), description="Regular work, in which what it causes is muted by itself.")
    morning: ClockTime = Field(
        time(8),
        description="When people are back: the end of a mute “till morning”.",
        json_schema_extra={"default": "08:00"},
    )
    rules: Teachings = Field(
        default_factory=tuple,
        description="What is one incident and what becomes of it: a list of rules, of which the"
        " first one that fits a message decides. `sonixbot protocol FILE` shows their effect.",
    )
    absence: AbsenceSettings = Field(
        default_factory=AbsenceSettings,
        description="What should be there and is not: an error like any other.",
    )
