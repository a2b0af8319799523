"""Decisions: what the policy wants to be said, and in which way."""

from __future__ import annotations

from dataclasses import dataclass

from sonixbot.alerts.incidents import Incident
from sonixbot.alerts.mutes import Mute
from sonixbot.alerts.rules import Way
from sonixbot.alerts.storms import Storm


@dataclass(frozen=True, slots=True)
class Post:
    """Say it anew in Telegram; the incident knows why."""

    incident: Incident
    #: Without a sound, as it is not important and the hour is quiet.
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Renew:
    """Bring the words of its newest post and of mails not yet sent up to date."""

    incident: Incident
    #: Another entry was counted, not only an earlier one told more completely.
    counted: bool = True


@dataclass(frozen=True, slots=True)
class Mail:
    """Send a mail about it; the incident knows why."""

    incident: Incident


@dataclass(frozen=True, slots=True)
class Ended:
    """It is over: its post says so."""

    incident: Incident
    #: It was important and nobody muted it, so its end is told in a message of its own.
    aloud: bool


@dataclass(frozen=True, slots=True)
class MuteBegan:
    """Regular work begins: tell what is muted by schedule."""

    mute: Mute


@dataclass(frozen=True, slots=True)
class MuteEnding:
    """Warn that a mute ends soon."""

    mute: Mute


@dataclass(frozen=True, slots=True)
class MuteEnded:
    """Tell what a mute hid."""

    mute: Mute


@dataclass(frozen=True, slots=True)
class StormBegan:
    """One digest takes the place of single posts and mails; what waits unsent goes into it."""

    storm: Storm


@dataclass(frozen=True, slots=True)
class StormRenewed:
    """Bring the digest and its list up to date."""

    storm: Storm


@dataclass(frozen=True, slots=True)
class StormEnded:
    """It has calmed down: one summary."""

    storm: Storm


@dataclass(frozen=True, slots=True)
class Morning:
    """The quiet hours are over: what was held goes one way as one digest."""

    way: Way
    incidents: tuple[Incident, ...]
    #: Messages of further incidents that are no longer kept.
    forgotten: int = 0


@dataclass(frozen=True, slots=True)
class Reminded:
    """Nobody acknowledged these: they are said again one way, as one list."""

    way: Way
    incidents: tuple[Incident, ...]


Decision = (
    Post
    | Renew
    | Mail
    | Ended
    | MuteBegan
    | MuteEnding
    | MuteEnded
    | StormBegan
    | StormRenewed
    | StormEnded
    | Morning
    | Reminded
)


@dataclass(frozen=True, slots=True)
class CatchUp:
    """What came while the service was away."""

    #: Incidents for the digest in Telegram…
    posts: tuple[Incident, ...]
    #: … and for that by mail.
    mails: tuple[Incident, ...]
    #: What is told beside: the first of level 1 also by themselves, ends of mutes.
    decisions: tuple[Decision, ...]
