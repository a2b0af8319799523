"""What every test gets: its time limit, and a look whether it left a task behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests import demos
from tests.handclock import HandClock

LIMITS = {"process": 60, "browser": 60, "chaos": 300}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Ten seconds to a test, more where its marker says so; and each says what it shows.

    What looks at a browser comes last: Playwright's loop stays open in this thread from its first
    test on, and no other can run beside it.
    """
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
    for item in items:
        function = getattr(item, "function", None)
        assert function is None or function.__doc__, f"{item.nodeid} does not say what it shows"
        limits = [LIMITS[mark.name] for mark in item.iter_markers() if mark.name in LIMITS]
        if limits:
            item.add_marker(pytest.mark.timeout(max(limits)))


@pytest.fixture(autouse=True)
def no_task_left(request: pytest.FixtureRequest) -> None:
    """Fail a test that leaves a task running; a browser's has no loop of ours."""
    if request.node.get_closest_marker("browser") is None:
        request.getfixturevalue("look_for_tasks")


@pytest_asyncio.fixture
async def look_for_tasks() -> AsyncIterator[None]:
    """Look for tasks that are left at the end of a test, and name them."""
    yield
    for _turn in range(5):  # what was cancelled last may need a turn to end
        await asyncio.sleep(0)
    left = asyncio.all_tasks() - {asyncio.current_task()}
    assert not left, f"left running: {[task.get_name() for task in left]}"


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Debian's Chromium; a machine without one skips what looks at it."""
    if demos.CHROMIUM is None:
        pytest.skip("there is no Chromium here (Debian's package chromium)")
    return demos.LAUNCH


@pytest.fixture
def clock() -> HandClock:
    """A clock that the test moves by hand."""
    return HandClock()
