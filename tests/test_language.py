"""Language: times and durations as people write them, and the completeness of the catalogues."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from string import Formatter
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from sonixbot.errors import sentence
from sonixbot.language import (
    CATALOGUES,
    DAY,
    DOMAIN,
    HOUR,
    LANGUAGES,
    MINUTE,
    language,
    locale_code,
    parse_duration,
    parse_until,
)
from tests.handclock import NIGHT
from tests.standins import ROOT

MOSCOW = ZoneInfo("Europe/Moscow")
BERLIN = ZoneInfo("Europe/Berlin")
PACKAGES = ("bot", "handlers", "sonixbot")
EN, RU = language("en"), language("ru")


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("ru", "ru"),
        ("ru-RU", "ru"),
        ("ru_RU.UTF-8", "ru"),
        ("RU", "ru"),
        ("en_GB", "en"),
        ("de", "en"),
        ("C", "en"),
        ("", "en"),
        (None, "en"),
    ],
)
def test_codes(code: str | None, found: str) -> None:
    """Codes as Telegram and locales write them are understood; any other language is English."""
    assert language(code).code == found


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"LANG": "ru_RU.UTF-8"}, "ru_RU.UTF-8"),
        ({"LANG": "ru_RU.UTF-8", "LC_ALL": "C"}, "C"),
        ({"LC_ALL": "C", "LANGUAGE": "ru:en"}, "ru"),
        ({"LANG": "", "LC_MESSAGES": "ru"}, "ru"),
        ({}, "en"),
    ],
)
def test_the_users_language(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], code: str
) -> None:
    """The user's language is found in the variables of the locale, in gettext's order."""
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert locale_code() == code


@pytest.mark.parametrize(
    ("seconds", "english", "russian"),
    [
        (0, "0 s", "0 с"),
        (-5, "0 s", "0 с"),
        (59.9, "59 s", "59 с"),
        (60, "1 min", "1 мин"),
        (95, "1 min 35 s", "1 мин 35 с"),
        (2 * HOUR + 5 * MINUTE + 59, "2 h 5 min", "2 ч 5 мин"),
        (3 * DAY, "3 d", "3 д"),
        (3 * DAY + 90 * MINUTE, "3 d 1 h", "3 д 1 ч"),
        (3 * DAY + 59 * MINUTE, "3 d", "3 д"),
    ],
)
def test_durations_are_told_in_two_units(seconds: float, english: str, russian: str) -> None:
    """A duration is told in its two largest units, never as more than it is."""
    assert (EN.duration(seconds), RU.duration(seconds)) == (english, russian)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (NIGHT, "03:22:45"),
        (NIGHT - 4 * HOUR, "12.04 23:22:45"),
        (NIGHT - 300 * DAY, "17.06.2020 03:22:45"),
        (None, "time unknown"),
    ],
)
def test_a_moment_is_told_as_short_as_it_can(seconds: float | None, said: str) -> None:
    """The date of another day is told, and the year of another year."""
    assert EN.clock(seconds, MOSCOW, NIGHT) == said


def test_a_moment_without_a_zone_is_the_computers() -> None:
    """Without a zone the computer's own is meant."""
    here = datetime.fromtimestamp(NIGHT, UTC).astimezone()
    assert EN.clock(NIGHT, None, NIGHT) == f"{here:%H:%M:%S}"


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [
        ("30m", 30 * MINUTE),
        ("2h", 2 * HOUR),
        ("1.5h", 90 * MINUTE),
        ("1,5 h", 90 * MINUTE),
        ("1д", DAY),
        ("2 ч 30 мин.", 150 * MINUTE),
        ("2H30M", 150 * MINUTE),
        (" 45 секунд ", 45.0),
        ("1 day", DAY),
        ("3 суток", 3 * DAY),
        ("", None),
        ("0m", None),
        ("30", None),
        ("m", None),
        ("-30m", None),
        ("2h P1_beta", None),
        ("P1_beta 2h", None),
        ("1h30", 90 * MINUTE),
        ("1Ч05", 65 * MINUTE),
        ("час", HOUR),
        ("Hour", HOUR),
        ("полчаса", 30 * MINUTE),
        ("на час", HOUR),
        ("на 2 часа", 2 * HOUR),
        ("For 2h", 2 * HOUR),
        ("на неделю", 7 * DAY),
        ("2 weeks", 14 * DAY),
        ("for", None),
        ("for for 2h", None),
        ("2h for 3m", None),
        ("1h305", None),
        ("30m15", None),
        ("beta", None),
        ("2h,30m", None),
    ],
)
def test_durations_as_people_type_them(typed: str, seconds: float | None) -> None:
    """Durations are understood in both languages; what is none is not taken for one."""
    assert parse_duration(typed) == seconds


@given(st.integers(1, 10**7))
def test_a_duration_that_was_told_can_be_typed(seconds: int) -> None:
    """What was told is understood again, as the same to the two units that were told."""
    for spoken in (EN, RU):
        told = spoken.duration(seconds)
        again = parse_duration(told)
        assert again is not None
        assert spoken.duration(again) == told
        assert 0 <= seconds - again < HOUR


@given(st.text(max_size=30))
def test_any_text_is_a_duration_or_none(text: str) -> None:
    """Whatever is typed, no error comes of it, and no duration of nothing."""
    found = parse_duration(text)
    assert found is None or found > 0
    assert parse_until(text, MOSCOW, NIGHT) is None or any(each.isdigit() for each in text)


@pytest.mark.parametrize(
    ("typed", "hours"),
    [
        ("until 8:00", 4.6208),
        ("до 8:00", 4.6208),
        ("до 08.00", 4.6208),
        ("Till 3:23", 0.0042),
        ("until 3:22", 23.9875),
        ("до 24:00", 20.6208),
        ("until 24", 20.6208),
        ("until 24:01", None),
        ("until 25", None),
        ("until 8:60", None),
        ("until 8", 4.6208),
        ("до 8", 4.6208),
        ("до", None),
        ("8:00", None),
        ("until 8:00 P1_beta", None),
    ],
)
def test_until_a_time_of_the_day(typed: str, hours: float | None) -> None:
    """`until 8:00` is the next 8:00 in the protocol's zone."""
    found = parse_until(typed, MOSCOW, NIGHT)
    assert (found is None) == (hours is None)
    if found is not None and hours is not None:
        assert (found - NIGHT) / HOUR == pytest.approx(hours, abs=0.001)


@given(st.integers(0, 2 * 10**9), st.integers(0, 23), st.integers(0, 59))
def test_until_is_the_next_such_moment(now: int, hour: int, minute: int) -> None:
    """The moment lies ahead by a day at most, an hour more where the clocks change."""
    found = parse_until(f"until {hour}:{minute:02}", timezone(timedelta(hours=3)), now)
    assert found is not None
    assert 0 < found - now <= DAY
    zoned = parse_until(f"until {hour}:{minute:02}", BERLIN, now)
    assert zoned is not None
    assert 0 < zoned - now <= DAY + HOUR


def test_sentences_within_sentences_are_translated() -> None:
    """A sentence that holds another is translated with it."""
    inner = sentence("it is empty")
    outer = sentence("The layout of the protocol cannot be used: {reason}.", reason=inner)
    assert RU.say(outer) == "Формат протокола использовать нельзя: он пуст."
    assert str(outer) == "The layout of the protocol cannot be used: it is empty."


@pytest.mark.parametrize(
    ("number", "said"),
    [(1, "1 проблема"), (2, "2 проблемы"), (11, "11 проблем"), (21, "21 проблема")],
)
def test_russian_plurals(number: int, said: str) -> None:
    """Russian has three forms that go with a number."""
    assert RU.ngettext("{n} problem", "{n} problems", number).format(n=number) == said


# Completeness of the catalogues.


@cache
def catalogue(code: str) -> Catalog:
    with (CATALOGUES / code / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        return read_po(file)


@cache
def extracted() -> frozenset[str | tuple[str, ...]]:
    """What the tool finds in the code, as `make catalogue` calls it."""
    keywords = {**DEFAULT_KEYWORDS, "sentence": None}
    return frozenset(
        message if isinstance(message, str) else tuple(message)
        for package in PACKAGES
        for _, _, message, _, _ in extract_from_dir(ROOT / package, keywords=keywords)
    )


TRANSLATED = [code for code in LANGUAGES if code != "en"]


@pytest.mark.parametrize("code", TRANSLATED)
def test_the_catalogue_has_what_the_code_says(code: str) -> None:
    """No sentence of the code is missing in the catalogue, and none there is obsolete."""
    known = {message.id for message in catalogue(code) if message.id}
    assert extracted() - known == frozenset(), "run: make catalogue, and translate"
    assert known - extracted() == set(), "run: make catalogue"
    assert not catalogue(code).obsolete


def originals(message: Message) -> list[str]:
    return [message.id] if isinstance(message.id, str) else [str(each) for each in message.id]


def forms(message: Message) -> list[str]:
    said = message.string
    return [said] if isinstance(said, str) else [str(each) for each in said or ()]


@pytest.mark.parametrize("code", TRANSLATED)
def test_everything_is_translated(code: str) -> None:
    """No translation is missing, empty or doubtful."""
    for message in catalogue(code):
        expected = catalogue(code).num_plurals if message.pluralizable else 1
        assert len(forms(message)) == expected, message.id
        assert all(forms(message)), message.id
        assert not message.id or not message.fuzzy, message.id


@pytest.mark.parametrize("code", TRANSLATED)
def test_translations_keep_their_places(code: str) -> None:
    """A translation has the places for values of its original, and ends like it."""
    for message in catalogue(code):
        original = originals(message)[-1]
        for form in forms(message) if original else ():
            assert places(form) == places(original), original
            assert form.endswith((".", ":", "…")) == original.endswith((".", ":", "…")), original
            assert form.count("\n") == original.count("\n"), original


def places(text: str) -> list[tuple[str, str | None, str | None]]:
    return sorted(
        (name, form, conversion)
        for _, name, form, conversion in Formatter().parse(text)
        if name is not None
    )


@pytest.mark.parametrize("code", TRANSLATED)
def test_the_compiled_catalogue_is_up_to_date(code: str) -> None:
    """What the program looks up is what the catalogue says."""
    for message in catalogue(code):
        if isinstance(message.id, str) and message.id:
            assert language(code).gettext(message.id) == message.string, "run: make compiled"


CALLED = {"_", "gettext", "ngettext", "sentence"}


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def name_of(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def test_every_sentence_of_the_code_is_found_by_the_tool() -> None:
    """No sentence hides from extraction: in an f-string, built from pieces, behind a new name."""
    found: set[str] = set()
    for message in extracted():
        found |= {message} if isinstance(message, str) else set(message)
    for path, tree in trees():
        for node in ast.walk(tree):
            place = f"{path}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Call) and name_of(node.func) in CALLED and node.args:
                assert not isinstance(node.args[0], ast.JoinedStr | ast.BinOp | ast.IfExp), place
                if isinstance(node.args[0], ast.Constant):
                    assert node.args[0].value in found, place
            if isinstance(node, ast.Assign) and name_of(node.value) in ("gettext", "ngettext"):
                names = [name_of(each) for each in node.targets]
                assert set(names) <= CALLED, place
