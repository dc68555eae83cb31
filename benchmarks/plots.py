"""Draws the figures of docs/explanation/what-it-costs.md out of the results: `python -m benchmarks.plots`."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter

from benchmarks.results import CaseResult, VariantResult, number, read

_DOCS = Path(__file__).parents[1] / "docs"
_RESULTS = _DOCS / "reference" / "benchmarks.json"
_FIGURES = _DOCS / "explanation"

# In colours that everybody can tell apart, also in grey; a way has the same in every figure.
_COLOURS = {
    "no trigger": "#bbbbbb",
    "row trigger": "#e07b00",
    "application": "#999933",
    "immediate": "#0b5394",
    "nowait": "#44aa99",
    "deferred": "#ddcc77",
    "deltas appended": "#aa4499",
    "sum at reading": "#888888",
    "refresh": "#cc6677",
    "refresh concurrently": "#882255",
    "sum": "#888888",
    "cached column": "#0b5394",
}


def _variant(case: CaseResult, name: str) -> VariantResult | None:
    return next((variant for variant in case.variants if variant.name == name), None)


def _bars(axes: Axes, cases: dict[str, CaseResult], ways: Sequence[str]) -> None:
    """Bars of the ratios to the baseline, with their spread; `cases` by the label that each gets."""
    ways = [way for way in ways if any(_variant(case, way) for case in cases.values())]
    width = 0.8 / max(1, len(ways))
    for place, way in enumerate(ways):
        for group, case in enumerate(cases.values()):
            variant = _variant(case, way)
            if variant is None:
                continue
            ratios = case.ratios(variant)
            middle = statistics.median(ratios)
            position = group + (place - (len(ways) - 1) / 2) * width
            spread = [[middle - min(ratios)], [max(ratios) - middle]]
            axes.bar(position, middle, width, yerr=spread, color=_COLOURS[way], ecolor="#333333")
            axes.annotate(f"{middle:.2f}", (position, max(ratios)), ha="center", va="bottom", fontsize=8)
        axes.bar(0, 0, color=_COLOURS[way], label=way)  # for the legend alone: the first case may lack it
    axes.axhline(1, color="#777777", linewidth=0.8)
    axes.set_xticks(range(len(cases)), list(cases))


def _lines(axes: Axes, cases: dict[str, CaseResult], ways: Sequence[str]) -> None:
    """The medians of each way over the cases, on logarithmic axes."""
    for way in ways:
        found = [variant.median for case in cases.values() if (variant := _variant(case, way))]
        axes.plot(found, marker="o", color=_COLOURS[way], label=way)
        for n, value in enumerate(found):
            axes.annotate(number(value), (n, value), textcoords="offset points", xytext=(0, 7), ha="center", fontsize=8)
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    axes.set_xticks(range(len(cases)), list(cases))
    axes.margins(x=0.15, y=0.2)


def _save(figure: Figure, axes: Axes, name: str, title: str, label: str) -> None:
    axes.set_title(title)
    axes.set_ylabel(label)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    figure.savefig(_FIGURES / name, format="svg", metadata={"Date": None})


def draw(results: Sequence[CaseResult]) -> None:
    """Draw every figure whose cases are among the results."""
    by_name = {result.name: result for result in results}

    def cases(names: dict[str, str]) -> dict[str, CaseResult]:
        return {label: by_name[name] for label, name in names.items() if name in by_name}

    def figure() -> tuple[Figure, Axes]:
        drawn = Figure(figsize=(9, 4), layout="constrained")
        return drawn, drawn.add_subplot()

    kept = ("row trigger", "application", "immediate", "nowait", "deferred")
    drawn, axes = figure()
    writes = {
        "10,000 accounts": "insert-uniform-8",
        "one account": "insert-hot-8",
        "transfers,\n30 accounts": "transfer-hot-8",
        "four rows,\n30 accounts": "four-rows-hot-8",
        "unread\ncolumn": "update-unread-8",
    }
    _bars(axes, cases(writes), kept)
    _save(drawn, axes, "costs-writes.svg", "Transactions per second, 8 clients", "of those without a trigger")

    drawn, axes = figure()
    bulk = {
        "100,000 rows,\n10,000 accounts": "bulk-spread-warm",
        "33,333 soft-deletes": "soft-delete-bulk",
        "33,333 updates of\nan unread column": "update-unread-bulk",
        "10,000 rows,\none account": "bulk-hot-warm",
    }
    _bars(axes, cases(bulk), ("row trigger", "immediate", "nowait", "deferred"))
    _save(drawn, axes, "costs-bulk.svg", "Time of one statement with many rows", "times that without a trigger")

    drawn, axes = figure()
    reads = {"10": "read-10", "1,000": "read-1000", "100,000": "read-100000"}
    _lines(axes, cases(reads), ("sum", "cached column"))
    axes.set_xlabel("transactions of the account")
    _save(drawn, axes, "costs-reads.svg", "One balance", "µs of processor time")

    drawn, axes = figure()
    fresh = {"100,000": "write-and-read-100000", "1,000,000": "write-and-read-1000000"}
    _lines(axes, cases(fresh), ("immediate", "sum at reading", "refresh", "refresh concurrently"))
    axes.set_xlabel("transactions of 10,000 accounts")
    _save(drawn, axes, "costs-fresh.svg", "A row is written, and the balance read with it", "ms")


def main() -> int:
    mpl.rcParams["svg.fonttype"] = "none"  # text stays text: small, and searchable
    mpl.rcParams["svg.hashsalt"] = "pgcache"  # the same figures, the same file
    draw(read(_RESULTS)[0])
    return 0


if __name__ == "__main__":
    sys.exit(main())
