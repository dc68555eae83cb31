"""Results: what is kept of them, as JSON, and how they are told, as a Markdown table."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.model import Case, Effort


@dataclass(frozen=True)
class VariantResult:
    """The measurements of one variant, by round, and the share of its transactions that failed, from 0 to 1."""

    name: str
    samples: list[float]
    failed: float

    @property
    def median(self) -> float:
        return statistics.median(self.samples)


@dataclass(frozen=True)
class CaseResult:
    """The measurements of a case; the first variant is the baseline."""

    name: str
    title: str
    unit: str
    better: str
    effort: str
    variants: list[VariantResult]
    skipped: dict[str, str]

    @classmethod
    def of(cls, case: Case, effort: Effort, variants: list[VariantResult], skipped: Mapping[str, str]) -> CaseResult:
        return cls(case.name, case.title, case.unit, case.better, effort.name, variants, dict(skipped))

    @classmethod
    def load(cls, found: Mapping[str, Any]) -> CaseResult:
        """Give what `dump` has made an object of."""
        names = ("name", "title", "unit", "better", "effort", "skipped")
        variants = [VariantResult(**variant) for variant in found["variants"]]
        return cls(variants=variants, **{name: found[name] for name in names})

    def dump(self) -> dict[str, Any]:
        return asdict(self)

    def ratios(self, variant: VariantResult) -> list[float]:
        """Give a variant's measurements over those of the baseline in the same round."""
        return [mine / base for mine, base in zip(variant.samples, self.variants[0].samples, strict=True)]


def merge(path: Path, results: Sequence[CaseResult], machine: Mapping[str, str]) -> None:
    """Write results into a JSON file, in the place of what it has of the same cases.

    Parameters
    ----------
    path:
        The file; it need not be there yet.
    results:
        What was measured.
    machine:
        Where and when, kept with each case, since a file may hold cases of several runs.
    """
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    known |= {result.name: {**result.dump(), "machine": dict(machine)} for result in results}
    path.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")


def read(path: Path) -> tuple[list[CaseResult], list[dict[str, str]]]:
    """Give what a JSON file holds: the cases, and the different machines and dates they come from."""
    known = json.loads(path.read_text(encoding="utf-8"))
    machines: list[dict[str, str]] = []
    for found in known.values():
        if found["machine"] not in machines:
            machines.append(found["machine"])
    return [CaseResult.load(found) for found in known.values()], machines


def table(results: Sequence[CaseResult]) -> str:
    """Give results as Markdown: a heading for each case, and a line for each variant.

    The ratio is the median of the ratios in each round, with the least and the greatest of them.
    """
    lines: list[str] = []
    for result in results:
        base = result.variants[0].name
        lines += [f"### {result.name}", "", f"{result.title}. In {result.unit}; {result.better} is better.", ""]
        lines += [f"| way | median | least - most | ratio to {base} | least - most |", "|---|---:|---:|---:|---:|"]
        for variant in result.variants:
            ratios = result.ratios(variant)
            failed = f" ({variant.failed:.1%} failed)" if variant.failed else ""
            spread = f"{number(min(variant.samples))} - {number(max(variant.samples))}"
            against = f"{statistics.median(ratios):.3g} | {min(ratios):.3g} - {max(ratios):.3g}"
            lines.append(f"| {variant.name} | {number(variant.median)}{failed} | {spread} | {against} |")
        lines += [f"| {name} | left out: {reason} | | | |" for name, reason in result.skipped.items()]
        lines.append("")
    return "\n".join(lines).rstrip()


def number(value: float) -> str:
    """Give a figure with three significant digits, or all those before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
