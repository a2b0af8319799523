"""Desk: what the handlers need of the watch over a protocol."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from sonixbot.alerts import AlertPolicy, Incident, Mute
from sonixbot.entry import MOST_IMPORTANT
from sonixbot.state import ProtocolState, matches


class Desk(Protocol):
    """Where questions are answered from memory and wishes are carried out."""

    @property
    def state(self) -> ProtocolState:
        """What the protocol says."""
        ...

    @property
    def policy(self) -> AlertPolicy:
        """Incidents and mutes."""
        ...

    def mute(
        self,
        scope: str,
        until: float,
        author: str,
        author_id: int,
        incident: Incident | None = None,
        *,
        level: int = MOST_IMPORTANT,
        comment: str = "",
    ) -> Mute:
        """Hide what fits `scope` and level, or one incident, until then, for good, and show it."""
        ...

    def prolong(self, number: int, until: float, author: str, author_id: int) -> Mute | None:
        """Move the end of a mute, for good; None where it is over."""
        ...

    def acknowledge(self, numbers: Iterable[int], author: str, author_id: int) -> list[Incident]:
        """Note who takes care of incidents, for good; return those that there are."""
        ...

    def unmute(self, number: int | None, author: str) -> list[Mute]:
        """End one mute or all of them (None), and announce what they hid."""
        ...


def knows_device(desk: Desk, pattern: str) -> bool:
    """Whether a name or pattern fits a device of this protocol or of an error still listed."""
    state = desk.state
    sources = {entry.source for entry in state.recent}
    return bool(pattern) and (state.known_device(pattern) or matches(pattern, *sources))
