"""What every test gets: its time limit, and a look whether it left a task behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.handclock import HandClock

LIMITS = {"process": 60, "chaos": 300}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Ten seconds to a test, more where its marker says so; and each says what it shows."""
    for item in items:
        function = getattr(item, "function", None)
        assert function is None or function.__doc__, f"{item.nodeid} does not say what it shows"
        limits = [LIMITS[mark.name] for mark in item.iter_markers() if mark.name in LIMITS]
        if limits:
            item.add_marker(pytest.mark.timeout(max(limits)))


@pytest_asyncio.fixture(autouse=True)
async def no_task_left() -> AsyncIterator[None]:
    """Fail a test that leaves a task running, and name the task."""
    yield
    for _turn in range(5):  # what was cancelled last may need a turn to end
        await asyncio.sleep(0)
    left = asyncio.all_tasks() - {asyncio.current_task()}
    assert not left, f"left running: {[task.get_name() for task in left]}"


@pytest.fixture
def clock() -> HandClock:
    """A clock that the test moves by hand."""
    return HandClock()
