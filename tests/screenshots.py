"""Pictures of the demo for the README: `python -m tests.screenshots`, by `make screenshots`."""

from __future__ import annotations

import sys
from typing import Final

from playwright.sync_api import Page, expect, sync_playwright

from tests.demos import CHROMIUM, LAUNCH, demo
from tests.standins import ROOT

FOLDER: Final = ROOT / "docs" / "pictures"
#: Milliseconds until the opening scene, with the operator's question and a script's words, is told.
SCENE: Final = 90_000
WIDE, PHONE = (1440, 900), (390, 844)


def main() -> None:
    """Draw each language in the theme that suits it, and the phone."""
    if CHROMIUM is None:
        sys.exit("There is no Chromium here (Debian's package chromium).")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**LAUNCH)
        for language, scheme in (("en", "light"), ("ru", "dark")):
            with demo("--seed", "7", "--language", language) as shown:
                pages = []
                for size in (WIDE, PHONE):
                    context = browser.new_context(
                        viewport={"width": size[0], "height": size[1]},
                        color_scheme="dark" if scheme == "dark" else "light",
                        device_scale_factor=1 if size is WIDE else 2,
                        reduced_motion="reduce",
                    )
                    page = context.new_page()
                    page.goto(f"{shown.url}?language={language}")
                    pages.append(page)
                _wait_for_the_scene(pages[0])
                pages[0].screenshot(path=FOLDER / f"demo-{language}.png")
                pages[1].locator(".views [data-view=channel]").click()
                pages[1].screenshot(path=FOLDER / f"phone-{language}.png")
                _let_a_storm_pass(*pages)
                pages[1].screenshot(path=FOLDER / f"storm-{language}.png")
        browser.close()


def _wait_for_the_scene(page: Page) -> None:
    """Until the first errors are told, counted and acknowledged, and a script spoke."""
    first = page.locator("#channel article").first
    expect(first).to_contain_text("×3", timeout=SCENE)
    first.get_by_role("button").first.click()
    expect(first).to_contain_text("✔", timeout=SCENE)
    page.mouse.move(0, 0)
    expect(page.locator("#channel article")).to_have_count(3, timeout=SCENE)
    page.locator("#script [type=submit]").click()
    expect(page.locator("#channel article")).to_have_count(4, timeout=SCENE)
    expect(page.locator("#chat article")).to_have_count(2, timeout=SCENE)
    expect(page.locator("#truth [data-count=waiting] .number")).to_have_text("0", timeout=SCENE)


def _let_a_storm_pass(wide: Page, phone: Page) -> None:
    """Until the digest of a storm has been brought up to date, and stands on the phone."""
    wide.locator("[data-happen=storm]").click()
    digest = phone.locator("#channel article", has=phone.locator("[data-press^='storm:']"))
    expect(digest).to_have_attribute("data-edits", "1", timeout=SCENE)
    digest.evaluate("post => post.scrollIntoView({ block: 'center' })")


if __name__ == "__main__":
    main()
