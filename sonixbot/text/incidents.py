"""Incidents in words: the post and the mail of one, and lists of several."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo
from typing import Final

from sonixbot.alerts import Acknowledgement, Incident, Mute, Why
from sonixbot.alerts.grouping import MERGED
from sonixbot.entry import Entry, Kind
from sonixbot.language import Language
from sonixbot.message import Button
from sonixbot.text.markup import Words, bold, escape, length, name, one_line, shortened, words

#: How the data of a button under an incident's post begins.
PRESS: Final = "incident"
#: The action of the button that shows the lines around an incident.
CONTEXT: Final = "context"
# UTF-16 units that the parts of a post may take; together they stay far below a message's length.
_TEXT_LENGTH: Final = 1200
_DETAILS_LENGTH: Final = 1800
_DETAIL_LENGTH: Final = 300
_NAME_LENGTH: Final = 60
#: Lines of a traceback that are shown from its beginning; the rest of the room is for its end,
#: where Python names the error.
_FIRST_DETAILS: Final = 3


def mark(kind: Kind, level: int | None) -> str:
    """One coloured mark: what needs somebody now is red."""
    if kind is Kind.ERROR:
        return "🔴" if level is None or level <= 2 else "🟠"
    return "🟡" if kind is Kind.WARNING else "🔵"


def worst_mark(incidents: Iterable[Incident]) -> str:
    """The mark of the most important one."""
    worst = min(incidents, key=lambda each: (each.kind is not Kind.ERROR, each.rank))
    return mark(worst.kind, worst.level)


def kind_words(kind: Kind, level: int | None, language: Language) -> str:
    """Kind and level as people say them: "Error 1"; an unknown level is left out."""
    _ = language.gettext
    names = {
        Kind.ERROR: _("Error"),
        Kind.WARNING: _("Warning"),
        Kind.USER: _("User message"),
        Kind.INFO: _("Info"),
    }
    return names[kind] if level is None else f"{names[kind]} {level}"


def incident_words(
    incident: Incident,
    why: Why | None,
    instrument: str,
    language: Language,
    zone: tzinfo | None,
    now: float,
    *,
    care: Acknowledgement | None = None,
    mute: Mute | None = None,
) -> Words:
    """The post and the mail of an incident; it is understood on a phone's lock screen.

    `care`, `mute`: who takes care of it, and what hides it.
    """
    entry = incident.entry
    kind = kind_words(incident.kind, incident.level, language)
    head = f"{name(instrument)}: {escape(kind)}"
    if entry.source:
        head += f" · {name(entry.source)}"
    lines = [
        f"{mark(incident.kind, incident.level)} {bold(head)}",
        *([bold(name(incident.name))] if incident.name else []),
        _text(entry, language),
        *_reason(why, incident, language),
        _times(incident, language, zone, now),
        *wishes(care, mute, language, zone, now),
        *_quiet(incident, language, zone, now),
        *_hides(incident, language, zone, now),
    ]
    if details := _details(entry, language):
        lines.append(f"<blockquote expandable>{details}</blockquote>")
    return words("\n".join(lines), _subject(incident, kind, instrument))


def _subject(incident: Incident, kind: str, instrument: str) -> str:
    source = "" if incident.fingerprint.startswith(MERGED) else one_line(incident.entry.source)
    device = f"{source}: " if source else ""
    about = one_line(incident.name or incident.about)
    return f"[{one_line(instrument)}] {kind}: {device}{about}"


def _text(entry: Entry, language: Language) -> str:
    shown = shortened(entry.text, _TEXT_LENGTH)
    if shown == entry.text:
        return escape(shown)
    left = len(entry.text) - len(shown) + 1
    said = language.ngettext(
        "{n} more character in the protocol", "{n} more characters in the protocol", left
    )
    return f"{escape(shown)} ({escape(said.format(n=left))})"


def _reason(why: Why | None, incident: Incident, language: Language) -> list[str]:
    _ = language.gettext
    again = _("It is back after a quiet time.")
    if incident.standing:  # "back" would mean that what is missing has come back
        again = _("It is so again, after it was over.")
    reasons = {
        Why.WORSE: _("More important than before."),
        Why.AGAIN: again,
        Why.STILL: _("It still goes on."),
        Why.REMINDER: _("Reminder: nobody has acknowledged it."),
    }
    return [f"<i>{escape(reasons[why])}</i>"] if why in reasons else []


def _times(incident: Incident, language: Language, zone: tzinfo | None, now: float) -> str:
    _ = language.gettext
    first = language.clock(incident.first, zone, now)
    if incident.count == 1:
        return escape(first)
    last = language.clock(incident.last, zone, now)
    return escape(
        _("×{count} · first {first} · last {last}").format(
            count=incident.count, first=first, last=last
        )
    )


def wishes(
    care: Acknowledgement | None,
    mute: Mute | None,
    language: Language,
    zone: tzinfo | None,
    now: float,
) -> Iterable[str]:
    """What people want of an incident, as lines of HTML: who takes care of it, who muted it."""
    _ = language.gettext
    if care:
        said = _("{author} takes care of it, {time}")
        moment = language.clock(care.at, zone, now)
        yield "✔ " + escape(said).format(author=name(care.author), time=escape(moment))
    if mute:
        said = _("muted until {end} by {author}")
        end = language.clock(mute.until, zone, now)
        yield "🔕 " + escape(said).format(author=wisher(mute, language), end=escape(end))


def wisher(mute: Mute, language: Language) -> str:
    """Whose wish a mute is, as HTML: somebody's, or that of regular work."""
    if mute.author:
        return name(mute.author)
    return escape(language.gettext("the schedule {name}")).format(name=name(mute.schedule))


def _quiet(
    incident: Incident, language: Language, zone: tzinfo | None, now: float
) -> Iterable[str]:
    if incident.ended is not None:
        _ = language.gettext
        # Of a silence "quiet" would say the contrary.
        said = _("over since {time}") if incident.standing else _("quiet since {time}")
        yield "🟢 " + escape(said.format(time=language.clock(incident.last, zone, now)))


def _hides(
    incident: Incident, language: Language, zone: tzinfo | None, now: float
) -> Iterable[str]:
    """What a main cause hides as its consequences."""
    _ = language.gettext
    if incident.hides_until > now and incident.ended is None:
        said = _("what follows from it is only counted until {time}")
        yield "🔕 " + escape(said.format(time=language.clock(incident.hides_until, zone, now)))
    if total := sum(incident.hidden.values()):
        hidden = language.ngettext(
            "{n} message that followed from it was hidden",
            "{n} messages that followed from it were hidden",
            total,
        )
        yield "🔕 " + escape(hidden.format(n=total))


def incident_ended_words(
    incident: Incident, instrument: str, language: Language, zone: tzinfo | None, now: float
) -> Words:
    """The end of an incident, in reply to its post and in its thread of mails."""
    _ = language.gettext
    over = _("over")
    head = f"{name(instrument)}: {escape(over)}"
    if incident.entry.source:
        head += f" · {name(incident.entry.source)}"
    lines = [
        f"🟢 {bold(head)}",
        escape(shortened(one_line(incident.entry.text), _TEXT_LENGTH)),
        _times(incident, language, zone, now),
    ]
    if incident.last > incident.first:
        lasted = language.duration(incident.last - incident.first)
        lines.append(escape(_("It went on for {duration}.").format(duration=lasted)))
    lines += _hides(incident, language, zone, now)
    kind = kind_words(incident.kind, incident.level, language)
    return words("\n".join(lines), _subject(incident, kind, instrument))


def incident_buttons(
    incident: Incident,
    care: Acknowledgement | None,
    mute: Mute | None,
    language: Language,
) -> tuple[Button, ...]:
    """What can be done about an incident from its post, the most important first."""
    _ = language.gettext
    actions = []
    if incident.ended is None:
        actions += [] if care else [("ack", _("Acknowledge"))]
        actions += [] if mute else [("hour", _("Mute 1 h")), ("morning", _("till morning"))]
    actions.append((CONTEXT, _("Context")))
    return tuple(Button(said, press_data(action, incident.id)) for action, said in actions)


def short_name(incident: Incident) -> str:
    """What people call an incident, where its mute is listed: device and text, in one line."""
    device = f"{incident.entry.source}: " if incident.entry.source else ""
    return shortened(one_line(device + (incident.name or incident.about)), _NAME_LENGTH)


def press_data(action: str, number: int) -> str:
    """What a button under the post of an incident sends: what to do, with which incident."""
    return f"{PRESS}:{action}:{number}"


def _details(entry: Entry, language: Language) -> str:
    """The lines below the entry: all, or the first and the last with the gap told."""
    lines = [shortened(line, _DETAIL_LENGTH) for line in entry.details]
    first, rest = lines[:_FIRST_DETAILS], lines[_FIRST_DETAILS:]
    room = _DETAILS_LENGTH - sum(length(line) + 1 for line in first)
    last: list[str] = []
    for line in reversed(rest):
        room -= length(line) + 1
        if room < 0:
            break
        last.insert(0, line)
    gap = _more(len(rest) - len(last), language)
    return escape("\n".join([*first, *gap, *last, *_more(entry.omitted, language)]))


def _more(lines: int, language: Language) -> list[str]:
    said = language.ngettext(
        "… {n} more line in the protocol", "… {n} more lines in the protocol", lines
    )
    return [said.format(n=lines)] if lines else []


def entry_line(
    entry: Entry, language: Language, zone: tzinfo | None, now: float, limit: int
) -> str:
    """An entry in one line of a list: time, kind and level, device, text in `limit` units."""
    moment = language.clock(entry.time, zone, now)
    kind = kind_words(entry.kind, entry.level, language)
    device = f"{bold(name(entry.source))}: " if entry.source else ""
    text = escape(shortened(one_line(entry.text), limit))
    return f"{mark(entry.kind, entry.level)} {escape(moment)} · {escape(kind)} · {device}{text}"


def incident_line(
    incident: Incident, language: Language, zone: tzinfo | None, now: float, limit: int
) -> str:
    """An incident in one line of a list: last time, kind and level, device, text, ×N."""
    moment = language.clock(incident.last, zone, now)
    kind = kind_words(incident.kind, incident.level, language)
    shown = mark(incident.kind, incident.level)
    said = f"{shown} {escape(moment)} · {escape(kind)} · {subject_of(incident, limit)}"
    return said if incident.count == 1 else f"{said} ×{incident.count}"


def forgotten_words(messages: int, language: Language) -> str:
    """What a list says of incidents that are no longer kept."""
    said = language.ngettext(
        "… and {n} message of problems that are no longer kept",
        "… and {n} messages of problems that are no longer kept",
        messages,
    )
    return said.format(n=messages)


def subject_of(incident: Incident, limit: int) -> str:
    """What an incident is about, as HTML: device and text, the text in `limit` units."""
    device = f"{bold(name(incident.entry.source))}: " if incident.entry.source else ""
    return device + escape(shortened(one_line(incident.entry.text), limit))
