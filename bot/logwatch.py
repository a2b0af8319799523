"""The Sonix+ device that watches the measurement protocol: it keeps `sonixbot run` alive.

It runs as a file, as `python -m bot.logwatch`, and inside another Python program:

    from bot import logwatch

    logwatch.start()
    print(logwatch.state)

It never raises into its host. The service is a process of its own, in the Python that
`logwatch.python` of the configuration names; it ends when this process does, however that ends.
Standard library and language of Python 3.8: the host's own Python runs this.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import subprocess
import sys
import threading
import time

if not __package__:  # run as a file: Python has looked for packages beside it, not above
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from sonixbot import inbox
from sonixbot.inbox import interpreter, presence
from sonixbot.locations import (
    Places,
    UsageError,
    find_config,
    read_light,
    words,
)

__all__ = ["start", "state", "stop"]

log = logging.getLogger("sonixbot.logwatch")

#: Seconds before the first restart; doubled at each that follows soon, up to the second number.
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
#: Seconds after which a service counts as having run well.
LONG_LIFE = 60.0
#: Seconds for the service to end by itself; it needs ten at most.
PATIENCE = 12.0
#: Seconds between two looks at a child, a configuration, an inbox.
TURN, LOOK = 0.25, 5.0
#: `sonixbot run` ends with this where the configuration is wrong.
WRONG_CONFIGURATION = 2
#: Bytes of the log; as many again are kept of the one before.
LOG_LIMIT = 1_000_000


def sentence(text: str, **values: object) -> tuple[str, dict[str, object]]:
    """Make a sentence that is translated when somebody reads it."""
    return text, values


class State:
    """What logwatch does at the moment: sentences, when it is printed."""

    def __init__(self) -> None:
        #: stopped, running, pausing, mistaken (the configuration is), watching.
        self.phase = "stopped"
        #: Number of the service's process while there is one.
        self.pid: int | None = None
        #: How often the service ended and was or will be started again.
        self.restarts = 0
        self._said: tuple[tuple[str, dict[str, object]], ...] = (
            sentence("logwatch does not run."),
        )

    def become(self, phase: str, *said: tuple[str, dict[str, object]]) -> str:
        """Change, and tell technicians if it is more than a number; return what was told."""
        news = (phase, [text for text, _ in said]) != (self.phase, [text for text, _ in self._said])
        self.phase, self._said = phase, said
        told = " ".join(text.format(**values) for text, values in said) if news else ""
        if told:
            log.info("%s", told)
        return told

    def __str__(self) -> str:
        return " ".join(words(text, **values) for text, values in self._said)

    def __repr__(self) -> str:
        return f"<logwatch {self.phase}: {self}>"


class Log:
    """The service's own output, kept in a file of bounded length."""

    def __init__(self, path: str) -> None:
        self.path = path
        #: The end of what the service wrote; says best why it ended.
        self.tail = ""

    def follow(self, child: subprocess.Popen[bytes]) -> None:
        """Read what it says to the end whatever becomes of the file: a full pipe would stop it."""
        if child.stdout is None:
            return
        with child.stdout as pipe:
            while True:
                chunk = os.read(pipe.fileno(), 65536)
                if not chunk:
                    return
                self.tail = (self.tail + chunk.decode("utf-8", "replace"))[-1000:]
                try:
                    self._write(chunk)
                except OSError as error:
                    log.warning("cannot write %s: %s", self.path, error)

    def note(self, said: str) -> None:
        """Add a line of logwatch's own: why there is no service that could say so itself."""
        now = time.strftime("%Y-%m-%d %H:%M:%S")
        try:
            os.makedirs(os.path.dirname(self.path), 0o700, exist_ok=True)
            self._write(f"{now} logwatch: {said}\n".encode("utf-8", "replace"))
        except OSError as error:
            log.warning("cannot write %s: %s", self.path, error)

    def _write(self, chunk: bytes) -> None:
        with open(self.path, "ab") as file:
            file.write(chunk)
            length = file.tell()
        if length > LOG_LIMIT:
            os.replace(self.path, self.path + ".1")


def pause_after(pause: float, lived: float) -> float:
    """Seconds to wait before the next start, after the last pause and a life of that length."""
    if lived >= LONG_LIFE or pause <= 0:
        return FIRST_PAUSE
    return min(2 * pause, LONGEST_PAUSE)


class Keeper:
    """Keeps the service alive from `start` to `stop`, in a thread of its own."""

    def __init__(self) -> None:
        self.state = State()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._config: str | None = None
        self._pause = 0.0

    def start(self, config: str | None = None) -> None:
        """Begin, with this configuration or the one that is found. While it runs, do nothing."""
        if self._thread is not None and self._thread.is_alive():
            return
        if self._thread is None and hasattr(os, "register_at_fork"):  # not on Windows
            os.register_at_fork(after_in_child=self._let_go)
        self._config = config
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="logwatch", daemon=True)
        try:
            self._thread.start()
        except RuntimeError as error:  # the host is ending, or has too many threads
            self.state.become("stopped", sentence("logwatch cannot start: {error}.", error=error))

    def stop(self) -> None:
        """End the service and come to rest; it takes some seconds, 16 at most."""
        self._stopping.set()
        if self._thread is not None and self._thread.is_alive():
            self._thread.join(PATIENCE + 4.0)

    def _let_go(self) -> None:
        """In a fork of the host: close what would keep the service alive beyond the host."""
        if self._child is not None and self._child.stdin is not None:
            self._child.stdin.close()

    def _run(self) -> None:
        self.state.restarts = 0
        while not self._stopping.is_set():
            self._turn()
        self.state.become("stopped", sentence("logwatch has ended."))

    def _turn(self) -> None:
        """Whatever happens, the host program must not be drawn into it."""
        try:
            self._work()
        except Exception as error:
            log.exception("logwatch stumbled")
            self.state.become("pausing", sentence("logwatch stumbled: {error!r}.", error=error))
            self._stopping.wait(LONGEST_PAUSE)

    def _work(self) -> None:
        config = find_config(self._config)
        stamp = _stamp(config)
        try:
            places = read_light(config)
        except UsageError as error:
            self._hindered(read_light(None), "mistaken", (error.text, error.values))
            self._wait_for_change(stamp)
            return
        python = interpreter.find(places)
        if python is None or config is None:
            self._hindered(places, "watching", _hindrance(config), _seen(places.inbox))
            self._stopping.wait(LOOK)
            return
        began = time.monotonic()
        code, tail = self._keep(python, places, config)
        if not self._stopping.is_set():
            self._rest(places, code, tail, time.monotonic() - began, stamp)

    def _hindered(self, places: Places, phase: str, *said: tuple[str, dict[str, object]]) -> None:
        """Tell why no service could be started, in the log too."""
        if told := self.state.become(phase, *said):
            _log(places).note(told)

    def _keep(self, python: str, places: Places, config: str) -> tuple[int | None, str]:
        """Run the service once; return its exit code, None if it had none, and its last words."""
        output = _log(places)
        arguments = ["run", "--until-stdin-closes", "--config", config]
        pipe = subprocess.PIPE
        try:
            child = interpreter.start(
                python, places, arguments, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT
            )
        except OSError as error:
            return None, f"{python}: {error.strerror}."
        self._child = child
        try:
            reader = threading.Thread(target=output.follow, args=(child,), daemon=True)
            reader.start()
            self.state.pid = child.pid
            said = sentence("The service runs as process {pid}.", pid=child.pid)
            self.state.become("running", said)
            while child.poll() is None and not self._stopping.wait(TURN):
                pass
        finally:
            code = _end(child)
            self.state.pid = None
        reader.join(1.0)  # what the service itself has started may hold the pipe open
        return code, output.tail.strip()

    def _rest(
        self, places: Places, code: int | None, tail: str, lived: float, stamp: object
    ) -> None:
        """Tell why the service is not there, and wait until it is worth a new start."""
        self.state.restarts += 1
        if code == WRONG_CONFIGURATION:
            said = sentence(
                "The service waits for a change of the configuration: {tail}", tail=tail
            )
            self.state.become("mistaken", said)
            self._wait_for_change(stamp)
            return
        self._pause = pause_after(self._pause, lived)
        again = sentence("It is started again in {pause:.0f} s.", pause=self._pause)
        if code is None:
            said = sentence(
                "The service cannot be started: {tail} Correct logwatch.python in the"
                " configuration.",
                tail=tail,
            )
            self._hindered(places, "pausing", said, again)
        else:
            said = sentence("The service ended with code {code}: {tail}", code=code, tail=tail)
            self.state.become("pausing", said, again)
        self._stopping.wait(self._pause)

    def _wait_for_change(self, stamp: object) -> None:
        until = time.monotonic() + LONGEST_PAUSE
        while time.monotonic() < until and _stamp(find_config(self._config)) == stamp:
            if self._stopping.wait(1.0):
                return


def _log(places: Places) -> Log:
    return Log(os.path.join(places.data_dir, "logwatch.log"))


def _stamp(config: str | None) -> object:
    """Something that changes when the configuration does."""
    try:
        found = os.stat(config or "")
    except OSError:
        return config
    return config, found.st_mtime_ns, found.st_size


def _end(child: subprocess.Popen[bytes]) -> int:
    """Close its input, which asks it to end; help if it does not. Return its exit code."""
    if child.stdin is not None:
        child.stdin.close()
    for patience, help_it in ((PATIENCE, child.terminate), (2.0, child.kill)):
        try:
            return child.wait(patience)
        except subprocess.TimeoutExpired:  # noqa: PERF203 - the loop is there for the exception
            help_it()
    return child.wait()


def _hindrance(config: str | None) -> tuple[str, dict[str, object]]:
    if config is None:
        return sentence("No configuration was found: set SONIXBOT_CONFIG to its path.")
    return sentence(
        "No Python that can run the service is known here: name it as logwatch.python in {config}.",
        config=config,
    )


def _seen(folder: str) -> tuple[str, dict[str, object]]:
    """What can be seen of a service elsewhere that takes from the same inbox."""
    try:
        found, since = presence.presence(folder), inbox.waiting_since(folder)
    except OSError as error:
        return sentence("The inbox {folder} cannot be read: {error}", folder=folder, error=error)
    if found is not None and found.alive:
        return sentence(
            "The service on {host} is alive, last seen {age:.0f} s ago.",
            host=found.host,
            age=found.age,
        )
    if since is None:
        return sentence("No message waits in {folder}.", folder=folder)
    return sentence(
        "Messages wait in {folder} since {since}, and nobody takes them.",
        folder=folder,
        since=time.strftime("%d.%m %H:%M", time.localtime(since)),
    )


_keeper = Keeper()
#: What it does at the moment.
state = _keeper.state
start = _keeper.start
stop = _keeper.stop


def main() -> None:
    """Run until Ctrl-C or SIGTERM."""
    parser = argparse.ArgumentParser(prog="logwatch", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--config", help="the configuration; otherwise it is looked for")
    options, _ = parser.parse_known_args()  # whatever else Sonix+ adds does not matter
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")

    def finish(*_signal: object) -> None:
        raise SystemExit(0)

    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):  # the last one on Windows alone
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), finish)
    try:
        start(options.config)
        while True:
            time.sleep(1.0)
    finally:
        stop()


if __name__ == "__main__":
    main()
