"""Tables and reports: Markdown for a terminal, HTML for a page, JSON for a program.

Numbers of different origin never share a table: what was measured on a stand-in says nothing about
the paper's numbers, and side by side they would seem to.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from audio_interaction.benchmarks.bootstrap import Interval
from audio_interaction.errors import UserError
from audio_interaction.files import atomic_write

ORIGINS = {
    "corpus": "measured on the mini corpus, held-out voices, sounds and sentences",
    "stand-in": "measured on a small stand-in of the same schema; not comparable to the paper",
    "benchmark": "measured on the real benchmark",
    "paper": "as printed in the paper; not measured here",
}

Cell = str | float | int | Interval | None


@dataclass(frozen=True)
class Row:
    """One line of a table.

    Attributes:
        label: what was measured.
        cells: one for each further column; numbers are fractions where the unit is "%".
        origin: a key of `ORIGINS`.
    """

    label: str
    cells: tuple[Cell, ...]
    origin: str


@dataclass(frozen=True)
class Table:
    """Rows of one origin.

    Attributes:
        title: heading.
        columns: names of the columns after the first.
        units: unit of each of these columns: "%", "points", "per hour", "s" or "".
        rows: at least one.
        note: what the numbers must be read beside.

    Raises:
        UserError: rows of different origins, or of another width than the columns.
    """

    title: str
    columns: tuple[str, ...]
    units: tuple[str, ...]
    rows: tuple[Row, ...]
    note: str = ""

    def __post_init__(self) -> None:
        origins = {row.origin for row in self.rows}
        if len(origins) != 1 or not origins <= set(ORIGINS):
            raise UserError(
                f"table {self.title!r}: rows of the origins {sorted(origins)}; numbers of "
                f"different origin go into different tables, each one of {', '.join(ORIGINS)}"
            )
        for row in self.rows:
            if not len(row.cells) == len(self.columns) == len(self.units):
                raise UserError(
                    f"table {self.title!r}, row {row.label!r}: {len(row.cells)} cells, "
                    f"{len(self.columns)} columns, {len(self.units)} units"
                )

    @property
    def origin(self) -> str:
        return self.rows[0].origin

    def texts(self) -> list[list[str]]:
        """Header and rows as texts."""
        columns = zip(self.columns, self.units, strict=True)
        table = [["", *(f"{name}, %" if unit == "%" else name for name, unit in columns)]]
        for row in self.rows:
            cells = zip(row.cells, self.units, strict=True)
            table.append([row.label, *(as_text(cell, unit) for cell, unit in cells)])
        return table

    def markdown(self) -> str:
        """A Markdown table under its heading, with its origin and its note."""
        cells = [[text.replace("|", "\\|") for text in row] for row in self.texts()]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in cells]
        lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
        return f"### {self.title}\n\n*{self._caption()}*\n\n" + "\n".join(lines) + "\n"

    def html(self) -> str:
        """A `<table>` under its heading."""
        head, *body = self.texts()
        rows = ["<tr>" + "".join(f"<th>{escape(text)}</th>" for text in head) + "</tr>"]
        for label, *cells in body:
            tds = "".join(f"<td>{escape(text)}</td>" for text in cells)
            rows.append(f"<tr><th>{escape(label)}</th>{tds}</tr>")
        return (
            f"<h3>{escape(self.title)}</h3>\n<p><em>{escape(self._caption())}</em></p>\n"
            "<table>\n" + "\n".join(rows) + "\n</table>\n"
        )

    def to_dict(self) -> dict:
        """Plain values of JSON."""
        return {
            "title": self.title,
            "origin": self.origin,
            "note": self.note,
            "columns": list(self.columns),
            "units": list(self.units),
            "rows": [{"label": row.label, "cells": plain(row.cells)} for row in self.rows],
        }

    def _caption(self) -> str:
        return f"{ORIGINS[self.origin]}. {self.note}".strip().rstrip(".") + "."


@dataclass(frozen=True)
class Report:
    """What one evaluation measured.

    Attributes:
        name: also the name of its files.
        title: heading.
        settings: how it was measured: split, items, seed, threshold, ...
        tables: for people.
        results: the same numbers, and more, for programs; an `Interval` is a dict of value, low,
            high and items.
    """

    name: str
    title: str
    settings: Mapping[str, object]
    tables: Sequence[Table]
    results: Mapping[str, object] = field(default_factory=dict)

    def to_dict(self) -> dict:
        """Plain values of JSON."""
        return {
            "name": self.name,
            "title": self.title,
            "settings": plain(self.settings),
            "results": plain(self.results),
            "tables": [table.to_dict() for table in self.tables],
        }

    def markdown(self) -> str:
        """Heading, settings and tables."""
        return (
            f"## {self.title}\n\n{self._settings()}\n\n"
            "Values stand with their 95 % bootstrap interval in brackets.\n\n"
            + "\n".join(table.markdown() for table in self.tables)
        )

    def html(self) -> str:
        """A page of its own, without scripts."""
        return (
            "<!doctype html>\n<html lang='en'>\n<meta charset='utf-8'>\n"
            f"<title>{escape(self.title)}</title>\n<style>{_STYLE}</style>\n"
            f"<h2>{escape(self.title)}</h2>\n<p>{escape(self._settings())}</p>\n"
            "<p>Values stand with their 95 % bootstrap interval in brackets.</p>\n"
            + "\n".join(table.html() for table in self.tables)
            + "</html>\n"
        )

    def save(self, folder: str | Path) -> tuple[Path, Path, Path]:
        """Write NAME.json, NAME.md and NAME.html to `folder`, each whole or not at all."""
        folder = Path(folder)
        record = json.dumps(self.to_dict(), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        paths = []
        for suffix, text in ((".json", record), (".md", self.markdown()), (".html", self.html())):
            paths.append(folder / f"{self.name}{suffix}")
            with atomic_write(paths[-1]) as temporary:
                temporary.write_text(text, encoding="utf-8")
        return tuple(paths)

    def _settings(self) -> str:
        return "; ".join(f"{name}: {value}" for name, value in self.settings.items())


_STYLE = (
    "body{font:15px system-ui;margin:2em}table{border-collapse:collapse}"
    "td,th{border:1px solid #ccc;padding:.3em .6em;text-align:right}th:first-child{text-align:left}"
)


_FORMATS = {"%": "{:.1f}", "points": "{:.1f}", "per hour": "{:.1f}"}


def as_text(cell: Cell, unit: str = "") -> str:
    """A cell for people: `84.1 [79.0, 88.3]`; an en dash where a metric is undefined."""
    if isinstance(cell, Interval):
        if cell.value is None:
            return "–"
        text = as_text(cell.value, unit)
        if cell.low is None:
            return text
        return f"{text} [{as_text(cell.low, unit)}, {as_text(cell.high, unit)}]"
    if cell is None:
        return "–"
    if isinstance(cell, float):
        return _FORMATS.get(unit, "{:.2f}").format(100 * cell if unit == "%" else cell)
    return str(cell)


def plain(value):
    """Nested intervals, mappings and tuples as dicts and lists, for JSON."""
    if isinstance(value, Interval):
        return value.to_dict()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    return value
