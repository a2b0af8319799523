"""Messengers: the ways to people. Each owns its limits and turns its library's errors into ours."""

from __future__ import annotations

from typing import Protocol

from sonixbot.message import Message


class Messenger(Protocol):
    """One way to people. Retrying is not its business: it tries once and says what to do."""

    #: The first half of a destination: `telegram`, `mail`.
    name: str

    def parts(self, message: Message) -> int:
        """In how many pieces the message goes; depends on the message alone."""
        ...

    async def send(self, address: str, message: Message, part: int) -> str:
        """Send one piece (counted from 0); return the id that the other side gave it.

        Raises a `DeliveryError`.
        """
        ...

    async def edit(self, address: str, remote: str, message: Message) -> None:
        """Replace what was sent earlier under the id `remote`. Raises a `DeliveryError`."""
        ...

    async def rest(self) -> None:
        """Nothing more to send for now: close what should not stay open."""
        ...

    async def close(self) -> None:
        """Close for good."""
        ...
