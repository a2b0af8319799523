"""Grouping: which entries are one incident, and what rules make of them."""

from __future__ import annotations

import logging
import sys
from dataclasses import replace
from subprocess import run

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonixbot.alerts import Push, fingerprint
from sonixbot.alerts.grouping import Grouping, Hides, Pattern, Rule
from sonixbot.alerts.likeness import without_values
from sonixbot.alerts.reach import unreachable
from sonixbot.entry import Entry, Kind
from sonixbot.sandbox import ledger
from tests.facts import STUCK, WARM, like

AXIS = r"axis (?P<axis>\w+) (?P<what>stuck|lost)"
LOST = like(STUCK, text="axis X7 lost", level=3)
GONE = like(STUCK, source="varman", text="Varman server does not answer")


# Likeness


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (r"file D:\Sonix\data\004217.dat is in use", "file # is in use"),
        (r"файл d:/Sonix/data/004217.dat занят", "файл # занят"),
        (r"\\server\share\x: gone", "#: gone"),
        ("cannot write /home/x/y.dat: no space", "cannot write #: no space"),
        ("saved data/004217.dat, ..\\old\\1.dat", "saved #, #"),
        ("spectrum YuMO_004217.dat not saved", "spectrum # not saved"),
        ("request 123e4567-e89b-12d3-a456-426614174000 failed", "request # failed"),
        ("request 1d234567-e89b-12d3-a456-426614174000 failed", "request # failed"),
        ("id=7f3a9c, session: xk29vb", "id#, session#"),
        ("task a1b2c3d4e5f6g7h8i9 failed, see #123", "task # failed, see ##"),
        ("at 2021-04-13T03:22:45.118Z", "at #"),
        ("at 20210413T032245+0300", "at #"),
        ("since 13 Apr 2021 03:22, 12 апреля", "since # #, #"),
        ("waited 5m30s of 1h2m3s", "waited # of #"),
        ("00:1B:44:11:3A:B7 at 192.168.0.1:8080", "# at #"),
        ("word '0x1F' is -1.5e-3, «три»", "word # is #, #"),
    ],
)
def test_values_are_put_aside(text: str, left: str) -> None:
    """Ids, paths, numbered files, times and quoted values leave the same mark."""
    assert without_values(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "P1_beta, COM3 and lauda_2 in bank2",
        "SampleChangerMotor2 has stopped",
        r"no answer from \\.\COM3 and /dev/ttyUSB0",
        "m/s, counts/s, mbar/min, and/or, E/A, N/A, /s/cm2 are units",
        "Disk D: is full",
        "device_id=COM3",
        "http://host.ru/a/b.dat",
        "night_SiO2.py has stopped",
        "the facade's deadline isn't met",
    ],
)
def test_names_and_units_stay(text: str) -> None:
    """Devices with digits, device files, units, disks, hosts and scripts are no values."""
    assert without_values(text) == text.lower()


@pytest.mark.parametrize(
    "text",
    [
        r"file D:\Sonix\data\004217.dat, \\server\share\x, /home/x/y.dat, data/1.dat",
        "id=7f3a9c, session: xk29vb, a1b2c3d4e5f6g7h8i9, #12 of YuMO_004217.dat",
        "at 2021-04-13T03:22:45.118Z, 20210413T032245, 13 Apr 2021, 12 апреля, 5m30s, 03:22:45",
        "1d234567-e89b-12d3-a456-426614174000 00:1B:44:11:3A:B7 0x1F deadbeef1 -1.5e-3 «три» 'x'",
        "P1_beta COM3 /dev/ttyUSB0 m/s and/or D: http://host.ru/a/b.dat",
    ],
)
def test_the_ledger_of_the_demo_groups_alike(text: str) -> None:
    """What the demo's ledger, which is written on its own, holds for one sort is one incident."""
    assert ledger._like(text) == without_values(text)


#: Values of one sort, each drawn anew for every telling.
VALUES = st.one_of(
    st.integers(0, 10**9).map(str),
    st.floats(-1e6, 1e6).map(str),
    st.datetimes().map(lambda each: each.isoformat()),
    st.times().map(str),
    st.uuids().map(str),
    st.integers(0, 2**64).map(hex),
    st.from_regex(r"[CD]:(\\[A-Za-z_0-9.]{1,8}){1,4}", fullmatch=True),
    st.from_regex(r"/(home|data)(/[A-Za-z_0-9.]{1,8}){1,4}", fullmatch=True),
    st.from_regex(r"[A-Za-z]{1,6}_[0-9]{3,8}\.(dat|txt|nxs)", fullmatch=True),
    st.from_regex(r"'[A-Za-z ]{1,9}'|«[а-я ]{1,9}»", fullmatch=True),
)
WORDS = st.lists(
    st.sampled_from(["motor", "P1_beta", "COM3", "is", "stopped", "at", "m/s", "слой"]), min_size=1
)


@given(WORDS, VALUES, VALUES)
def test_changing_values_change_nothing(words: list[str], one: str, other: str) -> None:
    """Whatever value stands between the words, and of whatever sort, the incident is the same."""
    tellings = (f"{' '.join(words)} {each} {' '.join(words)}" for each in (one, other))
    first, second = (fingerprint(like(STUCK, text=each)) for each in tellings)
    assert first == second


@given(WORDS, WORDS)
def test_other_words_are_another_incident(one: list[str], other: list[str]) -> None:
    """Texts of other words, or of other devices, stay apart."""
    texts = [like(STUCK, text=" ".join(each)) for each in (one, other)]
    assert (fingerprint(texts[0]) == fingerprint(texts[1])) == (one == other)


@given(st.text())
def test_nothing_is_left_to_put_aside(text: str) -> None:
    """Putting aside again what was put aside changes nothing, so a mark is never a value."""
    once = without_values(text)
    assert without_values(once).count("#") == once.count("#")


# Rules


def test_without_rules_an_entry_stays_as_it_is() -> None:
    """Without rules the fingerprint is all that is said; nothing ends or hides."""
    grouping = Grouping()
    taught = grouping.taught(STUCK)
    assert (taught.entry, taught.key) == (STUCK, fingerprint(STUCK))
    assert (taught.name, taught.rule, taught.drop, taught.hides) == ("", "", False, None)
    assert not grouping
    assert grouping.ended_by(STUCK) == ()
    assert grouping.hides("") is None


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        (Rule("r", Pattern("P1_BETA")), True),
        (Rule("r", Pattern("p*_beta")), True),
        (Rule("r", Pattern("P2*")), False),
        (Rule("r", Pattern(text="POSITION not")), True),
        (Rule("r", Pattern(text="^not")), False),
        (Rule("r", Pattern("P1_beta", "lost")), False),
        (Rule("r", kinds=frozenset({Kind.ERROR, Kind.USER})), True),
        (Rule("r", kinds=frozenset({Kind.WARNING})), False),
        (Rule("r", max_level=1), True),
        (Rule("r", min_level=2), False),
    ],
)
def test_all_conditions_of_a_rule_must_fit(rule: Rule, fits: bool) -> None:
    """Device, text, kind and level must all fit; what is not given fits everything."""
    assert Grouping([replace(rule, drop=True)]).taught(STUCK).drop is fits


def test_an_unknown_level_counts_as_one_of_an_error_and_as_five_else() -> None:
    """A rule about level 1 takes an error without a level, and no warning without one."""
    grouping = Grouping([Rule("r", max_level=1, drop=True)])
    assert grouping.taught(like(STUCK, level=None)).drop
    assert not grouping.taught(like(WARM, level=None)).drop


def test_the_first_rule_that_fits_decides() -> None:
    """Of several rules that fit only the first has an effect, in every order of their kinds."""
    rules = [
        Rule("other device", Pattern("varman"), drop=True),
        Rule("first", Pattern(text="lost"), merge="losses"),
        Rule("second", Pattern(AXIS), drop=True),
        Rule("third", drop=True),
    ]
    assert Grouping(rules).taught(LOST).rule == "first"
    assert Grouping(rules[2:]).taught(LOST).rule == "third"


def test_many_rules_decide_as_one_by_one() -> None:
    """Where one search rules out many expressions at once, the same rules fit as before."""
    odd = [
        r"(s) X7 lo\1t",
        "(?i)LOST$",
        r"(?P<a>l)ost",
    ]  # what cannot be joined, or has a group too
    for at in range(12):
        texts = [f"(?P<n>nothing) {number}" for number in range(12)]
        for text in ("lost", *odd):
            texts[at] = text
            rules = [Rule(str(number), Pattern(text=each)) for number, each in enumerate(texts)]
            assert Grouping(rules).taught(LOST).rule == str(at)
            assert Grouping(rules).taught(GONE).rule == ""


def test_merged_entries_are_one_incident_of_its_name() -> None:
    """All that fits is one incident, whichever device wrote it, apart from any other's."""
    grouping = Grouping([Rule("r", Pattern("P*"), merge="Motors"), Rule("q", merge="Rest")])
    first, second = grouping.taught(STUCK), grouping.taught(like(LOST, source="P2_gamma"))
    assert first.key == second.key
    assert (first.name, first.rule) == ("Motors", "r")
    assert grouping.taught(GONE).key != first.key


def test_split_values_are_incidents_of_their_own() -> None:
    """The values of the named groups tell incidents apart, though a number is put aside else."""
    grouping = Grouping(
        [Rule("r", Pattern(text=r"bank (?P<n>\d+)( of (?P<m>\w+))?"), split=("n", "m"))]
    )
    texts = [
        "bank 1 hot",
        "bank 2 hot",
        "bank 1  HOT",
        "bank 1 of a hot",
        "bank 1 OF A hot",
        "bank 1 cold",
    ]
    keys = [grouping.taught(like(STUCK, text=each)).key for each in texts]
    assert (keys[0], keys[3]) == (keys[2], keys[4])
    assert len(set(keys)) == 4


@given(st.lists(st.tuples(st.integers(0, 99), st.sampled_from(["P1", "P2"])), min_size=2))
def test_splitting_and_merging_are_opposites(seen: list[tuple[int, str]]) -> None:
    """Merged there is one incident; split there are as many as devices and values together."""
    tellings = [like(STUCK, source=device, text=f"bank {n} hot") for n, device in seen]
    merging = Grouping([Rule("r", Pattern(text="bank"), merge="banks")])
    splitting = Grouping([Rule("r", Pattern(text=r"bank (?P<n>\d+)"), split=("n",))])
    assert len({merging.taught(each).key for each in tellings}) == 1
    assert len({splitting.taught(each).key for each in tellings}) == len(set(seen))


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("Axis {axis} of {device}: {what}", "Axis X7 of P1_beta: lost"),
        ("lost", "lost"),
        ("{} {{axis}} {none}", "{} {X7}"),
        ("{axis}" * 200, "X7" * 100),
    ],
)
def test_a_renamed_incident_is_called_by_its_template(template: str, name: str) -> None:
    """Device and groups stand in the name; it stays short; the incident is grouped as without."""
    taught = Grouping([Rule("r", Pattern(text=AXIS), rename=template)]).taught(LOST)
    assert (taught.name, taught.key) == (name, fingerprint(LOST))


def test_importance_is_changed() -> None:
    """A rule gives an entry another kind and level; the rest of the entry stays."""
    grouping = Grouping([Rule("r", as_kind=Kind.WARNING, as_level=4)])
    assert grouping.taught(STUCK).entry == replace(STUCK, kind=Kind.WARNING, level=4)
    assert Grouping([Rule("r", as_level=2)]).taught(WARM).entry == replace(WARM, level=2)


def test_what_hides_and_what_ends_is_told() -> None:
    """A cause covers its consequences by device and text; an end is known by its own words."""
    hides = Hides(Pattern("P*", "stuck|not reached"), 600.0)
    back = Pattern("varman", "restored")
    grouping = Grouping([Rule("gone", Pattern("varman", "not answer"), hides=hides, ends=back)])
    assert grouping.taught(GONE).hides is hides
    assert grouping.hides("gone") is hides
    assert hides.covers(STUCK)
    assert not hides.covers(LOST)
    assert not hides.covers(like(STUCK, source="daq"))
    assert grouping.ended_by(like(GONE, text="Connection restored", kind=Kind.INFO)) == ("gone",)
    assert grouping.ended_by(GONE) == ()


def test_an_expression_without_end_counts_as_not_fitting(caplog: pytest.LogCaptureFixture) -> None:
    """A line on which an expression runs out of time does not fit; that is told once."""
    endless = r"(x+x+)+$"
    grouping = Grouping([Rule("slow", Pattern(text=endless), drop=True), Rule("r", rename="n")])
    with caplog.at_level(logging.WARNING):
        for text in ("x" * 2000 + "!", "x" * 2001 + "!"):
            assert grouping.taught(like(STUCK, text=text)).rule == "r"
    assert [each.getMessage().count(endless) for each in caplog.records] == [1]


def test_any_number_of_devices_is_remembered_in_bounded_room() -> None:
    """A protocol that names a new device in each line fills no memory and is grouped as any."""
    grouping = Grouping([Rule("r", Pattern("d*"), drop=True)])
    for number in range(3000):
        assert grouping.taught(like(STUCK, source=f"d{number}")).drop
    assert len(grouping._by_device) <= 1000


def test_who_has_no_rules_pays_nothing_for_them() -> None:
    """The rules themselves load no library for expressions."""
    program = (
        "import sys\nimport sonixbot.config.teaching, sonixbot.config.slowness\n"
        "sys.exit('regex' in sys.modules)"
    )
    assert run([sys.executable, "-c", program], check=False).returncode == 0


# Reach

DROP_ALL = Rule("all", drop=True)
CAUSE = Rule("cause", Pattern("varman"), merge="V", hides=Hides(Pattern("P*", "stuck"), 60.0))
MOTORS = Rule("motors", Pattern("P*"), rename="m")


def about(text: str) -> Rule:
    """A rule about this expression."""
    return Rule("a", Pattern(text=text), rename="m")


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        # what an earlier rule takes
        ([DROP_ALL, MOTORS], ["motors never fits, as all stands before it"]),
        ([MOTORS, Rule("p1", Pattern("p1_*"), drop=True)], ["p1 never fits, as motors"]),
        ([MOTORS, Rule("p1", Pattern("P1", "a+"), drop=True)], ["p1 never fits"]),
        ([Rule("p1", Pattern("P1"), rename="m"), MOTORS], []),
        ([about("lost"), replace(about("LOST it"), name="b")], ["b never fits, as a"]),
        ([about("lo.t"), replace(about("lo.t"), name="b")], ["b never fits"]),
        ([about("lo.t"), replace(about("a lo.t"), name="b")], []),
        ([replace(MOTORS, kinds=frozenset({Kind.WARNING})), replace(MOTORS, name="b")], []),
        ([replace(MOTORS, max_level=3), replace(MOTORS, name="b", max_level=2)], ["b never fits"]),
        ([replace(MOTORS, max_level=3), replace(MOTORS, name="b", max_level=4)], []),
        # levels
        ([replace(MOTORS, min_level=3, max_level=2)], ["motors fits no level"]),
        # what is never pushed
        ([replace(MOTORS, kinds=frozenset({Kind.INFO}))], ["motors is only about messages that"]),
        ([replace(MOTORS, kinds=frozenset({Kind.INFO}), as_kind=Kind.ERROR)], []),
        ([replace(MOTORS, kinds=frozenset({Kind.WARNING}), min_level=2)], ["motors is only about"]),
        ([replace(MOTORS, kinds=frozenset({Kind.WARNING}), min_level=2, as_level=1)], []),
        ([Rule("d", kinds=frozenset({Kind.INFO}), drop=True)], ["d drops only what is not sent"]),
        # what hides nothing
        ([CAUSE, MOTORS], []),
        ([CAUSE, Rule("d", Pattern("P*"), drop=True)], ["cause hides nothing, as d drops all"]),
        ([CAUSE, Rule("d", Pattern("P*"), kinds=frozenset({Kind.ERROR}), drop=True)], []),
        ([CAUSE, Rule("k", Pattern("*1"), rename="k"), Rule("d", Pattern("P*"), drop=True)], []),
        ([replace(CAUSE, pattern=Pattern("P*"))], ["cause hides nothing: all that it"]),
        ([replace(CAUSE, pattern=Pattern("P*"), merge="")], []),
    ],
)  # fmt: skip
def test_rules_that_can_do_nothing_are_told(rules: list[Rule], words: list[str]) -> None:
    """Each rule that certainly does nothing is told once, by name, and no other one is."""
    found = [str(each) for each in unreachable(rules, Push().takes)]
    assert len(found) == len(words)
    for said, begins in zip(found, words, strict=True):
        assert said.startswith(begins)


def test_a_rule_that_is_told_never_decided() -> None:
    """What is said of a covered rule is true for entries of all sorts."""
    rules = [MOTORS, Rule("p1", Pattern("P1*", "lost"), drop=True)]
    grouping = Grouping(rules)
    entries = (
        Entry(kind, level, device, text, None, 0)
        for kind in Kind
        for level in (None, 1, 5)
        for device in ("P1", "p1_x", "Q", "")
        for text in ("lost", "x")
    )
    assert "p1" not in {grouping.taught(each).rule for each in entries}
