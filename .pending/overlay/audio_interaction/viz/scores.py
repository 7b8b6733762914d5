"""Figures of scores beside their baselines."""

from collections.abc import Mapping

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from audio_interaction.errors import UserError
from audio_interaction.viz import theme


def scores_figure(report: Mapping, table: int = 0, title: str | None = None) -> go.Figure:
    """The rows of one table of a report as dots with their 95 % intervals, a panel a metric.

    The first row (what is evaluated) stands out from the rest (the baselines).

    Args:
        report: `benchmarks.report.Report.to_dict()`, or the JSON it saved.
        table: which of its tables.
        title: the table's own by default.

    Raises:
        UserError: the report has no such table, or it holds no numbers.
    """
    tables = report["tables"]
    if not 0 <= table < len(tables):
        raise UserError(f"the report has {len(tables)} tables; there is none with index {table}")
    chosen = tables[table]
    rows = chosen["rows"]
    metrics = [
        (at, column, unit)
        for at, (column, unit) in enumerate(zip(chosen["columns"], chosen["units"], strict=True))
        if any(_bounds(row["cells"][at], unit) for row in rows)
    ]
    if not metrics:
        raise UserError(f"table {chosen['title']!r} holds no numbers to draw")
    across = min(3, len(metrics))
    down = -(-len(metrics) // across)
    heads = [f"{column}, {unit}" if unit in ("%", "s") else column for _, column, unit in metrics]
    figure = make_subplots(
        rows=down,
        cols=across,
        subplot_titles=heads,
        shared_yaxes=True,
        horizontal_spacing=0.04,
        vertical_spacing=0.3 / down,
    )
    for panel, (at, _, unit) in enumerate(metrics):
        row, column = panel // across + 1, panel % across + 1
        most = 1.0 if not unit else 100.0 if unit == "%" else 0.0
        for index, line in enumerate(rows):
            bounds = _bounds(line["cells"][at], unit)
            figure.add_trace(_dot(line["label"], bounds, first=index == 0), row=row, col=column)
            most = max([most, *(bounds or ())])
        figure.update_xaxes(range=[-0.04 * most, 1.04 * most], nticks=6, row=row, col=column)
    labels = [row["label"] for row in rows]
    figure.update_yaxes(
        type="category", categoryorder="array", categoryarray=labels, range=[len(rows) - 0.5, -0.5]
    )
    title = chosen["title"] if title is None else title
    figure.update_annotations(font_size=13)
    figure.update_layout(
        **theme.LOOK,
        title_text=title,
        height=90 + down * (75 + 30 * len(rows)),
        margin=dict(t=85 if title else 45, b=40, l=min(330, 30 + 7 * max(map(len, labels)))),
        showlegend=False,
    )
    return figure


def _bounds(cell, unit: str) -> tuple[float, float, float] | None:
    """Value, low and high in the unit shown; None if the cell is no number or undefined."""
    interval = cell if isinstance(cell, Mapping) else dict(value=cell)
    value = interval["value"]
    if not isinstance(value, (int, float)):
        return None
    factor = 100 if unit == "%" else 1
    low, high = interval.get("low"), interval.get("high")
    return tuple(factor * (value if bound is None else bound) for bound in (value, low, high))


def _dot(label: str, bounds: tuple[float, float, float] | None, first: bool) -> go.Scatter:
    if bounds is None:
        return go.Scatter(
            x=[0], y=[label], mode="text", text="undefined", textposition="middle right",
            textfont=dict(color=theme.MUTED, size=theme.LABEL_SIZE), hoverinfo="skip",
        )  # fmt: skip
    value, low, high = bounds
    colour = theme.BLUE if first else theme.MUTED
    return go.Scatter(
        x=[value],
        y=[label],
        error_x=dict(
            type="data", symmetric=False, array=[high - value], arrayminus=[value - low],
            thickness=2 if first else 1.3, width=4, color=colour,
        ),
        mode="markers",
        marker=dict(color=colour, size=11 if first else 9, symbol="circle" if first else "diamond"),
        hovertemplate=f"{label}<br>{value:.3g} [{low:.3g}, {high:.3g}]<extra></extra>",
        cliponaxis=False,
    )  # fmt: skip
