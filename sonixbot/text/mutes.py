"""Mutes in words: announced, listed, ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import tzinfo
from typing import Final

from sonixbot.alerts import Incident, Mute
from sonixbot.language import Language
from sonixbot.text.incidents import subject_of
from sonixbot.text.markup import Words, bold, escape, name, one_line, plain, together, words

#: Mutes listed in one message.
_LISTED: Final = 15
_TEXT_LENGTH: Final = 120


def scope_words(mute: Mute, language: Language) -> str:
    """What a mute hides, as HTML: a device, a pattern, or everything."""
    return bold(name(mute.scope)) if mute.scope else escape(language.gettext("everything"))


def mute_words(
    mute: Mute, instrument: str, language: Language, zone: tzinfo | None, now: float
) -> Words:
    """The announcement of a mute: what, until when, by whom, and how to end it."""
    _ = language.gettext
    said = _("muted until {end} ({duration}): {scope}").format(
        end=bold(escape(language.clock(mute.until, zone, now))),
        duration=escape(language.duration(mute.until - now)),
        scope=scope_words(mute, language),
    )
    hint = _("By {author}. What it hides is counted; /unmute {number} ends it.").format(
        author=name(mute.author), number=mute.id
    )
    return words(f"🔕 {bold(name(instrument))}: {said}\n{hint}", _subject(said, instrument))


def mute_ended_words(
    mute: Mute,
    incidents: Mapping[int, Incident],
    instrument: str,
    language: Language,
    zone: tzinfo | None,
    now: float,
    author: str = "",
) -> Words:
    """The end of a mute, in time or by `author`, and what it hid."""
    _ = language.gettext
    if author:
        said = _("{author} ended the mute until {end}: {scope}")
    else:
        said = _("the mute until {end} is over: {scope}")
    said = said.format(
        end=escape(language.clock(mute.until, zone, now)),
        scope=scope_words(mute, language),
        author=name(author),
    )
    lines = [f"🔔 {bold(name(instrument))}: {said}", *_hidden(mute, incidents, language)]
    return words("\n".join(lines), _subject(said, instrument))


def _subject(said: str, instrument: str) -> str:
    return f"[{one_line(instrument)}] {plain(said)}"


def _hidden(mute: Mute, incidents: Mapping[int, Incident], language: Language) -> Iterable[str]:
    total = sum(mute.hidden.values())
    if not total:
        yield escape(language.gettext("Nothing happened meanwhile."))
        return
    yield escape(
        language.ngettext("It hid {n} message:", "It hid {n} messages:", total).format(n=total)
    )
    frequent = sorted(mute.hidden.items(), key=lambda each: each[1], reverse=True)
    for number, count in frequent:
        incident = incidents.get(number)
        about = (
            subject_of(incident, _TEXT_LENGTH)
            if incident
            else escape(language.gettext("an incident that is no longer kept"))
        )
        yield f"×{count} {about}"


def mute_line(mute: Mute, language: Language, zone: tzinfo | None, now: float) -> str:
    """A mute in one line of a list: number, scope, end, author, what it hid so far."""
    _ = language.gettext
    said = _("{number}: {scope} until {end} ({duration}), by {author}").format(
        number=mute.id,
        scope=scope_words(mute, language),
        end=escape(language.clock(mute.until, zone, now)),
        duration=escape(language.duration(mute.until - now)),
        author=name(mute.author),
    )
    hidden = sum(mute.hidden.values())
    if not hidden:
        return f"🔕 {said}"
    so_far = language.ngettext("{n} message hidden", "{n} messages hidden", hidden)
    return f"🔕 {said}; {escape(so_far.format(n=hidden))}"


def mutes_words(
    mutes: Iterable[Mute],
    instrument: str,
    language: Language,
    zone: tzinfo | None,
    now: float,
) -> Words:
    """The mutes in force, the one that ends first on top, and how to end them."""
    _ = language.gettext
    ordered = sorted(mutes, key=lambda each: each.until)
    if not ordered:
        none = _("nothing is muted.")
        return words(f"{bold(name(instrument))}: {escape(none)}")
    lines = [mute_line(each, language, zone, now) for each in ordered[:_LISTED]]
    if left := len(ordered) - len(lines):
        more = language.ngettext("… and {n} more mute", "… and {n} more mutes", left)
        lines.append(escape(more.format(n=left)))
    muted = _("muted, and counted all the same:")
    head = f"{bold(name(instrument))}: {escape(muted)}"
    tail = escape(_("/unmute and a number ends one, /unmute all ends all."))
    return words("\n".join([head, *lines, tail]))


def unmuted_words(mutes: Iterable[Mute], language: Language) -> Words:
    """The answer to somebody who ended these mutes; none: there was none to end."""
    scopes = ", ".join(scope_words(each, language) for each in mutes)
    if not scopes:
        return words(escape(language.gettext("There is no such mute. /mutes lists them.")))
    return words(language.gettext("No longer muted: {scopes}").format(scopes=scopes))


def which_mute_words(
    mutes: Iterable[Mute],
    instrument: str,
    language: Language,
    zone: tzinfo | None,
    now: float,
) -> Words:
    """The answer to somebody who wants to end a mute and does not name one that exists."""
    question = words(escape(language.gettext("Which mute is meant?")))
    return together(question, mutes_words(mutes, instrument, language, zone, now))


def longest_mute_words(longest: float, language: Language) -> Words:
    """What is added where a mute was asked for longer than it may last."""
    said = language.gettext("That is {duration}: a mute cannot last longer.")
    return words(escape(said.format(duration=language.duration(longest))))
