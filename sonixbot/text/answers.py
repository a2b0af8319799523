"""Answers in words: to /lasterrors, to questions nobody foresaw, and to people nobody knows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import tzinfo
from typing import Final

from sonixbot.alerts import Mute
from sonixbot.language import Language
from sonixbot.state import RecentView
from sonixbot.text.incidents import entry_line
from sonixbot.text.markup import (
    MESSAGE_LENGTH,
    Words,
    bold,
    escape,
    length,
    name,
    words,
)

_TEXT_LENGTH: Final = 500


def errors_words(
    view: RecentView,
    mutes: Iterable[Mute],
    language: Language,
    zone: tzinfo | None,
    now: float,
    *,
    device: str = "",
    warnings: bool = False,
) -> tuple[Words, RecentView]:
    """The page in words, newest first, muted ones marked.

    As many entries as fit into one message; the page that comes back holds just these.
    """
    mutes = list(mutes)
    lines = []
    for entry in view.entries:
        line = entry_line(entry, language, zone, now, _TEXT_LENGTH)
        hidden = any(mute.covers(entry, now) for mute in mutes)
        lines.append(f"{line} 🔕" if hidden else line)
    for number in range(len(lines), 0, -1):
        page = replace(view, entries=view.entries[:number])
        head = _errors_head(page, language, device=device, warnings=warnings)
        said = words("\n".join([head, *lines[:number]]))
        if length(said.text) <= MESSAGE_LENGTH:
            return said, page
    return words(_errors_head(view, language, device=device, warnings=warnings)), view


def _errors_head(view: RecentView, language: Language, *, device: str, warnings: bool) -> str:
    _ = language.gettext
    about = bold(name(view.instrument)) + (f", {bold(name(device))}" if device else "")
    if not view.entries:
        none = _("no errors and no warnings.") if warnings else _("no errors.")
        return f"{about}: {escape(none)}"
    first, last = view.newer + 1, view.newer + len(view.entries)
    if warnings:
        said = _("errors and warnings {first} to {last} of {total}, newest first")
    else:
        said = _("errors {first} to {last} of {total}, newest first")
    said = said.format(first=first, last=last, total=view.total)
    return f"{about}: {escape(said)}"


def gone_text(language: Language) -> str:
    """The answer to a button whose entries are no longer kept; plain, below 200 characters."""
    return language.gettext("These errors are no longer kept. Ask anew: /lasterrors")


def older_text(language: Language) -> str:
    """The label of the button for older errors."""
    return language.gettext("Older")


def command_list(language: Language, *, asks: bool, acts: bool) -> list[tuple[str, str]]:
    """The commands that somebody may use, each with what it is for."""
    _ = language.gettext
    identity = ("id", _("Your Telegram id"))
    if not asks:
        return [("start", _("Begin")), identity]
    asking = [
        ("status", _("Is the measurement all right?")),
        ("incidents", _("What is open")),
        ("incident", _("All about one of them")),
        ("lasterrors", _("The newest errors")),
        ("around", _("The protocol before and after an error")),
        ("tail", _("The last lines of the protocol")),
        ("find", _("Lines of the protocol with a text in them")),
        ("log", _("The protocol as a file, or a part of it")),
        ("mutes", _("What is muted, and until when")),
    ]
    acting = [
        ("ack", _("You see to it")),
        ("mute", _("Mute errors for a while")),
        ("unmute", _("End a mute")),
    ]
    return [*asking, *(acting if acts else ()), ("help", _("What I can do")), identity]


def help_words(language: Language, *, acts: bool) -> Words:
    """What somebody who is known may ask, and, if he `acts`, do."""
    _ = language.gettext
    examples = {
        "incident": "/incident 12",
        "lasterrors": "/lasterrors 20 P1_beta warnings",
        "around": "/around 12, /around 12 30",
        "tail": "/tail 50",
        "find": "/find P1_beta",
        "log": "/log 30m, /log 03:00-04:30, /log 23.11 22:00 - 24.11 03:00",
        "ack": "/ack 12",
        "mute": _("/mute 2h P1_beta, /mute until 8:00 level 2, /mute 30m *beta* # new sample"),
        "unmute": "/unmute 3, /unmute all",
    }
    lines = [escape(_("I watch the measurement protocol and answer from it."))]
    for command, purpose in command_list(language, asks=True, acts=acts):
        example = examples.get(command)
        lines.append(
            f"/{command} – {escape(purpose)}" + (f"\n    {escape(example)}" if example else "")
        )
    return words("\n".join(lines))


def id_words(user_id: int, language: Language) -> Words:
    """Somebody's Telegram id, to be told to whoever keeps the list."""
    said = language.gettext("Your Telegram id: {id}")
    return words(said.format(id=f"<code>{user_id}</code>"))


def stranger_words(user_id: int, language: Language) -> Words:
    """The answer to somebody who is not on the list: his id, nothing else."""
    said = language.gettext(
        "Your Telegram id: {id}\nI do not know you. Whoever runs this bot can let you in by it."
    )
    return words(said.format(id=f"<code>{user_id}</code>"))


def anonymous_words(language: Language) -> Words:
    """The answer to a group's or channel's mask, behind which nobody can be recognised."""
    _ = language.gettext
    return words(
        escape(_("I cannot see who you are: you write in the name of a group or channel."))
        + "\n"
        + escape(_("Write under your own name, or to me in private."))
    )


def unexpected_words(language: Language) -> Words:
    """The hint for words that are no command."""
    return words(escape(language.gettext("I do not understand this. /help lists what I can do.")))


def not_allowed_words(language: Language) -> Words:
    """The answer to a viewer who wants to act."""
    _ = language.gettext
    return words(
        escape(_("Only operators and admins may act; you may ask."))
        + "\n"
        + escape(_("They are listed in the configuration under telegram.operators and admins."))
    )


def too_old_words(age: float, language: Language) -> Words:
    """The answer to a command that waited too long to be carried out."""
    _ = language.gettext
    said = _("I did nothing: your command reached me only after {duration}. Send it again.")
    return words(escape(said.format(duration=language.duration(age))))


def failed_words(language: Language) -> Words:
    """The answer when something broke while answering."""
    _ = language.gettext
    return words(escape(_("Something went wrong with this; the log of sonixbot tells more.")))


def errors_example_words(word: str, language: Language) -> Words:
    """The answer to a /lasterrors whose words cannot be told apart."""
    _ = language.gettext
    said = _("“{word}” is neither a number, a device in the protocol, nor a pattern with *.")
    return _with_example(said.format(word=name(word)), "/lasterrors 20 P1_beta", language)


def mute_example_words(word: str, language: Language) -> Words:
    """The answer to a /mute whose words cannot be told apart."""
    _ = language.gettext
    said = _(
        "“{word}” is neither a duration, a device in the protocol, a pattern with *, nor a level"
        " from 1 to 5."
    )
    return _with_example(
        said.format(word=name(word)),
        _("/mute 2h P1_beta, /mute until 8:00 level 2, /mute 30m *beta* # new sample"),
        language,
    )


def _with_example(said: str, example: str, language: Language) -> Words:
    shown = language.gettext("For example: {example}").format(example=escape(example))
    return words(f"{said}\n{shown}")
