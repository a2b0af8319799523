"""Pace: how fast Telegram lets a bot speak to one chat; pure.

About one message a second with short bursts, and twenty a minute to a group or channel; an edit
counts like a post (https://core.telegram.org/bots/faq, "My bot is hitting limits"). Telegram
publishes no exact values: these are at the strict end of what people see.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Final

#: Calls at once, where nothing was said for a while; one more comes free each second.
BURST: Final = 3
#: Calls in a minute to a group, supergroup or channel.
MOST: Final = 20
#: A bot counts from where its calls start, the server from where they arrive: a call that is late
#: by some milliseconds makes the next one seem early. Seconds that are forgiven for it, after the
#: last call and in the minute, where the waits of a busy computer add up.
JITTER: Final = 0.1
WINDOW: Final = 60.0 - 1.0


@dataclass(frozen=True)
class Budget:
    """What one chat allows at a moment. Moments are Unix seconds."""

    #: Calls that were free at the last one.
    free: float = float(BURST)
    #: The last calls, oldest first.
    calls: tuple[float, ...] = ()

    def wait(self, now: float, *, group: bool) -> int:
        """Whole seconds until the next call is taken; 0: it is taken now."""
        waits = [1.0 - JITTER - self._free(now)]
        if group and len(recent := self._recent(now)) >= MOST:
            waits.append(recent[-MOST] + WINDOW - now)
        return max(0, ceil(max(waits)))

    def spent(self, now: float) -> Budget:
        """What it allows after a call that was taken."""
        return Budget(self._free(now) - 1.0, (*self._recent(now), now)[-MOST:])

    def _free(self, now: float) -> float:
        passed = max(0.0, now - self.calls[-1]) if self.calls else 0.0
        return min(float(BURST), self.free + passed)

    def _recent(self, now: float) -> list[float]:
        return [each for each in self.calls if now - WINDOW < each <= now]
