"""Tells somebody of an alarm by a command of theirs."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence

_STDERR = 2

PATIENCE_SECONDS = 60
"""A command that hangs must not keep cron's next runs waiting."""


def alert(command: Sequence[str], text: str) -> Iterator[str]:
    """Run a command with a text on its stdin; what it prints goes to stderr, since stdout holds data.

    The alarm has been raised by then, so that a command that fails is told, and changes nothing else.

    Parameters
    ----------
    command:
        The program and its arguments; no shell reads them.
    text:
        What it gets.

    Yields
    ------
    str
        A line that says how it failed, if it did.
    """
    try:
        done = subprocess.run(
            command, input=text.encode() + b"\n", stdout=_STDERR, timeout=PATIENCE_SECONDS, check=False
        )
    except OSError as error:
        yield f"pgcache: the alert command {command[0]} could not be run: {error.strerror}"
    except subprocess.TimeoutExpired:
        yield f"pgcache: the alert command {command[0]} did not end within {PATIENCE_SECONDS} seconds, and was killed"
    else:
        if done.returncode:
            yield f"pgcache: the alert command {command[0]} failed with exit code {done.returncode}"
