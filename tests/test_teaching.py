"""Teaching: rules in the configuration, in `sonixbot protocol` and in `sonixbot check`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonixbot import config
from sonixbot.alerts.grouping import Grouping, Hides, Pattern, Rule
from sonixbot.alerts.teaching import is_pushed, rules_of
from sonixbot.check import Mark, Row, check
from sonixbot.clock import Clock
from sonixbot.config import Config, slowness
from sonixbot.config.patterns import FINISHED, PAUSED, STARTED
from sonixbot.config.slowness import slow_piece
from sonixbot.entry import Kind
from sonixbot.errors import Mistakes
from sonixbot.language import language
from sonixbot.survey import survey
from tests.commandline import CommandLine
from tests.facts import STUCK, WARM, like
from tests.test_config import JUNK, assert_ours, check_sentences, words_of

AXIS = r"axis (?P<axis>\w+) stopped"


def parsed(*rules: object, **sections: Any) -> Config:
    """A configuration with these rules."""
    data = {"alerts": {"rules": list(rules)}, **sections}
    return config.parse(data, Path("/etc/config.json"), {})


def mistakes_in(*rules: object) -> list[str]:
    """What is wrong with these rules, in sentences that are ours."""
    with pytest.raises(Mistakes) as caught:
        parsed(*rules)
    assert_ours("\n".join(map(words_of, caught.value.mistakes)))
    return check_sentences(caught.value)


# The configuration


def test_every_key_of_a_rule_can_be_given() -> None:
    """Each key is read into its part of the rule; a rule without a name has its number."""
    first, second = rules_of(
        parsed(
            {
                "name": "motors",
                "device": "P*",
                "text": AXIS,
                "kind": ["error", "warning"],
                "min-level": 2,
                "max-level": 4,
                "split": "axis",
                "rename": "Axis {axis} of {device}",
                "as-level": 1,
                "as-kind": "error",
                "ended-by": {"device": "P*", "text": "moves"},
                "hides": {"device": "daq", "text": "lost", "for": "5m"},
            },
            {"kind": "info", "drop": True},
        )
    )
    assert first == Rule(
        "motors",
        Pattern("P*", AXIS),
        kinds=frozenset({Kind.ERROR, Kind.WARNING}),
        min_level=2,
        max_level=4,
        split=("axis",),
        rename="Axis {axis} of {device}",
        as_level=1,
        as_kind=Kind.ERROR,
        ends=Pattern("P*", "moves"),
        hides=Hides(Pattern("daq", "lost"), 300.0),
    )
    assert second == Rule("rule 2", Pattern("*"), kinds=frozenset({Kind.INFO}), drop=True)


def test_without_rules_there_are_none() -> None:
    """A configuration without rules has an empty list of them."""
    assert rules_of(config.parse({}, Path("/etc/config.json"), {})) == ()


def test_what_is_hidden_lasts_ten_minutes_unless_said() -> None:
    """A cause without a time hides what follows for ten minutes."""
    (rule,) = rules_of(parsed({"device": "varman", "hides": {"device": "*"}}))
    assert rule.hides == Hides(Pattern("*"), 600.0)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({}, 'rules[0]: expected a condition, such as "device": "motor_*"'),
        ({"drop": True}, "rules[0]: expected a condition"),
        ({"text": "a"}, 'rules[0]: expected something that becomes of it, such as "merge"'),
        ({"text": "a", "drop": False}, "rules[0]: expected something that becomes of it"),
        ({"text": "a", "drop": True, "merge": "b"}, 'rules[0]: expected nothing beside "drop"'),
        ({"text": "a", "drop": "yes"}, "rules[0].drop: expected true or false"),
        ({"text": "a(", "drop": True}, "rules[0].text: expected a regular expression; it breaks"),
        ({"text": "(a+)+$", "drop": True}, "rules[0].text: expected a regular expression that is"),
        ({"text": 5, "drop": True}, "rules[0].text: expected a regular expression in one line"),
        ({"text": "a", "split": "x"}, "rules[0].split: expected names of groups of text, such as"),
        ({"device": "a", "split": ["x"]}, "rules[0].split: expected names of groups of text, such"),
        ({"text": AXIS, "split": ["x"]}, "rules[0].split: expected names of groups of text; it"),
        ({"text": AXIS, "rename": "{x}"}, "rules[0].rename: expected names of groups of text; it"),
        ({"text": AXIS, "rename": "{}"}, "rules[0].rename: expected names of groups of text; it"),
        ({"text": AXIS, "split": "axis", "merge": "a"}, "rules[0].split: expected either merge or"),
        ({"device": "a", "kind": "fatal", "drop": True}, 'rules[0].kind: expected "error", "warni'),
        ({"device": "a", "kind": ["fatal"], "drop": True}, 'rules[0].kind[0]: expected "error"'),
        ({"device": "a", "as-kind": 5}, 'rules[0].as-kind: expected "error", "warning", "user" or'),
        ({"device": "a", "as-level": 0}, "rules[0].as-level: expected a level from 1 (the most im"),
        ({"device": "a", "max-level": 6, "drop": True}, "rules[0].max-level: expected a level"),
        ({"device": "a", "hides": {}}, "rules[0].hides: expected device or text, such as"),
        ({"device": "a", "hides": {"text": "("}}, "rules[0].hides.text: expected a regular expre"),
        ({"device": "a", "hides": {"text": "b", "for": "long"}}, "rules[0].hides.for: expected a"),
        ({"device": "a", "ended-by": {}}, "rules[0].ended-by: expected device or text, such as"),
        ({"device": "a", "ended-by": "ok"}, "rules[0].ended-by: expected an object in braces"),
        ({"device": "a", "level": 1}, "rules[0].level is not a known key; did you mean alerts.rul"),
        ({"device": "a", "dorp": 1}, "dorp is not a known key; did you mean alerts.rules[0].d"),
        ("drop everything", "rules[0]: expected an object in braces"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_rule_is_told_at_its_place(rule: object, said: str) -> None:
    """What makes no sense is one sentence with the path and what would make sense."""
    (mistake,) = mistakes_in(rule)
    assert mistake.startswith("/etc/config.json: alerts.rules[0]")
    assert said in mistake


def test_two_rules_of_one_name_are_a_mistake() -> None:
    """No two rules may have one name, given or made from its number, as people call them by it."""
    lone = {"device": "a", "drop": True}
    for rules in ([{**lone, "name": "x"}] * 2, [lone, {**lone, "name": "rule 1"}]):
        (mistake,) = mistakes_in(*rules)
        assert "alerts.rules: expected rules of different names" in mistake


KEYS = [
    "name", "device", "text", "kind", "min-level", "max-level", "merge", "split", "rename",
    "as-level", "as-kind", "drop", "ended-by", "hides", "for",
]  # fmt: skip


@given(st.lists(st.dictionaries(st.sampled_from(KEYS), JUNK, max_size=6) | JUNK, max_size=3))
def test_junk_in_rules_is_told_in_our_words(rules: list[object]) -> None:
    """Whatever stands in a rule: it loads and can be used, or it is told in our words."""
    try:
        found = rules_of(parsed(*json.loads(json.dumps(rules))))
    except Mistakes as mistakes:
        check_sentences(mistakes)
        assert_ours("\n".join(map(words_of, mistakes.mistakes)))
    else:
        assert Grouping(found).taught(STUCK).key


def test_what_is_pushed_any_way_counts_as_pushed() -> None:
    """A message that only one of the two ways is to get is pushed."""
    found = config.parse(
        {"alerts": {"mail": {"warning-max-level": 3}, "telegram": {"error-max-level": 0}}},
        Path("/etc/config.json"),
        {},
    )
    assert is_pushed(found, STUCK)
    assert is_pushed(found, like(WARM, level=3))
    assert not is_pushed(found, like(WARM, level=4))


# Slowness


@pytest.mark.parametrize(
    "expression",
    [
        r"(a+)+$",
        r"(\d+)*x",
        r"(.*)*y",
        r"(\w+\s?)+$",
        r"^(([a-z])+.)+[A-Z]([a-z])+$",
        r"(x+x+)+y",
        r"(\d|\w)*x",
        r"foo (?:bar|ba.)*(?P<n>\w|\d)+end",
        r"(?P<what>(?:\w+\W?)*) failed",
        r"(\d+|\w+)*x",
        r"(?:(?:слой)+)+$",
        r"(a|aa)+$",
        r"^(\S+\s+)*\S+(\s+\S+)*(\s+\S+)*!$",
        r"\w*\w*\w*\w*x",
    ],
)
def test_an_expression_that_may_take_for_ever_is_refused(expression: str) -> None:
    """What can be divided in too many ways is told with its part that repeats, anywhere in it."""
    piece = slow_piece(expression)
    assert piece
    assert piece in expression
    (mistake,) = mistakes_in({"text": expression, "drop": True})
    assert "takes too long because of" in mistake
    data = {"protocol": {"patterns": {"started": [expression]}}}
    with pytest.raises(Mistakes, match=r"protocol\.patterns\.started"):
        config.parse(data, Path("/etc/config.json"), {})


@pytest.mark.parametrize(
    "expression",
    [
        "timeout",
        r"position .* not reached",
        r"^.*timeout.*$",
        r".*failed.*line \d+.*",
        r"(?P<what>\w+): (?P<who>\w+).*failed",
        r"(?:a|b)+c",
        r"temperature (?P<t>\d+(?:\.\d+)?) C, set (\d+(\.\d+)?) C",
        r"\s+$",
        r"^\s*(\w+\s)*\w+$",
        r"(?P<file>[\w.-]+\.dat) is in use",
        r"позици\w+ не достигнута",
        r"(?i)(?<=x)y+(?!z)",
        r"\w+(\s\w+)*",
        r".+?: .+?, .+?",
        r"(\d+\.){3}\d+",
        r"(\p{L}+)[[:digit:]]+\x41{2,}(?#why)\.",
        r"(?P<q>['\"]).*(?P=q)",
        r"[]^-]*[^]]+",
        r"",
        *STARTED,
        *FINISHED,
        *PAUSED,
    ],
)
def test_an_honest_expression_is_taken(expression: str) -> None:
    """What people write, and all built-in patterns, are taken."""
    assert slow_piece(expression) is None


def test_hard_lines_are_made_of_what_the_expression_fits() -> None:
    """What repeats is found with a text that fits all before it, and one for each branch."""
    runs, whole = slowness._read(r"^(?=x)motor[ _](?:ab|\d+)*: \w{2,}(y|z){1,3}$")
    assert [(each.piece, each.before, each.atoms) for each in runs] == [
        (r"\d+", "motor ", ("1",)),
        (r"(?:ab|\d+)*", "motor ", ("ab", "1")),
        (r"\w{2,}", "motor ab: ", ("a",)),
    ]
    assert whole == "motor ab: ay"


# The protocol command


LINES = """\
2021-04-13 03:00:00.000 [ERROR:1] P1_beta: axis X1 stopped
2021-04-13 03:00:01.000 [ERROR:1] P1_beta: axis X2 stopped
2021-04-13 03:00:02.000 [ERROR:2] varman: Varman server does not answer
2021-04-13 03:00:03.000 [ERROR:2] daq: no connection
2021-04-13 03:06:00.000 [ERROR:2] daq: no connection
2021-04-13 03:07:00.000 [WARNING:3] lauda_1: Temperature 24.1 C
2021-04-13 03:08:00.000 [ERROR:3] printer: out of paper
2021-04-13 03:09:00.000 [INFO:3] is_client: state IDLE
"""
RULES: list[dict[str, Any]] = [
    {"name": "axes", "text": AXIS, "split": "axis", "rename": "Axis {axis}"},
    {"name": "Varman", "device": "varman", "merge": "Varman gone",
     "hides": {"device": "*", "for": "5m"}},
    {"name": "heat", "device": "lauda*", "as-level": 1},
    {"name": "paper", "device": "printer", "drop": True},
    {"name": "idle", "text": "never said", "drop": True},
]  # fmt: skip


@pytest.fixture
def sonixbot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    return CommandLine(tmp_path, monkeypatch, capsys)


@pytest.fixture
def log(tmp_path: Path) -> str:
    path = tmp_path / "p.log"
    path.write_text(LINES, encoding="utf-8")
    return str(path)


def written(path: Path, **sections: Any) -> str:
    """A configuration file with the rules and these sections."""
    data = {"alerts": {"rules": RULES}, "time-zone": "UTC", **sections}
    path.write_text(json.dumps(data), encoding="utf-8")
    return str(path)


EFFECTS = {
    "axes": {"taken": 2, "incidents": 2, "dropped": 0, "hidden": 0},
    "Varman": {"taken": 1, "incidents": 1, "dropped": 0, "hidden": 1},
    "heat": {"taken": 1, "incidents": 1, "dropped": 0, "hidden": 0},
    "paper": {"taken": 1, "incidents": 0, "dropped": 1, "hidden": 0},
    "idle": {"taken": 0, "incidents": 0, "dropped": 0, "hidden": 0},
}


@pytest.mark.parametrize("found", [True, False])
def test_protocol_shows_what_the_rules_do(
    sonixbot: CommandLine, tmp_path: Path, log: str, found: bool
) -> None:
    """With a configuration, named or found, each rule's effect is a row and names are shown."""
    path = written(tmp_path / ("config.json" if found else "own.json"))
    said = sonixbot("protocol", log, *([] if found else ["--config", path]))
    assert (said.code, said.err) == (0, "")
    rows = [each.split() for each in said.out.splitlines()]
    assert ["axes", "2", "2", "·", "·"] in rows
    assert ["Varman", "1", "1", "·", "1"] in rows
    assert ["paper", "1", "·", "1", "·"] in rows
    assert "Nothing here fits this rule: idle." in said.out
    assert "Would have been sent: 5 problems" in said.out
    assert "Axis X1 · P1_beta: axis X1 stopped" in said.out
    assert "Varman gone · varman: Varman server" in said.out
    _, _, sent = said.out.partition("Would have been sent")
    assert sent.count("no connection") == 1  # the later one, as the first was hidden
    assert "paper" not in sent


def test_protocol_tells_programs_the_same(sonixbot: CommandLine, tmp_path: Path, log: str) -> None:
    """--json has the effects by rule, and the name and rule of each incident that has one."""
    written(tmp_path / "config.json")
    found = json.loads(sonixbot("protocol", log, "--json").out)
    assert found["rules"] == EFFECTS
    assert [(each.get("name"), each.get("rule")) for each in found["incidents"]] == [
        ("Axis X1", "axes"), ("Axis X2", "axes"), ("Varman gone", "Varman"), (None, None),
        ("", "heat"),
    ]  # fmt: skip
    assert found["incidents"][-1]["level"] == 1
    assert found["kinds"]["warning"] == {"3": 1}


def test_protocol_reads_as_the_configuration_says(
    sonixbot: CommandLine, tmp_path: Path, log: str
) -> None:
    """Layout, zone and what is pushed are the configuration's, unless an option says otherwise."""
    levels = {"telegram": {"error-max-level": 1}, "mail": {"error-max-level": 0}}
    path = tmp_path / "own.json"
    data = {
        "alerts": levels,
        "time-zone": "Europe/Moscow",
        "protocol": {"format": "text", "encoding": "cp866"},
    }
    path.write_text(json.dumps(data), encoding="utf-8")
    words = ("protocol", log, "--json", "--config", str(path))
    found = json.loads(sonixbot(*words).out)
    assert (found["layout"], found["encoding"]) == ("text", "cp866")
    found = json.loads(sonixbot(*words, "--layout", "auto").out)
    assert (found["layout"], found["first"]) == ("brackets", "2021-04-13T03:00:00+03:00")
    assert [each["text"] for each in found["incidents"]] == ["axis X1 stopped", "axis X2 stopped"]
    found = json.loads(sonixbot(*words, "--layout", "auto", "--time-zone", "UTC").out)
    assert found["first"] == "2021-04-13T03:00:00+00:00"


def test_a_broken_configuration_that_was_only_found_is_noted(
    sonixbot: CommandLine, tmp_path: Path, log: str
) -> None:
    """Where it was named it is wrong use; where it was found the protocol is shown without it."""
    path = tmp_path / "config.json"
    path.write_text('{"alerts": {"rules": [{}]}}', encoding="utf-8")
    said = sonixbot("protocol", log)
    assert (said.code, "has mistakes" in said.err) == (0, True)
    assert "axis X1 stopped" in said.out
    said = sonixbot("protocol", log, "--config", str(path))
    assert (said.code, said.out) == (2, "")
    assert "alerts.rules[0]: expected a condition" in said.words
    path.write_text('{"protocol": {"format": "nonsense"}}', encoding="utf-8")
    assert sonixbot("protocol", log).code == 0
    assert sonixbot("protocol", log, "--config", str(path)).code == 2
    assert sonixbot("protocol", log, "--config", str(path), "--layout", "auto").code == 0


def test_a_cause_hides_only_what_comes_in_its_time(tmp_path: Path) -> None:
    """Its newest entry counts, it never hides itself, and what it hides makes no incident."""
    hides = Hides(Pattern("*"), 60.0)
    grouping = Grouping([Rule("cause", Pattern("varman"), hides=hides)])
    path = tmp_path / "p.log"
    moments = [("varman", 0), ("varman", 50), ("daq", 100), ("daq", 110), ("x", 109), ("daq", 200)]
    path.write_text(
        "".join(
            f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S}.000 [ERROR:1] {device}: gone\n"
            for device, at in moments
        )
    )
    found = survey(
        path, zone=UTC, taught=grouping.taught, pushed=lambda _entry: True, rules=["cause"]
    )
    assert [(each.source, each.count) for each in found.incidents] == [("varman", 2), ("daq", 2)]
    assert (found.rules["cause"].hidden, found.rules["cause"].incidents) == (2, 1)


# The check


async def rows(tmp_path: Path, rules: list[dict[str, Any]], text: str | None) -> list[Row]:
    """What check says of these rules beside a protocol with this text."""
    path = tmp_path / "p.log"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    data = {"alerts": {"rules": rules}, "protocol": {"path": str(path)}, "data-dir": "data"}
    found = config.parse(data, tmp_path / "config.json", {})
    made = await check(found, Clock(), language("en"), send=False)
    return [each for each in made if each.what == "rules"]


async def test_check_names_good_rules(tmp_path: Path) -> None:
    """Rules that all had something to do are one good row; without rules there is none."""
    (row,) = await rows(tmp_path, RULES[:2], LINES)
    assert (row.mark, row.said) == (
        Mark.GOOD,
        "axes, Varman; the first that fits a message decides.",
    )
    assert await rows(tmp_path, [], LINES) == []


async def test_check_points_at_rules_that_never_match(tmp_path: Path) -> None:
    """A rule behind one that takes all is a note that names both, and none is a failure."""
    rules = [{"name": "all", "device": "*", "rename": "x"}, RULES[0]]
    first, second = await rows(tmp_path, rules, LINES)
    assert (first.mark, second.mark) == (Mark.WARNING, Mark.WARNING)
    assert first.said.startswith("axes never fits, as all stands before it")
    assert second.said.startswith("Nothing in the newest part of the protocol fits: axes.")


@pytest.mark.parametrize("text", [LINES, None])
async def test_check_advises_on_idle_rules(tmp_path: Path, text: str | None) -> None:
    """What fits nothing in the working protocol is advice; without a protocol nobody knows."""
    (row,) = await rows(tmp_path, [RULES[4]], text)
    assert row.mark is (Mark.WARNING if text else Mark.GOOD)
    assert ("fits: idle." in row.said) is bool(text)
