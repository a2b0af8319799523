"""Pace: how fast one address may be spoken to. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sonixbot.language import HOUR, MINUTE
from sonixbot.message import Delivery, Origin, State


class Call(StrEnum):
    """The sort of a call to an address."""

    #: The digest of a storm, or an edit of it.
    DIGEST = "digest"
    #: An alert by itself.
    SINGLE = "single"
    SCRIPT = "script"
    #: Any other message.
    POST = "post"
    #: An edit of any of these three.
    EDIT = "edit"
    #: Several messages in one.
    LIST = "list"

    @staticmethod
    def of(delivery: Delivery) -> Call:
        """The sort of call that delivers this."""
        origin = delivery.message.origin
        if origin is Origin.DIGEST:
            return Call.DIGEST
        if delivery.state is State.STALE:
            return Call.EDIT
        return {Origin.ALERT: Call.SINGLE, Origin.SCRIPT: Call.SCRIPT}.get(origin, Call.POST)


_ALL: Final = frozenset(Call)
_DIGESTS: Final = frozenset({Call.DIGEST})
_OTHERS: Final = _ALL - _DIGESTS


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many calls of these sorts in so many seconds."""

    calls: int
    window: float
    #: The sorts that it counts, and those that keep it.
    counted: frozenset[Call] = _ALL
    kept: frozenset[Call] = _ALL

    def wait(self, calls: Sequence[tuple[float, Call]], now: float) -> float:
        """Seconds until it allows one more."""
        counted = (moment for moment, call in calls if call in self.counted)
        recent = [moment for moment in counted if now - self.window < moment <= now]
        return recent[-self.calls] + self.window - now if len(recent) >= self.calls else 0.0


def _of(calls: int, window: float, *sorts: Call) -> Limit:
    """A limit of some sorts that keep it among themselves."""
    return Limit(calls, window, frozenset(sorts), frozenset(sorts))


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast one address may be spoken to."""

    limits: tuple[Limit, ...]
    #: Seconds between two calls.
    gap: float = 0.0
    #: What the limits hold up goes as one list, as often as they let one pass; else it waits.
    lists: bool = False


#: Scripts' messages in a minute; those beyond are joined.
SCRIPTS: Final = 10

#: Telegram: about one message a second and twenty a minute to one chat, edits included
#: (https://core.telegram.org/bots/faq). Mail: what a person and a mail server can bear.
PACES: Final = {
    "telegram": Pace(
        gap=1.0,
        limits=(
            # Answers to people in the chat do not come this way; two of the twenty are theirs.
            Limit(18, MINUTE),
            # Five are a digest's, so that nothing holds it up: it is renewed each 12 s, or 13 after
            # a call just before it, and so within the 15 s that readers are promised.
            Limit(13, MINUTE, _OTHERS, _OTHERS),
            Limit(1, 12.0, _DIGESTS, _DIGESTS),
            _of(10, 30.0, Call.SINGLE),
            # So that posts need not wait where much is edited.
            _of(10, MINUTE, Call.EDIT),
            _of(SCRIPTS, MINUTE, Call.SCRIPT),
        ),
    ),
    "mail": Pace(
        limits=(
            Limit(60, HOUR, _OTHERS, _OTHERS - {Call.LIST}),
            # Never in a list, so beside the sixty: the beginnings and ends of six storms.
            Limit(12, HOUR, _DIGESTS, _DIGESTS),
            Limit(1, 10 * MINUTE, _OTHERS, frozenset({Call.LIST})),
            _of(SCRIPTS, MINUTE, Call.SCRIPT),
        ),
        lists=True,
    ),
}


def pause(pace: Pace, calls: Sequence[tuple[float, Call]], call: Call, now: float) -> float:
    """Seconds until a call of this sort is within the pace; `calls`: the last ones, in order."""
    limits = (Limit(1, pace.gap), *(each for each in pace.limits if call in each.kept))
    return max(each.wait(calls, now) for each in limits)
