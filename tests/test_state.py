"""ProtocolState: counts, last errors, devices and script."""

from __future__ import annotations

from sonixbot.entry import Kind
from sonixbot.state import RECENT, SOURCES, Doing, ProtocolState, matches
from tests.facts import STUCK, WARM, like
from tests.handclock import NIGHT


def recognise(text: str) -> tuple[Doing, str] | None:
    return (Doing.STARTED, text.split()[1]) if text.startswith("start ") else None


def new_state() -> ProtocolState:
    return ProtocolState("YuMO", recognise)


def test_entries_are_counted_by_kind_level_and_device() -> None:
    """The view counts entries by kind and level, and by device; an unknown level is "?"."""
    state = new_state()
    for offset, entry in enumerate((STUCK, STUCK, like(STUCK, level=None), WARM)):
        state.apply(like(entry, offset=offset))
    view = state.view()
    assert view.kinds[Kind.ERROR] == {"1": 2, "?": 1}
    assert view.kinds[Kind.WARNING] == {"1": 1}
    assert view.kinds[Kind.USER] == {}
    assert view.total(Kind.ERROR) == 3
    assert view.devices == {"P1_beta": {Kind.ERROR: 3}, "lauda_1": {Kind.WARNING: 1}}


def test_an_entry_told_again_replaces_the_one_before() -> None:
    """An entry with the offset of the one before is the same one, more complete."""
    state = new_state()
    half = like(STUCK, text="position not", kind=Kind.WARNING, level=2)
    assert state.apply(half) is None
    assert state.apply(STUCK) is half
    assert list(state.recent) == [STUCK]
    assert state.view().kinds[Kind.WARNING] == {}
    assert state.view().kinds[Kind.ERROR] == {"1": 1}


def test_newest_errors_first_later_lines_of_a_second_first() -> None:
    """A page shows the newest errors first, of the same second the later line first."""
    state = new_state()
    for offset in range(5):
        state.apply(like(STUCK, offset=offset))
        state.apply(like(WARM, offset=100 + offset))
    page = state.page(3)
    assert page is not None
    assert [each.offset for each in page.entries] == [4, 3, 2]
    assert (page.total, page.newer, page.older) == (5, 0, 2)


def test_older_page_goes_on_behind_the_cursor_whatever_came_meanwhile() -> None:
    """The page behind a cursor is the same whether or not new errors came meanwhile."""
    state = new_state()
    for offset in range(5):
        state.apply(like(STUCK, offset=offset))
    first = state.page(2)
    assert first is not None
    state.apply(like(STUCK, offset=9))
    second = state.page(2, behind=first.cursor)
    assert second is not None
    assert [each.offset for each in second.entries] == [2, 1]
    assert (second.newer, second.older) == (3, 1)


def test_a_cursor_that_is_no_longer_kept_gives_no_page() -> None:
    """Behind an entry that is forgotten there is no page, rather than a wrong one."""
    assert new_state().page(2, behind="17.3") is None


def test_page_of_a_device_and_with_warnings() -> None:
    """A page can be of one device, whatever the case, and with warnings."""
    state = new_state()
    state.apply(STUCK)
    state.apply(WARM)
    page = state.page(10, device="LAUDA*", warnings=True)
    assert page is not None
    assert page.entries == (WARM,)
    page = state.page(10, device="lauda_1")
    assert page is not None
    assert page.entries == ()


def test_memory_is_bounded() -> None:
    """However many errors and devices there are, a bounded number is kept; counts are whole."""
    state = new_state()
    for offset in range(2 * RECENT):
        state.apply(like(STUCK, offset=offset, source=f"device {offset}"))
    assert len(state.recent) == RECENT
    assert len(state.devices) <= SOURCES + 1
    assert state.view().total(Kind.ERROR) == 2 * RECENT


def test_the_script_and_the_last_user_messages_are_known() -> None:
    """What the protocol last said about a script, and the last user messages, are at hand."""
    state = new_state()
    for number in range(5):
        text = f"start night_{number}.py"
        state.apply(like(STUCK, kind=Kind.USER, text=text, offset=number, time=NIGHT + number))
    view = state.view()
    assert view.activity is not None
    assert (view.activity.doing, view.activity.script) == (Doing.STARTED, "night_4.py")
    assert view.activity.since == NIGHT + 4
    assert [each.offset for each in view.user_messages] == [2, 3, 4]


def test_a_new_protocol_begins_counts_anew_and_keeps_the_last_errors() -> None:
    """A new working protocol has its own counts; errors just before it can still be asked for."""
    state = new_state()
    state.apply(STUCK)
    state.begin("new.log")
    assert state.view().kinds[Kind.ERROR] == {}
    assert list(state.recent) == [STUCK]
    state.apply(like(STUCK, time=NIGHT + 9))
    assert len(state.recent) == 2


def test_the_older_part_is_put_in_front() -> None:
    """What is read of the older part later gives the same state as reading all in order."""
    entries = [
        like(STUCK, offset=number, time=NIGHT + number, kind=kind, text=f"start {number}")
        for number, kind in enumerate([Kind.ERROR, Kind.USER, Kind.WARNING, Kind.ERROR] * 5)
    ]
    whole, newer, older = new_state(), new_state(), new_state()
    for entry in entries:
        whole.apply(entry)
    for entry in entries[:12]:
        older.apply(entry)
    for entry in entries[12:]:
        newer.apply(entry)
    newer.complete = False
    newer.put_older(older)
    assert newer.view() == whole.view()
    assert newer.recent == whole.recent


def test_errors_of_the_last_hour() -> None:
    """Errors after a moment are counted by their time in the protocol; warnings are not."""
    state = new_state()
    for offset, minutes in enumerate((0, 30, 90)):
        state.apply(like(STUCK, offset=offset, time=NIGHT + 60 * minutes))
    state.apply(WARM)
    assert state.errors_since(NIGHT + 60) == 2


def test_only_the_star_is_special_in_patterns() -> None:
    """In a pattern the star stands for anything; brackets and question marks for themselves."""
    assert matches("a[1]*", "A[1]b")
    assert not matches("a[1]*", "a1b")
    assert not matches("a?c", "abc")
    assert matches("", "anything")
