"""Sightings: when what should be there was seen last, by the computer's clock.

The protocol's own times take no part: a wrong zone would make everything missing, or nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from sonixbot.activity import TIME_OUT, Activity, Doing
from sonixbot.entry import MOST_IMPORTANT, Entry
from sonixbot.errors import Sentence
from sonixbot.language import MINUTE
from sonixbot.state import matches

log = logging.getLogger(__name__)

#: Two looks further apart are no watching: the computer slept, or the clock was moved on.
LONGEST_BLINK: Final = MINUTE


@dataclass(frozen=True, slots=True)
class Value:
    """A value that the protocol should report again and again."""

    name: str
    #: The expression that finds its reports in a text, whatever the case.
    text: str
    #: Seconds after its last report from which on it is missed.
    within: float
    #: Who reports it: a device or a pattern with `*`.
    device: str = "*"
    #: It is missed also while no script runs.
    always: bool = False
    level: int = MOST_IMPORTANT


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of all that should be there. Times in Unix seconds of the computer's clock."""

    #: Since when the protocol has been watched without a gap.
    watched: float
    #: When the protocol last said something; None: not since anybody looks.
    heard: float | None = None
    #: What the protocol says of the script.
    activity: Activity | None = None
    #: Since when a script has been found running; None: none runs.
    running: float | None = None
    #: Since when none has been found running; None: one runs.
    idle: float | None = None
    #: Why the protocol cannot be read, and since when.
    trouble: Sentence | None = None
    gone: float | None = None
    #: The last report of each value that was ever reported.
    reported: Mapping[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class _Moments:
    """What of the sightings survives a restart."""

    watched: float | None = None
    looked: float | None = None
    heard: float | None = None
    running: float | None = None
    idle: float | None = None
    gone: float | None = None
    reported: dict[str, float] = field(default_factory=dict)

    def moved(self, by: float) -> _Moments:
        """The same lengths of time on a clock that was set back by so many seconds."""
        alone = {key: each and each - by for key, each in asdict(self).items() if key != "reported"}
        return _Moments(**alone, reported={key: at - by for key, at in self.reported.items()})


class Sightings:
    """Notes what is seen: of every entry as it is read, and of the rest at every look."""

    def __init__(self, values: Sequence[Value], data: Mapping[str, Any] | None = None) -> None:
        """`data`: what `to_json` wrote before a restart."""
        self._at = _Moments(**(data or {}))
        names = {each.name for each in values}
        self._at.reported = {key: at for key, at in self._at.reported.items() if key in names}
        self._searches = [(each, _search(each.text)) for each in values]
        #: Values whose expression took too long; said once.
        self._slow: set[str] = set()

    def note(self, entry: Entry, now: float) -> None:
        """Note an entry that has just been read."""
        self._at.heard = now
        for value, search in self._searches:
            if not matches(value.device, entry.source):
                continue
            try:
                found = search(entry.text, timeout=TIME_OUT)
            except TimeoutError:
                if value.name not in self._slow:
                    self._slow.add(value.name)
                    log.warning("the text of %s takes too long on: %.100s", value.name, entry.text)
                continue
            if found:
                self._at.reported[value.name] = now

    def look(self, now: float, activity: Activity | None, trouble: Sentence | None) -> Seen:
        """What is known, once all that there was to read has been noted.

        After the computer slept, or the bot was away, watching begins anew with this look, so
        nothing is missed before there was time to see it.
        """
        if self._at.looked is not None and now < self._at.looked:  # the clock was set back
            self._at = self._at.moved(self._at.looked - now)
        at = self._at
        if at.watched is None or at.looked is None or now - at.looked > LONGEST_BLINK:
            at.watched = now
        at.looked = now
        if activity is not None and activity.doing is Doing.STARTED:
            at.running, at.idle = now if at.running is None else at.running, None
        else:
            at.running, at.idle = None, now if at.idle is None else at.idle
        at.gone = (now if at.gone is None else at.gone) if trouble else None
        return Seen(
            at.watched,
            at.heard,
            activity,
            at.running,
            at.idle,
            trouble,
            at.gone,
            dict(at.reported),
        )

    def to_json(self) -> dict[str, Any]:
        """The sightings as plain JSON values."""
        return asdict(self._at)


def _search(expression: str) -> Any:
    import regex  # only a configuration with own values pays for it

    return regex.compile(expression, regex.IGNORECASE).search
