"""Stage: scenes that play at the same time, and what is said in them, in order of time.

A scene is a generator: it says what happens, and yields the seconds until it goes on.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from itertools import count
from random import Random
from typing import Any, Final, Generic, TypeVar

from sonixbot.sandbox.instrument.said import Said
from sonixbot.sandbox.instrument.sorts import Sort

Scene = Generator[float, None, None]
Card = TypeVar("Card")

#: What of a measurement messages name.
_NAMED: Final = (
    "script",
    "samples",
    "sample",
    "exposure",
    "seconds",
    "spectrum",
    "line",
    "setpoint",
    "temperature",
)
#: Hours of the wall clock between which nobody is there.
EVENING: Final = 23
MORNING: Final = 6


class Deck(Generic[Card]):
    """Draws at random, but only from the half that was not drawn for longest."""

    def __init__(self, cards: Iterable[Card], random: Random) -> None:
        self._cards, self._random = list(cards), random
        random.shuffle(self._cards)

    def draw(self, fits: Callable[[Card], bool] = lambda _: True) -> Card:
        """One of the cards that fit; there must be one."""
        fitting = [each for each in self._cards if fits(each)]
        card = fitting[self._random.randrange((len(fitting) + 1) // 2)]
        self._cards.remove(card)
        self._cards.append(card)
        return card


@dataclass
class Measurement:
    """What the measurement script is at."""

    script: str = ""
    running: bool = False
    samples: int = 12
    sample: int = 1
    #: Of the three exposures of a sample.
    exposure: int = 1
    #: Seconds that the exposure takes, and those it has had; not while a sample is moved.
    seconds: float = 330.0
    had: float = 0.0
    exposing: bool = False
    #: Events a second in the detector.
    rate: float = 4120.0
    spectrum: int = 4203
    #: Where the script is in its text.
    line: int = 14
    setpoint: float = 20.0
    temperature: float = 20.0
    #: How many troubles the exposure waits for.
    holds: int = 0

    @property
    def counting(self) -> bool:
        """Whether neutrons are being counted."""
        return self.exposing and not self.holds

    def pass_time(self, random: Random) -> None:
        """Let the temperature follow its setpoint, with some noise."""
        self.temperature += 0.3 * (self.setpoint - self.temperature) + random.gauss(0.0, 0.02)

    def values(self) -> dict[str, Any]:
        """What a message may name."""
        return {
            **{name: getattr(self, name) for name in _NAMED},
            "percent": 100 * self.had / self.seconds,
            "counts": round(self.had * self.rate),
        }


class Stage:
    """Where scenes play. Times are Unix seconds; `zone` is the nights', None: the computer's."""

    def __init__(self, random: Random, language: str, now: float, zone: tzinfo | None) -> None:
        self.random, self.language, self.zone = random, language, zone
        #: The moment up to which all has been said.
        self.now = now
        self.measurement = Measurement()
        #: The devices in trouble, which do not say meanwhile that all is well.
        self.silent: Counter[str] = Counter()
        self._scenes: list[tuple[float, int, Scene]] = []
        self._order = count()
        self._said: list[Said] = []

    @property
    def due(self) -> float:
        """When the next scene goes on; infinite where there is none."""
        return self._scenes[0][0] if self._scenes else float("inf")

    @property
    def night(self) -> bool:
        """Whether it is night on the wall clock."""
        hour = self.wall(self.now).hour
        return hour >= EVENING or hour < MORNING

    def wall(self, moment: float) -> datetime:
        """A moment on the wall clock."""
        return datetime.fromtimestamp(moment, UTC).astimezone(self.zone)

    def begin(self, scene: Scene, after: float = 0.0) -> Scene:
        """Let a scene play from now on, or after some seconds."""
        heapq.heappush(self._scenes, (self.now + after, next(self._order), scene))
        return scene

    def clear(self) -> None:
        """End all scenes."""
        self._scenes.clear()
        self.silent.clear()

    def say(self, sort: Sort, **given: Any) -> None:
        """Say it now; `given` are values that are not left to chance."""
        self.measurement.pass_time(self.random)
        known = {
            **self.measurement.values(),
            "next": f"{self.wall(self.now + 1050):%H:%M}",
            **given,
        }
        self._said.append(sort.said(self.random, self.language, known))

    def between(self, low: float, high: float) -> float:
        """So many seconds."""
        return self.random.uniform(low, high)

    def until(self, moment: float) -> Iterator[tuple[float, Said]]:
        """What is said up to a moment, and when."""
        while self.due <= moment:
            self.now, _, scene = heapq.heappop(self._scenes)
            wait = next(scene, None)
            if wait is not None:
                self.begin(scene, wait)
            yield from ((self.now, each) for each in self._told())
        self.now = max(self.now, moment)

    def _told(self) -> list[Said]:
        told, self._said = self._said, []
        return told

    def sleep(self, moment: float) -> None:
        """Nothing happened up to this moment: all that was to come comes so much later."""
        asleep = moment - self.now
        self._scenes = [(due + asleep, order, scene) for due, order, scene in self._scenes]
        self.now = moment
