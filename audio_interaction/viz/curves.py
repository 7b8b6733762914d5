"""Figures of curves: a training run, thresholds, the time of every chunk."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from audio_interaction.errors import UserError
from audio_interaction.protocol import CHUNK_SECONDS
from audio_interaction.viz import theme
from audio_interaction.viz.decimate import peaks

RATES = {
    "precision": ("precision", theme.BLUE, "solid"),
    "recall": ("recall", theme.ORANGE, "solid"),
    "f1": ("F1", theme.INK, "solid"),
}
MILLISECONDS = [step * 10**power for power in range(-2, 5) for step in (1, 2, 5)]
TRAINING_PANELS = {
    "loss": {
        "loss": ("total", theme.INK, "solid"),
        "loss_text": ("words", theme.BLUE, "solid"),
        "loss_decision": ("decision", theme.ORANGE, "solid"),
    },
    "mean p(response)": {
        "validation_p_at_events": ("reply due", theme.GREEN, "solid"),
        "validation_p_elsewhere": ("elsewhere", theme.MUTED, "dash"),
    },
    "decide": {f"validation_{name}": style for name, style in RATES.items()},
    "false alarms an hour": {
        "validation_false_alarms_per_hour": ("on negatives", theme.RED, "solid")
    },
}
"""Columns of the training log (`training.train`) and how each is drawn."""
_AXES = {
    # It falls by far the most in the first steps, and goes on falling.
    "loss": dict(type="log", dtick=1, title_text="loss (log)"),
    "mean p(response)": dict(range=[-0.03, 1.03]),
    "decide": dict(range=[-0.03, 1.03]),
}


def training_figure(metrics: str | Path | Iterable[Mapping], title: str = "") -> go.Figure:
    """Loss beside behaviour over the steps of a run: the *never speaks* phase is visible here.

    Args:
        metrics: Lightning's `metrics.csv`, or its rows. A row holds `step` and any of the columns
            of `TRAINING_PANELS`; empty cells are skipped, panels without a column left out.

    Raises:
        UserError: the file is missing or no known column has a value.
    """
    rows = _rows(metrics)
    panels = {}
    for name, columns in TRAINING_PANELS.items():
        series = {column: _series(rows, column) for column in columns}
        if name == "loss":  # a batch without a word has no loss of words
            series = {column: points[points[:, 1] > 0] for column, points in series.items()}
        if found := {column: points for column, points in series.items() if len(points)}:
            panels[name] = found
    if not panels:
        raise UserError(
            "nothing to draw: no row of the log has a value in "
            + ", ".join(column for columns in TRAINING_PANELS.values() for column in columns)
        )
    figure = make_subplots(rows=len(panels), shared_xaxes=True, vertical_spacing=0.05)
    for row, (name, found) in enumerate(panels.items(), start=1):
        for column, points in found.items():
            label, colour, dash = TRAINING_PANELS[name][column]
            figure.add_trace(
                go.Scatter(
                    x=points[:, 0].astype(np.int32),
                    y=points[:, 1].astype(np.float32),
                    mode="lines+markers" if len(points) < 40 else "lines",
                    line=dict(color=colour, dash=dash, width=1.7),
                    marker_size=5,
                    name=label,
                    legend=f"legend{row if row > 1 else ''}",
                ),
                row=row,
                col=1,
            )
        axis = dict(title_text=name, rangemode="tozero") | _AXES.get(name, {})
        figure.update_yaxes(**axis, row=row)
    figure.update_xaxes(title_text="step", row=len(panels))
    figure.update_layout(**theme.LOOK, title_text=title, height=110 + 155 * len(panels))
    figure.update_layout(margin=dict(t=55 if title else 25, r=130))
    _legends_beside(figure, len(panels))
    return figure


def _rows(metrics: str | Path | Iterable[Mapping]) -> list[Mapping]:
    if not isinstance(metrics, (str, Path)):
        return list(metrics)
    path = Path(metrics)
    if not path.is_file():
        raise UserError(f"{path}: no such log; a run writes it to OUT/log/metrics.csv")
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def _series(rows: Sequence[Mapping], column: str) -> np.ndarray:
    """(step, value) of the rows that have a value: float (N, 2)."""
    points = [
        (float(row["step"]), float(row[column]))
        for row in rows
        if row.get(column) not in ("", None)
    ]
    return np.array(points).reshape(-1, 2)


def _legends_beside(figure: go.Figure, panels: int) -> None:
    """One legend to the right of each panel."""
    for row in range(1, panels + 1):
        top = next(figure.select_yaxes(row=row)).domain[1]
        beside = dict(x=1.01, xanchor="left", y=top, yanchor="top", orientation="v")
        figure.update_layout({f"legend{row if row > 1 else ''}": beside})


def threshold_figure(curve: Iterable, chosen: float | None = None, title: str = "") -> go.Figure:
    """Precision, recall, F1 and false alarms over the threshold of p(response).

    Args:
        curve: one item a threshold with `threshold`, `precision`, `recall`, `f1` and
            `false_alarms_per_hour`, such as the `curve` in the `decision.json` of an adapter;
            mappings or dataclasses.
        chosen: threshold to mark.

    Raises:
        UserError: the curve is empty.
    """
    points = [asdict(point) if is_dataclass(point) else dict(point) for point in curve]
    if not points:
        raise UserError("a threshold curve without points cannot be drawn")
    points.sort(key=lambda point: point["threshold"])
    thresholds = [point["threshold"] for point in points]
    figure = make_subplots(
        rows=2, shared_xaxes=True, row_heights=[0.65, 0.35], vertical_spacing=0.06
    )
    alarms = {"false_alarms_per_hour": ("false alarms", theme.RED, "solid")}
    for row, columns in ((1, RATES), (2, alarms)):
        for column, (label, colour, dash) in columns.items():
            figure.add_trace(
                go.Scatter(
                    x=thresholds,
                    y=[point[column] for point in points],
                    mode="lines+markers",
                    line=dict(color=colour, dash=dash, width=2),
                    marker_size=5,
                    name=label,
                    legend="legend" if row == 1 else "legend2",
                ),
                row=row,
                col=1,
            )
    if chosen is not None:
        figure.add_vline(chosen, line=dict(color=theme.PURPLE, width=1.5, dash="dash"))
        figure.add_annotation(
            x=chosen, y=1, yref="paper", yanchor="bottom", showarrow=False,
            text=f"chosen {chosen:.2f}", font=dict(size=12, color=theme.PURPLE),
        )  # fmt: skip
    figure.update_yaxes(range=[-0.03, 1.03], row=1)
    figure.update_yaxes(title_text="an hour", rangemode="tozero", row=2)
    figure.update_xaxes(title_text="threshold of p(response)", row=2)
    figure.update_layout(**theme.LOOK, title_text=title, height=500)
    figure.update_layout(margin=dict(t=70 if title else 40, r=130))
    _legends_beside(figure, 2)
    return figure


def latency_figure(
    chunk_seconds: Mapping[str, np.ndarray] | np.ndarray, max_points: int = 1000, title: str = ""
) -> go.Figure:
    """Compute time of every chunk against the 0.4 s in which the next one arrives.

    Args:
        chunk_seconds: wall time per chunk in seconds (C,), replies included; or several such
            series by name. Of long ones the slowest chunk of each bin is drawn.

    Raises:
        UserError: a series is empty.
    """
    series = chunk_seconds if isinstance(chunk_seconds, Mapping) else {"a chunk": chunk_seconds}
    figure, ends = go.Figure(), [CHUNK_SECONDS]
    for at, (name, values) in enumerate(series.items()):
        values = np.asarray(values, np.float64)
        if not len(values):
            raise UserError(f"latency series {name!r} has no chunks")
        shown = peaks(values, max_points)
        ends += [values.min(), values.max()]
        median, tail = 1000 * np.percentile(values, [50, 95])
        late = np.mean(values > CHUNK_SECONDS)
        figure.add_trace(
            go.Scatter(
                x=((shown + 1) * CHUNK_SECONDS).astype(np.float32),
                y=(1000 * values[shown]).astype(np.float32),
                mode="lines",
                line=dict(color=theme.PALETTE[at % len(theme.PALETTE)], width=1.3),
                name=f"{name}: median {median:.0f} ms, 95 % under {tail:.0f} ms, {late:.1%} late",
                hovertemplate="%{x:.1f} s: %{y:.1f} ms<extra></extra>",
                showlegend=True,
            )
        )
    figure.add_hline(
        1000 * CHUNK_SECONDS,
        line=dict(color=theme.INK, width=1.5, dash="dash"),
        name="budget: a new chunk every 400 ms",
        showlegend=True,
    )
    figure.update_yaxes(
        title_text="compute, ms (log)",
        type="log",
        tickvals=MILLISECONDS,
        range=np.log10([1000 * min(ends) / 1.3, 1000 * max(ends) * 1.5]),
    )
    figure.update_xaxes(title_text="seconds of sound heard")
    figure.update_layout(
        **theme.LOOK,
        title_text=title,
        height=400 + 22 * len(series),
        margin_t=(70 if title else 40) + 22 * len(series),
        legend=dict(x=0, xanchor="left", orientation="v"),
    )
    return figure
