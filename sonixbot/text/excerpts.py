"""Excerpts in words: lines of the protocol as they stand there, with what was asked above them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from sonixbot.alerts import Incident
from sonixbot.excerpts import Context, Found, Lines, Span, name_of
from sonixbot.language import Language
from sonixbot.state import StateView
from sonixbot.text.markup import (
    MESSAGE_LENGTH,
    Words,
    bold,
    clean,
    escape,
    length,
    name,
    one_line,
    shortened,
    words,
)

#: UTF-16 units of one line in a message; in a file it stands whole.
_LINE_LENGTH: Final = 300
#: UTF-16 units of a line that are kept before the text that was looked for.
_BEFORE_HIT: Final = 100
#: UTF-16 units of a file's name, which is in a caption of at most 1024.
_NAME_LENGTH: Final = 100
_OWN, _OTHER = "▶ ", "   "
_MEGABYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Extract:
    """Lines with a head: one message where they fit into it, else a file and its caption."""

    head: Words
    lines: tuple[str, ...]
    #: The same lines as short as a message shows them.
    short: tuple[str, ...]

    @property
    def said(self) -> Words | None:
        """All of it in one message; None where it is too long for one."""
        if not self.lines:
            return self.head
        body = escape("\n".join(self.short))
        said = words(f"{self.head.html}\n<pre>{body}</pre>")
        return said if length(said.text) <= MESSAGE_LENGTH else None

    @property
    def text(self) -> str:
        """The lines whole, as a file holds them."""
        return "".join(f"{clean(line)}\n" for line in self.lines)


def context_words(
    context: Context, incident: Incident, instrument: str, language: Language
) -> Extract:
    """The lines around an incident's newest entry, its own marked."""
    said = language.gettext("incident {number} in {file}")
    said = said.format(number=incident.id, file=_file(context.path))
    marks = [_OWN if at in context.own else _OTHER for at in range(len(context.lines))]
    return Extract(
        _head(instrument, said),
        tuple(mark + line for mark, line in zip(marks, context.lines, strict=True)),
        tuple(
            mark + shortened(line, _LINE_LENGTH)
            for mark, line in zip(marks, context.lines, strict=True)
        ),
    )


def tail_words(found: Lines, instrument: str, language: Language) -> Extract:
    """The last lines of the protocol."""
    if not found.lines:
        said = language.gettext("{file} has no lines yet").format(file=_file(found.path))
        return Extract(_head(instrument, said), (), ())
    said = language.ngettext(
        "the last line of {file}", "the last {n} lines of {file}", len(found.lines)
    )
    said = said.format(n=len(found.lines), file=_file(found.path))
    return _plain(_head(instrument, said), found.lines)


def found_words(
    found: Found,
    text: str,
    instrument: str,
    language: Language,
    zone: tzinfo | None,
    now: float,
) -> Extract:
    """The newest lines that hold a text, and how far back they were looked for."""
    _ = language.gettext
    number = len(found.lines)
    wanted, file = shortened(one_line(text), _NAME_LENGTH), _file(found.path)
    if not number:
        said = _("“{text}” was not found in {file}")
    elif found.full:
        said = _("the {n} newest lines of {file} with “{text}”, the newest first; there are more")
    else:
        said = language.ngettext(
            "{n} line of {file} with “{text}”", "{n} lines of {file} with “{text}”", number
        )
    head = _head(instrument, said.format(text=wanted, file=file, n=number))
    if not found.whole and not found.full:
        looked = _("Looked through: its newest {part} MB of {whole} MB, back to {time}.").format(
            part=_megabytes(found.looked),
            whole=_megabytes(found.size),
            time=language.clock(found.back_to, zone, now),
        )
        head = words(f"{head.html}\n{escape(looked)}")
    return Extract(head, found.lines, tuple(_about(line, text) for line in found.lines))


def sheet_words(
    path: str,
    span: Span | None,
    instrument: str,
    language: Language,
    zone: tzinfo | None,
    now: float,
) -> Words:
    """What stands under a file with lines of the protocol."""
    file = _file(path)
    return _head(
        instrument, file if span is None else f"{file}, {_time(span, language, zone, now)}"
    )


def empty_words(
    span: Span | None,
    view: StateView,
    language: Language,
    zone: tzinfo | None,
    now: float,
) -> Words:
    """The answer where no line is from the time that was asked for."""
    _ = language.gettext
    if span is None:
        said = _("{file} has no lines yet").format(file=_file(view.path))
        return _head(view.instrument, said)
    said = _("no line of {file} is from {time}")
    said = said.format(file=_file(view.path), time=_time(span, language, zone, now))
    head = _head(view.instrument, said)
    if view.first is None or view.last is None:
        return head
    goes = _("Its lines are from {start} to {end}.").format(
        start=language.clock(view.first, zone, now), end=language.clock(view.last, zone, now)
    )
    return words(f"{head.html}\n{escape(goes)}")


def busy_words(language: Language) -> Words:
    """The answer to whoever asks before the last answer is given; below 200 characters."""
    _ = language.gettext
    return words(escape(_("I am still reading what was asked before. Ask again in a moment.")))


def sent_text(language: Language) -> str:
    """The answer to a button in a channel: where the lines are; plain, below 200 characters."""
    return language.gettext("The lines are in your private chat with me.")


def begin_text(language: Language, bot: str) -> str:
    """The answer to a button where the bot may not write in private; below 200 characters."""
    said = language.gettext(
        "I may not write to you yet. Open @{bot}, press Start, then press here again."
    )
    return said.format(bot=bot)


def around_example_words(language: Language) -> Words:
    """The answer to an /around that names no incident."""
    _ = language.gettext
    return _example(
        _("Give the number of an incident, and how many lines before and after it."),
        "/around 12, /around 12 30",
        language,
    )


def tail_example_words(language: Language) -> Words:
    """The answer to a /tail without a number that makes sense."""
    return _example(language.gettext("How many lines?"), "/tail 50", language)


def find_example_words(language: Language) -> Words:
    """The answer to a /find without a text."""
    return _example(
        language.gettext("What shall I look for in the protocol?"), "/find P1_beta", language
    )


def log_example_words(typed: str, language: Language) -> Words:
    """The answer to a /log whose time makes no sense."""
    said = language.gettext("“{words}” is no stretch of time.")
    return _example(
        said.format(words=shortened(one_line(typed), _NAME_LENGTH)),
        "/log, /log 30m, /log 03:00-04:30, /log 23.11 22:00 - 24.11 03:00",
        language,
    )


def _example(said: str, example: str, language: Language) -> Words:
    shown = language.gettext("For example: {example}").format(example=example)
    return words(f"{escape(said)}\n{escape(shown)}")


def _head(instrument: str, said: str) -> Words:
    return words(f"{bold(name(instrument))}: {escape(said)}")


def _plain(head: Words, lines: tuple[str, ...]) -> Extract:
    return Extract(head, lines, tuple(shortened(line, _LINE_LENGTH) for line in lines))


def _file(path: str) -> str:
    return shortened(one_line(name_of(path)), _NAME_LENGTH)


def _time(span: Span, language: Language, zone: tzinfo | None, now: float) -> str:
    return f"{language.clock(span.start, zone, now)} – {language.clock(span.end, zone, now)}"


def _about(line: str, text: str) -> str:
    """A long line, cut so that the text that was looked for is in it."""
    at = line.lower().find(text.lower())
    if at + len(text) > _LINE_LENGTH:
        line = "…" + line[max(0, at - _BEFORE_HIT) :]
    return shortened(line, _LINE_LENGTH)


def _megabytes(size: int) -> str:
    return f"{size / _MEGABYTE:.1f}"
