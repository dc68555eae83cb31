"""Programs that end when this process ends, however it ends.

A shell stands between Python and the program. It holds the reading end of a pipe whose writing end is Python's:
when that closes, because Python says so or because it was killed, the shell ends the program and removes what is
temporary. (PR_SET_PDEATHSIG would fire when the starting *thread* ends, needs preexec_fn, which is unsafe beside
threads, exists on Linux alone, and would leave the temporary directories behind.)
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pgcache.embedded.account import Account

# $1 and $2: directories to remove ($2 may be empty); the rest is the command.
# SIGINT is PostgreSQL's fast shutdown: sessions are ended and a checkpoint leaves the data clean, where
# SIGTERM would wait for the clients and SIGQUIT leave a recovery to the next start. It is repeated because a
# program that has not installed its handlers yet ignores it, as every background process of a shell does.
_SCRIPT = """
exec 3<&0
run=$1 data=$2
shift 2
"$@" 3<&- &
program=$!
(
    read -r _ <&3
    trap '' TERM
    while kill -INT "$program"; do sleep 0.02; done
    rm -rf -- "$run" ${data:+"$data"}
) >/dev/null 2>&1 &
watcher=$!
wait "$program"
status=$?
kill "$watcher" 2>/dev/null
wait "$watcher"
exit "$status"
"""


@dataclass(frozen=True)
class Supervisor:
    """Starts programs that end when the pipe to them is closed, at the latest by the end of this process.

    Parameters
    ----------
    account:
        The user that runs them.
    run, data:
        Directories to remove when the pipe closes; `data` may be none.
    lock:
        An open file that they inherit, so that a lock on it lasts until the last of them has ended.
    """

    account: Account
    run: Path
    data: Path | None
    lock: int

    def start(self, command: list[str | Path], output: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start a program: to close its stdin ends it, and its exit status is the program's."""
        return subprocess.Popen(
            ["/bin/sh", "-c", _SCRIPT, "pgcache-embedded", self.run, self.data or "", *command],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            pass_fds=(self.lock,),
            **self.account.options(),
        )
