"""Storms: more new incidents than anybody can read one by one."""

from __future__ import annotations

from collections import deque
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self

from sonixbot.alerts.rules import StormRules
from sonixbot.language import MINUTE

#: Single posts that a chat bears, as (posts, seconds); Telegram allows 20 calls a minute to one
#: chat, and edits, digests and answers need their part.
SINGLES: Final = ((10, 30.0), (15, MINUTE))
#: Single posts of level 1 in a minute of a storm; further ones head the digest.
URGENT: Final = 5
#: Seconds between two renewals of a digest: with a look every 5 s at most 13 while it grows …
RENEW_EVERY: Final = 8.0
#: … and after it has calmed down, when only counts change.
RENEW_LATER: Final = MINUTE
#: New problems within the calm time that are no calm: what comes one by one is told so again.
THICK: Final = 3


@dataclass(slots=True)
class Storm:
    """A storm and its digest; the incidents know that they belong to it."""

    id: int
    #: When the first of the news came that made it one.
    began: float
    #: When the newest incidents came, `THICK` moments at the most.
    grew: list[float]
    #: When its digest was last brought up to date, and whether something changed since.
    told: float
    changed: bool = False
    #: When it had calmed down.
    ended: float | None = None
    #: Messages of incidents that stood in its list and are no longer kept.
    forgotten: int = 0

    def grow(self, now: float) -> None:
        """An incident has come."""
        self.grew = [*self.grew, now][-THICK:]

    @property
    def lasted(self) -> float:
        """Seconds from its beginning to the newest incident."""
        return max(0.0, self.grew[-1] - self.began)

    def lasts(self, now: float, calm: float) -> bool:
        """Whether it goes on, though nobody may have looked since; a clock set back ends it."""
        return self.ended is None and 0 <= now - self.grew[0] < calm

    def due(self, now: float) -> bool:
        """Whether its digest is to be brought up to date."""
        pause = RENEW_EVERY if self.ended is None else RENEW_LATER
        return self.changed and not 0 <= now - self.told < pause

    def to_json(self) -> dict[str, Any]:
        """The storm as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The storm that `to_json` wrote."""
        return cls(**data)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A piece of news: an incident that is to be told anew."""

    at: float
    #: The incident's number.
    incident: int
    single: bool
    urgent: bool


@dataclass(slots=True)
class News:
    """What was new in the last minute, and how much of it was posted by itself."""

    pieces: deque[_Piece] = field(default_factory=deque)

    def came(self, incident: int, now: float, *, single: bool, urgent: bool) -> None:
        """Note a piece of news that is posted by itself or may yet be one of a storm."""
        while self.pieces and not 0 <= now - self.pieces[0].at <= MINUTE:
            self.pieces.popleft()
        self.pieces.append(_Piece(now, incident, single, urgent))

    def lately(self, now: float, seconds: float) -> list[int]:
        """The incidents that were news in the last `seconds`, each once."""
        return list(dict.fromkeys(each.incident for each in self._since(now, seconds)))

    def begin(self, now: float, seconds: float) -> float:
        """When the first news of the last `seconds` came."""
        return min((each.at for each in self._since(now, seconds)), default=now)

    def room(self, now: float) -> bool:
        """Whether one more single post is within what a chat bears."""
        return all(self._singles(now, seconds) < posts for posts, seconds in SINGLES)

    def urgent_room(self, now: float) -> bool:
        """Whether one more single post of level 1 is, in a storm."""
        singles = sum(1 for each in self._since(now, MINUTE) if each.single and each.urgent)
        return singles < URGENT and self.room(now)

    def breaks(self, incident: int, rules: StormRules, now: float) -> bool:
        """Whether this piece of news makes a storm of it all."""
        news = {*self.lately(now, rules.within), incident}
        return len(news) > rules.incidents or not self.room(now)

    def _singles(self, now: float, seconds: float) -> int:
        return sum(1 for each in self._since(now, seconds) if each.single)

    def _since(self, now: float, seconds: float) -> list[_Piece]:
        return [each for each in self.pieces if 0 <= now - each.at < seconds]
