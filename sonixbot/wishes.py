"""Wishes: what people want of the alerts, carried out for good and shown at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy

from sonixbot.alerts import AlertPolicy, Changes, Incident, Mute
from sonixbot.clock import Clock
from sonixbot.entry import MOST_IMPORTANT
from sonixbot.herald import Herald
from sonixbot.store import Store


class Wishes:
    """Changes the book of alerts together with the store and with what is shown of it."""

    def __init__(
        self,
        policy: AlertPolicy,
        store: Store,
        herald: Herald,
        clock: Clock,
        wake: Callable[[], None],
    ) -> None:
        """`wake`: the outbox has something new."""
        self.policy = policy
        self._store, self._herald, self._clock, self._wake = store, herald, clock, wake

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
        """Hide what fits `scope` and level, or one incident, until then, and show it.

        A mute of one incident is shown in its post, any other is announced. Raises sqlite3.Error.
        """
        now = self._clock.now()
        with self._wishing():
            made = self.policy.mute(
                scope, until, author, author_id, now, incident, level=level, comment=comment
            )
            if incident is None:
                self._herald.muted(made, now)
            self._herald.refresh(self.policy.covered(made), self.policy, now)
        return made

    def prolong(self, number: int, until: float, author: str, author_id: int) -> Mute | None:
        """Move the end of a mute, and let the warning of its end say so; None where it is over.

        Raises sqlite3.Error.
        """
        now, before = self._clock.now(), self.policy.mutes.get(number)
        with self._wishing():
            made = self.policy.prolong(number, until, author, author_id)
            if made and before:
                self._herald.prolonged(before, made, now)
                self._herald.refresh(self.policy.covered(made), self.policy, now)
        return made

    def unmute(self, number: int | None, author: str) -> list[Mute]:
        """End one mute or all, tell who did and what they hid; return those that ended.

        Raises sqlite3.Error.
        """
        now = self._clock.now()
        with self._wishing():
            ended = self.policy.unmute(number, now)
            for mute in ended:
                self._herald.mute_ended(mute, self.policy, now, author)
                self._herald.refresh(self.policy.covered(mute), self.policy, now)
        return ended

    def acknowledge(self, numbers: Iterable[int], author: str, author_id: int) -> list[Incident]:
        """Note who takes care of these incidents, and show it in their posts.

        Returns those that there are. Raises sqlite3.Error.
        """
        now = self._clock.now()
        with self._wishing():
            free = [each for each in numbers if each not in self.policy.acknowledged]
            found = [self.policy.acknowledge(each, author, author_id, now) for each in numbers]
            known = [each for each in found if each]
            self._herald.refresh([each for each in known if each.id in free], self.policy, now)
        return known

    @contextmanager
    def _wishing(self) -> Iterator[None]:
        """What people want changes together with its announcement and its row, or not at all."""
        policy = self.policy
        before = dict(policy.mutes), dict(policy.acknowledged), deepcopy(policy.held)
        pending = dict(policy.changes.mutes), dict(policy.changes.acknowledged)
        try:
            with self._store.transaction():
                yield
                self._store.save_wishes(policy)
        except BaseException:
            policy.mutes, policy.acknowledged, policy.held = before
            policy.changes = Changes(policy.changes.incidents, *pending, policy.changes.storms)
            raise
        policy.changes.mutes.clear()
        policy.changes.acknowledged.clear()
        self._wake()
