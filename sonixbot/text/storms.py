"""Storms in words: the digest, which fits under a file, the list in that file, and the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import Any, Final

from sonixbot.alerts import Acknowledgement, Incident, Storm
from sonixbot.entry import MOST_IMPORTANT, Kind
from sonixbot.language import Language
from sonixbot.message import Button
from sonixbot.text.incidents import forgotten_words, incident_line, kind_words, worst_mark
from sonixbot.text.markup import (
    Words,
    bold,
    escape,
    length,
    name,
    one_line,
    plain,
    shortened,
    words,
)

#: How the data of the button under a digest begins.
PRESS: Final = "storm"
# UTF-16 units. The words of a file are at most 1024, with marks for a delay and a repeat
# (https://core.telegram.org/bots/api#senddocument).
_DIGEST_LENGTH: Final = 900
_TEXT_LENGTH: Final = 90
_DEVICE_LENGTH: Final = 24
_LISTED_LENGTH: Final = 500
#: Incidents of level 1, devices and kinds that the digest names.
_URGENT: Final = 5
_NAMED: Final = 8


def storm_words(
    storm: Storm,
    incidents: Sequence[Incident],
    care: Mapping[int, Acknowledgement],
    instrument: str,
    language: Language,
    zone: tzinfo | None,
    now: float,
) -> Words:
    """The digest of a storm: how many, what is most important, by device and by kind."""
    _ = language.gettext
    said = _("too much at once: {counts} since {time}").format(
        counts=_counts(storm, incidents, language), time=language.clock(storm.began, zone, now)
    )
    subject = _("[{instrument}] Too much at once").format(instrument=one_line(instrument))
    return _digest(said, subject, incidents, care, instrument, language, zone, now)


def storm_ended_words(
    storm: Storm,
    incidents: Sequence[Incident],
    care: Mapping[int, Acknowledgement],
    instrument: str,
    language: Language,
    zone: tzinfo | None,
    now: float,
) -> Words:
    """The summary of a storm that has calmed down."""
    _ = language.gettext
    said = _("it has calmed down after {duration}: {counts}, {n} of them still open").format(
        duration=language.duration(storm.lasted),
        counts=_counts(storm, incidents, language),
        n=sum(1 for each in incidents if each.ended is None),
    )
    subject = _("[{instrument}] It has calmed down").format(instrument=one_line(instrument))
    return _digest(said, subject, incidents, care, instrument, language, zone, now)


def storm_list(
    storm: Storm,
    incidents: Iterable[Incident],
    language: Language,
    zone: tzinfo | None,
    now: float,
) -> str:
    """Every incident of a storm in a line of its own, the most important first."""
    lines = [
        plain(incident_line(each, language, zone, now, _LISTED_LENGTH))
        for each in _ordered(incidents)
    ]
    return "\n".join(
        [*lines, *[forgotten_words(storm.forgotten, language)] * (storm.forgotten > 0)]
    )


def storm_list_name(storm: Storm, language: Language, zone: tzinfo | None) -> str:
    """The name of the file with the list; in ASCII but for the words."""
    moment = language.clock(storm.began, zone, storm.began).replace(":", "-")
    return language.gettext("problems {time}.txt").format(time=moment)


def storm_buttons(
    storm: Storm,
    incidents: Iterable[Incident],
    care: Mapping[int, Acknowledgement],
    language: Language,
) -> tuple[Button, ...]:
    """One for all of it, as long as something is open that nobody takes care of."""
    if not any(each.ended is None and each.id not in care for each in incidents):
        return ()
    return (Button(language.gettext("Acknowledge all"), f"{PRESS}:ack:{storm.id}"),)


def _counts(storm: Storm, incidents: Sequence[Incident], language: Language) -> str:
    total = sum(each.count for each in incidents) + storm.forgotten
    messages = language.ngettext("{n} message", "{n} messages", total).format(n=total)
    kinds = language.ngettext("{n} problem", "{n} problems", len(incidents))
    return f"{messages}, {kinds.format(n=len(incidents))}"


def _digest(
    said: str,
    subject: str,
    incidents: Sequence[Incident],
    care: Mapping[int, Acknowledgement],
    instrument: str,
    language: Language,
    zone: tzinfo | None,
    now: float,
) -> Words:
    head = f"{worst_mark(incidents)} {bold(name(instrument))}: {escape(said)}"
    after = [*_by_device(incidents, language), *_by_kind(incidents, language)]
    after += [*_cared(incidents, care, language)]
    after.append(escape(language.gettext("All of them are in the file.")))
    lines = [head]
    for line in _urgent(incidents, language, zone, now):
        if length(plain("\n".join([*lines, line, *after]))) <= _DIGEST_LENGTH:
            lines.append(line)
    return words("\n".join([*lines, *after]), subject)


def _urgent(
    incidents: Iterable[Incident], language: Language, zone: tzinfo | None, now: float
) -> Iterator[str]:
    urgent = [each for each in _ordered(incidents) if each.rank == MOST_IMPORTANT]
    for each in urgent[:_URGENT]:
        yield incident_line(each, language, zone, now, _TEXT_LENGTH)


def _by_device(incidents: Iterable[Incident], language: Language) -> Iterator[str]:
    counts: Counter[str] = Counter()
    for each in incidents:
        counts[each.entry.source] += each.count
    unnamed = language.gettext("(none named)")
    named = [
        f"{bold(name(shortened(device, _DEVICE_LENGTH))) if device else escape(unnamed)} {count}"
        for device, count in counts.most_common(_NAMED)
    ]
    shown = " · ".join([*named, *_left(counts, language)])
    said = language.gettext("By device:")
    yield f"{escape(said)} {shown}"


def _by_kind(incidents: Iterable[Incident], language: Language) -> Iterator[str]:
    counts: Counter[tuple[Kind, int | None]] = Counter()
    for each in incidents:
        counts[each.kind, each.level] += each.count
    ordered = sorted(
        counts.items(), key=lambda each: (each[0][0] is not Kind.ERROR, each[0][1] or 0)
    )
    named = [
        f"{escape(kind_words(kind, level, language))}: {count}"
        for (kind, level), count in ordered[:_NAMED]
    ]
    shown = " · ".join([*named, *_left(counts, language)])
    said = language.gettext("By kind:")
    yield f"{escape(said)} {shown}"


def _left(counts: Counter[Any], language: Language) -> Iterator[str]:
    if (left := len(counts) - _NAMED) > 0:
        yield escape(language.gettext("… and more: {n}").format(n=left))


def _cared(
    incidents: Iterable[Incident], care: Mapping[int, Acknowledgement], language: Language
) -> Iterator[str]:
    authors = Counter(care[each.id].author for each in incidents if each.id in care)
    said = language.gettext("{author} takes care of {n}")
    for author, count in authors.most_common(3):
        yield "✔ " + escape(said).format(author=name(author), n=count)


def _ordered(incidents: Iterable[Incident]) -> list[Incident]:
    return sorted(incidents, key=lambda each: (each.importance, each.id))
