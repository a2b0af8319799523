"""A mail server on loopback, in the test's own loop: keeps the mails, refuses and fails on demand.

async with Mailbox(security="starttls", login=("bot", "secret")) as box:
    mail = Mail(server=box.host, port=box.port, ca_file=box.ca_file, …)
    await mail.send("olga@example.test", message, 0)
    assert box.mails[0].message["Subject"] == "…"
"""

from __future__ import annotations

import asyncio
import email
import re
import ssl
import tempfile
import warnings
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from email import policy
from pathlib import Path
from typing import Any, Final, Literal, Self

import trustme
from aiosmtpd.smtp import MISSING, SMTP, AuthResult, Envelope, LoginPassword, Session

from sonixbot.clock import Clock
from sonixbot.sandbox.arranged import Arranged
from sonixbot.sandbox.received import Received

__all__ = ["DROP", "SILENCE", "Delay", "Mailbox", "Received"]

#: Instead of an answer: the connection is dropped, or nothing is ever said.
DROP, SILENCE = "drop", "silence"
#: What can be answered otherwise than usual.
COMMANDS: Final = ("EHLO", "AUTH", "MAIL", "RCPT", "DATA", "QUIT")
FAULTS: Final = ("answer", DROP, SILENCE, "delay")
_ANSWER: Final = re.compile(r"[245]\d\d [^\r\n]+")


@dataclass(frozen=True)
class Delay:
    """The usual answer, so many real seconds late."""

    seconds: float


class Mailbox:
    """The server: an async context manager; `port` is good once it is entered.

    `login` is the one user and password; `login_without_tls` offers AUTH in the clear; with
    `login_required` nothing is taken from strangers. `name` is what the certificate is for, `clock`
    dates the mails.
    """

    host = "localhost"

    def __init__(
        self,
        *,
        security: Literal["none", "starttls", "tls"] = "none",
        login: tuple[str, str] | None = None,
        login_without_tls: bool = False,
        login_required: bool = False,
        name: str = "localhost",
        smtputf8: bool = True,
        size_limit: int = 32 * 1024 * 1024,
        clock: Clock | None = None,
        folder: Path | None = None,
    ) -> None:
        """`folder`: where its own authority's certificate lies; the system's for passing files."""
        self.mails: list[Received] = []
        #: Told of each mail, once it is among `mails`.
        self.listeners: list[Callable[[Received], None]] = []
        #: The names by which clients greeted, one for each greeting.
        self.greetings: list[str] = []
        #: How many connections there were.
        self.connections = 0
        #: Who tried to log in, and whether with the right password.
        self.logins: list[tuple[str, bool]] = []
        #: Recipients that are refused, with the answer: `550 5.1.1 No such user`.
        self.refused: dict[str, str] = {}
        self._clock = clock or Clock()
        self._answers: dict[str, deque[str | Delay]] = defaultdict(deque)
        self._authority = trustme.CA()
        self._folder = tempfile.TemporaryDirectory(dir=folder)
        self.ca_file = Path(self._folder.name) / "ca.pem"
        self._authority.cert_pem.write_to_path(str(self.ca_file))
        self._security, self.login = security, login
        self._context: ssl.SSLContext | None = None
        if security != "none":
            self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self._authority.issue_cert(name).configure_cert(self._context)
        self._options: dict[str, Any] = {
            "enable_SMTPUTF8": smtputf8,
            "data_size_limit": size_limit,
            "hostname": "mx.example.test",
            "auth_required": login_required,
            # Of TLS from the first byte aiosmtpd does not know.
            "auth_require_tls": not login_without_tls and security != "tls",
        }
        self.port = 0
        self._server: asyncio.Server | None = None
        self._open: list[SMTP] = []

    async def __aenter__(self) -> Self:
        await self.up()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.down()
        self._folder.cleanup()

    async def up(self) -> None:
        """Listen, on the same port as before."""
        self._server = await asyncio.get_running_loop().create_server(
            self._talk,
            "127.0.0.1",
            self.port,
            ssl=self._context if self._security == "tls" else None,
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def down(self) -> None:
        """Stop listening and drop every connection; the mails are kept."""
        if self._server is not None:
            self._server.close()
            self._server = None
        # A talk whose TLS failed is otherwise left to the garbage collector by aiosmtpd.
        talks = [each._handler_coroutine for each in self._open]  # noqa: SLF001 - no other way
        tasks = [each for each in talks if each]
        self.drop_connections()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def drop_connections(self) -> None:
        """Drop what is open, as a server does with idle clients."""
        for talk in self._open:
            _abort(talk)
        self._open.clear()

    def answer(self, command: str, *answers: str | Delay) -> None:
        """Answer the next of one of the `COMMANDS` so, or `DROP` or `SILENCE`, or with a `Delay`.

        DATA is answered so once the whole mail came, in place of keeping it.
        """
        self._answers[command].extend(answers)

    def clear(self) -> None:
        """Take back what was arranged; a talk that already meets it is left to it."""
        self._answers.clear()

    def arrange(self, fault: object) -> None:
        """Arrange what plain JSON asks for; raises ValueError that names the mistake.

        `{"command": "RCPT", "fault": "answer", "answer": "451 4.7.1 Greylisted", "times": 1}`. The
        other faults are drop, silence and delay (seconds).
        """
        wish = Arranged(fault)
        command, kind = wish.word("command", *COMMANDS), wish.word("fault", *FAULTS)
        times, answer = wish.whole("times", 1, least=1), kind
        if kind == "answer" and not _ANSWER.fullmatch(answer := wish.word("answer")):
            raise ValueError(f"answer: expected a code and words in one line, not {answer!r}")
        late = Delay(wish.number("seconds", least=0)) if kind == "delay" else None
        wish.done()
        self.answer(command, *[late or answer] * times)

    def to(self, recipient: str) -> list[Received]:
        """The mails to one recipient."""
        return [each for each in self.mails if each.recipient == recipient]

    async def until(self, happened: Callable[[], object], seconds: float = 5.0) -> None:
        """Wait until something is true."""
        async with asyncio.timeout(seconds):
            while not happened():  # noqa: ASYNC110 - aiosmtpd has no event to wait for
                await asyncio.sleep(0.01)

    def _talk(self) -> SMTP:
        self.connections += 1
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a login in the clear is what some tests are about
            talk = SMTP(
                _Handler(self),
                tls_context=self._context if self._security == "starttls" else None,
                authenticator=self._authenticate,
                loop=asyncio.get_running_loop(),
                **self._options,
            )
        self._open.append(talk)
        return talk

    def _authenticate(
        self, _server: SMTP, session: Session, _envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        del session, mechanism
        assert isinstance(data, LoginPassword)  # noqa: S101 - what PLAIN and LOGIN give
        given = (data.login.decode(), data.password.decode())
        self.logins.append((given[0], given == self.login))
        if given == self.login:
            return AuthResult(success=True, auth_data=given[0])
        return AuthResult(success=False, handled=False)

    def keep(self, session: Session, envelope: Envelope) -> None:
        """Keep a mail, once for each recipient."""
        raw = bytes(envelope.original_content or b"")
        for recipient in envelope.rcpt_tos:
            received = Received(
                envelope.mail_from or "",
                recipient,
                raw,
                email.message_from_bytes(raw, policy=policy.default),
                session.ssl is not None or self._security == "tls",
                session.auth_data,
                self._clock.now(),
            )
            self.mails.append(received)
            for listener in self.listeners:
                listener(received)

    async def faulty(self, talk: SMTP, command: str) -> str | None:
        """The arranged answer to a command, if there is one; may never come back."""
        answer = self._answers[command].popleft() if self._answers[command] else None
        if answer == DROP:
            _abort(talk)
            await asyncio.Event().wait()  # aiosmtpd cancels it with the connection
        if answer == SILENCE:
            await asyncio.Event().wait()
        if isinstance(answer, Delay):
            await asyncio.sleep(answer.seconds)
            return None
        return answer


def _abort(talk: SMTP) -> None:
    if isinstance(talk.transport, asyncio.WriteTransport):
        talk.transport.abort()


class _Handler:
    """What happens at each command of a talk (hooks of aiosmtpd)."""

    def __init__(self, box: Mailbox) -> None:
        self._box = box

    async def handle_EHLO(  # noqa: N802 - a hook's name
        self, server: SMTP, session: Session, _envelope: Envelope, name: str, offers: list[str]
    ) -> list[str]:
        """Keep the name; offer a login only where there is one."""
        self._box.greetings.append(name)
        if answer := await self._box.faulty(server, "EHLO"):
            return [answer]
        session.host_name = name
        return [each for each in offers if self._box.login or not each.startswith("250-AUTH")]

    async def handle_AUTH(  # noqa: N802 - a hook's name
        self, server: SMTP, _session: Session, _envelope: Envelope, _args: list[str]
    ) -> object:
        """Let aiosmtpd ask `Mailbox`."""
        return await self._box.faulty(server, "AUTH") or MISSING

    async def handle_MAIL(  # noqa: N802 - a hook's name
        self,
        server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        """Begin a mail."""
        if answer := await self._box.faulty(server, "MAIL"):
            return answer
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - a hook's name
        self,
        server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        """Take or refuse a recipient."""
        if answer := await self._box.faulty(server, "RCPT"):
            return answer
        if address in self._box.refused:
            return self._box.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_QUIT(  # noqa: N802 - a hook's name
        self, server: SMTP, _session: Session, _envelope: Envelope
    ) -> str:
        """End the talk."""
        return await self._box.faulty(server, "QUIT") or "221 Bye"

    async def handle_DATA(  # noqa: N802 - a hook's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keep the mail, unless another answer was arranged."""
        if answer := await self._box.faulty(server, "DATA"):
            return answer
        self._box.keep(session, envelope)
        return "250 OK"
