"""The sentences of the demo's page, by the keys under which the page asks for them."""

from __future__ import annotations

from typing import Final

from sonixbot.errors import Sentence, sentence
from sonixbot.language import Language

WORDS: Final[dict[str, Sentence]] = {
    # The head.
    "tagline": sentence(
        "A simulated neutron instrument, and the real bot that tells people what its protocol says."
    ),
    "clock": sentence("The clock of this demo"),
    "speed": sentence("time runs ×{speed}"),
    "language": sentence("Language"),
    "theme": sentence("Light or dark"),
    "views": sentence("Parts of the page"),
    "view-desk": sentence("Try"),
    "view-instrument": sentence("Protocol"),
    "view-mailbox": sentence("Mail"),
    "lost-link": sentence(
        "No connection with the demo; waiting for it. If it ended, start it again:"
    ),
    "ended": sentence("The demo has ended. Start it again:"),
    "refused": sentence("The demo does not answer."),
    # The protocol.
    "instrument": sentence("Instrument"),
    "newest": sentence("Newest"),
    "new-protocol": sentence("A new protocol begins"),
    "error": sentence("Error"),
    "warning": sentence("Warning"),
    "user": sentence("User message"),
    "own-protocol": sentence("your own protocol"),
    # The desk.
    "desk": sentence("Make it happen"),
    "own": sentence("Your own protocol is only read: nothing is made to happen in it."),
    "motor": sentence("A motor sticks"),
    "motor-why": sentence("One error: a post and a mail; the next of its kind makes it ×2."),
    "thermostat": sentence("A thermostat drifts"),
    "thermostat-why": sentence("Warnings first, an alarm later: only the urgent ones are told."),
    "storm": sentence("A storm of errors"),
    "storm-why": sentence(
        "150 errors in six seconds: one digest with the list of all, kept up to date."
    ),
    "restart": sentence("A new protocol"),
    "restart-why": sentence("Sonix+ starts again: both files are read to their ends."),
    "script": sentence("A script speaks"),
    "script-text": sentence("Sample 7 of 12 is measured"),
    "script-why": sentence("What a measurement script says goes to the channel and by mail."),
    "script-run": sentence("Run"),
    "telegram": sentence("Telegram"),
    "telegram-why": sentence("Cut it off: posts wait, mail goes on."),
    "telegram-off": sentence("Posts wait; switch it on, and they arrive."),
    "mail": sentence("Mail server"),
    "mail-why": sentence("Stop it: mails wait, the channel goes on."),
    "mail-off": sentence("Mails wait; switch it on, and they arrive."),
    "bot": sentence("The bot"),
    "bot-why": sentence("Kill it: after its start it tells what it missed."),
    "bot-off": sentence("Nobody reads; switch it on, and it tells what it missed."),
    "works": sentence("works"),
    "cut-off": sentence("cut off"),
    "stopped": sentence("stopped"),
    "killed": sentence("killed"),
    "starting": sentence("starting…"),
    "unreachable": sentence("unreachable"),
    "bot-down": sentence("the bot does not run"),
    # The channel and the chat.
    "channel": sentence("Channel"),
    "channel-empty": sentence("The first post is on its way."),
    "chat": sentence("Chat"),
    "chat-empty": sentence("Ask the bot as operator {operator} does:"),
    "operator": sentence("you are {operator}"),
    "say": sentence("Message to the bot"),
    "send": sentence("Send"),
    "menu": sentence("Menu"),
    "commands": sentence("Commands of the bot"),
    "edited": sentence("edited"),
    "edits": sentence("edited ×{count}"),
    "silent": sentence("without sound"),
    "pinned": sentence("pinned"),
    "unfold": sentence("Show all"),
    "fold": sentence("Show less"),
    "close": sentence("Close"),
    # The mailbox.
    "mailbox": sentence("Mailbox"),
    "mailbox-empty": sentence("No mail yet."),
    "mailbox-counts": sentence("mails: {mails}, unread: {unread}"),
    "unread": sentence("unread"),
    "back": sentence("All threads"),
    "to": sentence("to {people}"),
    "encrypted": sentence("came encrypted (TLS)"),
    "open": sentence("came unencrypted"),
    "bytes": sentence("{size} B"),
    "kilobytes": sentence("{size} kB"),
    # The line of truth.
    "truth": sentence("What became of every message"),
    "written": sentence("Written"),
    "written-why": sentence("errors, urgent warnings, messages of scripts"),
    "posted": sentence("Posted"),
    "posted-why": sentence("found in the channel: in a post, a ×N or a file"),
    "mailed": sentence("Mailed"),
    "mailed-why": sentence("whose problem is told in the mailbox"),
    "waiting": sentence("On the way"),
    "waiting-why": sentence("unread, queued, muted, or the bot is down"),
    "lost": sentence("Lost"),
    "lost-why": sentence("told nowhere, and no longer on the way"),
    "truth-said": sentence(
        "Written: {written}, posted: {posted}, mailed: {mailed}, on the way: {waiting},"
        " lost: {lost}."
    ),
}


def words(language: Language) -> dict[str, str]:
    """All sentences in this language; places such as `{count}` are filled in by the page."""
    return {key: language.gettext(each.text) for key, each in WORDS.items()}
