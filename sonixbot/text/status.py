"""The status in words: one message that answers "is my measurement all right?"."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from itertools import groupby
from typing import Final

from sonixbot.alerts import Incident
from sonixbot.entry import Kind
from sonixbot.errors import Sentence
from sonixbot.health import Status, WayView
from sonixbot.language import HOUR, Language
from sonixbot.state import Activity, Doing
from sonixbot.text.incidents import incident_line, worst_mark
from sonixbot.text.markup import Words, bold, escape, name, one_line, shortened, words
from sonixbot.text.mutes import mute_line

#: A script that says nothing for so long may be stuck; exposures are shorter as a rule.
QUIET_SCRIPT: Final = HOUR
# Bounds of lists and texts: all of them together stay below one Telegram message.
_INCIDENTS: Final = 5
_MUTES: Final = 4
_WAYS: Final = 3
_TEXT_LENGTH: Final = 120
_REASON_LENGTH: Final = 200


def status_words(status: Status, language: Language, zone: tzinfo | None) -> Words:
    """Everything at a glance; the first line is the verdict."""
    sections = (
        _verdict(status, language, zone),
        list(_measurement(status, language, zone)),
        list(_problems(status, language, zone)),
        list(_delivery(status, language, zone)),
    )
    return words("\n\n".join("\n".join(section) for section in sections if section))


def _verdict(status: Status, language: Language, zone: tzinfo | None) -> list[str]:
    shown, said = _judge(status, language)
    head = f"{shown} {bold(name(status.instrument))}: {bold(escape(said))}"
    if not status.trouble or status.trouble_since is None:
        return [head]
    since = language.gettext("Since {time}.")
    moment = since.format(time=language.clock(status.trouble_since, zone, status.now))
    return [head, f"{escape(_reason(status.trouble, language))} {escape(moment)}"]


def _reason(said: Sentence, language: Language) -> str:
    return shortened(one_line(language.say(said)), _REASON_LENGTH)


def _judge(status: Status, language: Language) -> tuple[str, str]:
    """The verdict and its colour."""
    _ = language.gettext
    if status.trouble and status.trouble_since is None:  # nothing to watch is no failure
        return "⚪", _reason(status.trouble, language)
    if status.trouble:
        return "🔴", _("I cannot read the protocol.")
    if status.incidents:
        return _judge_open(status, language)
    silent = _silence(status)
    if silent is not None and silent > QUIET_SCRIPT and _running(status.protocol.activity):
        return "🟡", _("no error, but the script has said nothing for {duration}.").format(
            duration=language.duration(silent)
        )
    if status.errors_last_hour:
        return "🟡", language.ngettext(
            "{n} error in the last hour, quiet now.",
            "{n} errors in the last hour, quiet now.",
            status.errors_last_hour,
        ).format(n=status.errors_last_hour)
    if status.protocol.last is None:
        return "⚪", _("the protocol says nothing yet.")
    return "🟢", _("no errors in the last hour.")


def _judge_open(status: Status, language: Language) -> tuple[str, str]:
    number = len(status.incidents)
    said = language.ngettext("{n} open problem", "{n} open problems", number).format(n=number)
    muted = sum(_muted(status, each) for each in status.incidents)
    if muted:
        said += language.gettext(", {n} of them muted").format(n=muted)
    return worst_mark(status.incidents), f"{said}."


def _muted(status: Status, incident: Incident) -> bool:
    return any(
        mute.covers(incident.entry, status.now, incident.fingerprint) for mute in status.mutes
    )


def _silence(status: Status) -> float | None:
    """Seconds since the protocol last said something new."""
    since = status.protocol.last if status.silent_since is None else status.silent_since
    return None if since is None else max(0.0, status.now - since)


def _running(activity: Activity | None) -> bool:
    return activity is not None and activity.doing is Doing.STARTED


def _measurement(status: Status, language: Language, zone: tzinfo | None) -> Iterator[str]:
    """Script, last messages, counts."""
    if not status.protocol.path:
        return
    _, view = language.gettext, status.protocol
    yield script_line(status, language, zone)
    newest = view.user_messages[-1] if view.user_messages else None
    # What was said above is not said again.
    if newest and not (view.activity and view.activity.text == newest.text):
        yield _("Last user message: {time} {text}").format(
            time=escape(language.clock(newest.time, zone, status.now)),
            text=escape(shortened(one_line(newest.text), _TEXT_LENGTH)),
        )
    silence = _silence(status)
    if silence is not None:
        yield _("Last protocol line: {time}, {duration} ago").format(
            time=escape(language.clock(view.last, zone, status.now)),
            duration=escape(language.duration(silence)),
        )
    yield _("Errors: {hour} in the last hour, {total} since {start}").format(
        hour=status.errors_last_hour,
        total=view.total(Kind.ERROR),
        start=escape(language.clock(view.first, zone, status.now)),
    )
    if not view.complete:
        yield escape(_("The older part of the protocol is still being counted."))


def script_line(status: Status, language: Language, zone: tzinfo | None) -> str:
    """What the measurement script does, in one line."""
    _, activity = language.gettext, status.protocol.activity
    if activity is None:
        return escape(_("Script: the protocol does not say."))
    timed = {
        Doing.STARTED: _("running since {time} ({duration})"),
        Doing.FINISHED: _("finished at {time} ({duration} ago)"),
        Doing.PAUSED: _("paused since {time} ({duration})"),
    }
    plain = {Doing.STARTED: _("running"), Doing.FINISHED: _("finished"), Doing.PAUSED: _("paused")}
    said = (plain if activity.since is None else timed)[activity.doing].format(
        time=language.clock(activity.since, zone, status.now),
        duration=language.duration(status.now - (activity.since or status.now)),
    )
    script = name(activity.script or _("no name"))
    return _("Script {script}: {doing}").format(script=script, doing=escape(said))


def _problems(status: Status, language: Language, zone: tzinfo | None) -> Iterator[str]:
    """Open incidents, muted ones marked; mutes."""
    for incident in status.incidents[:_INCIDENTS]:
        line = incident_line(incident, language, zone, status.now, _TEXT_LENGTH)
        yield f"{line} 🔕" if _muted(status, incident) else line
    if (left := len(status.incidents) - _INCIDENTS) > 0:
        more = language.ngettext("… and {n} more; /lasterrors", "… and {n} more; /lasterrors", left)
        yield escape(more.format(n=left))
    for mute in status.mutes[:_MUTES]:
        yield mute_line(mute, language, zone, status.now)
    if (left := len(status.mutes) - _MUTES) > 0:
        more = language.ngettext("… and {n} more; /mutes", "… and {n} more; /mutes", left)
        yield escape(more.format(n=left))


def _delivery(status: Status, language: Language, zone: tzinfo | None) -> Iterator[str]:
    """Each way to people: whether it delivers, and if not, why."""
    _ = language.gettext
    shown = sorted(status.ways, key=lambda each: (each.failing is None, each.name))
    failing = [each for each in shown if each.failing is not None]
    for way in failing[:_WAYS]:
        yield _failing(way, language, zone, status.now)
    if left := len(failing[_WAYS:]):
        more = language.ngettext("… and {n} more that fails", "… and {n} more that fail", left)
        yield escape(more.format(n=left))
    working = sorted((each for each in shown if each.failing is None), key=_kind)
    for kind, ways in groupby(working, key=_kind):
        yield _working(kind, list(ways), language)
    if status.buried:
        given_up = language.ngettext(
            "{n} message could not be delivered at all: sonixbot outbox shows it.",
            "{n} messages could not be delivered at all: sonixbot outbox shows them.",
            status.buried,
        )
        yield escape(given_up.format(n=status.buried))
    yield escape(
        _("sonixbot has run for {duration}").format(
            duration=language.duration(status.now - status.started)
        )
    )


def _kind(way: WayView) -> str:
    return way.name.partition(":")[0]


def _way_name(kind: str, language: Language) -> str:
    _ = language.gettext
    known = {"telegram": _("Telegram"), "mail": _("Mail"), "polling": _("Chat")}
    return known.get(kind, kind)


def _failing(way: WayView, language: Language, zone: tzinfo | None, now: float) -> str:
    _ = language.gettext
    since = way.failing or now
    address = way.name.partition(":")[2]
    shown = _way_name(_kind(way), language) + (f" ({address})" if address else "")
    said = _("{way} fails since {time} ({duration})").format(
        way=name(shown),
        time=escape(language.clock(since, zone, now)),
        duration=escape(language.duration(now - since)),
    )
    said = f"⚠️ {said}{_waiting(way.waiting, language)}"
    if way.reason is None:
        return said
    return f"{said}: {escape(_reason(way.reason, language))}"


def _working(kind: str, ways: list[WayView], language: Language) -> str:
    _ = language.gettext
    tried = any(each.worked is not None for each in ways)
    said = _("{way}: works") if tried else _("{way}: nothing sent yet")
    waiting = _waiting(sum(each.waiting for each in ways), language)
    return said.format(way=name(_way_name(kind, language))) + waiting


def _waiting(number: int, language: Language) -> str:
    if not number:
        return ""
    said = language.ngettext(", {n} message waits", ", {n} messages wait", number)
    return escape(said.format(n=number))
