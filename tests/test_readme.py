"""README: its commands, examples and pictures are true."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from sonixbot import inbox, text
from sonixbot.alerts import AlertPolicy, Rules
from sonixbot.config import parse, schema
from sonixbot.formats import BUILT_IN, Reader, entries, own_layout
from sonixbot.health import Health, Status
from sonixbot.inbox import presence
from sonixbot.language import HOUR, MINUTE, language
from sonixbot.service import scripts_of
from sonixbot.state import ProtocolState
from sonixbot.tail import blocks
from sonixbot.text.answers import command_list
from tests.commandline import CommandLine
from tests.demos import demo
from tests.protocols import protocol
from tests.standins import ROOT

READMES: Final = ("README.md", "README.ru.md")
ZONE: Final = ZoneInfo("Europe/Moscow")
#: How the READMEs show the demo where there is no browser.
DEMO: Final = ["demo", "--for", "30s", "--no-browser"]
NOW: Final = datetime(2021, 4, 13, 3, 27, tzinfo=ZONE).timestamp()
#: The night that the README shows.
LINES: Final = {
    "README.md": (
        "12.04.2021 21:58:02\tU1\tis_client\tScript night_SiO2.py started\n"
        "13.04.2021 03:17:45\tW1\tlauda_1\tTemperature 24.1 C, set 20.0 C, tolerance 0.5 C for 10"
        " min\n"
        "13.04.2021 03:22:45\tE1\tP1_beta\tPosition not reached, timeout 60 s (asked 1.000, is"
        " 0.437)\n"
        "13.04.2021 03:24:05\tE1\tP1_beta\tPosition not reached, timeout 60 s (asked 1.000, is"
        " 0.438)\n"
        "13.04.2021 03:25:25\tE1\tP1_beta\tPosition not reached, timeout 60 s (asked 1.000, is"
        " 0.437)\n"
    ),
    "README.ru.md": (
        "12.04.2021 21:58:02\tU1\tis_client\tСтарт скрипта night_SiO2.py\n"
        "13.04.2021 03:17:45\tW1\tlauda_1\tТемпература 24.1 °C при заданной 20.0 °C\n"
        "13.04.2021 03:22:45\tE1\tP1_beta\tПозиция не достигнута, таймаут 60 с (задано 1.000,"
        " текущая 0.437)\n"
        "13.04.2021 03:24:05\tE1\tP1_beta\tПозиция не достигнута, таймаут 60 с (задано 1.000,"
        " текущая 0.438)\n"
        "13.04.2021 03:25:25\tE1\tP1_beta\tПозиция не достигнута, таймаут 60 с (задано 1.000,"
        " текущая 0.437)\n"
    ),
}


def content(readme: str) -> str:
    return (ROOT / readme).read_text(encoding="utf-8")


def fenced(readme: str, kind: str) -> list[str]:
    """The blocks of one kind, in their order."""
    return re.findall(rf"```{kind}\n(.*?)```", content(readme), re.DOTALL)


def commands(readme: str) -> Iterator[list[str]]:
    """Every command line, in words, without `sonixbot`."""
    for block in fenced(readme, "sh"):
        for line in block.splitlines():
            if line.startswith("sonixbot "):
                yield shlex.split(line)[1:]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a configuration, a protocol, an own layout, and what looks like a service."""
    keys = {"data-dir": "data", "protocol": {"path": "protocol.log"}, "time-zone": "Europe/Moscow"}
    (tmp_path / "config.json").write_text(json.dumps(keys), encoding="utf-8")
    (tmp_path / "protocol.log").write_text(protocol("tabs"), encoding="cp1251")
    (tmp_path / "layout.json").write_text(fenced("README.md", "json")[1], encoding="utf-8")
    (tmp_path / "spectrum.dat").write_text("1 2 3", encoding="utf-8")
    presence.announce(str(tmp_path / "data" / "inbox"), "service", time.time())
    monkeypatch.setenv("SONIXBOT_CONFIG", str(tmp_path / "config.json"))
    return tmp_path


@pytest.mark.parametrize("readme", READMES)
def test_commands_run(
    readme: str, place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every command that ends by itself does so well."""
    sonixbot = CommandLine(place, monkeypatch, capsys)
    ran = 0
    for words in commands(readme):
        if words == DEMO:
            continue  # it takes its time: below
        elsewhere = words[0] in ("run", "check", "demo") or "/log/current.log" in words[-1]
        said = sonixbot(*words, *(["--help"] if elsewhere else []))
        assert said.code == 0, (words, said)
        ran += 1
    assert ran > 10


@pytest.mark.process
def test_the_demo_runs() -> None:
    """The demo with an end runs as it is shown in both READMEs, and tells its story."""
    assert all(DEMO in list(commands(readme)) for readme in READMES)
    with demo(*[each for each in DEMO[1:] if each != "--no-browser"]) as shown:
        assert shown.end(50) == 0
    assert all(f"  {word} " in shown.story for word in ("written", "posted", "mailed", "answered"))


@pytest.mark.parametrize("readme", READMES)
def test_make_knows_its_targets(readme: str) -> None:
    """What make is asked for is there."""
    asked = re.findall(r"^make (\w+)$", "\n".join(fenced(readme, "sh")), re.MULTILINE)
    assert asked == ["demo", "test"]
    for target in asked:
        subprocess.run([shutil.which("make") or "make", "--dry-run", target], cwd=ROOT, check=True)


@pytest.mark.parametrize("page", [*READMES, "docs/alerts.md", "docs/alerts.ru.md"])
def test_the_pictures_are_there(page: str) -> None:
    """Every picture that is shown exists."""
    pictures = re.findall(r"!\[[^]]+\]\(([^)]+)\)", content(page))
    assert pictures
    assert all(((ROOT / page).parent / each).is_file() for each in pictures)


@pytest.mark.parametrize("readme", READMES)
def test_the_documented_configuration_loads(readme: str, tmp_path: Path) -> None:
    """The configuration loads as it stands, and the further keys do in their place."""
    documented, layout, logwatch = map(json.loads, fenced(readme, "json"))
    for keys in (documented, {"protocol": {"format": layout}}, logwatch):
        parse(keys, tmp_path / "config.json", {})
    example = json.loads((ROOT / "config.example.json").read_text(encoding="utf-8"))
    assert documented["mail"] == example["mail"]
    assert documented["telegram"].items() <= example["telegram"].items()


def test_the_own_layout_fits(tmp_path: Path) -> None:
    """The layout that is shown reads what it is meant for."""
    layout = own_layout(json.loads(fenced("README.md", "json")[1]))
    fit = layout.fit("13/04/2021 03:22:45|F1|P1_beta|stuck")
    assert fit is not None
    assert (fit.kind, fit.level, fit.source, fit.text) == ("error", 1, "P1_beta", "stuck")


@pytest.mark.parametrize("readme", READMES)
def test_the_table_of_keys_is_complete(readme: str) -> None:
    """Every key of the table exists, and none of the configuration is missing in it."""
    known = set(keys_of(schema()))
    rows = re.findall(r"^\| (`[a-z].*?) \|", content(readme), re.MULTILINE)
    shown = {key for row in rows for key in re.findall(r"`([^`]+)`", row)}
    text = set(re.findall(r"`([a-z.-]+)`", content(readme)))
    assert shown <= known
    sections = {"mail", "telegram", "protocol", "alerts", "health", "logwatch", "$schema"}
    documented = set(keys_of_values(json.loads(fenced(readme, "json")[0])))
    assert {key for key in known if key.count(".") < 2} - sections <= text | documented


def keys_of(node: dict[str, Any], above: str = "") -> Iterator[str]:
    """The dotted keys that a JSON schema describes, two deep."""
    for key, value in node.get("properties", {}).items():
        yield above + key
        if not above:
            inner = [value, *value.get("anyOf", ())]
            for each in inner:
                if reference := each.get("$ref"):
                    yield from keys_of(schema()["$defs"][reference.rpartition("/")[2]], f"{key}.")


def keys_of_values(node: dict[str, Any], above: str = "") -> Iterator[str]:
    """The dotted keys of a configuration."""
    for key, value in node.items():
        yield above + key
        if isinstance(value, dict):
            yield from keys_of_values(value, f"{above}{key}.")


@pytest.mark.parametrize("readme", READMES)
def test_the_layouts_are_named(readme: str) -> None:
    """Every built-in layout is named."""
    assert all(f"`{each.name}`" in content(readme) for each in BUILT_IN)


@pytest.mark.parametrize("readme", READMES)
def test_the_lines_of_the_layouts_fit(readme: str) -> None:
    """The line shown for a layout is read by it, as the same error each time."""
    shown = next(block for block in fenced(readme, "text") if block.startswith("tabs"))
    layouts = {each.name: each for each in BUILT_IN}
    names = set()
    for row in shown.splitlines():
        name, line = row.split(maxsplit=1)
        fit = layouts[name].fit(line.replace("⇥", "\t"))
        assert fit is not None, row
        assert (fit.kind, fit.source, fit.text) == ("error", "P1_beta", "Position not reached")
        names.add(name)
    assert names == set(layouts)


@pytest.mark.parametrize("readme", READMES)
def test_the_chat_commands_are_named(readme: str) -> None:
    """The table has the commands that an operator is offered, and no other."""
    offered = {command for command, _ in command_list(language("en"), asks=True, acts=True)}
    rows = re.findall(r"^\| (`/.*?) \|", content(readme), re.MULTILINE)
    assert {command for row in rows for command in re.findall(r"`/(\w+)", row)} == offered


@pytest.mark.process
@pytest.mark.parametrize("readme", READMES)
def test_scripts_send(readme: str, place: Path) -> None:
    """The examples for scripts run as they stand, and leave what they say."""
    for example in fenced(readme, "python"):
        subprocess.run(
            [sys.executable, "-c", example],
            cwd=place,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            check=True,
            capture_output=True,
        )
    assert len(inbox.waiting(str(place / "data" / "inbox"))) == 4


@pytest.mark.parametrize("readme", READMES)
def test_the_pictures_are_true(readme: str, tmp_path: Path) -> None:
    """The post and the answer are those that the protocol of that night brings about."""
    spoken = language("ru" if ".ru." in readme else "en")
    path = tmp_path / "p.log"
    path.write_text(LINES[readme], encoding="utf-8")
    state = ProtocolState("YuMO", scripts_of(parse({}, path, {}).protocol.patterns))
    policy = AlertPolicy(Rules())
    state.begin(str(path))
    for entry in entries(blocks(path), Reader(None, "auto", ZONE)):
        assert entry.time is not None
        state.apply(entry)
        policy.apply(entry, entry.time)
    opened = policy.open(NOW)
    health = Health()
    health.works("telegram", NOW)
    health.works("mail", NOW)
    status = Status(
        instrument="YuMO",
        now=NOW,
        started=NOW - 5 * HOUR - 6 * MINUTE,
        protocol=state.view(),
        trouble=None,
        trouble_since=None,
        silent_since=state.view().last,
        errors_last_hour=state.errors_since(NOW - HOUR),
        incidents=tuple(opened),
        mutes=(),
        ways=health.ways({}),
        buried=0,
    )
    post, answer, *_rest = fenced(readme, "text")
    newest = opened[0]
    words = text.incident_words(newest, newest.post_why, "YuMO", spoken, ZONE, NOW)
    assert post.rstrip() == words.text
    assert answer.rstrip() == text.status_words(status, spoken, ZONE).text


@pytest.mark.parametrize("readme", READMES)
def test_the_three_steps_are_headings(readme: str) -> None:
    """The installation has the three steps of the documentation."""
    assert re.findall(r"^## (\d)\. ", content(readme), re.MULTILINE) == ["1", "2", "3"]


def test_the_files_it_names_are_there() -> None:
    """Files that the README names exist in the sources."""
    for name in ("config.example.json", "bot/logwatch.py", *READMES):
        assert name in content("README.md") or name == "README.md"
        assert (ROOT / name).is_file()


def test_no_command_is_forgotten() -> None:
    """Every command of the command line is told of in the README."""
    for command in (
        *("run", "check", "demo", "send", "protocol", "outbox", "config schema", "paths"),
    ):
        assert f"sonixbot {command}" in content("README.md")
