"""Messages in words: a script's own, several joined, delayed or repeated ones, a test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import tzinfo

from sonixbot.language import Language
from sonixbot.message import Message
from sonixbot.text.markup import Words, bold, clean, escape, name, one_line, words


def script_words(text: str, instrument: str, language: Language) -> Words:
    """What a measurement script says, as it says it, under the instrument's name."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    about = one_line(first) or language.gettext("Message of a script")
    html = "\n".join(part for part in (bold(name(instrument)), escape(text)) if part)
    return words(html, f"[{one_line(instrument)}] {about}")


def joined_words(
    messages: Sequence[Message], language: Language, zone: tzinfo | None, now: float
) -> Words:
    """Several messages as one list, each under its time."""
    instruments = ", ".join(dict.fromkeys(one_line(each.instrument) for each in messages))
    said = language.ngettext("{n} message", "{n} messages", len(messages)).format(n=len(messages))
    parts = [f"{bold(name(instruments))}: {escape(said)}"]
    for each in messages:
        moment = escape(language.clock(each.created, zone, now))
        parts.append(f"<u>{moment}</u>\n{each.html or escape(each.text)}")
    return words("\n\n".join(parts), f"[{instruments}] {said}")


def marked(
    message: Message,
    *,
    delayed_from: float | None,
    repeat: bool,
    language: Language,
    zone: tzinfo | None,
    now: float,
) -> Message:
    """The message, saying of itself that it comes late or perhaps twice."""
    _ = language.gettext
    marks = []
    if delayed_from is not None:
        marks.append(
            _("Delayed, from {time}.").format(time=language.clock(delayed_from, zone, now))
        )
    if repeat:
        marks.append(_("May be a repeat."))
    if not marks:
        return message
    said = " ".join(marks)
    html = f"<i>{escape(said)}</i>\n{message.html}" if message.html else ""
    return replace(message, text=f"{clean(said)}\n{message.text}", html=html)


def test_words(instrument: str, language: Language) -> Words:
    """A test of one way to people."""
    _ = language.gettext
    said = _("this is a test of sonixbot. Whoever reads it will be told of errors this way.")
    html = f"🔵 {bold(name(instrument))}: {escape(said)}"
    about = _("Test of sonixbot")
    return words(html, f"[{one_line(instrument)}] {about}")
