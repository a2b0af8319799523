"""Answers about incidents in words: what is open, one of them whole, who takes care of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from typing import Final

from sonixbot.alerts import Acknowledgement, AlertPolicy, Incident, Mute
from sonixbot.alerts.grouping import likeness
from sonixbot.language import Language
from sonixbot.text.histories import history_lines
from sonixbot.text.incidents import incident_line, incident_words, subject_of, wishes
from sonixbot.text.markup import Words, bold, escape, name, one_line, shortened, together, words

#: Incidents listed in one message, and the UTF-16 units of each one's text.
_LISTED: Final = 15
_TEXT_LENGTH: Final = 160


def incidents_words(
    policy: AlertPolicy, instrument: str, language: Language, zone: tzinfo | None, now: float
) -> Words:
    """What is open, newest first, with what was done about it; and how to do more."""
    _ = language.gettext
    opened = policy.open(now)
    if not opened:
        none = escape(_("nothing is open."))
        return words(f"{bold(name(instrument))}: {none}")
    said = language.ngettext("{n} open problem", "{n} open problems", len(opened))
    lines = [f"{bold(name(instrument))}: {escape(said.format(n=len(opened)))}"]
    for each in opened[:_LISTED]:
        lines.append(f"<b>{each.id}</b> {incident_line(each, language, zone, now, _TEXT_LENGTH)}")
        lines += wishes(*_wanted(each, policy, now), language, zone, now)
    if left := opened[_LISTED:]:
        more = _("… and more: {n}")
        lines.append(escape(more.format(n=len(left))))
    lines.append(escape(_("/incident and a number tells more; /ack and a number: you see to it.")))
    return words("\n".join(lines))


def story_words(
    incident: Incident,
    policy: AlertPolicy,
    instrument: str,
    language: Language,
    zone: tzinfo | None,
    now: float,
) -> Words:
    """All that is known of one incident: its post, why its entries go together, what was sent."""
    care, mute = _wanted(incident, policy, now)
    post = incident_words(incident, None, instrument, language, zone, now, care=care, mute=mute)
    return together(post, words("\n".join(_told(incident, policy, language, zone, now))))


def _told(
    incident: Incident,
    policy: AlertPolicy,
    language: Language,
    zone: tzinfo | None,
    now: float,
) -> Iterator[str]:
    _ = language.gettext
    yield ""
    yield escape(_("Incident {number}").format(number=incident.id))
    yield from _grouped(incident, language)
    yield from _hid(incident, policy, language)
    yield from history_lines(incident, language, zone, now)


def _grouped(incident: Incident, language: Language) -> Iterator[str]:
    """Why its entries are one incident."""
    _ = language.gettext
    like, values = likeness(incident.fingerprint)
    if incident.standing:
        yield escape(_("It lasts until what is missing is back."))
    elif not like and incident.rule:
        yield escape(_("Counted together: whatever fits the rule."))
    else:
        if incident.entry.source:
            said = _("Counted together: all that {device} writes like this, # for any value:")
            yield escape(said).format(device=bold(name(incident.entry.source)))
        else:
            yield escape(_("Counted together: all that is written like this, # for any value:"))
        yield f"<code>{escape(shortened(one_line(like), _TEXT_LENGTH))}</code>"
    if values:
        told_apart = shortened(one_line(", ".join(values)), _TEXT_LENGTH)
        yield escape(_("Told apart by: {values}").format(values=told_apart))
    if incident.rule:
        yield escape(_("By the rule {name}.")).format(name=bold(name(incident.rule)))


def _hid(incident: Incident, policy: AlertPolicy, language: Language) -> Iterator[str]:
    """What it hid as its consequences, the most frequent first."""
    if not incident.hidden:
        return
    yield escape(language.gettext("It hid what followed from it:"))
    frequent = sorted(incident.hidden.items(), key=lambda each: each[1], reverse=True)
    for number, count in frequent[:_LISTED]:
        if found := policy.find(number):
            yield f"×{count} {subject_of(found, _TEXT_LENGTH)}"


def care_words(
    incident: Incident,
    policy: AlertPolicy,
    language: Language,
    zone: tzinfo | None,
    now: float,
) -> Words:
    """The answer to somebody who takes care of an incident."""
    line = incident_line(incident, language, zone, now, _TEXT_LENGTH)
    return words("\n".join([line, *wishes(*_wanted(incident, policy, now), language, zone, now)]))


def which_incident_words(
    policy: AlertPolicy, instrument: str, language: Language, zone: tzinfo | None, now: float
) -> Words:
    """The answer to somebody who does not name an incident that there is."""
    question = words(escape(language.gettext("Which incident is meant?")))
    return together(question, incidents_words(policy, instrument, language, zone, now))


def incident_gone_words(language: Language) -> Words:
    """The answer to a button whose incident is no longer kept; below 200 characters."""
    return words(
        escape(language.gettext("This incident is no longer kept. /incidents lists what is open."))
    )


def _wanted(
    incident: Incident, policy: AlertPolicy, now: float
) -> tuple[Acknowledgement | None, Mute | None]:
    return policy.acknowledged.get(incident.id), policy.muting(incident, now)
