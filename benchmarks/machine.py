"""What was measured on: a figure without its machine says little."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.server import file_system


def describe(directory: Path, server_version: str) -> dict[str, str]:
    """Give the processor, memory, disk, versions and date, each as a line to read."""
    return {
        "processor": f"{os.cpu_count()} x {_field('/proc/cpuinfo', 'model name') or platform.processor()}",
        "memory": _memory(),
        "file system": file_system(directory) or "unknown",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "PostgreSQL": server_version,
        "Python": platform.python_version(),
        "date": datetime.now(UTC).date().isoformat(),
    }


def _memory() -> str:
    kilobytes = _field("/proc/meminfo", "MemTotal").removesuffix(" kB")
    return f"{int(kilobytes) / (1 << 20):.0f} GiB" if kilobytes else "unknown"


def _field(file: str, name: str) -> str:
    """Give the first value of a name in a file of `name: value` lines; empty where there is none."""
    try:
        lines = Path(file).read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")
