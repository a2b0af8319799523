"""Command line: words, exit codes, and the commands that need no service."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

import pytest

from sonixbot import inbox
from sonixbot.cli.terminal import visible
from sonixbot.config import schema
from sonixbot.errors import sentence
from sonixbot.inbox import presence
from sonixbot.message import Marks, State
from sonixbot.outbox import Outbox
from sonixbot.pace import Call
from sonixbot.store import FILE_NAME, Store
from tests.commandline import CommandLine
from tests.facts import message
from tests.standins import configuration

CHANNEL, BOSS = "telegram:-100123", "mail:boss@example.test"
COMMANDS = ("run", "check", "demo", "send", "protocol", "outbox", "config", "paths")


@pytest.fixture
def sonixbot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    return CommandLine(tmp_path, monkeypatch, capsys)


def test_help_lists_the_commands(sonixbot: CommandLine) -> None:
    """--help names every command that is for people, and not the deliverer's."""
    said = sonixbot("--help")
    assert (said.code, said.err) == (0, "")
    assert all(f" {each} " in said.out for each in COMMANDS)
    assert "│ deliver" not in said.out


def test_the_version_is_told(sonixbot: CommandLine) -> None:
    """--version names the version that is installed, and -h is the same as --help."""
    said = sonixbot("--version")
    assert (said.code, said.out) == (0, f"sonixbot {version('sonixbot')}\n")
    assert sonixbot("check", "-h").out == sonixbot("check", "--help").out


def test_without_a_command_the_help_is_shown(sonixbot: CommandLine) -> None:
    """`sonixbot` alone is wrong use, and shows what could be said."""
    said = sonixbot()
    assert said.code == 2
    assert "protocol" in said.out


@pytest.mark.parametrize("command", [*COMMANDS, "deliver"])
def test_every_command_has_help(sonixbot: CommandLine, command: str) -> None:
    """Every command explains itself, and those that need a configuration take --config."""
    said = sonixbot(command, "--help")
    assert (said.code, said.err) == (0, "")
    assert ("--config" in said.out) == (command not in ("demo", "config"))


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["protcol"], "There is no command protcol. Did you mean protocol? See sonixbot --help."),
        (["xyz"], "There is no command xyz. See sonixbot --help."),
        (["protocol"], "FILE is missing. See sonixbot protocol --help."),
        (["send", "a", "b"], "Unexpected: b. See sonixbot send --help."),
        (
            ["protocol", "f", "--lay", "x"],
            "There is no option --lay. Did you mean --layout? See sonixbot protocol --help.",
        ),
        (["protocol", "f", "--layout", "nolayout.json"], "There is no file nolayout.json."),
        (["protocol", "f", "--layout", "no/layout"], "There is no file no/layout."),
        (
            ["protocol", "f", "--time-zone", "Moskau"],
            "There is no time zone Moskau; the nearest one is Europe/Moscow.",
        ),
        (["paths", "--config"], "The option --config needs a value."),
        (["run", "--until-stdin-closes=1"], "The option --until-stdin-closes takes no value."),
        (["send", "a", "--wait", "soon"], "--wait needs seconds, such as 30 or 2m, not soon."),
    ],
)
def test_wrong_use_is_one_sentence(sonixbot: CommandLine, words: list[str], answer: str) -> None:
    """Wrong use is one sentence on standard error with the way to help, and ends with 2."""
    said = sonixbot(*words)
    assert (said.code, said.out) == (2, "")
    assert said.words.startswith(answer)


def test_the_locale_speaks_russian(sonixbot: CommandLine) -> None:
    """Sentences and errors come in the language of the user's locale."""
    sonixbot.speak("ru_RU")
    assert sonixbot("protocol", "нет.log").words == "Файла нет.log нет."
    said = sonixbot("protocol", "--help")
    assert "Использование: sonixbot protocol" in said.out
    assert "Usage" not in said.out


@pytest.mark.process
def test_the_librarys_own_words_are_russian_too(tmp_path: Path) -> None:
    """Nothing of the help is English for a Russian, the library's headings included."""
    done = subprocess.run(
        [sys.executable, "-m", "sonixbot", "protocol", "--help"],
        cwd=tmp_path,
        env={**os.environ, "LANGUAGE": "ru", "PYTHONIOENCODING": "utf-8", "COLUMNS": "100"},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    for english in ("Usage", "Options", "Arguments", "Show this", "default", "required"):
        assert english not in done.stdout


@pytest.mark.parametrize("command", [["run"], ["check"], ["deliver"]])
def test_a_missing_configuration(sonixbot: CommandLine, command: list[str]) -> None:
    """Without a configuration it is said where to put one; the exit code is 2."""
    said = sonixbot(*command)
    assert said.code == 2
    assert said.words.startswith("There is no configuration. Copy config.example.json from")


def test_mistakes_are_told_all_at_once(sonixbot: CommandLine, tmp_path: Path) -> None:
    """Every mistake of a configuration is a line on standard error."""
    path = configuration(tmp_path, language="de", instrumnt="YuMO")
    said = sonixbot("run", "--config", str(path))
    assert (said.code, said.out) == (2, "")
    assert "language" in said.err
    assert "instrumnt" in said.err
    assert "Traceback" not in said.err


def test_config_schema_needs_no_configuration(sonixbot: CommandLine) -> None:
    """`config schema` prints the JSON schema and nothing else."""
    said = sonixbot("config", "schema")
    assert (said.code, said.err) == (0, "")
    assert json.loads(said.out) == schema()


def test_paths_without_a_configuration(sonixbot: CommandLine, tmp_path: Path) -> None:
    """`paths` shows the default places, where it looked, and what scripts and Sonix+ need."""
    said = sonixbot("paths")
    assert said.code == 0
    for each in (
        tmp_path / "share" / "sonixbot" / "inbox",
        tmp_path / "settings" / "sonixbot" / "config.json",
        tmp_path / "config.json",
        Path("bot") / "logwatch.py",
        Path("sonixbot") / "pythonpath",
        sys.executable,
        "PYTHONPATH",
        "SONIXBOT_CONFIG",
    ):
        assert str(each) in said.out


def test_paths_of_a_configuration(sonixbot: CommandLine, tmp_path: Path) -> None:
    """`paths` shows what the configuration that it names says."""
    path = configuration(tmp_path, inbox="letters")
    said = sonixbot("paths", "--config", str(path))
    assert str(path) in said.out
    assert str(tmp_path / "data") in said.out
    assert str(tmp_path / "letters") in said.out


def test_paths_of_a_broken_configuration(sonixbot: CommandLine, tmp_path: Path) -> None:
    """A broken configuration is told and fails, and the default places are shown."""
    (tmp_path / "config.json").write_text('{"mail"', encoding="utf-8")
    said = sonixbot("paths")
    assert said.code == 2
    assert "is not JSON" in said.words
    assert str(tmp_path / "share") in said.out


@pytest.mark.process
@pytest.mark.parametrize(
    "words", [["paths"], ["--help"], ["outbox"], ["protocol", "p.log"], ["config", "schema"]]
)
def test_what_is_not_needed_is_not_loaded(tmp_path: Path, words: list[str]) -> None:
    """Commands that talk to nobody load neither aiogram nor the mail client nor the service."""
    (tmp_path / "p.log").write_text("hello\n", encoding="utf-8")
    program = (
        "import sys; from sonixbot.cli import main; code = main(sys.argv[1:])\n"
        "heavy = {'aiogram', 'aiohttp', 'aiosmtplib', 'sonixbot.service'} & set(sys.modules)\n"
        "sys.exit(f'{code} {heavy}' if code or heavy else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=tmp_path,
        env={**os.environ, "XDG_DATA_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_send_leaves_the_message_in_the_inbox(sonixbot: CommandLine, tmp_path: Path) -> None:
    """`send` hands over what a script would, and prints the receipt."""
    path, folder = configuration(tmp_path), str(tmp_path / "data" / "inbox")
    presence.announce(folder, "service", time.time())
    (tmp_path / "spectrum.dat").write_text("1 2 3", encoding="utf-8")
    words = ["send", "Sample 7 is measured", "--mail", "--silent", "--file", "spectrum.dat"]
    said = sonixbot(*words, "--config", str(path))
    assert (said.code, said.out.strip(), said.err) == (0, "queued", "")
    (key,) = inbox.waiting(folder)
    letter = inbox.read(folder, key)
    assert letter is not None
    assert (letter.text, letter.silent, letter.ways) == ("Sample 7 is measured", True, "mail")
    assert [file.name for file in letter.files] == ["spectrum.dat"]


def test_send_reads_standard_input(sonixbot: CommandLine, tmp_path: Path) -> None:
    """`send -` takes its text from standard input, by all ways."""
    path, folder = configuration(tmp_path), str(tmp_path / "data" / "inbox")
    presence.announce(folder, "service", time.time())
    said = sonixbot("send", "-", "--config", str(path), given="Образец 7\nизмерен")
    assert said.code == 0
    (key,) = inbox.waiting(folder)
    letter = inbox.read(folder, key)
    assert letter is not None
    assert (letter.text, letter.ways) == ("Образец 7\nизмерен", None)


def test_send_shows_what_became_of_it(sonixbot: CommandLine, tmp_path: Path) -> None:
    """With --wait the answer is printed for each destination; one failure fails the command."""
    path, folder = configuration(tmp_path), str(tmp_path / "data" / "inbox")
    presence.announce(folder, "service", time.time())

    def answer() -> None:
        while not (found := inbox.waiting(folder)):
            time.sleep(0.01)
        sent, failed = {"state": "sent", "reason": ""}, {"state": "failed", "reason": "no mailbox"}
        inbox.answer(folder, found[0], {CHANNEL: sent, BOSS: failed})

    from threading import Thread

    service = Thread(target=answer)
    service.start()
    said = sonixbot("send", "hello", "--wait", "5s", "--config", str(path))
    service.join()
    assert said.code == 1
    assert said.out.split() == ["failed", f"{CHANNEL}:", "sent", f"{BOSS}:", "failed"]
    assert "no mailbox" in said.err


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"instrumnt": "YuMO"}, "did you mean instrument?"),
        ({"data-dir": "config.json/data"}, "cannot be written"),
        (None, "There is no configuration file"),
    ],
)
def test_send_with_a_configuration_that_is_wrong(
    sonixbot: CommandLine, tmp_path: Path, keys: dict[str, object] | None, words: str
) -> None:
    """Where nobody could deliver, `send` says why and ends with 2, and queues nothing."""
    path = tmp_path / "none.json" if keys is None else configuration(tmp_path, **keys)
    said = sonixbot("send", "hello", "--config", str(path))
    assert (said.code, said.out) == (2, "")
    assert words in said.words
    assert not list(tmp_path.rglob("new/*.json"))


def test_send_to_a_service_needs_only_its_inbox(sonixbot: CommandLine, tmp_path: Path) -> None:
    """Where a service takes the messages, `send` does not care whether one could be started."""
    path, folder = configuration(tmp_path, inbox="in", **{"data-dir": "config.json/d"}), "in"
    presence.announce(str(tmp_path / folder), "service", time.time())
    assert sonixbot("send", "hello", "--config", str(path)).code == 0
    assert len(inbox.waiting(str(tmp_path / folder))) == 1


@pytest.mark.process
@pytest.mark.parametrize(
    ("shell", "code", "words"),
    [
        ("printf 'a\\377b' |", 0, ""),
        ("exec <&-;", 2, "There is no standard input to read the text from."),
    ],
)
def test_odd_standard_input(tmp_path: Path, shell: str, code: int, words: str) -> None:
    """Bytes that are no text are sent as well as they go; no input at all is told."""
    path, folder = configuration(tmp_path), str(tmp_path / "data" / "inbox")
    presence.announce(folder, "service", time.time())
    done = subprocess.run(
        ["/bin/sh", "-c", f'{shell} "$0" -m sonixbot send - --config "$1"', sys.executable, path],
        env={**os.environ, "LANGUAGE": "en", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.strip()) == (code, words)
    letters = [inbox.read(folder, key) for key in inbox.waiting(folder)]
    assert [each.text for each in letters if each] == (["a�b"] if code == 0 else [])


def test_send_without_its_file_does_not_begin(sonixbot: CommandLine, tmp_path: Path) -> None:
    """A file that is not there is wrong use, and the text stays here too."""
    path = str(configuration(tmp_path))
    presence.announce(str(tmp_path / "data" / "inbox"), "service", time.time())
    for option in ("--file", "--picture"):
        said = sonixbot("send", "hello", option, "nofile.dat", "--config", path)
        assert (said.code, said.out, said.words) == (2, "", "There is no file nofile.dat.")
    assert not list(tmp_path.rglob("new/*.json"))


def test_send_that_waited_in_vain(sonixbot: CommandLine, tmp_path: Path) -> None:
    """What has not arrived when the patience ends is not yet sent, which is no failure."""
    path = str(configuration(tmp_path))
    presence.announce(str(tmp_path / "data" / "inbox"), "service", time.time())
    said = sonixbot("send", "hello", "--wait", "0.01", "--config", path)
    assert (said.code, said.out) == (0, "not yet sent\n")


def test_send_of_nothing_fails(sonixbot: CommandLine, tmp_path: Path) -> None:
    """An empty text is not sent, and the command says so and fails."""
    said = sonixbot("send", " ", "--config", str(configuration(tmp_path)))
    assert (said.code, said.out.strip()) == (1, "failed")
    assert "empty" in said.err


@pytest.fixture
def config(tmp_path: Path) -> str:
    """A configuration whose outbox holds one message for two destinations, one of them buried."""
    path = configuration(tmp_path)
    store = Store(tmp_path / "data")
    outbox = Outbox(store)
    stuck = message(text="YuMO\nP1_beta stuck\n\x1b[31mred", subject="[YuMO] P1_beta does not move")
    outbox.put(stuck, [CHANNEL, BOSS], time.time() - 7500)
    (mail,) = outbox.heads(BOSS, time.time())
    outbox.begin(mail, Marks.NONE, Call.POST, time.time())
    outbox.bury(mail, sentence("The mailbox {name} does not exist.", name="boss"), time.time())
    store.close()
    return str(path)


def states(tmp_path: Path) -> dict[str, State]:
    store = Store(tmp_path / "data")
    try:
        return {each.destination: each.state for each in Outbox(store).listing(tuple(State), 10)}
    finally:
        store.close()


def test_an_outbox_that_never_was(sonixbot: CommandLine, tmp_path: Path) -> None:
    """Where nothing was ever sent `outbox` says so and makes no database."""
    path = configuration(tmp_path)
    said = sonixbot("outbox", "--config", str(path))
    assert (said.code, said.out) == (0, "Nothing was ever sent from here.\n")
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("alive", [True, False])
def test_the_outbox_tells_of_the_inbox(
    sonixbot: CommandLine, tmp_path: Path, *, alive: bool
) -> None:
    """`outbox` says how many messages of scripts nobody has taken yet, and whether one will."""
    path, folder = configuration(tmp_path), str(tmp_path / "data" / "inbox")
    for text in "ab":
        inbox.put(folder, text)
    if alive:
        presence.announce(folder, "service", time.time())
    said = sonixbot("outbox", "--config", str(path))
    nothing, waiting, *taken = said.out.splitlines()
    assert nothing == "Nothing was ever sent from here."
    assert waiting == f"2 messages of scripts wait in {folder}."
    assert taken == (["A service takes what lies there."] if alive else [])
    assert ("No service runs now" in said.err) is not alive


def test_the_outbox_is_listed(sonixbot: CommandLine, config: str) -> None:
    """`outbox` lists what waits and what was given up, by its subject and with its reason."""
    said = sonixbot("outbox", "--config", config)
    assert (said.code, said.err) == (0, "")
    waiting = next(line for line in said.out.splitlines() if CHANNEL in line)
    buried = next(line for line in said.out.splitlines() if BOSS in line)
    assert "waits" in waiting
    assert "given up" in buried
    assert "P1_beta does not move" in waiting
    assert "The mailbox boss does not exist." in said.out


def test_the_outbox_as_json(sonixbot: CommandLine, config: str) -> None:
    """`outbox --json` is one object, English for programs."""
    sonixbot.speak("ru_RU")
    said = sonixbot("outbox", "--json", "--config", config)
    mail, post = json.loads(said.out)["deliveries"]
    assert (post["destination"], post["state"], post["tries"]) == (CHANNEL, "waiting", 0)
    assert (mail["state"], mail["reason"]) == ("buried", "The mailbox boss does not exist.")


def test_one_delivery_is_shown(sonixbot: CommandLine, config: str) -> None:
    """`outbox show` tells all about one delivery, and its text without power over the terminal."""
    said = sonixbot("outbox", "show", "2", "--config", config)
    assert said.code == 0
    for each in (BOSS, "given up", "The mailbox boss does not exist.", "P1_beta stuck", "·[31mred"):
        assert each in said.out
    assert re.search(r"created +\d\d\.\d\d\.\d{4} \d\d:", said.out)
    assert "\x1b" not in said.out


def test_a_buried_delivery_is_retried(sonixbot: CommandLine, config: str, tmp_path: Path) -> None:
    """`outbox retry all` lets what was buried wait again; --config may stand before it too."""
    said = sonixbot("outbox", "--config", config, "retry", "all")
    assert (said.code, said.out) == (0, "1 is tried again.\n")
    assert said.words == "No service runs now: it is sent once one does."
    assert states(tmp_path) == {CHANNEL: State.WAITING, BOSS: State.WAITING}
    assert sonixbot("outbox", "retry", "2", "--config", config).code == 0


def test_a_delivery_is_dropped_once(sonixbot: CommandLine, config: str, tmp_path: Path) -> None:
    """`outbox drop` takes a delivery out; doing it twice fails with a sentence."""
    assert sonixbot("outbox", "drop", "1", "--config", config).code == 0
    assert states(tmp_path)[CHANNEL] is State.DROPPED
    said = sonixbot("outbox", "drop", "1", "--config", config)
    assert (said.code, said.words) == (1, "Delivery 1 can no longer be dropped.")


@pytest.mark.parametrize("command", ["retry", "drop"])
def test_a_database_that_is_in_use(
    sonixbot: CommandLine, config: str, tmp_path: Path, command: str
) -> None:
    """While another program holds the database, a change is refused in a sentence."""
    with closing(sqlite3.connect(tmp_path / "data" / FILE_NAME, isolation_level=None)) as db:
        db.execute("begin immediate")
        said = sonixbot("outbox", command, "2", "--config", config)
    assert (said.code, said.out) == (2, "")
    assert said.words.endswith("cannot be used now: database is locked. Try it again.")


@pytest.mark.parametrize("words", [["outbox"], ["check"], ["run"], ["send", "hello"]])
def test_a_path_that_is_too_long(sonixbot: CommandLine, tmp_path: Path, words: list[str]) -> None:
    """Paths that the system does not take are told like any other that cannot be used."""
    long = "x" * 300
    mail = {"server": "127.0.0.1", "port": 9, "recipients": ["a@b.ru"], "ca-file": long}
    path = configuration(tmp_path, mail=mail, protocol={"path": long}, **{"data-dir": long})
    said = sonixbot(*words, "--config", str(path))
    assert said.code == 2
    assert long in "".join((said.out + said.err).split())


@pytest.mark.parametrize("number", ["99", "one", "-1", "²", "9" * 23])
def test_a_delivery_that_is_not_there(sonixbot: CommandLine, config: str, number: str) -> None:
    """A number that is none, or nobody's, is wrong use."""
    said = sonixbot("outbox", "show", "--config", config, "--", number)
    assert said.code == 2
    assert said.words.startswith(f"There is no delivery {number};")


def test_foreign_text_has_no_power_over_the_terminal() -> None:
    """Control characters, also those that turn text round, are shown as dots."""
    assert visible("a\x1b[31m\u202eb\tc\ud800\x9b") == "a·[31m·b  c··"
