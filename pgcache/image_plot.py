"""Draws a net worth into a picture, with matplotlib: the extra `plot`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pgcache.errors import PgcacheError
from pgcache.timeline import NetWorth

# The two figures in colours that everybody can tell apart, also in grey.
_ACTUAL, _PROJECTED, _TODAY = "#0b5394", "#e07b00", "#777777"
_MOST_LABELS = 13
_MOST_MARKERS = 60


def draw(found: NetWorth, path: Path, kind: Literal["png", "svg"]) -> None:
    """Draw the actual figures up to the current month and the projected ones throughout.

    Parameters
    ----------
    found:
        The months.
    path:
        The file to write.
    kind:
        Its format.

    Raises
    ------
    PgcacheError
        matplotlib is not installed.
    OSError
        The file cannot be written.
    """
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415  an extra, and slow to load
        from matplotlib.ticker import StrMethodFormatter  # noqa: PLC0415
    except ImportError as error:
        raise PgcacheError(
            f"a picture needs matplotlib, which is not there ({error}); run pip install 'pgcache[plot]'"
        ) from error
    labels = [month.label for month in found.months]
    marker = "o" if len(labels) <= _MOST_MARKERS else ""
    figure = Figure(figsize=(10, 5), layout="constrained")
    axes = figure.add_subplot()
    # A picture needs no exact amounts: here alone they become floats.
    projected = [float(month.projected) for month in found.months]
    actual = [float(month.actual) for month in found.months if month.shows == "actual"]
    axes.plot(projected, color=_PROJECTED, linestyle="--", marker=marker, ms=4, label="projected")
    axes.plot(actual, color=_ACTUAL, linewidth=2, marker=marker, ms=4, label="actual")
    if found.today in labels:
        axes.axvline(labels.index(found.today), color=_TODAY, linestyle=":", label=f"current month, {found.today}")
    # Labels at steps that a reader thinks in: some months, half a year, whole years.
    steps = (1, 2, 3, 6, *range(12, len(labels) + 12, 12))
    every = next(step for step in steps if len(labels) <= step * _MOST_LABELS)
    axes.set_xticks(range(0, len(labels), every), labels[::every], rotation=45, ha="right")
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.12g}"))
    axes.set_title("Net worth at the end of each month")
    axes.grid(axis="y", alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    figure.savefig(path, format=kind, dpi=150)
