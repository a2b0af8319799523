"""Messages of measurement scripts: `from bot import messangers`."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import messangers
from sonixbot import inbox
from sonixbot.inbox import presence
from sonixbot.inbox.letter import Letter
from tests.standins import ROOT, StandIn, alive, configuration, run, until

#: What a script must not pay for.
HEAVY = {
    *("aiogram", "aiosmtplib", "asyncio", "dataclasses", "gettext", "logging", "pathlib"),
    *("pydantic", "shutil", "socket", "sqlite3", "subprocess", "threading", "typing", "uuid"),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The inbox of a configuration that scripts find, with a service that is alive."""
    monkeypatch.setenv("SONIXBOT_CONFIG", str(configuration(tmp_path, inbox="inbox")))
    presence.announce(str(tmp_path / "inbox"), "service", 1.0)
    return str(tmp_path / "inbox")


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """An interpreter that the configuration names; no service runs."""
    program = StandIn(tmp_path)
    path = configuration(tmp_path, logwatch={"python": str(program.path)})
    monkeypatch.setenv("SONIXBOT_CONFIG", str(path))
    return program


def letters(folder: str) -> list[Letter]:
    """What waits in the inbox."""
    return [each for key in inbox.waiting(folder) if (each := inbox.read(folder, key))]


def test_the_documented_call(folder: str) -> None:
    """A text is queued for everybody, as it is."""
    receipt = messangers.send_message("Образец <b> & готов")
    assert receipt
    assert (receipt.state, receipt.reason, receipt.deliveries) == ("queued", "", {})
    assert repr(receipt) == "<Receipt queued>"
    (letter,) = letters(folder)
    assert (letter.text, letter.ways, letter.silent) == ("Образец <b> & готов", None, False)


def test_ways(folder: str) -> None:
    """Mail and Telegram send by that way alone."""
    messangers.Mail().send_message("a")
    messangers.Telegram().send_message("b", silent=True)
    assert [(each.ways, each.silent) for each in letters(folder)] == [
        ("mail", False),
        ("telegram", True),
    ]


def test_a_configuration_of_its_own(folder: str, tmp_path: Path) -> None:
    """A sender may be told which configuration to use."""
    (tmp_path / "other").mkdir()
    other = configuration(tmp_path / "other")
    presence.announce(str(tmp_path / "other/data/inbox"), "service", 1.0)
    messangers.Mail(other).send_message("elsewhere")
    assert letters(folder) == []
    assert [each.text for each in letters(str(tmp_path / "other/data/inbox"))] == ["elsewhere"]


def test_files(folder: str, tmp_path: Path) -> None:
    """A file and a picture go with the message, by path or name."""
    (tmp_path / "log.txt").write_text("log")
    (tmp_path / "plot.png").write_text("plot")
    assert messangers.send_message(
        "", file=tmp_path / "log.txt", picture=str(tmp_path / "plot.png")
    )
    (letter,) = letters(folder)
    assert [(each.name, each.picture) for each in letter.files] == [
        ("log.txt", False),
        ("plot.png", True),
    ]


@pytest.mark.parametrize("file", ["/no/such/file", ".", 5.5, ["a"], "a\0b"])
def test_a_file_that_cannot_go(folder: str, file: str) -> None:
    """Without a file that cannot go the text goes, and says so, as the receipt does."""
    receipt = messangers.send_message("text", file=file)
    assert receipt
    assert receipt.state == "queued"
    assert receipt.reason.startswith("The message was sent without files: ")
    (letter,) = letters(folder)
    assert letter.text == f"text\n\n[{receipt.reason}]"


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (5, "5"),
        (["a"], "['a']"),
        ("текст".encode(), "текст"),
        (b"\xff", "�"),
        (bytearray(b"a"), "a"),
        ("\udcff", "�"),
        (ValueError("wrong"), "wrong"),
    ],
)
def test_what_is_no_text(folder: str, given: object, text: str) -> None:
    """Whatever is given is sent as text."""
    assert messangers.send_message(given)
    assert [each.text for each in letters(folder)] == [text]


@pytest.mark.parametrize("nothing", ["", " \n", b"", None])
def test_nothing_to_say(folder: str, nothing: object) -> None:
    """An empty text is a failure, and nothing is sent."""
    receipt = messangers.send_message(nothing)
    assert (receipt.state, receipt.reason) == (
        "failed",
        "There is nothing to send: the text is empty.",
    )
    assert letters(folder) == []


def test_a_huge_text(folder: str) -> None:
    """Of a huge text the beginning goes; the receipt and the text itself say so."""
    receipt = messangers.send_message("я" * 5_000_000)
    assert receipt
    assert "first 100000 " in receipt.reason
    (letter,) = letters(folder)
    assert letter.text.endswith(f"яяя…\n\n[{receipt.reason}]")


class Unspeakable(Exception):
    """Cannot be put into words."""

    def __str__(self) -> str:
        raise self


def test_what_cannot_be_text(folder: str) -> None:
    """An object that refuses to be text is a failure, not an exception."""
    receipt = messangers.send_message(Unspeakable())
    assert (receipt.state, receipt.reason) == (
        "failed",
        "The message could not be handed over: Unspeakable.",
    )
    assert not receipt.wait(5)


class Unlike:
    """Is neither a path nor a number, and says so in its own way."""

    def __fspath__(self) -> str:
        raise Unspeakable

    def __float__(self) -> float:
        raise Unspeakable


def test_a_path_that_is_none(folder: str) -> None:
    """The text goes also where the path of a file cannot even be asked for."""
    receipt = messangers.send_message("text", file=Unlike())
    assert receipt.reason == "The message was sent without files: Unspeakable."
    (letter,) = letters(folder)
    assert letter.text == f"text\n\n[{receipt.reason}]"


def test_a_path_of_bytes(folder: str, tmp_path: Path) -> None:
    """A file may be named by bytes, as by everything that Python itself opens."""
    (tmp_path / "лог.txt").write_text("log")
    assert messangers.send_message("text", file=os.fsencode(tmp_path / "лог.txt"))  # type: ignore[arg-type]  # that is the point
    (letter,) = letters(folder)
    assert [each.name for each in letter.files] == ["лог.txt"]


@pytest.mark.parametrize("sign", ["\0", "😀", "\u2028", "\udcff"])
def test_the_longest_text_is_taken(folder: str, sign: str) -> None:
    """Whatever its signs, the longest text that is sent is still a message to the service."""
    assert messangers.send_message("." + sign * (messangers.TEXT_LIMIT - 1))
    (letter,) = letters(folder)
    assert len(letter.text) == messangers.TEXT_LIMIT


anything = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()


@given(text=anything, file=anything, picture=anything, silent=anything)
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_never_raises(
    folder: str, text: object, file: object, picture: object, silent: object
) -> None:
    """Whatever a script gives, it gets a receipt."""
    sender = messangers.Mail()
    receipt = sender.send_message(text, file=file, picture=picture, silent=silent)  # type: ignore[arg-type]  # that is the point
    assert receipt.state in ("queued", "failed")
    assert receipt or receipt.reason


@pytest.mark.parametrize("wait", ["soon", float("nan"), -1, 10**400, [], 0, None, Unlike()])
def test_senseless_waiting(folder: str, wait: float) -> None:
    """A senseless time to wait does not make a failure of a message that is queued."""
    assert messangers.send_message("text", wait=wait).state == "queued"


def answered(folder: str, answer: dict[str, dict[str, str]], after: float = 0.3) -> None:
    """Answer the next message like a service."""

    def take() -> None:
        until(lambda: inbox.waiting(folder))
        (key,) = inbox.waiting(folder)
        time.sleep(after)
        inbox.answer(folder, key, answer)

    threading.Thread(target=take).start()


SENT, LATER = {"state": "sent", "reason": ""}, {"state": "queued", "reason": "no network"}
REFUSED = {"state": "failed", "reason": "no such mailbox"}


def test_waiting_for_the_result(folder: str) -> None:
    """With `wait`, the receipt tells what became of the message at each destination."""
    answered(folder, {"telegram:@channel": SENT, "mail:a@b": SENT})
    receipt = messangers.send_message("text", wait=5)
    assert (receipt.state, receipt.reason) == ("sent", "")
    assert receipt.deliveries == {"telegram:@channel": "sent", "mail:a@b": "sent"}


def test_a_refusal(folder: str) -> None:
    """One destination that refuses makes a failure, with its reason."""
    answered(folder, {"telegram:@channel": SENT, "mail:a@b": REFUSED})
    receipt = messangers.send_message("text", wait=5)
    assert not receipt
    assert receipt.reason == "mail:a@b: no such mailbox"
    assert repr(receipt) == (
        "<Receipt failed: telegram:@channel sent, mail:a@b failed: mail:a@b: no such mailbox>"
    )


def test_not_yet(folder: str) -> None:
    """A message that is on its way stays queued with its reason; later the receipt knows more."""
    answered(folder, {"telegram:@channel": SENT, "mail:a@b": LATER}, after=0.0)
    receipt = messangers.send_message("text", wait=1)
    assert (receipt.state, receipt.reason) == ("queued", "mail:a@b: no network")
    (key,) = inbox.waiting(folder)
    inbox.answer(folder, key, {"telegram:@channel": SENT, "mail:a@b": SENT})
    assert receipt.wait(0).state == "sent"


def test_a_lost_file_stays_lost(folder: str) -> None:
    """Of a message that was sent without its file the receipt goes on saying so."""
    answered(folder, {"mail:a@b": SENT})
    receipt = messangers.send_message("text", file="/none", wait=5)
    assert (receipt.state, receipt.deliveries) == ("sent", {"mail:a@b": "sent"})
    assert "/none" in receipt.reason


def test_a_living_service_is_left_to_it(tmp_path: Path, stand_in: StandIn) -> None:
    """Where a service is alive, nothing is started."""
    presence.announce(str(tmp_path / "data" / "inbox"), "service", 1.0)
    assert messangers.send_message("text").reason == ""
    time.sleep(0.3)
    assert stand_in.starts == []


def test_a_deliverer_is_started(tmp_path: Path, stand_in: StandIn) -> None:
    """Without a service a deliverer is started, apart from the script and without its handles."""
    with (tmp_path / "held").open("w") as held:
        os.set_inheritable(held.fileno(), True)  # noqa: FBT003 - it takes no names
        assert messangers.send_message("text").reason == ""
        (start,) = stand_in.started()
    config = str(tmp_path / "config.json")
    assert start["argv"] == ["-m", "sonixbot", "deliver", "--config", config]
    assert start["session"] == start["pid"]
    assert start["cwd"] == str(tmp_path / "data")
    # standard input, output and error, its record, and the folder that lists them
    assert start["handles"] == 5


def test_the_scripts_python_stays_its_own(
    tmp_path: Path, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the script's Python needs in its environment does not reach the deliverer's."""
    monkeypatch.setenv("PYTHONPATH", "/old")
    monkeypatch.setenv("PYTHONHOME", "/older")
    monkeypatch.setenv("SONIXBOT_BOT_ID", "kept")
    path = stand_in.path
    path.write_text(path.read_text().replace(sys.executable, sys.executable + " -E", 1))
    messangers.send_message("text")
    (start,) = stand_in.started()
    environment = start["environment"]
    assert isinstance(environment, dict)
    assert environment["SONIXBOT_BOT_ID"] == "kept"
    assert not {"PYTHONPATH", "PYTHONHOME"} & set(environment)


def test_one_deliverer_for_many(stand_in: StandIn) -> None:
    """A script that sends in a loop does not start a process for each message."""
    for number in range(20):
        messangers.send_message(str(number))
    stand_in.started()
    time.sleep(0.5)
    assert len(stand_in.starts) == 1


def test_python_that_cannot_be_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A configured interpreter that is not there is told; the message waits."""
    path = configuration(tmp_path, logwatch={"python": "nowhere/python"})
    monkeypatch.setenv("SONIXBOT_CONFIG", str(path))
    receipt = messangers.send_message("text")
    assert receipt.state == "queued"
    assert str(tmp_path / "nowhere" / "python") in receipt.reason
    assert "nobody could be started" in receipt.reason
    assert len(letters(str(tmp_path / "data" / "inbox"))) == 1


def test_a_deliverer_that_crashed(stand_in: StandIn) -> None:
    """One that has ended without a word does not look alive until the script ends."""
    messangers.send_message("text")
    pid = stand_in.started()[0]["pid"]
    until(lambda: not alive(pid))
    messangers.send_message("text")
    assert not presence.process_alive(pid)


def test_a_folder_in_the_way(tmp_path: Path, stand_in: StandIn) -> None:
    """Whatever hinders the start of a deliverer, the message is queued and the receipt says so."""
    mark = tmp_path / "data" / "inbox" / "starting"
    mark.mkdir(parents=True)
    os.utime(mark, (1.0, 1.0))
    receipt = messangers.send_message("text")
    assert receipt.state == "queued"
    assert str(mark) in receipt.reason
    assert len(letters(str(mark.parent))) == 1
    assert stand_in.starts == []


def test_the_last_services_python(tmp_path: Path) -> None:
    """A Python without sonixbot's libraries uses the one that the last service here had."""
    program = StandIn(tmp_path)
    config = configuration(tmp_path)
    folder = str(tmp_path / "data" / "inbox")
    presence.announce(folder, "service", 1.0, str(program.path))
    presence.withdraw(folder)
    bare = f"import sys; sys.path.insert(0, {str(ROOT)!r}); sys.flags"
    reason = run(
        sys.executable,
        bare + "; sys.modules['aiogram'] = None\n"
        "from bot import messangers; print(messangers.send_message('text').reason)",
        SONIXBOT_CONFIG=str(config),
        HOME=str(tmp_path),
    )
    assert reason == "\n"
    assert len(program.started()) == 1


def test_no_python_at_all(tmp_path: Path) -> None:
    """Where nobody can deliver, the message waits and the receipt says what would help."""
    config = configuration(tmp_path)
    reason = run(
        sys.executable,
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); sys.modules['aiogram'] = None\n"
        "from bot import messangers; receipt = messangers.send_message('text')\n"
        "print(receipt.state, receipt.reason)",
        SONIXBOT_CONFIG=str(config),
        HOME=str(tmp_path),
    )
    assert reason.startswith("queued No service runs and no Python that has sonixbot installed")
    assert "logwatch.python" in reason
    assert str(config) in reason
    assert len(letters(str(tmp_path / "data" / "inbox"))) == 1


def test_no_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any configuration the message waits in the user's inbox, and the receipt says so."""
    monkeypatch.delenv("SONIXBOT_CONFIG", raising=False)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    receipt = messangers.send_message("text")
    assert receipt.state == "queued"
    assert receipt.reason.startswith("No configuration was found, so the message waits in ")
    assert len(letters(str(tmp_path / ".local/share/sonixbot/inbox"))) == 1


def test_a_broken_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a broken configuration the message waits in the user's inbox, and the file is named."""
    (tmp_path / "config.json").write_text("{")
    monkeypatch.setenv("SONIXBOT_CONFIG", str(tmp_path / "config.json"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    receipt = messangers.send_message("text")
    assert receipt.state == "queued"
    assert f"{tmp_path / 'config.json'} is not JSON: see line 1, column 2" in receipt.reason
    assert len(letters(str(tmp_path / "sonixbot" / "inbox"))) == 1


def test_an_inbox_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no message can be left, the receipt says why."""
    (tmp_path / "file").touch()
    path = configuration(tmp_path, inbox="file/inbox")
    monkeypatch.setenv("SONIXBOT_CONFIG", str(path))
    receipt = messangers.send_message("text")
    assert not receipt
    assert receipt.reason.startswith("The message could not be handed over: ")
    assert str(tmp_path / "file") in receipt.reason


def test_it_is_light() -> None:
    """Importing it loads nothing that would be slow, and starts nothing."""
    loaded = run(
        sys.executable,
        f"import sys, json; sys.path.insert(0, {str(ROOT)!r}); before = set(sys.modules)\n"
        "import bot.messangers; print(json.dumps(sorted(set(sys.modules) - before)))",
    )
    assert not HEAVY & set(json.loads(loaded))


def test_it_takes_milliseconds(folder: str) -> None:
    """A measurement does not wait for its message."""
    messangers.send_message("the first one makes the folders")
    began = time.monotonic()
    for number in range(20):
        messangers.send_message(str(number))
    assert (time.monotonic() - began) / 20 < 0.1
