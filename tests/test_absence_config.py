"""The configuration of what is missed, and of the bot's own health."""

from __future__ import annotations

from datetime import time

import pytest

from sonixbot import config
from sonixbot.logs import Redactor
from sonixbot.week import parse_week
from tests.test_config import assert_ours, changed, mistakes_in, parsed

FILE = "/etc/sonixbot/config.json"
KEY = "7e0c1f9a-1b2c-4d5e-8f90-123456789abc"
HELIUM = {"name": "helium", "text": r"helium level \d+", "within": "15m"}


def test_without_a_word_silence_and_a_missing_file_are_missed_and_nothing_else() -> None:
    """The defaults suit an instrument that nobody configured."""
    found = parsed({})
    absence = found.alerts.absence
    assert (absence.silent_time, absence.gone_time, absence.level) == (1800, 60, 1)
    assert (absence.idle_time, absence.idle_hours, absence.values) == (None, None, ())
    health = found.health
    assert (health.ping_url, health.ping_address, health.ping_interval) == (None, "", 300)
    assert (health.alive_at, health.away_time) == (None, 300)


def test_everything_can_be_said_and_never_switches_off() -> None:
    """Each key does what it says; `never` is spelt the same everywhere."""
    found = parsed(
        {
            "alerts": {
                "absence": {
                    "silent-time": "never",
                    "idle-time": "2h",
                    "idle-hours": "пн-пт 9-18",
                    "gone-time": "never",
                    "level": 2,
                    "values": [{**HELIUM, "device": "cryo*", "while": "always", "level": 3}],
                }
            },
            "health": {"alive-at": "8:00", "away-time": "never"},
        }
    )
    absence = found.alerts.absence
    assert (absence.silent_time, absence.idle_time, absence.gone_time) == (None, 7200, None)
    assert absence.idle_hours == parse_week("mon-fri 09:00-18:00")
    (value,) = absence.values
    assert (value.name, value.text, value.within) == ("helium", r"helium level \d+", 900)
    assert (value.device, value.during, value.level) == ("cryo*", "always", 3)
    assert (found.health.alive_at, found.health.away_time) == (time(8), None)


def test_defaults_in_the_schema_may_be_written_into_the_file() -> None:
    """What an editor shows as the default is what the file may hold, and means the same."""
    models = config.schema()["$defs"]
    told = {
        model: {
            key: each["default"]
            for key, each in models[model]["properties"].items()
            if each.get("default") is not None
        }
        for model in ("AbsenceSettings", "HealthSettings", "ValueSettings")
    }
    assert told["AbsenceSettings"]["idle-time"] == told["HealthSettings"]["alive-at"] == "never"
    assert told["ValueSettings"] == {"device": "*", "while": "running", "level": 1}
    written = {
        "alerts": {"absence": told["AbsenceSettings"]},
        "health": told["HealthSettings"],
    }
    assert parsed(written).alerts == parsed({}).alerts
    assert parsed(written).health == parsed({}).health


ABSENCE = "alerts.absence"


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        (f"{ABSENCE}.silent-time", 0, 'a duration such as "30m", "4h" or "1d"'),
        (f"{ABSENCE}.silent-time", None, 'or "never"'),
        (f"{ABSENCE}.idle-hours", "fryday", 'such as "mon-fri 22:00-07:00" ("fryday" is neither'),
        (f"{ABSENCE}.idle-hours", ["mon"], 'days and hours such as "mon-fri 22:00-07:00"'),
        (f"{ABSENCE}.level", 0, "a level from 1 (the most important) to 5"),
        (f"{ABSENCE}.level", True, "a level from 1 (the most important) to 5"),
        (f"{ABSENCE}.values", {}, "a list of values in braces"),
        (f"{ABSENCE}.values", [HELIUM, {**HELIUM, "name": "Helium"}], '"helium" comes twice'),
        (f"{ABSENCE}.values[0]", "helium", "an object in braces: {…}"),
        (f"{ABSENCE}.values[0].text", "(", "a regular expression"),
        (f"{ABSENCE}.values[0].within", "never", 'a duration such as "30m", "4h" or "1d"'),
        (f"{ABSENCE}.values[0].while", "sometimes", '"running" or "always"'),
        ("health.alive-at", "24:00", 'a time of the day such as "08:00", or "never"'),
        ("health.alive-at", 8, 'a time of the day such as "08:00", or "never"'),
        ("health.ping-url", f"hc-ping.com/{KEY}", 'such as "https://host/key"'),
        ("health.ping-url", f"ftp://host/{KEY}", 'such as "https://host/key"'),
        ("health.ping-url", f"https://host:70000/{KEY}", 'such as "https://host/key"'),
        ("health.ping-interval", "never", 'a duration such as "30m", "4h" or "1d"'),
    ],
)
def test_a_mistake_names_its_key_and_gives_an_example(
    key: str, value: object, expected: str
) -> None:
    """One sentence in our words, with the path of the key."""
    base = {"alerts": {"absence": {"values": [HELIUM]}}, "health": {}}
    (mistake,) = mistakes_in(changed(base, key, value))
    assert mistake.startswith(f"{FILE}: {key}: expected ")
    assert expected in mistake
    assert not key.endswith("url") or mistake.endswith(", but found a text.")
    assert_ours(mistake)


def test_an_unknown_key_of_a_value_is_told_with_the_nearest_known_one() -> None:
    """A list of objects is searched for known keys like any other section."""
    said = mistakes_in({"alerts": {"absence": {"values": [{**HELIUM, "withn": "1m"}]}}})
    key = "alerts.absence.values[0]"
    assert said == [f"{FILE}: {key}.withn is not a known key; did you mean {key}.within?"]


def test_a_value_needs_name_text_and_time() -> None:
    """What is missing is told with what is expected there."""
    said = mistakes_in({"alerts": {"absence": {"values": [{}]}}})
    assert [each.split(": ")[1].split(";")[0] for each in said] == [
        f"alerts.absence.values[0].{key} is missing" for key in ("name", "text", "within")
    ]
    assert said[1].endswith("expected a regular expression in one line.")


@pytest.mark.parametrize(
    "url",
    [
        f"https://hc-ping.com/{KEY}",
        f"https://checks.example.org/ping/{KEY}/yumo",
        f"https://kuma.example.org/api/push?token={KEY}&status=up",
        f"https://user:{KEY}@checks.example.org/yumo",
    ],
)
def test_the_address_to_ping_is_a_secret_and_so_is_the_key_in_it(url: str) -> None:
    """Neither the address nor a part of it that lets others ping is ever written."""
    found = parsed({"health": {"ping-url": url}})
    assert found.health.ping_address == url
    assert KEY not in repr(found)
    redact = Redactor(found.secrets())
    said = redact(f"GET {url} failed: the key {KEY}, at /ping or /yumo of example.org, status=up")
    assert KEY not in said
    assert said.endswith("at /ping or /yumo of example.org, status=up")


def test_hours_without_an_idle_time_are_pointed_out() -> None:
    """Idle hours alone miss nothing, which was hardly meant."""
    idle = {"idle-hours": "mon-fri 9-18"}
    warned = [str(each) for each in parsed({"alerts": {"absence": idle}}).warnings]
    assert any("alerts.absence.idle-hours does nothing without" in each for each in warned)
    right = {"alerts": {"absence": {**idle, "idle-time": "1h"}}}
    assert not any("idle-hours" in str(each) for each in parsed(right).warnings)
