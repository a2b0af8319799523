"""Mutes in words: announced, listed, ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import tzinfo
from typing import Final

from sonixbot.alerts import Incident, Mute
from sonixbot.alerts.book import FORGOTTEN
from sonixbot.entry import LEAST_IMPORTANT, MOST_IMPORTANT
from sonixbot.language import Language
from sonixbot.message import Button
from sonixbot.text.incidents import subject_of, wisher
from sonixbot.text.markup import (
    Words,
    bold,
    escape,
    name,
    one_line,
    plain,
    shortened,
    together,
    words,
)

#: How the data of a button under the warning begins.
PRESS: Final = "mute"
#: Mutes listed in one message.
_LISTED: Final = 15
_TEXT_LENGTH: Final = 120
_COMMENT_LENGTH: Final = 200


def scope_words(mute: Mute, language: Language) -> str:
    """What a mute hides, as HTML: a device, a pattern, or everything, and from which level on."""
    _ = language.gettext
    scope = bold(name(mute.scope)) if mute.scope else escape(_("everything"))
    if mute.level == MOST_IMPORTANT:
        return scope
    if mute.level == LEAST_IMPORTANT:
        return _("{scope} of level {level}").format(scope=scope, level=mute.level)
    return _("{scope} of level {level} and less important").format(scope=scope, level=mute.level)


def _comment(mute: Mute) -> list[str]:
    """Why, in its author's words."""
    return [f"<i>{escape(shortened(one_line(mute.comment), _COMMENT_LENGTH))}</i>"] * bool(
        mute.comment
    )


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
        author=wisher(mute, language), number=mute.id
    )
    lines = [f"🔕 {bold(name(instrument))}: {said}", *_comment(mute), hint]
    return words("\n".join(lines), _subject(said, instrument))


def mute_ending_words(
    mute: Mute, instrument: str, language: Language, zone: tzinfo | None, now: float
) -> Words:
    """The warning that a mute ends soon."""
    _ = language.gettext
    said = _("the mute ends at {end}, in {duration}: {scope}").format(
        end=bold(escape(language.clock(mute.until, zone, now))),
        duration=escape(language.duration(mute.until - now)),
        scope=scope_words(mute, language),
    )
    lines = [f"🔔 {bold(name(instrument))}: {said}", *_comment(mute)]
    if hidden := sum(mute.hidden.values()):
        so_far = language.ngettext("{n} message hidden", "{n} messages hidden", hidden)
        lines.append(escape(so_far.format(n=hidden)))
    return words("\n".join(lines), _subject(said, instrument))


def mute_buttons(mute: Mute, language: Language) -> tuple[Button, ...]:
    """What can be done about a mute that ends soon."""
    _ = language.gettext
    return (
        Button(_("1 h more"), press_data("hour", mute.id)),
        Button(_("till morning"), press_data("morning", mute.id)),
        Button(_("End it now"), press_data("end", mute.id)),
    )


def press_data(action: str, number: int) -> str:
    """What a button under the warning sends: what to do, with which mute."""
    return f"{PRESS}:{action}:{number}"


def mute_gone_words(language: Language) -> Words:
    """The answer to a button whose mute is over; below 200 characters."""
    return words(escape(language.gettext("This mute is over. /mutes lists those in force.")))


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
    counts: Counter[int] = Counter()
    for number, count in mute.hidden.items():
        counts[number if number in incidents else FORGOTTEN] += count
    for number, count in counts.most_common():
        incident = incidents.get(number)
        about = (
            subject_of(incident, _TEXT_LENGTH)
            if incident
            else escape(language.gettext("incidents that are no longer kept"))
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
        author=wisher(mute, language),
    )
    if mute.comment:
        said += " · " + "".join(_comment(mute))
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
