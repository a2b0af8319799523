"""The pages on alerts: their examples, samples and commands are true."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from handlers.mute_wishes import Wish, parse_wish
from handlers.spans import parse_span
from sonixbot import text
from sonixbot.alerts import AlertPolicy, Rules
from sonixbot.alerts.reach import unreachable
from sonixbot.alerts.teaching import rules_of
from sonixbot.config import parse, schema
from sonixbot.entry import Entry, Kind
from sonixbot.language import HOUR, MINUTE, language
from sonixbot.rulebook import absences_of, rulebook
from sonixbot.text.answers import command_list
from sonixbot.text.incident_answers import story_words
from tests.handclock import NIGHT
from tests.standins import ROOT
from tests.test_language import MOSCOW

README: Final = {"docs/alerts.md": "README.md", "docs/alerts.ru.md": "README.ru.md"}
PAGES: Final = tuple(README)
#: What the samples tell of, in the words of the page's protocol.
SAID: Final = {
    "docs/alerts.md": {
        "motor": "Position not reached, timeout 60 s",
        "values": " (asked 1.000, is 0.437)",
        "server": "Varman server does not answer",
        "voltage": "High voltage tripped: 0 V instead of 1850 V",
        "else": "no value",
        "author": "Anna",
    },
    "docs/alerts.ru.md": {
        "motor": "Позиция не достигнута, таймаут 60 с",
        "values": " (задано 1.000, текущая 0.437)",
        "server": "Сервер Varman не отвечает",
        "voltage": "Отключилось высокое напряжение: 0 В вместо 1850 В",
        "else": "нет значения",
        "author": "Анна",
    },
}
#: Device, level and what it says: three errors a second.
FLOOD: Final = (
    *(("varman", 1, "server"), ("lauda_1", 2, "else"), ("P1_beta", 1, "motor")),
    *(("chopper", 2, "else"), ("daq", 2, "else"), ("P2_alpha", 2, "else")),
    *(("psd_hv", 1, "voltage"), ("magnet", 2, "else"), ("vacuum", 3, "else")),
    *(("monitor", 2, "else"), ("changer", 2, "else")),
)


def content(doc: str) -> str:
    return (ROOT / doc).read_text(encoding="utf-8")


def fenced(doc: str, kind: str) -> list[str]:
    """The blocks of one kind, in their order."""
    return re.findall(rf"```{kind}\n(.*?)```", content(doc), re.DOTALL)


def examples(doc: str) -> list[dict[str, Any]]:
    return [json.loads(block) for block in fenced(doc, "json")]


def keys(node: object, above: str = "") -> Iterator[str]:
    """The dotted keys of a configuration, those in lists among them."""
    if isinstance(node, list):
        for each in node:
            yield from keys(each, above)
    for key, value in node.items() if isinstance(node, dict) else ():
        yield above + key
        yield from keys(value, f"{above}{key}.")


def known(node: dict[str, Any], above: str = "") -> Iterator[str]:
    """The dotted keys that the schema knows, at any depth."""
    for key, value in node.get("properties", {}).items():
        yield above + key
        for each in (value, *value.get("anyOf", ()), value.get("items", {})):
            if reference := each.get("$ref"):
                section = schema()["$defs"][reference.rpartition("/")[2]]
                yield from known(section, f"{above}{key}.")


@pytest.mark.parametrize("doc", PAGES)
def test_the_examples_work(doc: str, tmp_path: Path) -> None:
    """Every example is a configuration that loads, and each of its rules can have an effect."""
    shown = examples(doc)
    assert len(shown) == len(re.findall("```json", content(doc))) > 5
    for example in shown:
        config = parse(example, tmp_path / "config.json", {})
        absences_of(config)
        assert not unreachable(rules_of(config), rulebook(config).takes)


def test_both_languages_show_the_same() -> None:
    """The pages have the same examples and tell of the same keys."""
    english, russian = PAGES
    assert examples(english) == examples(russian)
    assert told(english) == told(russian)


def told(doc: str) -> set[str]:
    """The dotted keys that a page tells of, in examples or words."""
    dotted = set(re.findall(r"`((?:alerts|health)[a-z0-9.-]*)`", content(doc)))
    return dotted | {key for example in examples(doc) for key in keys(example)}


@pytest.mark.parametrize("doc", PAGES)
def test_no_key_is_forgotten(doc: str) -> None:
    """Every key below alerts and health is told of, and no other."""
    wanted = {key for key in known(schema()) if key.split(".")[0] in ("alerts", "health")}
    assert len(wanted) > 60
    assert wanted == told(doc)


@pytest.mark.parametrize("doc", PAGES)
def test_the_tables_of_rules_are_complete(doc: str) -> None:
    """The two tables about rules have every key of a rule but its name, and no other."""
    rules = content(doc).partition("###")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`[a-z].*?) \|", rules, re.MULTILINE)
    named = {key for row in rows for key in re.findall(r"`([^`]+)`", row)}
    of_a_rule = {key for key in known(schema()) if re.fullmatch(r"alerts\.rules\.[^.]+", key)}
    assert {f"alerts.rules.{key}" for key in named} == of_a_rule - {"alerts.rules.name"}


@pytest.mark.parametrize("doc", PAGES)
def test_what_it_says_to_type_is_understood(doc: str) -> None:
    """Every command exists, and the times, levels and devices of examples make sense."""
    typed = re.findall(r"`/(\w+) ?([^`]*)`", content(doc))
    offered = {command for command, _ in command_list(language("en"), asks=True, acts=True)}
    # /fail is no command, but what is added to the address of health.ping-url.
    assert {command for command, _ in typed} <= offered | {"fail"}
    wishes = [words for command, words in typed if command == "mute"]
    stretches = [words for command, words in typed if command == "log" and words]
    assert len(wishes) >= 5
    assert len(stretches) >= 4
    for words in wishes:
        assert isinstance(parse_wish(words, {"P1_beta", "lauda_1"}.__contains__, None, NIGHT), Wish)
    assert all(parse_span(words, None, NIGHT) for words in stretches)


@pytest.mark.parametrize("doc", [*PAGES, *README.values()])
def test_links_lead_somewhere(doc: str) -> None:
    """Every file to which it links is there, and every heading."""
    for target, heading in re.findall(r"\]\((?!https?:)([^)#]+)#?([^)]*)\)", content(doc)):
        path = (ROOT / doc).parent / target
        assert path.is_file(), target
        if heading:
            titles = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in titles}
            assert heading in slugs, heading


@pytest.mark.parametrize("doc", PAGES)
def test_the_readme_leads_to_it(doc: str) -> None:
    """The README of the same language links to it, and it to its other language."""
    assert f"]({doc})" in content(README[doc])
    (other,) = set(PAGES) - {doc}
    assert f"]({Path(other).name})" in content(doc)


def error(policy: AlertPolicy, at: float, device: str, level: int, said: str) -> None:
    offset = 100 * (1 + sum(each.count for each in policy.incidents.values()))
    policy.apply(Entry(Kind.ERROR, level, device, said, at, offset), at)


@pytest.mark.parametrize("doc", PAGES)
def test_the_samples_are_true(doc: str) -> None:
    """The digest and the history that are shown are what the policy makes of such a night."""
    spoken, said = language("ru" if ".ru." in doc else "en"), SAID[doc]
    storm_shown, story_shown = fenced(doc, "text")
    policy = AlertPolicy(Rules(zone=MOSCOW))
    for number, (device, level, what) in enumerate(FLOOD):
        error(policy, NIGHT + number // 3, device, level, said[what])
    (storm,) = policy.storms.values()
    incidents, now = policy.in_storm(storm), NIGHT + 15
    words = text.storm_words(storm, incidents, {}, "YuMO", spoken, MOSCOW, now)
    assert storm_shown.rstrip() == words.text

    policy, author = AlertPolicy(Rules(zone=MOSCOW)), said["author"]
    error(policy, NIGHT, "P1_beta", 1, said["motor"] + said["values"])
    policy.acknowledge(1, author, 7, NIGHT + 25)
    policy.mute("P1_*", NIGHT + HOUR + 435, author, 7, NIGHT + 5 * MINUTE)
    error(policy, NIGHT + 735, "P1_beta", 1, said["motor"] + said["values"])
    incident = policy.find(1)
    assert incident is not None
    story = story_words(incident, policy, "YuMO", spoken, MOSCOW, NIGHT + 1000)
    assert story_shown.rstrip() == story.text
