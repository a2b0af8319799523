"""Catching up: what was decided about all that came while the service was away, as one digest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from itertools import islice
from typing import Final

from sonixbot.alerts.book import Held
from sonixbot.alerts.decisions import CatchUp, Decision, Mail, Post, Renew
from sonixbot.alerts.incidents import Incident
from sonixbot.alerts.rules import Push, Rules, Way
from sonixbot.entry import MOST_IMPORTANT

#: Incidents of level 1 that are told by themselves after a restart, beside the digest: where a
#: layout knows no levels every error counts as 1, and a hundred posts would hide the digest.
SINGLES: Final = 5


def catch_up(decisions: Iterable[Decision], rules: Rules, held: Held) -> CatchUp:
    """One digest for each way, and what is told beside it."""
    decisions = list(decisions)
    posts = Counter(each.incident.id for each in decisions if isinstance(each, Post))
    told = {
        each.incident.id: each.incident
        for each in decisions
        if isinstance(each, Post | Mail) or (isinstance(each, Renew) and each.counted)
    }
    urgent = (each.id for each in told.values() if posts[each.id] and each.rank == MOST_IMPORTANT)
    singles = set(islice(urgent, SINGLES))
    left = [
        each
        for each in decisions
        if not isinstance(each, Post | Mail) or each.incident.id in singles
    ]
    for incident in told.values():
        if posts[incident.id] and incident.id not in singles:
            # Its posts were not made after all. The one before them is brought up to date; where
            # there is none, its next entry makes one.
            incident.post -= posts[incident.id]
            if incident.post:
                left.append(Renew(incident))
    mails = {each.incident.id for each in decisions if isinstance(each, Mail)}
    # The newest entry may be less important than the one that was to be told.
    posted = _due(told.values(), {*posts}, rules.telegram, held.quiet.get(Way.TELEGRAM, ()))
    mailed = _due(told.values(), mails, rules.mail, held.quiet.get(Way.MAIL, ()))
    for incident in mailed:
        incident.owed = None
    return CatchUp(tuple(posted), tuple(mailed), tuple(left))


def _due(
    told: Iterable[Incident], anew: Collection[int], push: Push, held: Collection[int]
) -> list[Incident]:
    """What goes one way: what was to be told anew, and what went on; the rest waits for morning."""
    waits = {*held}
    return [
        each
        for each in told
        if each.id in anew or (push.takes(each.entry) and each.id not in waits)
    ]
