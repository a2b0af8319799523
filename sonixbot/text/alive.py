"""The bot about itself in words: that it lives, and that it was away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from typing import Final

from sonixbot.alerts.tally import Tally
from sonixbot.entry import Kind
from sonixbot.health import Status
from sonixbot.language import Language
from sonixbot.text.incidents import worst_mark
from sonixbot.text.markup import Words, bold, escape, name, one_line, shortened, words
from sonixbot.text.status import script_line

_REASON_LENGTH: Final = 200


def alive_words(tally: Tally, status: Status, language: Language, zone: tzinfo | None) -> Words:
    """The daily line: that the bot lives, what came since the last one, and how things stand."""
    said = language.gettext("sonixbot is alive.")
    shown = "🟢"
    if status.incidents:
        shown = worst_mark(status.incidents)
    elif status.trouble:
        shown = "⚪" if status.trouble_since is None else "🔴"
    head = f"{shown} {bold(name(status.instrument))}: {escape(said)}"
    counts = _counts(tally, language)
    subject = f"[{one_line(status.instrument)}] {said} {counts}"
    lines = [head, *_day(tally, counts, status, language, zone), *_now(status, language, zone)]
    return words("\n".join(lines), subject)


def _counts(tally: Tally, language: Language) -> str:
    """The errors and warnings, in one piece of a sentence."""
    errors, warnings = tally.counts[Kind.ERROR], tally.counts[Kind.WARNING]
    return ", ".join(
        (
            language.ngettext("{n} error", "{n} errors", errors).format(n=errors),
            language.ngettext("{n} warning", "{n} warnings", warnings).format(n=warnings),
        )
    )


def _day(
    tally: Tally, counts: str, status: Status, language: Language, zone: tzinfo | None
) -> Iterator[str]:
    if not status.protocol.path and not tally.total():
        return  # there was nothing to count
    total = tally.total()
    said = language.ngettext(
        "Since {time}: {counts}; {n} message in all.",
        "Since {time}: {counts}; {n} messages in all.",
        total,
    )
    time = language.clock(tally.since, zone, status.now)
    yield escape(said.format(time=time, counts=counts, n=total))


def _now(status: Status, language: Language, zone: tzinfo | None) -> Iterator[str]:
    if status.trouble:
        yield escape(shortened(one_line(language.say(status.trouble)), _REASON_LENGTH))
    if status.incidents:
        number = len(status.incidents)
        open_ones = language.ngettext("{n} open problem", "{n} open problems", number)
        yield escape(open_ones.format(n=number))
    else:
        yield escape(language.gettext("No open problems."))
    if status.protocol.path:
        yield script_line(status, language, zone)
    if waiting := sum(each.waiting for each in status.ways):
        said = language.ngettext(
            "{n} message waits to be delivered.", "{n} messages wait to be delivered.", waiting
        )
        yield escape(said.format(n=waiting))


def away_words(
    away_from: float,
    missed: int,
    instrument: str,
    language: Language,
    zone: tzinfo | None,
    now: float,
) -> Words:
    """From when to when the bot was away; `missed`: problems that came and are not told now."""
    said = language.gettext("sonixbot was away from {start} to {end} ({duration}).").format(
        start=language.clock(away_from, zone, now),
        end=language.clock(now, zone, now),
        duration=language.duration(now - away_from),
    )
    if missed:
        more = language.ngettext(
            "{n} problem came meanwhile.", "{n} problems came meanwhile.", missed
        ).format(n=missed)
        more += " " + language.gettext("Muted or held back; /lasterrors shows more.")
    else:
        more = language.gettext("Nothing was missed.")
    html = f"{'🟡' if missed else '🟢'} {bold(name(instrument))}: {escape(said)} {escape(more)}"
    return words(html, f"[{one_line(instrument)}] {said} {more}")
