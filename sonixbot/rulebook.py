"""Rulebook: what the configuration says about alerts, as the rules of the policy."""

from __future__ import annotations

from sonixbot.alerts import Grouping, Push, Quiet, Rules, Schedule, StormRules
from sonixbot.alerts.absence import Absences
from sonixbot.alerts.sightings import Value
from sonixbot.alerts.teaching import rules_of
from sonixbot.config import Config
from sonixbot.config.alerting import AlertSettings, PushMails, PushPosts, Reminders


def rulebook(config: Config) -> Rules:
    """The rules of this configuration."""
    alerts = config.alerts
    return Rules(
        telegram=_push(alerts.telegram),
        mail=_push(alerts.mail),
        repeat_interval=alerts.repeat_interval,
        quiet_time=alerts.quiet_time,
        reminders=_reminders(alerts.reminders),
        storm=StormRules(alerts.storm.incidents, alerts.storm.within, alerts.storm.calm_time),
        break_through=alerts.break_through_max_level,
        schedules=_schedules(alerts),
        morning=alerts.morning,
        grouping=Grouping(rules_of(config)),
        zone=config.zone,
    )


def absences_of(config: Config) -> Absences:
    """What this configuration misses where it is not there."""
    settings = config.alerts.absence
    return Absences(
        silent_time=settings.silent_time,
        idle_time=settings.idle_time,
        idle_hours=settings.idle_hours,
        gone_time=settings.gone_time,
        level=settings.level,
        values=tuple(
            Value(
                each.name,
                each.text,
                each.within,
                device=each.device,
                always=each.during == "always",
                level=each.level,
            )
            for each in settings.values
        ),
    )


def _push(settings: PushPosts | PushMails) -> Push:
    return Push(
        error=settings.error_max_level,
        warning=settings.warning_max_level,
        user=settings.user_max_level,
        info=settings.info_max_level,
        quiet=tuple(
            Quiet(each.hours, each.min_level, hold=not getattr(each, "silent", False))
            for each in settings.quiet_hours
        ),
    )


def _reminders(settings: Reminders) -> dict[int, float]:
    intervals = enumerate(
        (
            settings.level_1,
            settings.level_2,
            settings.level_3,
            settings.level_4,
            settings.level_5,
        ),
        start=1,
    )
    return {level: interval for level, interval in intervals if interval is not None}


def _schedules(settings: AlertSettings) -> tuple[Schedule, ...]:
    return tuple(
        Schedule(each.name, each.hours, each.device.strip("*") and each.device, each.min_level)
        for each in settings.schedules
    )
