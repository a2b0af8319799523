"""Histories in words: what became of an incident, and why it was told or not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from typing import Final

from sonixbot.alerts import Because, Happened, Incident, Note, Why
from sonixbot.language import Language
from sonixbot.text.markup import escape, name, one_line, shortened

#: Notes that are shown, the newest ones.
_SHOWN: Final = 15
_WHO_LENGTH: Final = 60


def history_lines(
    incident: Incident, language: Language, zone: tzinfo | None, now: float
) -> Iterator[str]:
    """What happened to an incident, a line of HTML each, the earliest first."""
    _ = language.gettext
    if not incident.history:
        return
    yield escape(_("What became of it:"))
    if (left := len(incident.history) - _SHOWN) > 0:
        earlier = language.ngettext("… {n} earlier one", "… {n} earlier ones", left)
        yield escape(earlier.format(n=left))
    for note in incident.history[-_SHOWN:]:
        moment = language.clock(note.at, zone, now)
        if note.count > 1:
            moment += f" – {language.clock(note.last, zone, now)} ×{note.count}"
        yield f"{escape(moment)} {_said(note, language, standing=incident.standing)}"


def _said(note: Note, language: Language, *, standing: bool) -> str:
    """One note, as HTML; `standing`: it is about what is missing."""
    _ = language.gettext
    over = _("over: nothing is missing any more") if standing else _("over: it has been quiet")
    said = {
        Happened.POSTED: _("posted: {reason}"),
        Happened.MAILED: _("mailed: {reason}"),
        Happened.HIDDEN: _("not told by itself: {reason}"),
        Happened.LISTED: _("told in a list: {reason}"),
        Happened.ACKNOWLEDGED: _("{who} takes care of it"),
        Happened.MUTED: _("muted by {who}"),
        Happened.UNMUTED: _("the mute is over"),
        Happened.ENDED: _("over: {who}") if note.who else over,
    }[note.what]
    reason = _reason(note, language, standing=standing)
    return escape(said).format(reason=reason, who=_who(note))


def _reason(note: Note, language: Language, *, standing: bool) -> str:
    """Why it was said, or not, as HTML."""
    _ = language.gettext
    again = _("it came back after a quiet time")
    if standing:
        again = _("it was so again, after it was over")
    said: dict[str, str] = {
        Why.NEW: _("it was new"),
        Why.WORSE: _("it became more important"),
        Why.AGAIN: again,
        Why.STILL: _("it went on"),
        Why.REMINDER: _("nobody had acknowledged it"),
        Because.MUTE: _("muted by {who}"),
        Because.SCHEDULE: _("regular work, {who}"),
        Because.CAUSE: _("it follows from {who}"),
        Because.STORM: _("too much at once"),
        Because.QUIET: _("quiet hours"),
        Because.AWAY: _("sonixbot was away"),
        Because.ACKNOWLEDGED: _("{who} takes care of it"),
        Because.INTERVAL: _("a mail about it was sent a short time before"),
    }
    return escape(said.get(note.reason, note.reason)).format(who=_who(note))


def _who(note: Note) -> str:
    return name(shortened(one_line(note.who), _WHO_LENGTH))
