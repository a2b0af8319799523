"""The service as a process of the sandbox: `python -m sonixbot.sandbox CONFIG SPEED BEGAN`.

It is the service that `sonixbot run` runs, only on the sandbox's clock. It ends when its standard
input does, so nobody can leave it behind.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from sonixbot import logs, service
from sonixbot.config import load
from sonixbot.errors import Problem
from sonixbot.sandbox.clock import FastClock
from sonixbot.stop import FAILED, Stop


def main(source: str, speed: str, began: str) -> int:
    """Run until standard input ends; return the exit code."""
    clock, stop = FastClock(float(speed), float(began)), Stop()
    stop.listen_to_input()
    config = load(Path(source), {})
    logs.set_up(secrets=config.secrets(), file=sys.stderr)
    try:
        asyncio.run(
            stop.during(lambda event: service.run(config, service.handlers_router, clock, event))
        )
    except Problem as problem:
        print(problem, file=sys.stderr)  # noqa: T201 - the sandbox shows the log's last line
        return FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
