"""The sandbox's mail server: talked to by aiosmtplib, none of ours between."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from typing import Any, Literal

import aiosmtplib
import pytest
from aiosmtplib import SMTP

from sonixbot.sandbox.mailbox import COMMANDS, DROP, SILENCE, Delay, Mailbox, Received
from tests.handclock import NIGHT, HandClock

SENDER, ANNA, BORIS = "yumo@example.test", "anna@example.test", "boris@example.test"
LOGIN = ("yumo", "secret")


def letter(text: str = "Мотор застрял") -> EmailMessage:
    """A mail to two people."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = SENDER, f"{ANNA}, {BORIS}", "YuMO: P1_beta"
    made.set_content(text)
    made.add_alternative(f"<b>{text}</b>", subtype="html")
    return made


@asynccontextmanager
async def talking(box: Mailbox, **more: Any) -> AsyncIterator[SMTP]:
    """A client that trusts the server's authority."""
    trust = ssl.create_default_context(cafile=str(box.ca_file))
    client = SMTP(hostname=box.host, port=box.port, tls_context=trust, timeout=5, **more)
    await client.connect()
    try:
        yield client
    finally:
        client.close()


@pytest.fixture
async def box(clock: HandClock) -> AsyncIterator[Mailbox]:
    """A server without TLS, on a clock that stands still."""
    async with Mailbox(clock=clock) as made:
        yield made


@pytest.mark.parametrize(
    ("security", "client"),
    [
        ("none", {"start_tls": False}),
        ("starttls", {"start_tls": True}),
        ("tls", {"use_tls": True}),
    ],
)
async def test_mail_is_kept_once_for_each_recipient(
    clock: HandClock, security: Literal["none", "starttls", "tls"], client: dict[str, bool]
) -> None:
    """However the talk is secured, each recipient has the mail, readable, and its moment."""
    async with Mailbox(security=security, clock=clock) as box, talking(box, **client) as smtp:
        await clock.move(90)
        await smtp.send_message(letter())
        await smtp.quit()
    assert [each.recipient for each in box.mails] == [ANNA, BORIS]
    assert [each.text for each in box.to(BORIS)] == ["Мотор застрял\n"]
    mail = box.mails[0]
    assert (mail.sender, mail.message["Subject"]) == (SENDER, "YuMO: P1_beta")
    assert (mail.html, mail.date, mail.user) == ("<b>Мотор застрял</b>\n", NIGHT + 90, None)
    assert mail.tls is (security != "none")
    assert box.connections == 1


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_login(security: Literal["starttls", "tls"]) -> None:
    """The right password opens, a wrong one does not, and both are noted; strangers stay out."""
    box = Mailbox(security=security, login=LOGIN, login_required=True)
    async with box, talking(box, use_tls=security == "tls") as smtp:
        with pytest.raises(aiosmtplib.SMTPResponseException) as stranger:
            await smtp.send_message(letter())
        with pytest.raises(aiosmtplib.SMTPAuthenticationError) as wrong:
            await smtp.login(LOGIN[0], "guessed")
        await smtp.login(*LOGIN)
        await smtp.send_message(letter())
    assert (stranger.value.code, wrong.value.code) == (530, 535)
    assert box.logins[-1] == (LOGIN[0], True)
    assert all(each == (LOGIN[0], False) for each in box.logins[:-1])
    assert [each.user for each in box.mails] == [LOGIN[0], LOGIN[0]]


async def test_no_login_in_the_clear() -> None:
    """Where a login needs TLS it is not offered before TLS has begun; elsewhere it is."""
    box = Mailbox(security="starttls", login=LOGIN)
    async with box, talking(box, start_tls=False) as smtp:
        await smtp.ehlo()
        assert not smtp.supports_extension("auth")
        await smtp.starttls()
        await smtp.ehlo()
        assert smtp.supports_extension("auth")
    box = Mailbox(login=LOGIN, login_without_tls=True)
    async with box, talking(box) as smtp:
        await smtp.login(*LOGIN)
        assert smtp.supports_extension("auth")


async def test_the_certificate_is_checked() -> None:
    """Its authority is the server's own, and the name on it can be a wrong one."""
    async with Mailbox(security="tls", name="other.test") as box:
        with pytest.raises(aiosmtplib.SMTPConnectError, match="certificate"):
            async with talking(box, use_tls=True):
                raise AssertionError("a wrong name was trusted")


async def test_refused_recipients(box: Mailbox) -> None:
    """Somebody whom the server does not know is refused; the others get the mail."""
    box.refused[ANNA] = "550 5.1.1 No such user"
    async with talking(box) as smtp:
        errors, _ = await smtp.send_message(letter())
    assert errors[ANNA].code == 550
    assert [each.recipient for each in box.mails] == [BORIS]


async def test_arranged_answers_are_given_once_each(box: Mailbox) -> None:
    """The next commands are answered as arranged, in order; then all goes its usual course."""
    box.answer("MAIL", "451 4.3.0 Try again later", "452 4.3.1 Disk full")
    async with talking(box) as smtp:
        for code in (451, 452):
            with pytest.raises(aiosmtplib.SMTPSenderRefused) as caught:
                await smtp.send_message(letter())
            assert caught.value.code == code
        await smtp.send_message(letter())
    assert len(box.mails) == 2


async def test_a_connection_dropped_after_the_mail(box: Mailbox) -> None:
    """A client whose mail came whole may see the connection go; the mail is not kept then."""
    box.answer("DATA", DROP)
    async with talking(box) as smtp:
        with pytest.raises(aiosmtplib.SMTPServerDisconnected):
            await smtp.send_message(letter())
    assert box.mails == []
    async with talking(box) as smtp:
        await smtp.send_message(letter())
    assert (len(box.mails), box.connections) == (2, 2)


async def test_silence(box: Mailbox) -> None:
    """A server that falls silent answers nothing more, and can still be shut down."""
    box.answer("RCPT", SILENCE)
    async with talking(box) as smtp:
        smtp.timeout = 0.1
        with pytest.raises(aiosmtplib.SMTPTimeoutError):
            await smtp.send_message(letter())
    assert box.mails == []


async def test_a_delay(box: Mailbox) -> None:
    """A delayed command is answered as usual, only later; the end of the server cuts it off."""
    box.answer("RCPT", Delay(0.05))
    async with talking(box) as smtp:
        await smtp.send_message(letter())
        assert len(box.mails) == 2
        box.answer("RCPT", Delay(50))
        sending = asyncio.create_task(smtp.send_message(letter()))
        await box.until(lambda: not box._answers["RCPT"])
        await box.down()
        with pytest.raises(aiosmtplib.SMTPServerDisconnected):
            await sending
    assert len(box.mails) == 2


async def test_those_who_look_on_are_told(box: Mailbox) -> None:
    """Each mail is told once it can be found among the others."""
    told: list[tuple[Received, int]] = []
    box.listeners.append(lambda mail: told.append((mail, len(box.mails))))
    async with talking(box) as smtp:
        await smtp.send_message(letter())
    assert told == [(box.mails[0], 1), (box.mails[1], 2)]


async def test_arranged_faults_can_be_taken_back(box: Mailbox) -> None:
    """Once all is taken back, a mail goes its usual course."""
    for command in COMMANDS:
        box.answer(command, DROP, SILENCE)
    box.clear()
    async with talking(box) as smtp:
        await smtp.send_message(letter())
        await smtp.quit()
    assert len(box.mails) == 2


async def test_faults_from_json(box: Mailbox) -> None:
    """What can be arranged in Python can be arranged in plain JSON."""
    greylisted = {"command": "RCPT", "fault": "answer", "answer": "451 4.7.1 Greylisted"}
    box.arrange({**greylisted, "times": 2})
    async with talking(box) as smtp:
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
            await smtp.send_message(letter())
        box.arrange({"command": "RCPT", "fault": "delay", "seconds": 0.01})
        await smtp.send_message(letter())
        box.arrange({"command": "DATA", "fault": "drop"})
        with pytest.raises(aiosmtplib.SMTPServerDisconnected):
            await smtp.send_message(letter())
    box.arrange({"command": "EHLO", "fault": "silence"})
    async with talking(box, start_tls=False) as smtp:
        smtp.timeout = 0.1
        with pytest.raises(aiosmtplib.SMTPTimeoutError):
            await smtp.ehlo()
    assert len(box.mails) == 2


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"command": "VRFY"}, "command: expected one of EHLO, AUTH"),
        ({"fault": "explode"}, "fault: expected one of answer, drop, silence, delay"),
        ({"answer": "later"}, "answer: expected a code and words in one line, not 'later'"),
        ({"answer": "451 a\r\n250 b"}, "answer: expected a code"),
        ({"answer": None}, "answer: expected a text"),
        ({"times": 0}, "times: expected a number from 1"),
        ({"seconds": 1}, "not known: seconds"),
        ({"fault": "drop"}, "not known: answer"),
        ({"fault": "delay"}, "seconds: expected a number"),
    ],
)
async def test_mistakes_in_json_are_named(
    box: Mailbox, wrong: dict[str, Any], complaint: str
) -> None:
    """A fault that cannot be understood is named, and nothing is arranged."""
    right = {"command": "RCPT", "fault": "answer", "answer": "451 4.7.1 Greylisted"}
    with pytest.raises(ValueError, match=complaint):
        box.arrange({**right, **wrong})
    async with talking(box) as smtp:
        await smtp.send_message(letter())
    assert len(box.mails) == 2
