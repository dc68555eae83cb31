"""Plots a net worth in a terminal, in plain ASCII."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from pgcache.timeline import Month, NetWorth

HEIGHT = 12
WIDEST_STEP = 4
ACTUAL, PROJECTED, TODAY = "*", "o", "|"
LEGEND = f"{ACTUAL} actual   {PROJECTED} projected   {TODAY} the current month"


def plot(found: NetWorth, width: int) -> list[str]:
    """Draw the actual figures up to the current month and the projected ones throughout.

    Parameters
    ----------
    found:
        The months, of which as many are drawn as there is room for.
    width:
        The columns that the plot may take.

    Returns
    -------
    list
        Its lines, none where there is no month.
    """
    if not found.months:
        return []
    amounts = [amount for month in found.months for amount in (month.actual, month.projected)]
    low, high = min(amounts), max(amounts)
    scale = [low + (high - low) * row / (HEIGHT - 1) for row in range(HEIGHT)] if high > low else [low]
    labels = [f"{amount:,.2f}" for amount in scale]
    margin = max(map(len, labels))
    months = _sample(found.months, max(width - margin - 3, 1))
    step = max(1, min(WIDEST_STEP, (width - margin - 3) // len(months)))
    canvas = [[" "] * (step * len(months)) for _ in scale]

    def row_of(amount: Decimal) -> int:
        return round((amount - low) * (len(scale) - 1) / (high - low)) if high > low else 0

    if any(month.label == found.today for month in found.months):
        # It need not be among those that are drawn: the last one up to it stands for it.
        today = max(n for n, month in enumerate(months) if n == 0 or month.shows == "actual")
        for row in canvas:
            row[today * step] = TODAY
    for n, month in enumerate(months):
        canvas[row_of(month.projected)][n * step] = PROJECTED
        if month.shows == "actual":
            canvas[row_of(month.actual)][n * step] = ACTUAL
    lines = [f"{labels[n]:>{margin}} | {''.join(canvas[n])}".rstrip() for n in reversed(range(len(scale)))]
    return [*lines, *_axis(months, step, margin), LEGEND]


def _sample(months: Sequence[Month], room: int) -> list[Month]:
    """As many months as there is room for, evenly, with the first and the last."""
    if len(months) <= room:
        return list(months)
    return [months[n * (len(months) - 1) // max(room - 1, 1)] for n in range(room)]


def _axis(months: Sequence[Month], step: int, margin: int) -> Iterator[str]:
    """The axis of the months, with a label wherever there is room for one."""
    ticks, labels = "", ""
    for n, month in enumerate(months):
        if n == 0 or len(labels) + 2 <= n * step <= step * len(months) - len(month.label):
            ticks = ticks.ljust(n * step, "-") + "+"
            labels = labels.ljust(n * step) + month.label
    yield f"{'':>{margin}} +-{ticks.ljust(step * len(months), '-')}"
    yield f"{'':>{margin}}   {labels}"
