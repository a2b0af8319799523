"""Messages of measurement scripts to all recipients, by Telegram and e-mail.

    from bot import messangers

    messangers.send_message("The sample is changed")

Sending never raises and takes milliseconds: the message is put into a folder, and the service, or
a process started for that, carries it to people. Standard library and language of Python 3.8, and
nothing loaded at import that would be slow: a script's own Python runs this.
"""

from __future__ import annotations

import os
import sys
import time

from sonixbot import inbox
from sonixbot.locations import Places, UsageError, find_config, read_light
from sonixbot.locations import words as _

TYPE_CHECKING = False
if TYPE_CHECKING:
    Path = str | os.PathLike[str]

__all__ = ["Mail", "Receipt", "Sender", "Telegram", "send_message"]

#: Characters of a text; people would not read more, and a log belongs into a file.
TEXT_LIMIT = 100_000
QUEUED, SENT, FAILED = "queued", "sent", "failed"


class Receipt:
    """What is known about a message; true unless it failed."""

    def __init__(
        self, key: str, reason: str, *, failed: bool = False, folder: str = "", lost: str = ""
    ) -> None:
        #: queued, sent, or failed: nothing was sent, or some destination refused it.
        self.state = FAILED if failed else QUEUED
        #: The same for each destination, as soon as the service tells.
        self.deliveries: dict[str, str] = {}
        #: Why it failed or waits, or what of it could not go; empty if there is nothing to say.
        self.reason = reason
        self._key = key
        self._folder = folder
        self._lost = lost

    def wait(self, seconds: float) -> Receipt:
        """Wait until every destination has it or failed, at most so many seconds; return self."""
        try:
            until = time.monotonic() + float(seconds)
        except Exception:  # noqa: BLE001 - whatever a script gives, a measurement goes on
            until = 0.0
        while not self._settled() and time.monotonic() < until:
            time.sleep(0.05)
        return self

    def _settled(self) -> bool:
        """Look for the answer; tell whether waiting longer is of no use."""
        answer = inbox.read_answer(self._folder, self._key) if self._key else None
        if answer is None:
            return not self._key
        self.deliveries = {to: each["state"] for to, each in answer.items()}
        reasons = [f"{to}: {each['reason']}" for to, each in answer.items() if each["reason"]]
        states = set(self.deliveries.values())
        self.state = FAILED if FAILED in states else QUEUED if states - {SENT} else SENT
        if reasons or self.state == SENT:
            self.reason = "\n".join(filter(None, (self._lost, *reasons)))
        return QUEUED not in states

    def __bool__(self) -> bool:
        return self.state != FAILED

    def __repr__(self) -> str:
        to = ", ".join(f"{name} {state}" for name, state in self.deliveries.items())
        return f"<Receipt {': '.join(filter(None, (self.state, to, self.reason)))}>"


class Sender:
    """Sends by all ways, as `send_message` does, with a configuration of your own choice."""

    _ways: str | None = None

    def __init__(self, config: Path | None = None) -> None:
        self._config = config

    def send_message(
        self,
        text: object,
        *,
        file: Path | None = None,
        picture: Path | None = None,
        silent: bool = False,
        wait: float | None = None,
    ) -> Receipt:
        """Send `text`, with a file and a picture if there are, and return a `Receipt`.

        `silent` delivers without a sound; `wait` gives the seconds to wait for the result. It
        never raises: what went wrong is in the receipt.
        """
        try:
            receipt = self._send(text, [(file, False), (picture, True)], silent=bool(silent))
        except Exception as error:  # noqa: BLE001 - whatever it is, a measurement goes on
            problem = _problem(error)
            reason = _("The message could not be handed over: {problem}.", problem=problem)
            return Receipt("", reason, failed=True)
        return receipt if wait is None else receipt.wait(wait)

    def _send(
        self, text: object, files: list[tuple[Path | None, bool]], *, silent: bool
    ) -> Receipt:
        config = find_config(None if self._config is None else os.fspath(self._config))
        try:
            places, hindrance = read_light(config), ""
        except UsageError as error:
            places, hindrance = read_light(None), _problem(error)
        whole = _text(text)
        given = [(path, picture) for path, picture in files if path is not None]
        if not whole.strip() and not given:
            return Receipt("", _("There is nothing to send: the text is empty."), failed=True)
        key, losses = _put(places.inbox, whole, given, silent=silent, ways=self._ways)
        hindrance = hindrance or _see_to_delivery(places, config)
        reason = " ".join(filter(None, (*losses, hindrance)))
        return Receipt(key, reason, folder=places.inbox, lost=" ".join(losses))


class Mail(Sender):
    """Sends by e-mail alone, to all recipients: `Mail().send_message("text")`."""

    _ways = "mail"


class Telegram(Sender):
    """Sends by Telegram alone, to the channel: `Telegram().send_message("text")`."""

    _ways = "telegram"


#: Sends to all registered addresses.
send_message = Sender().send_message


def _text(given: object) -> str:
    if isinstance(given, (bytes, bytearray)):
        return given.decode("utf-8", "replace")
    return "" if given is None else str(given)


def _put(
    folder: str, text: str, files: list[tuple[Path, bool]], *, silent: bool, ways: str | None
) -> tuple[str, list[str]]:
    """Put the message, in the worst case without what cannot go; return its key and the losses.

    The losses are told at its end too: seldom does anybody look at a receipt.
    """
    losses = []
    if len(text) > TEXT_LIMIT:
        size = len(text)
        losses.append(
            _(
                "Of {size} characters of text, the first {limit} were sent.",
                size=size,
                limit=TEXT_LIMIT,
            )
        )
        text = text[:TEXT_LIMIT] + "…"
    if files:
        try:
            return inbox.put(
                folder, _with(text, losses), files=files, silent=silent, ways=ways
            ), losses
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a file, the text goes
            losses.append(
                _("The message was sent without files: {problem}.", problem=_problem(error))
            )
    return inbox.put(folder, _with(text, losses), silent=silent, ways=ways), losses


def _with(text: str, losses: list[str]) -> str:
    return "\n\n".join(filter(None, (text, *(f"[{loss}]" for loss in losses))))


#: Numbers of the processes that were started and have not been seen to end.
_deliverers: list[int] = []


def _ended(pid: int) -> bool:
    """Whether it has ended; on POSIX it looks alive to everybody until its parent asks this."""
    if sys.platform == "win32":
        return True
    try:
        return os.waitpid(pid, os.WNOHANG) != (0, 0)
    except ChildProcessError:  # the script asks for all its children itself, or was forked
        return True


def _see_to_delivery(places: Places, config: str | None) -> str:
    """See that somebody delivers; return what hinders that, in a sentence."""
    try:
        return _start_deliverer(places, config)
    except Exception as error:  # noqa: BLE001 - whatever it is, the message is safe and waits
        return _(
            "The message waits in {inbox}, as nobody could be started to deliver it: {problem}.",
            inbox=places.inbox,
            problem=_problem(error),
        )


def _start_deliverer(places: Places, config: str | None) -> str:
    """Start one if nobody takes messages; return what is missing for that, in a sentence."""
    _deliverers[:] = [pid for pid in _deliverers if not _ended(pid)]
    from sonixbot.inbox import presence

    if presence.service_alive(places.inbox):
        return ""
    if config is None:
        return _(
            "No configuration was found, so the message waits in {inbox}: set SONIXBOT_CONFIG to "
            "the configuration's path.",
            inbox=places.inbox,
        )
    from sonixbot.inbox import interpreter

    python = interpreter.find(places)
    if python is None:
        return _(
            "No service runs and no Python that has sonixbot installed is known, so the message "
            'waits in {inbox}: start "sonixbot run", or name that Python as logwatch.python in '
            "{config}.",
            inbox=places.inbox,
            config=config,
        )
    if presence.may_start(places.inbox):
        child = interpreter.start(python, places, ["deliver", "--config", config])
        child.returncode = 0  # it outlives the script, and Python is not to warn of that
        _deliverers.append(child.pid)
    return ""


def _problem(error: Exception) -> str:
    """The problem in words; an exception of a script's own class may be unable to give them."""
    if isinstance(error, UsageError):
        return _(error.text, **error.values)
    if isinstance(error, OSError) and error.filename:
        return f"{error.strerror} ({error.filename})"
    try:
        return str(error) or type(error).__name__
    except Exception:  # noqa: BLE001 - whatever it is, a measurement goes on
        return type(error).__name__
