"""tail: every line of the working protocol exactly once, whatever happens to its file."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sonixbot.tail import Block, Position, Tail, blocks, head, line_start
from sonixbot.tail.blocks import LONGEST

#: Long enough for half lines to be told.
LATER = 1000.0


def restarted(tail: Tail, *, size: int = 64) -> Tail:
    """A tail that knows only what was written down."""
    written = json.dumps(tail.position.to_json())
    return Tail(tail.where, Position.from_json(json.loads(written)), size=size)


def read(tail: Tail, now: float = 0.0) -> list[Block]:
    """All blocks that are there now."""
    found = []
    while block := tail.read(now):
        found.append(block)
    return found


def data(tail: Tail, now: float = 0.0) -> bytes:
    """All bytes that are told now."""
    return b"".join(block.data for block in read(tail, now))


def append(path: Path, text: bytes) -> None:
    """Write at the end of the file, as Sonix+ does."""
    with path.open("ab") as file:
        file.write(text)


@pytest.fixture
def protocol(tmp_path: Path) -> Path:
    """Where the protocol will be."""
    return tmp_path / "protocol.log"


@pytest.fixture
def tail(protocol: Path) -> Tail:
    """A tail that has seen no file yet."""
    return Tail(str(protocol), size=64)


def test_appended_lines_come_once(protocol: Path, tail: Tail) -> None:
    """Lines are told once, in the order in which they are written."""
    append(protocol, b"one\ntwo\n")
    assert data(tail) == b"one\ntwo\n"
    append(protocol, b"three\n")
    assert data(tail) == b"three\n"
    assert data(tail) == b""


def test_blocks_know_where_they_begin(protocol: Path, tail: Tail) -> None:
    """A block tells offset and line number of its first line, and whether its file is new."""
    append(protocol, b"one\ntwo\n")
    append(protocol, b"x" * 60 + b"\nfour\n")
    found = read(tail)
    assert [(each.start, each.lines, each.fresh) for each in found] == [
        (0, 0, True),
        (8, 2, False),
        (69, 3, False),
    ]
    assert (found[-1].position.offset, found[-1].position.lines) == (74, 4)


def test_restart_goes_on_where_reading_stood(protocol: Path, tail: Tail) -> None:
    """After a restart reading goes on at the position, in a block that is not fresh."""
    append(protocol, b"one\n")
    read(tail)
    append(protocol, b"two\n")
    again = restarted(tail)
    assert [(each.data, each.fresh) for each in read(again)] == [(b"two\n", False)]


def test_half_line_waits_two_seconds(protocol: Path, tail: Tail) -> None:
    """An unterminated last line is told after two seconds without growth."""
    append(protocol, b"one\nhal")
    assert data(tail, 10.0) == b"one\n"
    assert tail.due == 12.0
    assert data(tail, 11.9) == b""
    append(protocol, b"f")
    assert data(tail, 11.9) == b""
    assert data(tail, 12.5) == b""
    (block,) = read(tail, 14.0)
    assert (block.data, block.start, block.half) == (b"half", 4, True)
    assert tail.due is None
    assert data(tail, 20.0) == b""


def test_half_line_is_read_anew_when_it_grows(protocol: Path, tail: Tail) -> None:
    """A half line that was told and grows is told again from the same offset."""
    append(protocol, b"one\nhalf")
    read(tail, 0.0)
    assert [each.start for each in read(tail, 5.0)] == [4]
    append(protocol, b" done\nnext\n")
    (block,) = read(tail, 5.0)
    assert (block.start, block.data, block.half) == (4, b"half done\nnext\n", False)


def test_told_half_line_is_not_told_after_a_restart(protocol: Path, tail: Tail) -> None:
    """A half line that was told is not told again after a restart, unless it grew."""
    append(protocol, b"half")
    read(tail, 0.0)
    assert data(tail, 5.0) == b"half"
    again = restarted(tail)
    assert data(again, 6.0) == b""
    assert data(again, 60.0) == b""
    append(protocol, b" done\n")
    assert [(each.start, each.data) for each in read(restarted(again))] == [(0, b"half done\n")]


def test_clock_set_back_does_not_hold_a_half_line(protocol: Path, tail: Tail) -> None:
    """A half line is told although the computer's clock was set back meanwhile."""
    append(protocol, b"half")
    assert data(tail, 5000.0) == b""
    assert data(tail, 100.0) == b"half"


def test_absent_file_is_new_when_it_appears(protocol: Path, tail: Tail) -> None:
    """A missing file is a trouble; once it appears, it is read from its first byte."""
    assert tail.read(0.0) is None
    assert "There is no protocol" in str(tail.trouble)
    again = restarted(tail)
    append(protocol, b"first\n")
    assert data(again) == b"first\n"
    assert again.trouble is None


def test_folder_that_cannot_be_reached_and_comes_back(tmp_path: Path) -> None:
    """A share that goes away is a trouble, and reading goes on where it stood once it is back."""
    share, away = tmp_path / "share", tmp_path / "away"
    share.mkdir()
    append(share / "protocol.log", b"one\n")
    tail = Tail(str(share / "protocol.log"))
    read(tail)
    share.rename(away)
    assert tail.read(0.0) is None
    assert "folder" in str(tail.trouble)
    append(away / "protocol.log", b"two\n")
    away.rename(share)
    assert [(each.data, each.fresh) for each in read(tail, 1.0)] == [(b"two\n", False)]


def test_folder_as_protocol_is_told(tmp_path: Path) -> None:
    """A folder given as the protocol is a trouble that says what to write instead."""
    tail = Tail(str(tmp_path))
    assert tail.read(0.0) is None
    assert "*.log" in str(tail.trouble)


def test_special_file_is_not_read(tmp_path: Path) -> None:
    """Something that is no regular file is a trouble; reading it could wait for ever."""
    loop = tmp_path / "loop.log"
    loop.symlink_to(loop)
    tail = Tail(str(loop))
    assert tail.read(0.0) is None
    assert "cannot be read" in str(tail.trouble)


not_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything"
)


@not_root
@pytest.mark.parametrize("name", ["protocol.log", "*.log", "*/*.log"])
def test_folder_that_may_not_be_entered_is_told(tmp_path: Path, name: str) -> None:
    """Where the folder is closed to this user, that is a trouble, and no end can be told."""
    folder = tmp_path / "closed"
    folder.mkdir()
    append(folder / "protocol.log", b"one\n")
    folder.chmod(0)
    try:
        tail = Tail(str(folder / name))
        assert tail.read(0.0) is None
        assert "may not be read" in str(tail.trouble)
        with pytest.raises(PermissionError):
            tail.end()
    finally:
        folder.chmod(0o700)


@not_root
def test_unreadable_file_is_told(protocol: Path, tail: Tail) -> None:
    """A file that may not be read is a trouble, and is read once it may be."""
    append(protocol, b"one\n")
    protocol.chmod(0)
    assert tail.read(0.0) is None
    assert "may not be read" in str(tail.trouble)
    with pytest.raises(PermissionError):
        tail.end()
    protocol.chmod(0o600)
    assert data(tail) == b"one\n"


def test_name_that_no_file_can_have_is_told(tmp_path: Path) -> None:
    """A path that the system refuses to look at is a trouble, not an exception."""
    tail = Tail(str(tmp_path / ("x" * 300)))
    assert tail.read(0.0) is None
    assert "cannot be read" in str(tail.trouble)


def test_truncation_in_place(protocol: Path, tail: Tail) -> None:
    """A file that was cut to nothing and is written anew is new from its first byte."""
    append(protocol, b"old line one\nold line two\n")
    read(tail)
    protocol.write_bytes(b"")
    assert data(tail) == b""
    append(protocol, b"new\n")
    (block,) = read(tail)
    assert (block.start, block.data, block.fresh, block.lines) == (0, b"new\n", True, 0)


def test_larger_new_file_in_place(protocol: Path, tail: Tail) -> None:
    """A file that was rewritten with more bytes than before is recognised by its bytes."""
    append(protocol, b"old line\n")
    read(tail)
    protocol.write_bytes(b"new line\nand one more\n")
    assert data(restarted(tail)) == b"new line\nand one more\n"
    assert data(tail) == b"new line\nand one more\n"


def test_larger_new_file_under_the_old_name(protocol: Path, tail: Tail) -> None:
    """A larger file that takes the name is read from its first byte."""
    append(protocol, b"old line\n")
    read(tail)
    other = protocol.with_name("other")
    other.write_bytes(b"new line\nand one more\n")
    other.replace(protocol)
    assert data(tail) == b"new line\nand one more\n"


def test_same_header_does_not_make_it_the_same_file(protocol: Path, tail: Tail) -> None:
    """A new file that begins with the very bytes of the old one is read from its first byte."""
    append(protocol, b"*** LOG ***\n")
    read(tail)
    protocol.rename(protocol.with_suffix(".bak"))
    append(protocol, b"*** LOG ***\nnew\n")
    assert data(restarted(tail)) == b"*** LOG ***\nnew\n"
    assert data(tail) == b"*** LOG ***\nnew\n"


def test_few_equal_bytes_are_no_proof(protocol: Path, tail: Tail) -> None:
    """Too short a beginning makes no other file the old one, neither in its place nor beside it."""
    append(protocol, b"*** LOG ***\n")
    read(tail)
    other = protocol.with_name("other.log")
    append(other, b"*** LOG ***\nof another instrument\n")
    new = protocol.with_name("new")
    append(new, b"*** LOG ***\nnew\n")
    new.replace(protocol)
    assert data(tail) == b"*** LOG ***\nnew\n"


def test_rest_of_a_renamed_file_comes_first(protocol: Path, tail: Tail) -> None:
    """What was written to the old file before it was renamed is read before the new file."""
    append(protocol, b"one\n")
    read(tail)
    append(protocol, b"two\nhalf")
    protocol.rename(protocol.with_suffix(".bak"))
    append(protocol, b"new\n")
    again = restarted(tail)
    assert data(again, 0.0) == b"two\n"
    found = read(again, 5.0)
    assert [(each.data, each.fresh) for each in found] == [(b"half", False), (b"new\n", True)]
    assert found[0].path == str(protocol.with_suffix(".bak"))


def test_all_that_was_renamed_while_nobody_watched_is_read(protocol: Path, tail: Tail) -> None:
    """After several rotations all newer files named alike are read, in their order; no others."""
    dated(protocol.with_name("protocol.log.7"), b"older than all\n", 50)
    dated(protocol, b"one\n", 100)
    read(tail)
    protocol.unlink()
    dated(protocol.with_name("protocol.log.3"), b"one\nrest\n", 110)
    dated(protocol.with_name("protocol.log.2"), b"second\n", 120)
    dated(protocol.with_name("protocol.log.1"), b"third\n", 130)
    dated(protocol.with_name("other.log.1"), b"of another program\n", 125)
    dated(protocol, b"fourth\n", 140)
    inode = protocol.with_name("protocol.log.3").stat().st_ino
    again = Tail(tail.where, replace(tail.position, inode=inode), size=64)
    found = read(again)
    assert [(each.data, each.fresh) for each in found] == [
        (b"rest\n", False),
        (b"second\n", True),
        (b"third\n", True),
        (b"fourth\n", True),
    ]
    assert data(restarted(again), LATER) == b""


def test_renamed_file_is_followed_until_the_new_one_is_begun(protocol: Path, tail: Tail) -> None:
    """A renamed file that is still written to is read on, while the new one is empty."""
    append(protocol, b"one\n")
    read(tail)
    protocol.rename(protocol.with_suffix(".bak"))
    protocol.touch()
    for text in (b"two\n", b"three\n"):
        append(protocol.with_suffix(".bak"), text)
        assert data(tail) == text
    append(protocol, b"new\n")
    assert data(tail) == b"new\n"


def test_rest_of_a_moved_copy_is_found_by_its_bytes(protocol: Path, tail: Tail) -> None:
    """Where a file was copied and cut to nothing, the rest is found in the copy."""
    append(protocol, b"".join(b"line %d\n" % n for n in range(100)))
    read(tail)
    append(protocol, b"rest\n")
    shutil.copy(protocol, protocol.with_suffix(".1"))
    protocol.write_bytes(b"new\n")
    assert data(restarted(tail)) == b"rest\nnew\n"
    assert data(tail) == b"rest\nnew\n"


def test_rewritten_file_with_the_same_bytes_goes_on(protocol: Path, tail: Tail) -> None:
    """A program that saves the whole file anew, with a line more, does not repeat the old ones."""
    append(protocol, b"".join(b"line %d\n" % n for n in range(100)))
    read(tail)
    other = protocol.with_name("other")
    other.write_bytes(protocol.read_bytes() + b"more\n")
    other.replace(protocol)
    assert data(tail) == b"more\n"


def test_deleted_file_gives_way_to_a_new_one(protocol: Path, tail: Tail) -> None:
    """Where the old file is deleted, the new one is read."""
    append(protocol, b"one\n")
    read(tail)
    protocol.unlink()
    assert tail.read(0.0) is None
    append(protocol, b"1 new\n")
    assert data(tail, 0.1) == b"1 new\n"


def dated(path: Path, text: bytes, time: int) -> Path:
    """Write a file that was changed at this time."""
    path.write_bytes(text)
    os.utime(path, (time, time))
    return path


def test_pattern_reads_the_newest_file(tmp_path: Path) -> None:
    """A pattern means its newest file; older ones that are there at first are not read."""
    dated(tmp_path / "b.log", b"old\n", 100)
    dated(tmp_path / "a.log", b"new\n", 200)
    assert data(Tail(str(tmp_path / "*.log"))) == b"new\n"


def test_pattern_ties_go_by_name(tmp_path: Path) -> None:
    """Of files changed at the same time the last name is the newest."""
    dated(tmp_path / "a.log", b"a\n", 100)
    dated(tmp_path / "b.log", b"b\n", 100)
    assert data(Tail(str(tmp_path / "*.log"))) == b"b\n"


def test_pattern_goes_through_all_newer_files(tmp_path: Path) -> None:
    """The rest of the old file is read first, then every newer one in turn."""
    dated(tmp_path / "a.log", b"one\n", 100)
    tail = Tail(str(tmp_path / "*.log"))
    read(tail)
    dated(tmp_path / "a.log", b"one\nrest\n", 110)
    dated(tmp_path / "c.log", b"second\n", 120)
    dated(tmp_path / "b.log", b"third\n", 130)
    found = read(restarted(tail))
    assert [(each.data, each.fresh) for each in found] == [
        (b"rest\n", False),
        (b"second\n", True),
        (b"third\n", True),
    ]


def test_pattern_does_not_repeat_a_file_that_was_left(tmp_path: Path) -> None:
    """An old file that somebody touches or adds to is not read again, only what is new in it."""
    old = dated(tmp_path / "a.log", b"old\n", 100)
    tail = Tail(str(tmp_path / "*.log"))
    read(tail)
    new = dated(tmp_path / "b.log", b"new\n", 200)
    assert data(tail, 2.0) == b"new\n"
    os.utime(old, (300, 300))
    assert data(tail, 4.0) == b""
    dated(old, b"old\nlate\n", 400)
    tail = restarted(tail)
    assert data(tail) == b"late\n"
    dated(new, b"new\nmore\n", 500)
    assert data(restarted(tail)) == b"more\n"


def test_pattern_stays_with_the_file_that_is_written(tmp_path: Path) -> None:
    """A file with nothing new in it, though the newest, does not keep reading from the other."""
    old = dated(tmp_path / "a.log", b"old\n", 100)
    tail = Tail(str(tmp_path / "*.log"))
    read(tail)
    new = dated(tmp_path / "b.log", b"new\n", 200)
    assert data(tail, 2.0) == b"new\n"
    os.utime(old, (900, 900))
    dated(tmp_path / "c.log", b"", 900)
    assert data(tail, 4.0) == b""
    dated(new, b"new\nmore\n", 300)
    assert data(tail, 4.0) == b"more\n"


def test_pattern_is_looked_through_every_two_seconds(tmp_path: Path) -> None:
    """Other files are looked for seldom while one is read, at once when it is away."""
    old = dated(tmp_path / "a.log", b"old\n", 100)
    tail = Tail(str(tmp_path / "*.log"))
    assert data(tail, 10.0) == b"old\n"
    dated(tmp_path / "b.log", b"new\n", 200)
    dated(old, b"old\nmore\n", 150)
    assert data(tail, 11.9) == b"more\n"
    assert data(tail, 12.0) == b"new\n"
    dated(tmp_path / "c.log", b"newer\n", 300)
    assert data(tail, 12.1) == b""
    assert data(tail, 5.0) == b"newer\n", "a clock set back does not prolong it"
    (tmp_path / "c.log").unlink()
    dated(tmp_path / "d.log", b"newest\n", 400)
    assert data(tail, 5.1) == b"newest\n"


def test_pattern_that_fits_no_file_any_more_is_told_at_each_turn(tmp_path: Path) -> None:
    """While a file is read on under a name that the pattern does not fit, this is a trouble."""
    old = dated(tmp_path / "a.log", b"old\n", 100)
    tail = Tail(str(tmp_path / "*.log"))
    read(tail)
    old.rename(tmp_path / "a.bak")
    for now in (0.1, 0.2, 3.0):
        assert tail.read(now) is None
        assert tail.trouble is not None


def test_pattern_without_a_file(tmp_path: Path) -> None:
    """A pattern that fits no file is a trouble; folders do not count."""
    (tmp_path / "folder.log").mkdir()
    tail = Tail(str(tmp_path / "*.log"))
    assert tail.read(0.0) is None
    assert "*.log" in str(tail.trouble)


def test_brackets_in_a_folder_name(tmp_path: Path) -> None:
    """A file whose path looks like a pattern is found by its very name."""
    folder = tmp_path / "[2021]"
    folder.mkdir()
    append(folder / "protocol.log", b"one\n")
    assert data(Tail(str(folder / "protocol.log"))) == b"one\n"


def test_zeros_at_the_end_are_no_line(protocol: Path, tail: Tail) -> None:
    """A zero-filled tail is not told; bytes that replace the zeros are."""
    protocol.write_bytes(b"one\nhal" + b"\0" * 300)
    assert data(tail, 0.0) == b"one\n"
    assert data(tail, 5.0) == b"hal"
    assert data(tail, 9.0) == b""
    with protocol.open("r+b") as file:
        file.seek(7)
        file.write(b"f\nthree\n")
    assert [(each.start, each.data) for each in read(restarted(tail), 9.0)] == [
        (4, b"half\nthree\n")
    ]
    assert [(each.start, each.data) for each in read(tail, 9.0)] == [(4, b"half\nthree\n")]


def test_only_zeros(protocol: Path, tail: Tail) -> None:
    """A file written ahead with zeros has nothing in it, until it has."""
    protocol.write_bytes(b"\0" * 1000)
    assert data(tail, 0.0) == data(tail, LATER) == b""
    with protocol.open("r+b") as file:
        file.write(b"one\n")
    assert data(tail, LATER) == b"one\n"


@pytest.mark.parametrize("zeros", [1, 50, 1000, 40_000])
def test_lines_after_zeros_are_read(protocol: Path, tail: Tail, zeros: int) -> None:
    """What is appended behind the zeros of a power cut is read, and what was before them."""
    protocol.write_bytes(b"one\nhalf" + b"\0" * zeros)
    read(tail, 0.0)
    append(protocol, b"two\nthree\n")
    told = data(tail, 1.0).replace(b"\0", b"")
    assert told == b"halftwo\nthree\n"
    assert tail.position.offset == protocol.stat().st_size


def test_overlong_line_is_cut_and_the_rest_counted(protocol: Path, tail: Tail) -> None:
    """Of a giant line the beginning is kept, the rest is counted, the next line is read."""
    giant = 3 * LONGEST
    append(protocol, b"one\n" + b"x" * giant + b"\ntwo\n")
    found = read(tail)
    assert [each.data for each in found] == [b"one\n", b"x" * LONGEST, b"two\n"]
    assert [each.cut for each in found] == [0, giant - LONGEST, 0]
    assert [each.lines for each in found] == [0, 1, 2]
    assert found[-1].start == 4 + giant + 1


def test_overlong_half_line(protocol: Path, tail: Tail) -> None:
    """A giant line that is still being written is read anew when it ends."""
    append(protocol, b"x" * (3 * LONGEST))
    read(tail, 0.0)
    (half,) = read(tail, 5.0)
    assert (half.half, len(half.data)) == (True, LONGEST)
    append(protocol, b"x\ntwo\n")
    found = read(tail, 5.0)
    assert [(each.start, len(each.data)) for each in found] == [(0, LONGEST), (3 * LONGEST + 2, 4)]


def test_overlong_line_ends_at_zeros(protocol: Path, tail: Tail) -> None:
    """A giant line that a power cut ended with zeros does not swallow the line behind them."""
    append(protocol, b"x" * (3 * LONGEST) + b"\0" * 5000 + b"two\n")
    assert data(tail).replace(b"\0", b"") == b"x" * LONGEST + b"two\n"


def test_crlf_and_byte_order_mark_are_left_to_the_reader(protocol: Path, tail: Tail) -> None:
    """The tail changes no byte."""
    append(protocol, b"\xef\xbb\xbfone\r\ntwo\r\n")
    assert data(tail) == b"\xef\xbb\xbfone\r\ntwo\r\n"


@pytest.mark.parametrize(
    ("content", "offset", "taken"),
    [
        (b"", 0, 0),
        (b"one\n", 4, 0),
        (b"one\nhalf", 4, 4),
        (b"one\nhalf\0\0", 4, 4),
        (b"half", 0, 4),
    ],
)
def test_end_is_behind_what_is_there(
    protocol: Path, tail: Tail, content: bytes, offset: int, taken: int
) -> None:
    """The position of a first start is behind everything; later lines are told, half ones anew."""
    protocol.write_bytes(content)
    position = tail.end()
    assert position is not None
    assert (position.offset, position.taken) == (offset, taken)
    tail.position = position
    assert data(tail, LATER) == b""
    with protocol.open("r+b") as file:
        file.seek(offset + taken)
        file.write(b" more\n")
    (block,) = read(tail, LATER)
    assert (block.start, block.data) == (offset, content[offset : offset + taken] + b" more\n")
    assert not block.fresh


def test_end_behind_a_long_tail_of_zeros(protocol: Path, tail: Tail) -> None:
    """Zeros written ahead, however many, are not counted as read."""
    protocol.write_bytes(b"one\ntwo\n" + b"\0" * 600_000)
    position = tail.end()
    assert position is not None
    assert position.offset == 8


@pytest.mark.parametrize("where", ["protocol.log", "*.log", "*/*.log"])
def test_end_without_a_file(tmp_path: Path, where: str) -> None:
    """Where the folder is there and no file in it, there is no end, but a trouble."""
    tail = Tail(str(tmp_path / where))
    assert tail.end() is None
    assert "There is no protocol" in str(tail.trouble)


@pytest.mark.parametrize("where", ["away/protocol.log", "away/*.log", "away/*/*.log", "file/x.log"])
def test_end_where_the_folder_is_away(tmp_path: Path, where: str) -> None:
    """A share that is away may hold a protocol: where it ends cannot be told."""
    (tmp_path / "file").touch()
    tail = Tail(str(tmp_path / where))
    with pytest.raises(OSError, match=r"away|file"):
        tail.end()
    assert tail.trouble is not None


def test_end_of_what_cannot_be_read(tmp_path: Path) -> None:
    """A folder, a link that leads nowhere or to itself: where such a protocol ends is unknown."""
    dangling, loop = tmp_path / "dangling.log", tmp_path / "loop.log"
    dangling.symlink_to(tmp_path / "away" / "protocol.log")
    loop.symlink_to(loop)
    for path in (tmp_path, dangling, loop):
        tail = Tail(str(path))
        with pytest.raises(OSError, match=re.escape(str(path))):
            tail.end()
        assert tail.trouble is not None


def test_blocks_between_two_offsets(protocol: Path) -> None:
    """The history of a file comes in whole lines, from one offset to another."""
    lines = [b"line %d\n" % n for n in range(100)]
    append(protocol, b"".join(lines) + b"half")
    whole = list(blocks(protocol, size=64))
    assert b"".join(each.data for each in whole) == protocol.read_bytes()
    assert whole[-1].half
    assert whole[3].lines == sum(each.data.count(b"\n") for each in whole[:3])
    start, stop = len(b"".join(lines[:10])), len(b"".join(lines[:20]))
    part = list(blocks(protocol, start, stop, size=64))
    assert b"".join(each.data for each in part) == b"".join(lines[10:20])
    assert part[0].lines is None


def test_blocks_end_where_the_file_is_replaced(protocol: Path) -> None:
    """The history of a file that is replaced meanwhile ends, and does not mix the two."""
    append(protocol, b"old line\n" * 20)
    history = blocks(protocol, size=64)
    assert next(history).data.startswith(b"old line\n")
    protocol.write_bytes(b"new line\n" * 40)
    assert list(history) == []


def test_line_start_and_head(protocol: Path) -> None:
    """The first line at an offset or after it is found; the head is the file's first bytes."""
    append(protocol, b"one\ntwo\nthree")
    assert [line_start(protocol, at) for at in (0, 1, 4, 5, 8, 9)] == [0, 4, 4, 8, 8, 13]
    assert head(protocol, 5) == b"one\nt"


PIECES = st.lists(
    st.binary(max_size=12) | st.sampled_from([b"\n", b"\r\n", b"line\n", b"half"]), max_size=12
)


@settings(max_examples=150, deadline=None)
@given(pieces=PIECES, size=st.integers(1, 80), restart=st.booleans())
def test_any_bytes_in_any_pieces(pieces: list[bytes], size: int, *, restart: bool) -> None:
    """Whatever is appended in whatever pieces, each line is told once, whole, in its order."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "protocol.log"
        tail, told, now = Tail(str(path), size=size), dict[int, bytes](), 0.0
        for piece in pieces:
            append(path, piece)
            now += 1.5
            for block in read(tail, now):
                assert block.start not in told or told[block.start] != block.data
                told[block.start] = block.data
            if restart:
                tail = restarted(tail, size=size)
        for _ in range(2):
            now += 5.0
            told.update({block.start: block.data for block in read(tail, now)})
        written = b"".join(pieces)
        # Zeros are no text: where they stand for a line's end nobody can tell how many there were.
        assert without_zeros(b"".join(told[at] for at in sorted(told))) == without_zeros(written)


def without_zeros(text: bytes) -> bytes:
    """The bytes that say something."""
    return text.replace(b"\0", b"")


class Rotations(RuleBasedStateMachine):
    """Sonix+ writes, renames, recreates and truncates, and the bot restarts in between."""

    pattern = False

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "protocol.log"
        self.tail = Tail(str(self.folder / "*.log" if self.pattern else self.path), size=48)
        self.now, self.number, self.files = 1000.0, 0, 0
        self.written: list[bytes] = []
        self.told: list[bytes] = []
        self.half = b""
        #: Start of the half line told last.
        self.half_told: int | None = None
        #: The bot has read something of the present file: a file it never knew of is not sought.
        self.begun = False

    def _write(self, text: bytes) -> None:
        append(self.path, text)
        # Steps that any file system can tell apart.
        os.utime(self.path, (self.now, self.now))

    @rule(lines=st.integers(1, 5), end=st.sampled_from([b"\n", b"\r\n"]))
    def append_lines(self, lines: int, end: bytes) -> None:
        """Whole lines are written; the first goes on with a half one."""
        self.now += 1
        for _ in range(lines):
            self.number += 1
            self._write(b"line %d" % self.number + end)
            self.written.append(self.half + b"line %d" % self.number)
            self.half = b""

    @rule()
    def append_half(self) -> None:
        """A piece of a line is written."""
        self.now += 1
        self.number += 1
        self._write(b"half %d " % self.number)
        self.half += b"half %d " % self.number

    def _new_file(self) -> None:
        if self.half:
            self.written.append(self.half)
        self.half, self.begun = b"", False
        self.append_lines(1, b"\n")

    @precondition(lambda self: self.begun)
    @rule(suffix=st.sampled_from(["log", "bak"]))
    def rename_and_recreate(self, suffix: str) -> None:
        """The complex is started: the old protocol gets another name."""
        self.files += 1
        self.path.rename(self.folder / f"old-{self.files}.{suffix}")
        self._new_file()

    @precondition(lambda self: self.path.exists())
    @rule()
    def truncate_after_reading(self) -> None:
        """The protocol is cut to nothing, once it was read."""
        self.read_late()
        self.path.write_bytes(b"")
        self._new_file()

    @rule()
    def read_now(self) -> None:
        """The bot looks."""
        self.now += 0.5
        for block in read(self.tail, self.now):
            self.begun = self.begun or block.path == str(self.path)
            if not block.fresh and self.half_told == block.start:
                self.told.pop()
            self.half_told = block.start if block.half else None
            self.told += [each.rstrip(b"\r") for each in block.data.split(b"\n") if each.strip()]

    @rule()
    def read_late(self) -> None:
        """The bot looks long enough to tell half lines."""
        for _ in range(3):
            self.now += 3
            self.read_now()

    @rule()
    def restart(self) -> None:
        """The bot is started anew and knows only its position."""
        self.tail = restarted(self.tail, size=48)

    @invariant()
    def nothing_is_told_twice(self) -> None:
        """No line is told a second time."""
        assert len(self.told) == len(set(self.told))

    def teardown(self) -> None:
        """In the end everything was told, in its order."""
        try:
            for _ in range(4):
                self.read_late()
            assert self.told == self.written + [self.half] * bool(self.half)
        finally:
            shutil.rmtree(self.folder)


class PatternRotations(Rotations):
    """The same with a pattern for the protocol."""

    pattern = True


@pytest.mark.timeout(60)
@pytest.mark.parametrize("machine", [Rotations, PatternRotations])
def test_any_order_of_events(machine: type[Rotations]) -> None:
    """However files are written, renamed, recreated and cut, every line is told exactly once."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=60,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
