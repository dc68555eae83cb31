"""The operating system user that runs the server: whoever runs Python, unless that is root."""

from __future__ import annotations

import contextlib
import os
import pwd
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from pgcache.errors import PgcacheError


class Account:
    """Does things as the server's user: PostgreSQL refuses to run as root, which takes postgres, else nobody.

    Raises
    ------
    PgcacheError
        Python runs as root, and there is no such user.
    """

    def __init__(self) -> None:
        self._user = _first_user("postgres", "nobody") if os.geteuid() == 0 else None

    def __str__(self) -> str:
        return self._user.pw_name if self._user else "of this process"

    def options(self) -> dict[str, Any]:
        """Give the arguments of subprocess that start a program as this user.

        It gets a session of its own, since Ctrl-C is for Python to act on.
        """
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        options: dict[str, Any] = {
            "cwd": "/",
            "env": environment | {"LC_ALL": "C"},  # Messages in English
            "start_new_session": True,
            "umask": 0o077,
        }
        if self._user is not None:
            options |= {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}
        return options

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a program as this user; its output and errors are in stdout.

        Raises
        ------
        OSError
            It cannot be executed.
        """
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            **self.options(),
        )

    def can_enter(self, directory: Path) -> bool:
        """Whether the user reaches a directory through all those above it."""
        return self.run("/bin/sh", "-c", 'cd -- "$1"', "sh", directory).returncode == 0

    def own(self, path: Path) -> None:
        """Make a file or directory that pgcache created the user's."""
        if self._user is not None:
            os.chown(path, self._user.pw_uid, self._user.pw_gid, follow_symlinks=False)

    def make_directory(self, directory: Path) -> None:
        """Make a directory that this user alone can enter."""
        directory.mkdir(mode=0o700)
        self.own(directory)

    def make_temporary_directory(self, parent: Path) -> Path:
        """Make a directory of a new name that this user alone can enter."""
        directory = Path(tempfile.mkdtemp(prefix="pgcache-", dir=parent))
        self.own(directory)
        return directory


def _first_user(*names: str) -> pwd.struct_passwd:
    for name in names:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise PgcacheError(
        "PostgreSQL refuses to run as root, and there is no user postgres or nobody to run it; "
        "run pgcache as another user"
    )
