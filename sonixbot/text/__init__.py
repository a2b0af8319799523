"""Text: decisions and views in words, plain and in Telegram's HTML.

Pure functions of a view, a language, a zone and `now`. Whatever comes from the protocol, from
scripts or from people is escaped; the plain text is made from the HTML, so both say the same.
"""

from __future__ import annotations

from sonixbot.text.alive import alive_words, away_words
from sonixbot.text.answers import errors_words, help_words, id_words, stranger_words
from sonixbot.text.digests import catch_up_words, morning_words, reminder_words
from sonixbot.text.incidents import (
    incident_buttons,
    incident_ended_words,
    incident_words,
)
from sonixbot.text.markup import Words, length, plain, shortened
from sonixbot.text.messages import joined_words, marked, script_words, test_words
from sonixbot.text.mutes import (
    mute_buttons,
    mute_ended_words,
    mute_ending_words,
    mute_words,
    mutes_words,
)
from sonixbot.text.status import status_words
from sonixbot.text.storms import (
    storm_buttons,
    storm_ended_words,
    storm_list,
    storm_list_name,
    storm_words,
)

__all__ = [
    "Words",
    "alive_words",
    "away_words",
    "catch_up_words",
    "errors_words",
    "help_words",
    "id_words",
    "incident_buttons",
    "incident_ended_words",
    "incident_words",
    "joined_words",
    "length",
    "marked",
    "morning_words",
    "mute_buttons",
    "mute_ended_words",
    "mute_ending_words",
    "mute_words",
    "mutes_words",
    "plain",
    "reminder_words",
    "script_words",
    "shortened",
    "status_words",
    "storm_buttons",
    "storm_ended_words",
    "storm_list",
    "storm_list_name",
    "storm_words",
    "stranger_words",
    "test_words",
]
