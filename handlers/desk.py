"""Desk: what the handlers need of the watch over a protocol."""

from __future__ import annotations

from typing import Protocol

from sonixbot.alerts import AlertPolicy, Incident, Mute
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
    ) -> Mute:
        """Hide what fits `scope`, or one incident, until then, for good, and show it."""
        ...

    def acknowledge(self, number: int, author: str, author_id: int) -> Incident | None:
        """Note who takes care of an incident, for good; None where there is none."""
        ...

    def unmute(self, number: int | None, author: str) -> list[Mute]:
        """End one mute or all of them (None), and announce what they hid."""
        ...


def knows_device(desk: Desk, pattern: str) -> bool:
    """Whether a name or pattern fits a device of this protocol or of an error still listed."""
    state = desk.state
    sources = {entry.source for entry in state.recent}
    return bool(pattern) and (state.known_device(pattern) or matches(pattern, *sources))
