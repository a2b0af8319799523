"""Text: what is said, in full, escaped, and short enough."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta, timezone
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonixbot import text
from sonixbot.alerts import Incident, Mute, Why, fingerprint
from sonixbot.entry import Entry, Kind
from sonixbot.errors import sentence
from sonixbot.health import Status, WayView
from sonixbot.language import DAY, HOUR, language
from sonixbot.message import Message, Origin
from sonixbot.state import Activity, Doing, ProtocolState, RecentView, StateView
from sonixbot.text.answers import mute_example_words
from sonixbot.text.markup import MESSAGE_LENGTH, clean, escape, one_line
from sonixbot.text.mutes import unmuted_words
from tests.handclock import NIGHT

MOSCOW = timezone(timedelta(hours=3))
EN = language("en")
HERE = ("YuMO", EN, MOSCOW, NIGHT)
STUCK = Entry(Kind.ERROR, 1, "P1_beta", "position not reached, timeout 60 s", NIGHT, 0)
WARM = Entry(Kind.WARNING, 1, "lauda_1", "Temperature 24.1 C", NIGHT - 60, 10)
MUTE = Mute(3, "P1_beta", NIGHT - HOUR, NIGHT + HOUR, "Olga", 42)
#: Foreign text at its worst, one character of two UTF-16 units among it.
NASTY = st.text(min_size=1, max_size=60) | st.sampled_from(
    ["<b>", "</blockquote>", "&lt;", "a<b & c>d", "]]>", "<!--", "😀" * 30, "\ud800", "\x00\r\n"]
)
LONG = "😀 <&>" * 2000


class Tags(HTMLParser):
    """Fails on any tag that Telegram does not know, or that does not end where it must."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Only the tags we use, without nesting quotes."""
        assert tag in {"b", "i", "u", "code", "blockquote"}
        assert attrs in ([], [("expandable", None)])
        assert tag not in self.open
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """The last that began ends first."""
        assert self.open.pop() == tag


def check(said: text.Words) -> text.Words:
    """What holds for all words: balanced markup, the same said plainly, a subject of one line."""
    tags = Tags()
    tags.feed(said.html)
    tags.close()
    assert not tags.open
    assert not re.search(r"&(?!lt;|gt;|amp;)", said.html)
    assert said.text == text.plain(said.html)
    assert "\n" not in said.subject
    assert text.length(said.subject) <= 150
    said.html.encode()
    return said


def incident(entry: Entry = STUCK, number: int = 1, **values: Any) -> Incident:
    """An incident of one entry, changed by `values`."""
    moment = entry.time or NIGHT
    made = Incident(
        number,
        fingerprint(entry),
        entry.text,
        entry,
        entry.kind,
        entry.level,
        1,
        moment,
        moment,
        NIGHT,
    )
    return replace(made, **values)


def status(**values: Any) -> Status:
    """The status of a measurement that runs well, changed by `values`."""
    state = ProtocolState("YuMO", lambda _text: None)
    state.begin("/protocols/now.log")
    state.apply(Entry(Kind.INFO, 5, "varman", "loaded", NIGHT - HOUR, 0))
    made = Status(
        "YuMO", NIGHT, NIGHT - DAY, state.view(), None, None, NIGHT - 90, 0, (), (), (), 0
    )
    return replace(made, **values)


def test_mails_of_what_a_rule_merged_are_one_thread_of_no_device() -> None:
    """The subject of a merged incident is its name alone, whichever device wrote last."""
    merged = replace(incident(), fingerprint="\tvacuum", name="Vacuum", rule="vacuum")
    said = text.incident_words(merged, None, "YuMO", language("en"), None, NIGHT)
    assert said.subject == "[YuMO] Error 1: Vacuum"


def test_first_line_of_an_incident_tells_where_what_and_who() -> None:
    """The first line has instrument, kind, level and device; the text is the second."""
    said = check(text.incident_words(incident(), Why.NEW, *HERE))
    assert said.text.splitlines() == [
        "🔴 YuMO: Error 1 · P1_beta",
        "position not reached, timeout 60 s",
        "03:22:45",
    ]
    assert said.subject == "[YuMO] Error 1: P1_beta: position not reached, timeout 60 s"


@pytest.mark.parametrize(
    ("kind", "level", "head"),
    [
        (Kind.ERROR, None, "🔴 YuMO: Error"),
        (Kind.ERROR, 2, "🔴 YuMO: Error 2"),
        (Kind.ERROR, 3, "🟠 YuMO: Error 3"),
        (Kind.WARNING, 1, "🟡 YuMO: Warning 1"),
        (Kind.USER, 1, "🔵 YuMO: User message 1"),
        (Kind.INFO, None, "🔵 YuMO: Info"),
    ],
)
def test_colour_goes_with_kind_and_level(kind: Kind, level: int | None, head: str) -> None:
    """One mark tells by its colour how much it matters; what is unknown is left out."""
    entry = replace(STUCK, kind=kind, level=level, source="")
    said = text.incident_words(incident(entry), None, *HERE)
    assert said.text.splitlines()[0] == head
    assert said.subject.startswith(f"[YuMO] {head.partition(': ')[2]}: position")


def test_repeated_incident_tells_how_often_first_and_last() -> None:
    """From the second time on, count, first and last time are told, dates where they differ."""
    said = text.incident_words(incident(count=14, first=NIGHT - DAY), None, *HERE)
    assert said.text.splitlines()[-1] == "×14 · first 12.04 03:22:45 · last 03:22:45"


@pytest.mark.parametrize(
    ("why", "sentence_"),
    [
        (Why.WORSE, "More important than before."),
        (Why.AGAIN, "It is back after a quiet time."),
        (Why.STILL, "It still goes on."),
    ],
)
def test_reason_for_a_new_post_is_said(why: Why, sentence_: str) -> None:
    """A post that is not the first says why it comes."""
    assert sentence_ in check(text.incident_words(incident(), why, *HERE)).text


def test_traceback_shows_its_beginning_and_end_and_counts_the_rest() -> None:
    """A long traceback is quoted with its last line, and what is left out is counted."""
    details = ("Traceback", *(f"frame {n} <x>" for n in range(400)), "NameError: mesure")
    said = check(
        text.incident_words(incident(replace(STUCK, details=details, omitted=5)), None, *HERE)
    )
    quoted = re.search(r"<blockquote expandable>(.*)</blockquote>$", said.html, re.DOTALL)
    assert quoted
    lines = quoted[1].splitlines()
    assert lines[0] == "Traceback"
    assert lines[-2:] == ["NameError: mesure", "… 5 more lines in the protocol"]
    gap = next(line for line in lines if line.endswith("protocol"))
    shown = len(lines) - 2
    assert gap == f"… {len(details) - shown} more lines in the protocol"


def test_incident_of_any_size_fits_into_one_message() -> None:
    """However long text, device and details are, the post stays below one message and says so."""
    entry = replace(STUCK, text=LONG, source=LONG, details=(LONG,) * 50, omitted=10**6)
    said = check(text.incident_words(incident(entry), Why.STILL, LONG, EN, MOSCOW, NIGHT))
    assert text.length(said.text) < MESSAGE_LENGTH
    assert re.search(r"…? \(\d+ more characters in the protocol\)", said.text)


@given(NASTY, NASTY, st.lists(NASTY, max_size=3))
def test_foreign_text_is_shown_as_it_is(words: str, device: str, details: list[str]) -> None:
    """Whatever a protocol holds, the markup stays whole and the text can be read in it."""
    entry = replace(STUCK, text=words, source=device, details=tuple(details))
    said = check(text.incident_words(incident(entry), None, device, EN, MOSCOW, NIGHT))
    assert clean(words) in said.text
    for line in details:
        assert clean(line) in said.text
    assert text.shortened(one_line(device), 60) in said.text
    mute = replace(MUTE, scope=words, author=device, hidden={1: 2})
    problem = incident(entry)
    view = RecentView(device, (entry,), 1, 0)
    message = Message("k", words, Origin.SCRIPT, device, NIGHT)
    trouble = sentence("It is {why}.", why=words)
    for other in (
        text.catch_up_words([problem], NIGHT - HOUR, device, EN, MOSCOW, NIGHT),
        text.mute_words(mute, device, EN, MOSCOW, NIGHT),
        text.mute_ended_words(mute, {1: problem}, device, EN, MOSCOW, NIGHT),
        text.mutes_words([mute], device, EN, MOSCOW, NIGHT),
        text.script_words(words, device, EN),
        text.joined_words([message], EN, MOSCOW, NIGHT),
        text.errors_words(view, [mute], EN, MOSCOW, NIGHT, device=device)[0],
        text.status_words(status(incidents=(problem,), trouble=trouble), EN, MOSCOW),
        mute_example_words(words, EN),
        unmuted_words([mute], EN),
    ):
        check(other)


@given(st.text() | NASTY)
def test_plain_undoes_escape(words: str) -> None:
    """Escaping and taking the markup out again gives the text back, but for what nobody sees."""
    assert text.plain(escape(words)) == clean(words)


@given(st.text(max_size=30) | st.just("😀" * 9), st.integers(1, 20))
def test_shortened_text_fits_and_says_that_it_is_cut(words: str, limit: int) -> None:
    """A text is cut only where it is too long, between characters, and ends with an ellipsis."""
    cut = text.shortened(words, limit)
    assert text.length(cut) <= max(limit, text.length(words) if cut == words else 0)
    assert cut == words or (cut.endswith("…") and words.startswith(cut[:-1]))


def test_catch_up_lists_every_incident() -> None:
    """What came while the bot was away is counted by kind and listed whole, earliest first."""
    incidents = [incident(count=3, first=NIGHT - DAY), incident(WARM, 2, last=NIGHT - 60)]
    incidents += [incident(replace(STUCK, text=f"other {n}"), n) for n in range(3, 500)]
    said = check(text.catch_up_words(incidents, NIGHT - HOUR, *HERE))
    lines = said.text.splitlines()
    assert lines[0] == ("🔴 YuMO: while sonixbot was away (02:22:45 – 03:22:45): 499 problems")
    assert lines[1] == "🟡 03:21:45 · Warning 1 · lauda_1: Temperature 24.1 C"
    assert lines[2].endswith("timeout 60 s ×3 (first 12.04 03:22:45)")
    assert len(lines) == 500
    assert said.subject == "[YuMO] While sonixbot was away: 499 problems"


def test_mute_is_announced_with_end_author_and_number() -> None:
    """The announcement tells what is muted, until when, by whom, and how to end it."""
    said = check(text.mute_words(MUTE, *HERE))
    assert said.text == (
        "🔕 YuMO: muted until 04:22:45 (1 h): P1_beta\n"
        "By Olga. What it hides is counted; /unmute 3 ends it."
    )
    assert "everything" in text.mute_words(replace(MUTE, scope=""), *HERE).text


def test_end_of_a_mute_reports_what_it_hid() -> None:
    """The end of a mute counts by incident what it hid, also of incidents forgotten since."""
    mute = replace(MUTE, hidden={1: 2, 9: 14})
    said = check(text.mute_ended_words(mute, {1: incident()}, "YuMO", EN, MOSCOW, MUTE.until))
    assert said.text.splitlines() == [
        "🔔 YuMO: the mute until 04:22:45 is over: P1_beta",
        "It hid 16 messages:",
        "×14 incidents that are no longer kept",
        "×2 P1_beta: position not reached, timeout 60 s",
    ]
    many = replace(MUTE, hidden=dict.fromkeys(range(100), 3))
    kept = {number: replace(incident(), id=number) for number in range(2, 100)}
    said = text.mute_ended_words(many, kept, *HERE)
    assert said.text.count("×3 P1_beta") == 98
    assert said.text.count("×6 incidents that are no longer kept") == 1


def test_mute_that_hid_nothing_and_one_ended_early_say_so() -> None:
    """Nothing hidden is said, and an early end is told from one in time."""
    said = text.mute_ended_words(MUTE, {}, *HERE, "Anna")
    assert said.text.splitlines() == [
        "🔔 YuMO: Anna ended the mute until 04:22:45: P1_beta",
        "Nothing happened meanwhile.",
    ]


def test_script_message_keeps_its_text() -> None:
    """A script's text stands as it is below the instrument's name and gives the subject."""
    said = check(text.script_words("Sample <7>\n  next at 04:10", *HERE[:2]))
    assert said.html == "<b>YuMO</b>\nSample &lt;7&gt;\n  next at 04:10"
    assert said.subject == "[YuMO] Sample <7>"
    assert text.script_words("", *HERE[:2]).html == "<b>YuMO</b>"


def test_joined_messages_stand_each_under_its_time() -> None:
    """Joined messages are counted and kept whole, with and without markup."""
    one = Message("1", "a < b", Origin.SCRIPT, "YuMO", NIGHT - 60)
    two = replace(one, key="2", text="c", html="<b>c</b>", created=NIGHT)
    said = check(text.joined_words([one, two], EN, MOSCOW, NIGHT))
    assert said.text == "YuMO: 2 messages\n\n03:21:45\na < b\n\n03:22:45\nc"
    assert "<b>c</b>" in said.html


def test_marks_stand_before_the_words_in_both_forms() -> None:
    """A message that is late or may be a repeat says so first, plain and in markup."""
    plain = Message("1", "a < b", Origin.SCRIPT, "YuMO", NIGHT)
    both = replace(plain, html="a &lt; b")
    marks: dict[str, Any] = {"language": EN, "zone": MOSCOW, "now": NIGHT}
    late = text.marked(both, delayed_from=NIGHT - HOUR, repeat=True, **marks)
    assert late.text == "Delayed, from 02:22:45. May be a repeat.\na < b"
    assert late.html == "<i>Delayed, from 02:22:45. May be a repeat.</i>\na &lt; b"
    assert text.marked(plain, delayed_from=None, repeat=True, **marks).html == ""
    assert text.marked(both, delayed_from=None, repeat=False, **marks) is both


RUNS = Activity(Doing.STARTED, "night.py", "start night.py", NIGHT - 2 * HOUR)


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ({}, "🟢 YuMO: no errors in the last hour."),
        ({"errors_last_hour": 1}, "🟡 YuMO: 1 error in the last hour, quiet now."),
        ({"incidents": (incident(),)}, "🔴 YuMO: 1 open problem."),
        ({"incidents": (incident(WARM),)}, "🟡 YuMO: 1 open problem."),
        (
            {"incidents": (incident(WARM), incident()), "mutes": (MUTE,)},
            "🔴 YuMO: 2 open problems, 1 of them muted.",
        ),
        (
            {"trouble": sentence("There is no file."), "trouble_since": NIGHT},
            "🔴 YuMO: I cannot read the protocol.",
        ),
        ({"trouble": sentence("no protocol is configured")}, "⚪ YuMO: no protocol is configured"),
        (
            {"protocol": replace(status().protocol, last=None)},
            "⚪ YuMO: the protocol says nothing yet.",
        ),
        (
            {
                "protocol": replace(status().protocol, activity=RUNS),
                "silent_since": NIGHT - 1.5 * HOUR,
            },
            "🟡 YuMO: no error, but the script has said nothing for 1 h 30 min.",
        ),
    ],
)
def test_status_begins_with_the_verdict(values: dict[str, Any], verdict: str) -> None:
    """The first line answers whether the measurement is all right."""
    said = check(text.status_words(status(**values), EN, MOSCOW))
    assert said.text.splitlines()[0] == verdict


def test_status_tells_script_silence_counts_and_ways() -> None:
    """The status tells the script, the last line and its age, counts, mutes, and every way."""
    protocol = replace(
        status().protocol,
        activity=RUNS,
        user_messages=(Entry(Kind.USER, 1, "", "Sample 7", NIGHT - 60, 5),),
        kinds={Kind.ERROR: {"1": 3, "?": 1}},
        complete=False,
    )
    refused = sentence("The server refuses the login ({why}).", why="535")
    ways = (
        WayView("mail:a@example.org", NIGHT, NIGHT - 600, refused, 4),
        WayView("mail:b@example.org", NIGHT, None, None),
        WayView("telegram:-100", NIGHT, None, None, 1),
    )
    shown = status(protocol=protocol, incidents=(incident(),), mutes=(MUTE,), ways=ways, buried=2)
    assert text.status_words(shown, EN, MOSCOW).text.splitlines()[1:] == [
        "",
        "Script night.py: running since 01:22:45 (2 h)",
        "Last user message: 03:21:45 Sample 7",
        "Last protocol line: 02:22:45, 1 min 30 s ago",
        "Errors: 0 in the last hour, 4 since 02:22:45",
        "The older part of the protocol is still being counted.",
        "",
        "🔴 03:22:45 · Error 1 · P1_beta: position not reached, timeout 60 s 🔕",
        "🔕 3: P1_beta until 04:22:45 (1 h), by Olga",
        "",
        (
            "⚠️ Mail (a@example.org) fails since 03:12:45 (10 min), 4 messages wait: "
            "The server refuses the login (535)."
        ),
        "Mail: works",
        "Telegram: works, 1 message waits",
        "2 messages could not be delivered at all: sonixbot outbox shows them.",
        "sonixbot has run for 1 d",
    ]


def test_trouble_with_the_protocol_is_explained_in_the_status() -> None:
    """Why the protocol cannot be read, and since when, follows the verdict."""
    shown = status(trouble=sentence("There is no file {path}.", path="<x>"), trouble_since=NIGHT)
    said = check(text.status_words(shown, EN, MOSCOW))
    assert said.text.splitlines()[1] == "There is no file <x>. Since 03:22:45."


def test_status_fits_into_one_message_at_its_worst() -> None:
    """With everything wrong and every name too long, the status is still one message."""
    activity = Activity(Doing.PAUSED, LONG, LONG, NIGHT - DAY)
    entry = replace(STUCK, text=LONG, source=LONG, time=NIGHT - 400 * DAY)
    old: dict[str, Any] = {"count": 10**7, "last": NIGHT - 400 * DAY}
    mute = replace(MUTE, scope=LONG, author=LONG, hidden={1: 10**7}, until=NIGHT + 400 * DAY)
    way = WayView("mail:" + LONG, None, NIGHT - 400 * DAY, sentence("{x}", x=LONG), 10**7)
    view: StateView = replace(
        status().protocol,
        activity=activity,
        user_messages=(entry,),
        first=NIGHT - 400 * DAY,
        complete=False,
    )
    shown = Status(
        instrument=LONG,
        now=NIGHT,
        started=NIGHT - 400 * DAY,
        protocol=view,
        trouble=sentence("{x}", x=LONG),
        trouble_since=NIGHT - 400 * DAY,
        silent_since=NIGHT - 400 * DAY,
        errors_last_hour=10**7,
        incidents=(incident(entry, **old),) * 100,
        mutes=(mute,) * 100,
        ways=(way, replace(way, name="telegram", failing=None), way) * 50,
        buried=10**7,
    )
    said = check(text.status_words(shown, EN, MOSCOW))
    assert text.length(said.text) <= MESSAGE_LENGTH
    assert "… and 95 more; /lasterrors" in said.text
    assert "… and 97 more that fail" in said.text


def test_errors_are_listed_with_muted_ones_marked() -> None:
    """A page names its place among all, and marks what a mute hides."""
    view = RecentView("YuMO", (STUCK, WARM), total=30, newer=10)
    said, shown = text.errors_words(view, [MUTE], EN, MOSCOW, NIGHT, warnings=True)
    assert check(said).text.splitlines() == [
        "YuMO: errors and warnings 11 to 12 of 30, newest first",
        "🔴 03:22:45 · Error 1 · P1_beta: position not reached, timeout 60 s 🔕",
        "🟡 03:21:45 · Warning 1 · lauda_1: Temperature 24.1 C",
    ]
    assert shown == view


def test_page_of_errors_holds_as_many_as_fit() -> None:
    """Entries that do not fit into one message are left to the next page, and counted there."""
    view = RecentView("YuMO", (replace(STUCK, text=LONG),) * 50, total=60, newer=0)
    said, shown = text.errors_words(view, [], EN, MOSCOW, NIGHT)
    assert text.length(said.text) <= MESSAGE_LENGTH
    assert 5 < len(shown.entries) < 50
    assert shown.older == 60 - len(shown.entries)
    assert f"errors 1 to {len(shown.entries)} of 60" in said.text


def test_no_errors_is_said() -> None:
    """An empty page says that there is nothing, and of what."""
    said, _page = text.errors_words(
        RecentView("YuMO", (), 0, 0), [], EN, MOSCOW, NIGHT, device="P1_beta"
    )
    assert said.text == "YuMO, P1_beta: no errors."


def test_many_mutes_are_counted() -> None:
    """A long list of mutes ends with how many more there are; an empty one says so."""
    said = check(text.mutes_words([replace(MUTE, scope=LONG, author=LONG)] * 40, *HERE))
    assert "… and 25 more mutes" in said.text
    assert text.length(said.text) <= MESSAGE_LENGTH
    assert text.mutes_words([], *HERE).text == "YuMO: nothing is muted."


def test_help_lists_what_the_asker_may() -> None:
    """Who may only ask is not told of commands that act."""
    assert "/mute " not in check(text.help_words(EN, acts=False)).text
    assert "/unmute" in check(text.help_words(EN, acts=True)).text
    assert "42" in check(text.stranger_words(42, EN)).text
    assert check(text.test_words("YuMO", EN)).subject == "[YuMO] Test of sonixbot"
