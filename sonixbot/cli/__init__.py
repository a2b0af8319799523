"""Command line: commands, exit codes, tables and progress.

0 good, 1 failed, 2 wrong use or configuration. Every error that a person can mend is a sentence on
standard error in the language of the locale, never a traceback.
"""

from __future__ import annotations

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command line, this process's if None; return its exit code."""
    from sonixbot.cli.terminal import Terminal

    terminal = Terminal.here()
    terminal.adopt_language()
    from sonixbot.cli.app import carry_out

    return carry_out(arguments, terminal)
