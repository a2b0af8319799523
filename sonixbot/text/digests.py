"""Digests in words: what came while nobody was told, as one list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import Final

from sonixbot.alerts import Incident
from sonixbot.language import Language
from sonixbot.text.incidents import forgotten_words, incident_line, worst_mark
from sonixbot.text.markup import Words, bold, escape, name, one_line, together, words

#: UTF-16 units of each incident's text.
_TEXT_LENGTH: Final = 1200


def catch_up_words(
    incidents: Sequence[Incident],
    away_from: float | None,
    instrument: str,
    language: Language,
    zone: tzinfo | None,
    now: float,
) -> Words:
    """What came while nobody watched: every incident, however many; earliest first."""
    _ = language.gettext
    if away_from is None:
        away = _("while sonixbot was away")
    else:
        away = _("while sonixbot was away ({start} – {end})").format(
            start=language.clock(away_from, zone, now), end=language.clock(now, zone, now)
        )
    subject = _("[{instrument}] While sonixbot was away: {counts}")
    return _digest(incidents, away, subject, away_from, instrument, language, zone, now)


def morning_words(
    incidents: Sequence[Incident],
    instrument: str,
    language: Language,
    zone: tzinfo | None,
    now: float,
    forgotten: int = 0,
) -> Words:
    """What the quiet hours held back: every incident, however many; earliest first.

    `forgotten`: messages of further ones that are no longer kept.
    """
    _ = language.gettext
    said, subject = _("in the quiet hours"), _("[{instrument}] In the quiet hours: {counts}")
    held = _digest(incidents, said, subject, None, instrument, language, zone, now)
    return (
        together(held, words(escape(forgotten_words(forgotten, language)))) if forgotten else held
    )


def reminder_words(
    incidents: Sequence[Incident],
    instrument: str,
    language: Language,
    zone: tzinfo | None,
    now: float,
) -> Words:
    """What nobody acknowledged, said again, with the numbers by which it can be."""
    _ = language.gettext
    said = _("reminder: nobody has acknowledged this")
    subject = _("[{instrument}] Reminder: {counts} not acknowledged")
    hint = words(escape(_("/ack and a number: you see to it.")))
    listed = _digest(incidents, said, subject, None, instrument, language, zone, now, numbered=True)
    return together(listed, hint)


def _digest(
    incidents: Sequence[Incident],
    said: str,
    subject: str,
    begin: float | None,
    instrument: str,
    language: Language,
    zone: tzinfo | None,
    now: float,
    *,
    numbered: bool = False,
) -> Words:
    """A line for each incident; what began before `begin` says since when."""
    counts = language.ngettext("{n} problem", "{n} problems", len(incidents)).format(
        n=len(incidents)
    )
    ordered = sorted(incidents, key=lambda each: each.last)
    head = f"{worst_mark(incidents)} {bold(name(instrument))}: {escape(said)}: {escape(counts)}"
    lines = [
        f"{bold(str(each.id))} " * numbered + _listed(each, begin, language, zone, now)
        for each in ordered
    ]
    return words(
        "\n".join([head, *lines]),
        subject.format(instrument=one_line(instrument), counts=counts),
    )


def _listed(
    incident: Incident,
    begin: float | None,
    language: Language,
    zone: tzinfo | None,
    now: float,
) -> str:
    line = incident_line(incident, language, zone, now, _TEXT_LENGTH)
    if begin is None or incident.first >= begin:
        return line
    since = language.gettext("first {time}")
    return f"{line} ({escape(since.format(time=language.clock(incident.first, zone, now)))})"
