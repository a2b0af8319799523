"""`sonixbot demo` as a child process, and the browser that looks at it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from tests.standins import ROOT, until

#: Debian's, or whichever is installed here.
CHROMIUM: Final = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
#: Without a sandbox of its own, as root has none; and no words with anybody but the page.
LAUNCH: Final[dict[str, Any]] = {
    "executable_path": CHROMIUM,
    "args": [
        *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
        *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    ],
}


class Demo:
    """One demo: where its page is, and what it printed so far."""

    def __init__(self, child: subprocess.Popen[str], *, read: bool) -> None:
        """`read`: what it prints is read; else the test does that."""
        self.child = child
        self.lines: list[str] = []
        self._reading = threading.Thread(target=self._read, daemon=True)
        if not read:
            return
        self._reading.start()
        until(lambda: self.url or child.poll() is not None, 20)

    def _read(self) -> None:
        assert self.child.stdout is not None
        for line in self.child.stdout:
            self.lines.append(line.rstrip("\n"))

    @property
    def url(self) -> str:
        """The page's address; empty until it is printed."""
        found = re.search(r"http://127\.0\.0\.1:\d+/", "\n".join(self.lines))
        return found[0] if found else ""

    @property
    def story(self) -> str:
        """All that was printed."""
        return "\n".join(self.lines)

    def end(self, seconds: float = 30) -> int:
        """Wait for its end; return its exit code."""
        code = self.child.wait(seconds)
        self._reading.join(5)
        return code


@contextmanager
def demo(*words: str, read: bool = True, **environment: str) -> Iterator[Demo]:
    """`sonixbot demo` with these options; ended where it still runs."""
    with subprocess.Popen(
        [sys.executable, "-m", "sonixbot", "demo", "--no-browser", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        env={**_environment(), **environment},
        start_new_session=True,
    ) as child:
        try:
            yield Demo(child, read=read)
        finally:
            if child.poll() is None:
                child.terminate()
                with suppress(subprocess.TimeoutExpired):
                    child.wait(15)
            child.kill()


def _environment() -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("LC_", "LANG"))}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "COLUMNS": "200"}
