"""The demo's page in a real Chromium, before the real service in its sandbox."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from tests.demos import Demo, demo
from tests.protocols import protocol

pytestmark = pytest.mark.browser

#: Milliseconds; Telegram's minute passes in ten seconds in these demos.
SOON = 20_000
SPEED = "6"
PHONE, DESK = (390, 844), (1440, 900)


@pytest.fixture(scope="module")
def shown(browser: Browser) -> Iterator[Demo]:
    """One demo for all tests that do not end it; `browser` is asked for to skip without one."""
    with demo("--seed", "7", "--speed", SPEED, "--language", "en") as made:
        yield made


Open = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser) -> Iterator[Open]:
    """Opens pages, and sees to it that none of them complains or asks anybody but the demo."""
    complaints: list[str] = []
    foreign: set[str] = set()
    contexts = []

    def look(address: str) -> None:
        if urlsplit(address).hostname != "127.0.0.1" and not address.startswith("data:"):
            foreign.add(address)

    def hear(said: ConsoleMessage) -> None:
        if said.type in ("error", "warning"):
            complaints.append(said.text)

    def open_page(
        shown: Demo, language: str = "en", size: tuple[int, int] = DESK, scheme: str = "light"
    ) -> Page:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if scheme == "dark" else "light",
            bypass_csp=False,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(SOON)
        page.on("console", hear)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: look(request.url))
        page.goto(f"{shown.url}?language={language}")
        expect(page.locator("body")).to_be_visible()
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert (complaints, foreign) == ([], set())


def soon(place: Locator) -> None:
    expect(place.first).to_be_visible(timeout=SOON)


def posts(page: Page, text: str) -> Locator:
    return page.locator("#channel article", has_text=text)


def count(page: Page, name: str) -> Locator:
    return page.locator(f"#truth [data-count={name}] .number")


def test_everything_is_there_at_once(shown: Demo, opened: Open) -> None:
    """A wide screen shows all parts without scrolling, and the first error in each of them."""
    page = opened(shown)
    for name in ("Instrument", "Make it happen", "Channel", "Chat", "Mailbox"):
        expect(page.get_by_role("region", name=name)).to_be_in_viewport(ratio=1)
    soon(page.locator("#lines li[data-kind=error]", has_text="P1_beta"))
    soon(posts(page, "Error 1 · P1_beta"))
    soon(page.locator("#mailbox [data-thread]", has_text="Error 1: P1_beta"))
    expect(count(page, "lost")).to_have_text(re.compile("^0"))
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")


def test_a_command_is_chosen_from_the_menu(shown: Demo, opened: Open) -> None:
    """The bot's menu opens, is narrowed by typing, and a chosen command is sent and answered."""
    page = opened(shown)
    page.get_by_role("button", name="Menu").click()
    options = page.locator("#commands [role=option]")
    assert {"status", "lasterrors", "mute"} <= {
        each.get_attribute("data-command") for each in options.all()
    }
    page.get_by_role("combobox", name="Message to the bot").fill("/mutes")
    expect(options).to_have_count(1)
    page.keyboard.press("Enter")
    soon(page.locator("#chat article.own", has_text="/mutes"))
    soon(page.locator("#chat article:not(.own)", has_text="nothing is muted"))


def test_ones_own_words_are_answered(shown: Demo, opened: Open) -> None:
    """What is typed freely reaches the bot, which answers it in the page's language."""
    page = opened(shown, "ru")
    say = page.get_by_role("combobox", name="Сообщение боту")
    say.fill("/lasterrors 1")
    say.press("Enter")
    soon(page.locator("#chat article:not(.own)", has_text="Ошибка 1"))


def test_a_storm(shown: Demo, opened: Open) -> None:
    """A storm marks its errors in the protocol; its posts are edited as they count, and say so."""
    page = opened(shown)
    page.get_by_role("button", name="A storm of errors").click()
    soon(page.locator("#lines li[data-kind=error]", has_text="Switch of the hall"))
    soon(posts(page, "×").locator(".edits", has_text="edited"))


def test_a_button_under_an_answer_is_pressed(shown: Demo, opened: Open) -> None:
    """The inline button of an answer reaches the bot, which turns the page of its list."""
    page = opened(shown)
    page.get_by_role("button", name="A storm of errors").click()
    soon(page.locator("#lines li[data-kind=error]", has_text="Switch of the hall"))
    say = page.get_by_role("combobox", name="Message to the bot")
    say.fill("/lasterrors 5")
    say.press("Enter")
    answer = page.locator("#chat article", has=page.locator("[data-press]")).last
    soon(answer)
    before = answer.locator(".said").inner_text()
    answer.locator("[data-press]").click()
    expect(page.locator("#chat article[data-edits='1'] .said").last).not_to_have_text(before)


def test_an_error_is_acknowledged_in_the_channel(shown: Demo, opened: Open) -> None:
    """The button under the post of an error says in the post who takes care of it, and is gone."""
    page = opened(shown)
    post = posts(page, "Error 1 · P1_beta").first
    soon(post)
    post.get_by_role("button", name="Acknowledge").click()
    soon(post.get_by_text("✔ Olga takes care of it"))
    expect(post.get_by_role("button", name="Acknowledge")).to_have_count(0)
    post.get_by_role("button", name="Mute 1 h").click()
    soon(post.get_by_text("🔕 muted until"))


def test_a_motor_sticks(shown: Demo, opened: Open) -> None:
    """A motor that sticks is an error in the protocol, and counted as written at once."""
    page = opened(shown)
    before = page.locator("#lines li[data-kind=error]").count()
    written = int(count(page, "written").inner_text())
    page.get_by_role("button", name="A motor sticks").click()
    expect(page.locator("#lines li[data-kind=error]").nth(before)).to_be_attached()
    expect(count(page, "written")).not_to_have_text(str(written))


def test_a_thermostat_drifts(shown: Demo, opened: Open) -> None:
    """A thermostat that drifts warns first, and then raises its alarm, which is told."""
    page = opened(shown)
    warnings = page.locator("#lines li[data-kind=warning]", has_text="LAUDA")
    before = warnings.count()
    page.get_by_role("button", name="A thermostat drifts").click()
    expect(warnings.nth(before)).to_be_attached()
    soon(page.locator("#lines li[data-kind=error]", has_text="LAUDA"))


def test_a_new_protocol(shown: Demo, opened: Open) -> None:
    """A restart of the complex begins a new protocol, and the bot reads on there."""
    page = opened(shown)
    cuts = page.locator("#lines .cut-here")
    before = cuts.count()
    page.get_by_role("button", name="A new protocol").click()
    expect(cuts).to_have_count(before + 1)
    page.get_by_role("button", name="A motor sticks").click()
    expect(count(page, "waiting")).to_have_text("0", timeout=40_000)
    expect(count(page, "lost")).to_have_text(re.compile("^0"))


def test_a_script_speaks(shown: Demo, opened: Open) -> None:
    """The words of a measurement script are in the channel and in the mailbox."""
    page = opened(shown)
    words = "Sample 9 <of> 12 & all is well"
    page.get_by_label("A script speaks").fill(words)
    page.get_by_role("button", name="Run", exact=True).click()
    soon(posts(page, words))
    soon(page.locator("#mailbox [data-thread]", has_text=words))


def test_telegram_away(shown: Demo, opened: Open) -> None:
    """With Telegram cut off words still come by mail and wait; they are posted when it is back."""
    page = opened(shown)
    switch = page.get_by_role("switch", name="Telegram")
    switch.click()
    expect(switch).not_to_be_checked()
    page.get_by_label("A script speaks").fill("Beam is off")
    page.get_by_role("button", name="Run", exact=True).click()
    soon(page.locator("#mailbox [data-thread]", has_text="Beam is off"))
    expect(count(page, "waiting")).not_to_have_text("0")
    assert posts(page, "Beam is off").count() == 0
    switch.click()
    expect(switch).to_be_checked()
    soon(posts(page, "Beam is off"))


def test_mail_away(shown: Demo, opened: Open) -> None:
    """With the mail server stopped words are still posted; their mail comes when it is back."""
    page = opened(shown)
    switch = page.get_by_role("switch", name="Mail server")
    switch.click()
    page.get_by_label("A script speaks").fill("Shutter is open")
    page.get_by_role("button", name="Run", exact=True).click()
    soon(posts(page, "Shutter is open"))
    mails = page.locator("#mailbox [data-thread]", has_text="Shutter is open")
    assert mails.count() == 0
    switch.click()
    soon(mails)


def test_the_bot_is_killed(shown: Demo, opened: Open) -> None:
    """What a motor does while the bot is killed is told after its start, and nothing is lost."""
    page = opened(shown)
    switch = page.get_by_role("switch", name="The bot")
    switch.click()
    expect(page.locator("#bot-state")).to_have_text("killed")
    page.get_by_role("button", name="A motor sticks").click()
    expect(count(page, "waiting")).not_to_have_text("0")
    switch.click()
    expect(page.locator("#bot-state")).to_have_text("works", timeout=SOON)
    soon(posts(page, "while sonixbot was away"))
    expect(count(page, "lost")).to_have_text(re.compile("^0"))


def test_a_mail_is_read(shown: Demo, opened: Open) -> None:
    """A thread opens with its mail, and the keyboard leads back to the list."""
    page = opened(shown)
    thread = page.locator("#mailbox [data-thread]", has_text="P1_beta").first
    soon(thread)
    thread.click()
    soon(page.locator("#mailbox article[data-mail]", has_text="P1_beta"))
    page.keyboard.press("Escape")
    soon(page.locator("#threads"))


def test_the_language_is_switched_and_remembered(shown: Demo, opened: Open) -> None:
    """The page speaks the other language at once, also after it is loaded anew."""
    page = opened(shown)
    page.goto(shown.url)
    page.get_by_role("button", name="RU", exact=True).click()
    soon(page.get_by_role("region", name="Почтовый ящик"))
    page.reload()
    soon(page.get_by_role("heading", name="Что устроить"))
    assert page.locator("html").get_attribute("lang") == "ru"


FOCUSED = "(({dataset, id}) => dataset.happen ?? dataset.switch ?? id)(document.activeElement)"


def test_the_keyboard_is_enough(shown: Demo, opened: Open) -> None:
    """Everything that can be made to happen is reached by Tab and done by Enter."""
    page = opened(shown)
    reached = set()
    for _ in range(60 + 3 * page.locator("#channel article").count()):  # posts have buttons, too
        page.keyboard.press("Tab")
        reached.add(page.evaluate(FOCUSED))
    wanted = {"motor", "thermostat", "storm", "restart", "script-text", "telegram", "mail", "bot"}
    assert wanted | {"say", "menu", "theme"} <= reached
    written = count(page, "written").inner_text()
    page.locator("[data-happen=motor]").focus()
    page.keyboard.press("Enter")
    expect(count(page, "written")).not_to_have_text(written)


@pytest.mark.parametrize("size", [DESK, PHONE])
@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("ru", "dark")])
def test_it_can_be_used_by_everybody(
    shown: Demo, opened: Open, language: str, scheme: str, size: tuple[int, int]
) -> None:
    """No rule of WCAG 2 A and AA is broken, in either theme and language, on desk and phone."""
    page = opened(shown, language, size, scheme)
    page.emulate_media(reduced_motion="reduce")  # half faded in, nothing has its contrast
    expect(page.locator("#lines li").first).to_be_attached()
    views = page.locator(".views [data-view]:visible")
    for number in range(max(1, views.count())):
        if views.count():
            views.nth(number).click()
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"], "preload": False})
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_on_a_phone_one_part_at_a_time(shown: Demo, opened: Open) -> None:
    """A phone shows one part, and the bar below leads to the others."""
    page = opened(shown, size=PHONE)
    for view in ("channel", "chat", "mailbox", "instrument", "desk"):
        page.locator(f".views [data-view={view}]").click()
        expect(page.locator(f"#{view}")).to_be_visible()
        assert page.locator(".panel:visible").count() == 1


def test_an_own_protocol_is_only_read(opened: Open, tmp_path: Path) -> None:
    """With an own protocol nothing can be made to happen in it, and the page says why."""
    source = tmp_path / "mine.log"
    source.write_text(protocol("iso"), encoding="utf-8")
    with demo("--protocol", str(source), "--speed", "10", "--language", "en") as own:
        page = opened(own)
        expect(page.locator("#protocol-file")).to_contain_text("mine.log")
        soon(page.get_by_text("Your own protocol is only read"))
        for name in ("motor", "thermostat", "storm", "restart"):
            expect(page.locator(f"[data-happen={name}]")).to_be_disabled()
        soon(posts(page, "position not reached"))
        page.context.close()  # before its demo is killed, of which it would complain


def test_the_end_is_told(opened: Open) -> None:
    """When the demo is over the page says so, and how to see it again."""
    with demo("--for", "8s", "--language", "en") as short:
        page = opened(short)
        expect(page.locator("body")).to_have_attribute("data-link", "ended", timeout=SOON)
        soon(page.get_by_role("alert").get_by_text("The demo has ended"))
        assert short.end() == 0
