"""Mail: letters over real SMTP to a server on loopback."""

from __future__ import annotations

import asyncio
import email
import re
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import policy
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonixbot.errors import DeliveryError, NeedsRepair, TryLater, Undeliverable
from sonixbot.language import language
from sonixbot.message import Attachment, Message, Origin
from sonixbot.messengers import Messenger
from sonixbot.messengers.letter import letter, wire
from sonixbot.messengers.mail import CONNECTION_AGE, Mail
from sonixbot.messengers.mail_errors import translate
from sonixbot.messengers.mail_server import greeting_name
from sonixbot.sandbox.mailbox import DROP, SILENCE, Mailbox
from tests.handclock import NIGHT, HandClock

OLGA, IVAN = "olga@example.test", "ivan@example.test"
SENDER = "sonix-bot@nf.example.test"
LOGIN = ("sonix-bot", "my-pass")


def said(text: str = "Мотор P1_beta застрял", **more: Any) -> Message:
    """A message."""
    known: dict[str, Any] = {
        "key": "k1",
        "origin": Origin.ALERT,
        "instrument": "УГРА",
        "created": NIGHT,
        "subject": "УГРА: ошибка P1_beta",
    }
    return Message(text=text, **{**known, **more})


def mail_to(box: Mailbox, **more: Any) -> Mail:
    """The messenger that talks to `box`."""
    known: dict[str, Any] = {
        "server": box.host,
        "port": box.port,
        "sender": SENDER,
        "language": language("en"),
        "clock": HandClock(),
        "ca_file": box.ca_file,
        "timeout": 5.0,
    }
    return Mail(**{**known, **more})


@asynccontextmanager
async def talking(box: Mailbox, **more: Any) -> AsyncIterator[Mail]:
    """The messenger, closed at the end."""
    mail = mail_to(box, **more)
    try:
        yield mail
    finally:
        await mail.close()


async def failure(mail: Mail, recipient: str = OLGA, message: Message | None = None) -> Any:
    """The error of sending a message."""
    with pytest.raises(DeliveryError) as caught:
        await mail.send(recipient, message or said(), 0)
    assert LOGIN[1] not in f"{caught.value} {caught.value.reason!r}"
    return caught.value


async def test_is_a_messenger() -> None:
    """Mail has everything that delivery asks of a messenger, but cannot edit."""
    async with Mailbox() as box:
        messenger: Messenger = mail_to(box)
        assert (messenger.name, messenger.parts(said())) == ("mail", 1)
        with pytest.raises(Undeliverable):
            await messenger.edit(OLGA, "<1@x>", said())


async def test_names_that_cannot_be_asked() -> None:
    """A name that no computer can look up is to be repaired, and told with its key."""
    async with Mailbox() as box:
        mail = mail_to(box, server="smtp..example.test")
        error = await failure(mail)
    assert isinstance(error, NeedsRepair)
    assert "Check mail.server" in str(error)


# Letters.


async def test_letter() -> None:
    """A letter arrives with words in both forms and everything that mail practice expects."""
    async with Mailbox() as box, talking(box) as mail:
        remote = await mail.send(OLGA, said(html="Мотор <b>P1_beta</b>\nзастрял", thread="i7"), 0)
    (got,) = box.mails
    assert (got.sender, got.recipient) == (SENDER, OLGA)
    assert got.text.rstrip() == "Мотор P1_beta застрял"
    assert '<div style="white-space: pre-wrap">Мотор <b>P1_beta</b>\nзастрял</div>' in got.html
    assert got.message["Subject"] == "УГРА: ошибка P1_beta"
    assert got.message["From"] == f"УГРА <{SENDER}>"
    assert got.message["To"] == OLGA
    assert got.message["Date"].datetime.timestamp() == NIGHT
    assert got.message["Auto-Submitted"] == "auto-generated"
    assert got.message["Message-ID"] == remote
    assert remote.endswith("@nf.example.test>")


def test_letter_is_stable() -> None:
    """A repeat has the same identity; another recipient or message has another one."""
    one = letter(said(), OLGA, SENDER, [])
    assert one["Message-ID"] == letter(said("later"), OLGA, SENDER, [])["Message-ID"]
    ids = {
        each["Message-ID"]
        for each in (
            one,
            letter(said(), IVAN, SENDER, []),
            letter(said(key="k2"), OLGA, SENDER, []),
        )
    }
    assert len(ids) == 3


def test_thread() -> None:
    """The mails of one incident refer to the same root; others to none."""
    first, second, other, alone = (
        letter(said(key=key, thread=thread), OLGA, SENDER, [])
        for key, thread in (("1", "i7"), ("2", "i7"), ("3", "i8"), ("4", ""))
    )
    assert first["References"] == second["References"] == second["In-Reply-To"]
    assert first["References"] != other["References"]
    assert alone["References"] is None


@given(st.text(), st.text(), st.text())
def test_no_header_can_be_injected(subject: str, instrument: str, text: str) -> None:
    """Whatever is in the words, the letter has the headers it should have and no line too long."""
    nasty = f"{subject}\r\nBcc: thief@example.test"
    made = letter(
        said(text, subject=nasty, instrument=instrument, html=text),
        OLGA,
        f"{instrument}<{SENDER}>",
        [],
    )
    raw = wire(made, utf8=False)
    read = email.message_from_bytes(raw, policy=policy.default)
    assert read["Bcc"] is None
    assert read["To"] == OLGA
    assert raw.isascii()
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))


WORDS = ["ошибка", "P1_beta", "12.5", "×14", "error", "—", "«стоп»", "device?", '"q"', "a_b", "😀"]


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=40).map(" ".join), st.booleans())
def test_subject_arrives(subject: str, utf8: bool) -> None:
    """A subject of any length is read as it was written, to the blank."""
    raw = wire(letter(said(subject=subject), OLGA, SENDER, []), utf8=utf8)
    assert email.message_from_bytes(raw, policy=policy.default)["Subject"] == subject


def test_subject_of_its_own() -> None:
    """A message without subject gets one from its instrument and first line."""
    made = letter(said("первая\nвторая", subject=""), OLGA, SENDER, [])
    assert made["Subject"] == "УГРА: первая"
    assert len(letter(said("я" * 500, subject=""), OLGA, SENDER, [])["Subject"]) < 120


async def test_text_arrives_as_it_is() -> None:
    """Dots, long lines, broken characters and other alphabets survive."""
    text = ".\n..x\n" + "я" * 5000 + "\n\ud800 😀\n\tend"
    async with Mailbox() as box, talking(box) as mail:
        await mail.send(OLGA, said(text), 0)
    assert box.mails[0].text.rstrip("\n") == text.replace("\ud800", "?")


async def test_attachments(tmp_path: Path) -> None:
    """Files go with the letter; one that is missing is named in it."""
    (tmp_path / "спектр.dat").write_bytes(b"\x00\xff")
    files = (
        Attachment("спектр.dat", str(tmp_path / "спектр.dat")),
        Attachment("a\r\nBcc: x@y", str(tmp_path / "gone")),
    )
    async with Mailbox() as box, talking(box) as mail:
        await mail.send(OLGA, said("a < b", html="a &lt; b", files=files), 0)
    (got,) = box.mails
    (part,) = got.message.iter_attachments()
    assert (part.get_filename(), part.get_payload(decode=True)) == ("спектр.dat", b"\x00\xff")
    assert "The file a Bcc: x@y could not be read" in got.text
    assert "The file a Bcc: x@y could not be read" in got.html
    assert got.message["Bcc"] is None


async def test_a_file_within_the_message() -> None:
    """A text that the message carries is attached as text in UTF-8, as Notepad shows it."""
    files = (Attachment("ошибки.txt", "", text="P1_beta: датчик\nlauda_1 \ud800"),)
    async with Mailbox() as box, talking(box) as mail:
        await mail.send(OLGA, said(files=files, origin=Origin.DIGEST), 0)
    (part,) = box.mails[0].message.iter_attachments()
    assert (part.get_content_type(), part.get_content_charset()) == ("text/plain", "utf-8")
    assert part.get_filename() == "ошибки.txt"
    assert part.get_content() == "\ufeffP1_beta: датчик\r\nlauda_1 ?"


async def test_letter_too_large_goes_without_its_files(tmp_path: Path) -> None:
    """A server that refuses the size still gets the words."""
    (tmp_path / "big.dat").write_bytes(bytes(100_000))
    files = (Attachment("big.dat", str(tmp_path / "big.dat")),)
    async with Mailbox(size_limit=20_000) as box, talking(box) as mail:
        await mail.send(OLGA, said(files=files), 0)
        assert "The file big.dat is too large for the mail server." in box.mails[0].text
        assert isinstance(await failure(mail, message=said("x" * 30_000)), Undeliverable)


# Addresses.


async def test_addresses_beyond_ascii() -> None:
    """They need a server that takes them; else they are given up."""
    async with Mailbox() as box, talking(box) as mail:
        await mail.send("ольга@пример.test", said(), 0)
        assert box.mails[0].recipient == "ольга@пример.test"
        assert box.mails[0].message["To"] == "ольга@пример.test"
    async with Mailbox(smtputf8=False) as box, talking(box) as mail:
        assert isinstance(await failure(mail, "ольга@пример.test"), Undeliverable)
        await mail.send(OLGA, said(), 0)
        assert len(box.mails) == 1


@pytest.mark.parametrize("address", ["nobody", "a b@c", "a@b\r\nRCPT TO:<c@d>", "", "<a@b", "я@"])
async def test_no_address(address: str) -> None:
    """What is no address is given up before anything is said to the server."""
    async with Mailbox() as box, talking(box) as mail:
        assert isinstance(await failure(mail, address), Undeliverable)
        assert box.connections == 0


async def test_sender_that_is_none() -> None:
    """A sender that is no address must be repaired."""
    async with Mailbox() as box, talking(box, sender="sonix") as mail:
        error = await failure(mail)
    assert isinstance(error, NeedsRepair)
    assert "mail.sender" in str(error)


@pytest.mark.parametrize(
    ("local", "name"), [("127.0.0.1", "[127.0.0.1]"), ("fe80::1%eth0", "[IPv6:fe80::1]")]
)
def test_greeting_name(local: str, name: str) -> None:
    """The greeting is an address in brackets, whatever the computer is called."""
    assert greeting_name(local) == name


async def test_greeting_on_the_wire() -> None:
    """No computer's name is ever said."""
    async with Mailbox(security="starttls") as box, talking(box) as mail:
        await mail.try_login()
    assert box.greetings == ["[127.0.0.1]"] * 2


# Security.


@pytest.mark.parametrize(
    ("offered", "wanted", "tls"),
    [
        ("none", "auto", False),
        ("none", "none", False),
        ("starttls", "auto", True),
        ("starttls", "starttls", True),
        ("starttls", "none", False),
        ("tls", "tls", True),
    ],
)
async def test_security(offered: Any, wanted: str, tls: bool) -> None:
    """Letters are encrypted where the server and the configuration allow, and verified."""
    async with Mailbox(security=offered) as box, talking(box, security=wanted) as mail:
        await mail.send(OLGA, said(), 0)
        assert [each.tls for each in box.mails] == [tls]


async def test_port_465_is_tls() -> None:
    """On port 465 `auto` is TLS from the first byte, on any other it is not."""
    async with Mailbox() as box:
        assert mail_to(box, port=465)._server._security == "tls"
        assert mail_to(box, port=587)._server._security == "auto"


@pytest.mark.parametrize(("offered", "wanted"), [("starttls", "auto"), ("tls", "tls")])
async def test_failed_check_names_the_keys(offered: Any, wanted: str) -> None:
    """A certificate that is not trusted holds the mail and names the keys that would help."""
    async with Mailbox(security=offered) as box:
        async with talking(box, security=wanted, ca_file=None) as mail:
            error = await failure(mail)
            assert isinstance(error, NeedsRepair)
            assert all(
                key in str(error) for key in ("mail.ca-file", "mail.verify", "mail.security")
            )
        async with talking(box, security=wanted, ca_file=None, verify=False) as mail:
            await mail.send(OLGA, said(), 0)
            assert box.mails[0].tls


async def test_certificate_of_another() -> None:
    """A certificate for another name is not trusted, though its authority is."""
    async with Mailbox(security="starttls", name="other.test") as box, talking(box) as mail:
        assert isinstance(await failure(mail), NeedsRepair)


async def test_bad_ca_file(tmp_path: Path) -> None:
    """A file that holds no certificates is named with its key, and heals when it is mended."""
    path = tmp_path / "ca.pem"
    path.write_text("nothing")
    async with Mailbox(security="starttls") as box, talking(box, ca_file=path) as mail:
        error = await failure(mail)
        assert isinstance(error, NeedsRepair)
        assert "mail.ca-file" in str(error)
        path.write_bytes(box.ca_file.read_bytes())
        await mail.send(OLGA, said(), 0)


async def test_starttls_demanded_but_not_offered() -> None:
    """STARTTLS that is asked for and not there holds the mail."""
    async with Mailbox() as box, talking(box, security="starttls") as mail:
        error = await failure(mail)
        assert isinstance(error, NeedsRepair)
        assert "mail.security" in str(error)


async def test_tls_where_none_is() -> None:
    """TLS towards a server that speaks none is the configuration's mistake."""
    async with Mailbox() as box, talking(box, security="tls") as mail:
        error = await failure(mail)
        assert isinstance(error, NeedsRepair)
        assert "mail.security" in str(error)


async def test_no_greeting() -> None:
    """A server that waits for TLS and never greets is named as such."""
    async with Mailbox(security="tls") as box, talking(box, security="none", timeout=0.3) as mail:
        error = await failure(mail)
        assert isinstance(error, TryLater)
        assert "mail.security" in str(error)


# Login.


async def test_login() -> None:
    """The user logs in where a login is offered under TLS."""
    for offered, wanted in (("starttls", "auto"), ("tls", "tls")):
        box = Mailbox(security=offered, login=LOGIN, login_required=True)  # type: ignore[arg-type] # one of its words
        async with box, talking(box, user=LOGIN[0], password=LOGIN[1], security=wanted) as mail:
            await mail.send(OLGA, said(), 0)
            assert [each.user for each in box.mails] == [LOGIN[0]]


async def test_no_login_wanted() -> None:
    """Without a user nobody logs in."""
    async with Mailbox(security="starttls", login=LOGIN) as box, talking(box) as mail:
        await mail.send(OLGA, said(), 0)
        assert (box.logins, len(box.mails)) == ([], 1)


async def test_no_login_offered(caplog: pytest.LogCaptureFixture) -> None:
    """A server without login gets the letter without; the log says so once."""
    async with Mailbox() as box, talking(box, user=LOGIN[0], password=LOGIN[1]) as mail:
        await mail.send(OLGA, said(), 0)
        await mail.rest()
        await mail.send(OLGA, said(), 0)
        assert len(box.mails) == 2
    assert caplog.text.count("offers no login") == 1


async def test_password_is_not_sent_in_the_clear() -> None:
    """A login without TLS needs the explicit word."""
    box = Mailbox(login=LOGIN, login_without_tls=True)
    async with box:
        async with talking(box, user=LOGIN[0], password=LOGIN[1]) as mail:
            error = await failure(mail)
            assert isinstance(error, NeedsRepair)
            assert "mail.security" in str(error)
            assert box.logins == []
        async with talking(box, user=LOGIN[0], password=LOGIN[1], security="none") as mail:
            await mail.send(OLGA, said(), 0)
            assert box.logins == [(LOGIN[0], True)]


async def test_refused_login() -> None:
    """A wrong password must be repaired; `try_login` says so without a letter."""
    box = Mailbox(security="starttls", login=LOGIN)
    async with box, talking(box, user=LOGIN[0], password="wrong") as mail:
        with pytest.raises(NeedsRepair, match=r"mail\.password"):
            await mail.try_login()
        box.answer("AUTH", *["454 4.7.0 Temporary authentication failure"] * 2)
        assert isinstance(await failure(mail), TryLater)


async def test_echoed_password_is_not_repeated() -> None:
    """A server that repeats what it was told does not put the password into the reason."""
    box = Mailbox(security="starttls", login=LOGIN)
    async with box, talking(box, user=LOGIN[0], password=LOGIN[1]) as mail:
        echo = "535 no: AHNvbml4LWJvdABteS1wYXNz my-pass bXktcGFzcw=="
        box.answer("AUTH", echo, echo)
        assert str(await failure(mail)).count("…") == 3


# Refusals and faults.


async def test_refused_recipient_costs_nobody_else_the_mail() -> None:
    """One recipient is refused, the next one gets the letter over the same connection."""
    async with Mailbox() as box, talking(box) as mail:
        box.refused[IVAN] = "550 5.1.1 No such user"
        error = await failure(mail, IVAN)
        await mail.send(OLGA, said(), 0)
        assert isinstance(error, Undeliverable)
        assert "550 5.1.1 No such user" in str(error)
        assert ([each.recipient for each in box.mails], box.connections) == ([OLGA], 1)


@pytest.mark.parametrize(
    ("command", "answer", "remedy"),
    [
        ("RCPT", "450 4.2.2 Mailbox full, try again later", TryLater),
        ("RCPT", "421 4.3.2 Shutting down", TryLater),
        ("RCPT", "530 5.7.0 Authentication required", NeedsRepair),
        ("RCPT", "554 5.7.1 Relay access denied", Undeliverable),
        ("MAIL", "451 4.7.1 Greylisted", TryLater),
        ("MAIL", "553 5.7.1 Sender not owned", NeedsRepair),
        ("MAIL", "552 5.3.4 Too big", Undeliverable),
        ("DATA", "451 4.3.0 Queue full", TryLater),
        ("DATA", "554 5.7.1 Spam", Undeliverable),
        ("DATA", "421 4.3.2 Shutting down", TryLater),
        ("EHLO", "421 4.3.2 Too many connections", TryLater),
    ],
)
async def test_answers_by_remedy(command: str, answer: str, remedy: type[DeliveryError]) -> None:
    """Each answer says what to do about it, and the next letter passes."""
    async with Mailbox() as box, talking(box) as mail:
        box.answer(command, answer)
        error = await failure(mail)
        assert isinstance(error, remedy)
        assert answer[:3] in str(error)
        assert not getattr(error, "unknown", False)
        await mail.send(OLGA, said(), 0)
        assert len(box.mails) == 1


@pytest.mark.parametrize(("command", "unknown"), [("RCPT", False), ("DATA", True)])
@pytest.mark.parametrize("fault", [DROP, SILENCE])
async def test_lost_talk(command: str, unknown: bool, fault: str) -> None:
    """After the letter went off its fate is open, before that it is not."""
    async with Mailbox() as box, talking(box, timeout=0.5) as mail:
        box.answer(command, fault)
        error = await failure(mail)
        assert isinstance(error, TryLater)
        assert error.unknown is unknown
        await mail.send(OLGA, said(), 0)
        assert len(box.mails) == 1


async def test_nobody_there() -> None:
    """While nobody listens nothing arrives; when somebody does again, it does."""
    async with Mailbox() as box, talking(box) as mail:
        await mail.send(OLGA, said(), 0)
        await box.down()
        error = await failure(mail)
        assert isinstance(error, TryLater)
        assert not error.unknown
        await box.up()
        await mail.send(OLGA, said(), 0)
        assert len(box.mails) == 2


async def test_unknown_host() -> None:
    """A name that nobody knows may be known later."""
    async with Mailbox() as box, talking(box, server="mail.invalid") as mail:
        assert isinstance(await failure(mail), TryLater)


async def test_no_mail_server_there() -> None:
    """What answers nonsense is reported and tried again."""

    async def nonsense(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(nonsense, "127.0.0.1", 0)
    async with Mailbox() as box:
        port = server.sockets[0].getsockname()[1]
        async with talking(box, port=port) as mail:
            assert isinstance(await failure(mail), TryLater)
    server.close()
    await server.wait_closed()


# The connection.


async def test_one_connection_for_a_burst() -> None:
    """Letters to many, sent at once, go one after the other over one connection."""
    async with Mailbox() as box, talking(box) as mail:
        people = [f"p{number}@example.test" for number in range(10)]
        await asyncio.gather(*(mail.send(each, said(), 0) for each in people))
        assert {each.recipient for each in box.mails} == set(people)
        assert box.connections == 1


async def test_rest_ends_the_connection() -> None:
    """After a rest the next letter has a new connection."""
    async with Mailbox() as box, talking(box) as mail:
        await mail.send(OLGA, said(), 0)
        await mail.rest()
        await mail.send(OLGA, said(), 0)
        assert (len(box.mails), box.connections) == (2, 2)


async def test_dropped_connection_is_made_anew() -> None:
    """A server that dropped the idle connection still gets the letter, at the first try."""
    async with Mailbox() as box, talking(box) as mail:
        await mail.send(OLGA, said(), 0)
        box.drop_connections()
        await mail.send(OLGA, said(), 0)
        assert (len(box.mails), box.connections) == (2, 2)


async def test_old_connection_is_made_anew() -> None:
    """A connection is not kept for longer than some minutes."""
    clock = HandClock()
    async with Mailbox() as box, talking(box, clock=clock) as mail:
        await mail.send(OLGA, said(), 0)
        await clock.move(CONNECTION_AGE - 1)
        await mail.send(OLGA, said(), 0)
        assert box.connections == 1
        await clock.move(1)
        await mail.send(OLGA, said(), 0)
        assert (len(box.mails), box.connections) == (3, 2)


async def test_cancelled_letter_does_not_confuse_the_next() -> None:
    """A letter that was given up in the middle leaves nothing behind."""
    async with Mailbox() as box, talking(box) as mail:
        box.answer("DATA", SILENCE)
        task = asyncio.create_task(mail.send(IVAN, said(), 0))
        await box.until(lambda: not box._answers["DATA"])
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await mail.send(OLGA, said(), 0)
        assert [each.recipient for each in box.mails] == [OLGA]


# The table of errors that no server above makes.


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (aiosmtplib.SMTPConnectResponseError(554, "No SMTP service here"), NeedsRepair),
        (aiosmtplib.SMTPConnectResponseError(421, "Busy"), TryLater),
        (aiosmtplib.SMTPHeloError(501, "Syntactically invalid EHLO"), NeedsRepair),
        (aiosmtplib.SMTPResponseException(454, "TLS not available"), TryLater),
        (aiosmtplib.SMTPConnectError("refused"), TryLater),
        (ssl.SSLError(1, "UNSUPPORTED_PROTOCOL"), NeedsRepair),
        (socket.gaierror(-2, "Name or service not known"), TryLater),
    ],
)
def test_errors_by_remedy(error: Exception, remedy: type[DeliveryError]) -> None:
    """Each error of the libraries says what to do about it, and where."""
    known = translate(error, "mx.test:25")
    assert type(known) is remedy
    assert "mx.test:25" in str(known)
    assert re.search(r"[.)]$", str(known))
