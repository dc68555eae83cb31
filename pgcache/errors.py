"""The errors that a user can cause, each with the exit code that the command line gives it."""

from __future__ import annotations


class PgcacheError(Exception):
    """Something failed for a reason that the user can act on.

    The message is one line: what is wrong, where, and what to do.
    """

    exit_code = 1


class DeclarationError(PgcacheError):
    """The declaration (pgcache.toml) or the way a command was called is wrong.

    Parameters
    ----------
    problems:
        Every problem that was found, one line each, "pgcache.toml:12: what is wrong; what to do".
    """

    exit_code = 2

    def __init__(self, problems: str | list[str]) -> None:
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        super().__init__("\n".join(self.problems))
