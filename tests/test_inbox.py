"""The folder in which scripts leave messages and find answers."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sonixbot import inbox
from sonixbot.locations import UsageError
from tests.standins import ROOT

posix = pytest.mark.skipif(os.name == "nt", reason="modes, links and pipes of POSIX")


@pytest.fixture
def folder(tmp_path: Path) -> str:
    """An inbox that does not exist yet."""
    return str(tmp_path / "inbox")


def new(folder: str, key: str, content: bytes) -> Path:
    """Something that lies among the new messages."""
    inbox.make_folders(folder)
    path = Path(folder, "new", key + ".json")
    path.write_bytes(content)
    return path


def left(folder: str) -> set[str]:
    """All that lies in the inbox, but its folders."""
    return {
        str(each.relative_to(folder)) for each in Path(folder).glob("**/*") if not each.is_dir()
    }


def test_a_message_comes_out_as_it_went_in(folder: str) -> None:
    """Text, silence, way and time survive the inbox, and `done` leaves nothing behind."""
    key = inbox.put(folder, "Образец сменён ✓", silent=True, ways="mail", created=5.5)
    assert inbox.waiting(folder) == [key]
    letter = inbox.read(folder, key)
    assert letter
    assert (letter.key, letter.text, letter.created) == (key, "Образец сменён ✓", 5.5)
    assert (letter.silent, letter.ways, letter.files, letter.lost) == (True, "mail", [], [])
    inbox.done(folder, key)
    assert left(folder) == set()


def test_an_inbox_that_is_not_there(folder: str) -> None:
    """Nothing waits where nobody has ever left anything."""
    assert inbox.waiting(folder) == []
    assert inbox.waiting_since(folder) is None
    assert inbox.read(folder, "1-1-1") is None
    assert inbox.read_answer(folder, "1-1-1") is None
    inbox.prune(folder, time.time())


def test_oldest_first(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The messages of a script keep their order, however slowly the clock ticks."""
    then = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: then)
    keys = [inbox.put(folder, str(number)) for number in range(50)]
    assert inbox.waiting(folder) == keys
    since = inbox.waiting_since(folder)
    assert since is not None
    assert abs(since - time.time()) < 60


def test_taken_twice(folder: str) -> None:
    """A message that was taken by somebody killed before `done` has the same key again."""
    key = inbox.put(folder, "text")
    assert inbox.read(folder, key)
    assert inbox.waiting(folder) == [key]
    inbox.done(folder, key)
    inbox.done(folder, key)
    assert inbox.read(folder, key) is None


def test_attachments(folder: str, tmp_path: Path) -> None:
    """Attachments are copied before the message is there, and keep their names."""
    plot = tmp_path / "спектр: 1.png"
    plot.write_bytes(b"picture")
    key = inbox.put(folder, "", files=[(plot, True), (str(plot), False)])
    plot.unlink()
    letter = inbox.read(folder, key)
    assert letter
    assert [(each.name, each.picture) for each in letter.files] == [
        ("спектр: 1.png", True),
        ("спектр: 1.png", False),
    ]
    assert [Path(each.path).read_bytes() for each in letter.files] == [b"picture", b"picture"]
    inbox.done(folder, key)
    assert left(folder) == set()
    assert list(Path(folder, "files").iterdir()) == []


def test_attachments_that_cannot_go(folder: str, tmp_path: Path) -> None:
    """A missing, endless or too large attachment is refused with a reason, and nothing is left."""
    large = tmp_path / "large"
    large.touch()
    os.truncate(large, inbox.FILE_LIMIT + 1)
    small = tmp_path / "small"
    small.write_text("small")
    for path, problem in (
        (tmp_path / "none", FileNotFoundError),
        (tmp_path, UsageError),
        (large, UsageError),
    ):
        with pytest.raises(problem, match=path.name):
            inbox.put(folder, "text", files=[(small, False), (path, False)])
    assert left(folder) == set()


@posix
def test_devices_are_no_attachments(folder: str) -> None:
    """A device would fill the disk, a pipe would wait for ever."""
    with pytest.raises(UsageError, match="not a file"):
        inbox.put(folder, "text", files=[("/dev/zero", False)])


def test_lost_attachment(folder: str, tmp_path: Path) -> None:
    """A letter whose attachment has gone says so and still is a letter."""
    (tmp_path / "a").touch()
    key = inbox.put(folder, "text", files=[(tmp_path / "a", False)])
    Path(folder, "files", key, "0").unlink()
    letter = inbox.read(folder, key)
    assert letter
    assert (letter.files, letter.lost) == ([], ["a"])


def test_halves_of_characters(folder: str) -> None:
    """What nothing can encode is replaced; pairs of halves are put together."""
    key = inbox.put(folder, "a\udc80b\ud83d\ude00\ud800")
    letter = inbox.read(folder, key)
    assert letter
    assert letter.text == "a�b😀�"


GOOD = {"text": "text", "created": 1.0}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "JSONDecodeError"),
        (b'{"text": "half', "JSONDecodeError"),
        (b"\0" * 4096, "JSONDecodeError"),
        ('{"text": "текст"}'.encode("cp1251"), "UnicodeDecodeError"),
        (b"[1]", "not a JSON object"),
        (b"[" * 100_000, "RecursionError"),
        (json.dumps({"created": 1}).encode(), "neither text nor files"),
        (json.dumps({"text": "text"}).encode(), "created"),
        (json.dumps({**GOOD, "text": 5}).encode(), "text"),
        (json.dumps({**GOOD, "text": None}).encode(), "text"),
        (b'{"text": "text", "created": NaN}', "created is no time"),
        (b'{"text": "text", "created": 1' + b"0" * 400 + b"}", "created is no time"),
        (json.dumps({**GOOD, "created": True}).encode(), "created"),
        (json.dumps({**GOOD, "silent": "no"}).encode(), "silent"),
        (json.dumps({**GOOD, "ways": "pigeon"}).encode(), "ways must be"),
        (json.dumps({**GOOD, "ways": ["mail"]}).encode(), "ways must be"),
        (json.dumps({**GOOD, "files": {}}).encode(), "files"),
        (json.dumps({**GOOD, "files": ["/etc/passwd"]}).encode(), "file is not"),
        (
            json.dumps({**GOOD, "files": [{"name": "a", "stored": "../../0"}]}).encode(),
            "outside its folder",
        ),
        (b'{"text": "' + b"a" * inbox.MESSAGE_LIMIT + b'"}', "longer than"),
    ],
)
def test_what_is_no_message(folder: str, content: bytes, reason: str) -> None:
    """A broken, foreign or oversized file is set aside with its reason, and met only once."""
    new(folder, "1-1-1", content)
    assert inbox.read(folder, "1-1-1") is None
    assert inbox.waiting(folder) == []
    assert left(folder) == {"broken/1-1-1.json", "broken/1-1-1.txt"}
    assert reason in Path(folder, "broken", "1-1-1.txt").read_text(encoding="utf-8")


@posix
def test_links_are_not_followed(folder: str, tmp_path: Path) -> None:
    """Neither a message nor an attachment may be a link to a file of the service's user."""
    secret = tmp_path / "secret"
    secret.write_text(json.dumps(GOOD))
    new(folder, "1-1-1", b"").unlink()
    Path(folder, "new", "1-1-1.json").symlink_to(secret)
    assert inbox.read(folder, "1-1-1") is None
    assert Path(folder, "broken", "1-1-1.txt").read_text() == "ValueError: not a plain file\n"
    key = inbox.put(folder, "text", files=[(secret, False)])
    Path(folder, "files", key, "0").unlink()
    Path(folder, "files", key, "0").symlink_to(secret)
    letter = inbox.read(folder, key)
    assert letter
    assert letter.lost == ["secret"]


@posix
@pytest.mark.parametrize("linked", ["files", "files/1-1-1"])
def test_a_link_in_the_place_of_attachments(folder: str, tmp_path: Path, linked: str) -> None:
    """Files that a link leads to are neither sent nor removed; only the link goes."""
    foreign = tmp_path / "foreign"
    secret = foreign / "secret" if linked == "files/1-1-1" else foreign / "1-1-1" / "secret"
    secret.parent.mkdir(parents=True)
    secret.touch()
    enclosed = [{"name": "a", "stored": "secret"}]
    new(folder, "1-1-1", json.dumps({**GOOD, "files": enclosed}).encode())
    if linked == "files":
        Path(folder, "files").rmdir()
    Path(folder, linked).symlink_to(foreign)
    letter = inbox.read(folder, "1-1-1")
    assert letter
    assert (letter.files, letter.lost) == ([], ["a"])
    inbox.done(folder, "1-1-1")
    assert inbox.waiting(folder) == []
    assert Path(folder, linked).is_symlink() == (linked == "files")
    assert secret.exists()


@posix
def test_old_links_are_removed_alone(folder: str, tmp_path: Path) -> None:
    """Tidying up goes through no link that lies in the inbox, nor one in a folder's place."""
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "kept").touch()
    inbox.make_folders(folder)
    Path(folder, "files", "1-1-1").symlink_to(foreign)
    Path(folder, "tmp").rmdir()
    Path(folder, "tmp").symlink_to(foreign)
    inbox.prune(folder, time.time() + 40 * 86400)
    assert not Path(folder, "files", "1-1-1").is_symlink()
    assert (foreign / "kept").exists()


@pytest.mark.parametrize("name", ["Thumbs.db", ".json", "..json", "...json", ".hidden.json"])
def test_foreign_files_are_left_alone(folder: str, name: str) -> None:
    """What is not named like a message is not taken for one, least of all `..`."""
    inbox.make_folders(folder)
    Path(folder, "new", name).touch()
    assert inbox.waiting(folder) == []


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
letters = st.fixed_dictionaries(
    {},
    optional={
        "text": st.text() | json_values,
        "created": st.floats() | json_values,
        "silent": st.booleans() | json_values,
        "ways": st.sampled_from(["mail", "telegram", None]) | json_values,
        "files": st.lists(st.dictionaries(st.sampled_from(["name", "stored"]), st.text()))
        | json_values,
    },
)


@given(content=st.binary() | letters.map(lambda each: json.dumps(each).encode()))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_reading_never_raises(folder: str, content: bytes) -> None:
    """Whatever lies in the inbox, it is read as a letter or set aside."""
    path = new(folder, "1-1-1", content)
    letter = inbox.read(folder, "1-1-1")
    assert path.exists() == (letter is not None)
    if letter:
        letter.text.encode("utf-8")


@given(text=st.text(st.characters(codec=None)))
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_text_comes_out(folder: str, text: str) -> None:
    """Any text can be put, and comes out the same unless it holds halves of characters."""
    key = inbox.put(folder, "." + text)
    letter = inbox.read(folder, key)
    assert letter
    assert letter.text == "." + text or any("\ud800" <= each <= "\udfff" for each in text)
    inbox.done(folder, key)


def test_answers(folder: str) -> None:
    """The last answer counts; one that cannot be read is none."""
    inbox.answer(folder, "1-1-1", {"mail:a@b": {"state": "queued", "reason": ""}})
    inbox.answer(folder, "1-1-1", {"mail:a@b": {"state": "failed", "reason": "отказ"}})
    assert inbox.read_answer(folder, "1-1-1") == {
        "mail:a@b": {"state": "failed", "reason": "отказ"}
    }
    for content in ("[]", "{", "null"):
        Path(folder, "answers", "1-1-1.json").write_text(content)
        assert inbox.read_answer(folder, "1-1-1") is None


def test_prune(folder: str, tmp_path: Path) -> None:
    """Old answers and leftovers go after a day, what waits and what is broken stays longer."""
    (tmp_path / "a").touch()
    key = inbox.put(folder, "waits", files=[(tmp_path / "a", False)])
    inbox.answer(folder, "old", {})
    Path(folder, "tmp", "half").touch()
    Path(folder, "files", "killed").mkdir()
    Path(folder, "files", "killed", "0").touch()
    Path(folder, "broken", "x.json").touch()
    now = time.time()
    everything = left(folder)
    inbox.prune(folder, now + 0.9 * 86400)
    assert left(folder) == everything
    inbox.prune(folder, now + 1.1 * 86400)
    assert left(folder) == {f"new/{key}.json", f"files/{key}/0", "broken/x.json"}
    inbox.prune(folder, now + 31 * 86400)
    assert left(folder) == {f"new/{key}.json", f"files/{key}/0"}


@posix
def test_private(folder: str) -> None:
    """A new inbox is its user's alone, whatever the umask."""
    before = os.umask(0)
    try:
        inbox.put(folder, "text")
    finally:
        os.umask(before)
    folders = [Path(folder), *(each for each in Path(folder).iterdir() if each.is_dir())]
    assert {stat.S_IMODE(each.stat().st_mode) for each in folders} == {0o700}


@posix
def test_shared(folder: str) -> None:
    """In an inbox that somebody has opened to a group, the folders in it are open too."""
    Path(folder).mkdir()
    Path(folder).chmod(0o770)
    inbox.put(folder, "text")
    assert stat.S_IMODE(Path(folder, "new").stat().st_mode) == 0o770


@pytest.mark.process
@posix
def test_killed_while_writing(folder: str, tmp_path: Path) -> None:
    """A script that is killed at any moment leaves whole messages or none."""
    (tmp_path / "file").write_bytes(b"x" * 100_000)
    program = (
        "from sonixbot import inbox\n"
        "while True: inbox.put({!r}, 'a' * 100000, files=[({!r}, False)])"
    ).format(folder, str(tmp_path / "file"))
    for lived in (0.1, 0.2, 0.3, 0.4, 0.5):
        child = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT)
        time.sleep(lived)
        child.send_signal(signal.SIGKILL)
        child.wait()
    keys = inbox.waiting(folder)
    assert keys
    for key in keys:
        letter = inbox.read(folder, key)
        assert letter
        assert len(letter.text) == 100_000
        assert [Path(each.path).stat().st_size for each in letter.files] == [100_000]
        inbox.done(folder, key)
    inbox.prune(folder, time.time() + 2 * 86400)
    assert left(folder) == set()
