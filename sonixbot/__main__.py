"""`python -m sonixbot` is the command `sonixbot`."""

from __future__ import annotations

import sys

from sonixbot.cli import main

if __name__ == "__main__":
    sys.exit(main())
