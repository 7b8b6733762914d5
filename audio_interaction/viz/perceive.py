"""Figures of perceiving: sound in chunks, frames beside each other, continuity by stage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from audio_interaction.audio.features import log_mel, mel_filters
from audio_interaction.errors import UserError
from audio_interaction.protocol import (
    CHUNK_SECONDS,
    FRAMES_PER_CHUNK,
    MEL_FRAMES_PER_CHUNK,
    SAMPLE_RATE,
    chunks_in,
    seconds_of,
)
from audio_interaction.viz import theme
from audio_interaction.viz.decimate import envelope

if TYPE_CHECKING:
    from audio_interaction.benchmarks.bootstrap import Interval

MEL_TICKS = (250, 1000, 4000)  # Hz
FRAME_ROWS = 48
"""Components of a frame that are drawn: evenly picked, a picture needs no more."""

MOST_CHUNKS = 8
"""More of them are too narrow to be told apart, and too many numbers for one figure."""


def chunks_figure(
    samples: np.ndarray, frames: np.ndarray, n_mels: int = 80, title: str = ""
) -> go.Figure:
    """The same sound three times: waveform, log-mel in 10 ms columns, frames in 40 ms columns.

    Dotted lines are the borders of the chunks (0.4 s).

    Args:
        samples: float32 (S,) at 16 kHz, at most 8 chunks.
        frames: (C, 10, d_model), the frames of these samples (`model.features`).
        n_mels: mel bands of the front-end.

    Raises:
        UserError: frames that are not those of the samples, or too many or no chunks.
    """
    chunks = chunks_in(len(samples))
    frames = _checked(frames)
    if not 0 < chunks <= MOST_CHUNKS or len(frames) != chunks:
        raise UserError(
            f"a figure shows 1 to {MOST_CHUNKS} chunks and their frames, found {chunks} chunks of "
            f"sound and {len(frames)} of frames; cut the sound first"
        )
    figure = make_subplots(
        rows=3, shared_xaxes=True, row_heights=[0.24, 0.38, 0.38], vertical_spacing=0.04
    )
    starts, low, high = envelope(samples, 800)
    around = np.concatenate([starts, starts[::-1]]), np.concatenate([high, low[::-1]])
    figure.add_scatter(
        x=around[0], y=around[1], fill="toself", mode="lines", line=dict(color=theme.BLUE, width=1),
        hoverinfo="skip", row=1, col=1,
    )  # fmt: skip
    mel = log_mel(samples, n_mels).transpose(1, 0, 2).reshape(n_mels, -1)
    decibels = np.rint(40 * mel - 40).astype(np.int8)  # (mel * 4 - 4) is log10 of power
    _picture(figure, 2, decibels, MEL_FRAMES_PER_CHUNK, "Viridis")
    flat = frames.reshape(-1, frames.shape[2]).T
    picked = flat[np.linspace(0, len(flat) - 1, FRAME_ROWS).astype(int)]
    spread = np.maximum(picked.std(axis=1, keepdims=True), 1e-9)
    scaled = ((picked - picked.mean(axis=1, keepdims=True)) / spread).clip(-2.5, 2.5)
    _picture(figure, 3, np.round(scaled.astype(np.float64), 1), FRAMES_PER_CHUNK, "RdBu")
    for border in range(1, chunks):
        figure.add_vline(seconds_of(border), line=dict(color=theme.INK, width=1.2, dash="dot"))
    hertz = _band_centres(n_mels)
    figure.update_yaxes(
        title_text="log-mel, Hz",
        tickvals=[int(np.abs(hertz - tick).argmin()) for tick in MEL_TICKS],
        ticktext=[str(tick) for tick in MEL_TICKS],
        row=2,
    )
    figure.update_yaxes(title_text="samples", row=1)
    figure.update_yaxes(title_text="encoder frames", showticklabels=False, ticks="", row=3)
    figure.update_xaxes(range=[0, seconds_of(chunks)], dtick=CHUNK_SECONDS)
    figure.update_xaxes(title_text="seconds", row=3)
    figure.update_layout(**theme.LOOK, title_text=title, height=520, showlegend=False)
    return figure.update_layout(margin_t=55 if title else 25)


def _picture(figure: go.Figure, row: int, values: np.ndarray, columns: int, scale: str) -> None:
    """Heat map (rows, T) whose first column begins at 0 s, with so many columns a chunk."""
    step = CHUNK_SECONDS / columns
    figure.add_heatmap(
        z=values, x0=step / 2, dx=step, colorscale=scale, showscale=False, row=row, col=1,
        hovertemplate="%{x:.2f} s: %{z}<extra></extra>",
    )  # fmt: skip


def _band_centres(n_mels: int) -> np.ndarray:
    """Frequency at which each mel filter is highest, in Hz: float (n_mels,)."""
    filters = mel_filters(n_mels)  # (201, n_mels)
    return filters.argmax(axis=0) * SAMPLE_RATE / 2 / (len(filters) - 1)


def similarity_figure(frames: Mapping[str, np.ndarray], title: str = "") -> go.Figure:
    """Cosine similarity of every frame with every other, a panel each; lines are chunk borders.

    Sound that goes on makes a bright band along the diagonal. Where chunks are encoded alone it is
    pinched at their borders, and frames at the same place in their chunks resemble each other.

    Args:
        frames: (C, 10, width) by name, at most 8 chunks and 3 names.

    Raises:
        UserError: another shape, nothing to draw, or more than fits.
    """
    checked = {name: _checked(values) for name, values in frames.items()}
    if not 0 < len(checked) <= 3 or any(not 0 < len(v) <= MOST_CHUNKS for v in checked.values()):
        raise UserError(
            f"a figure shows 1 to 3 panels of 1 to {MOST_CHUNKS} chunks, found "
            f"{ {name: len(values) for name, values in checked.items()} }"
        )
    figure = make_subplots(
        cols=len(checked), subplot_titles=list(checked), horizontal_spacing=0.06, shared_yaxes=True
    )
    for column, values in enumerate(checked.values(), start=1):
        flat = values.reshape(-1, values.shape[2]).astype(np.float64)
        unit = flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-12)
        step = CHUNK_SECONDS / FRAMES_PER_CHUNK
        figure.add_heatmap(
            z=np.round(unit @ unit.T, 2), x0=step / 2, dx=step, y0=step / 2, dy=step,
            coloraxis="coloraxis", row=1, col=column,
            hovertemplate="%{x:.2f} s and %{y:.2f} s: %{z:.2f}<extra></extra>",
        )  # fmt: skip
        end, line = seconds_of(len(values)), dict(color="white", width=1, dash="dot")
        for border in range(1, len(values)):
            figure.add_vline(seconds_of(border), line=line, row=1, col=column)
            figure.add_hline(seconds_of(border), line=line, row=1, col=column)
        figure.update_xaxes(range=[0, end], dtick=CHUNK_SECONDS, title_text="seconds", col=column)
        figure.update_yaxes(range=[end, 0], dtick=CHUNK_SECONDS, col=column)
    figure.update_yaxes(title_text="seconds", col=1)
    figure.update_annotations(font_size=13)
    figure.update_layout(**theme.LOOK, title_text=title, height=400)
    return figure.update_layout(
        margin=dict(t=90 if title else 45, r=80),
        coloraxis=dict(
            colorscale="Viridis", cmin=-0.2, cmax=1, colorbar=dict(title_text="cosine", len=0.95)
        ),
    )


def continuity_figure(ratios: Mapping[str, Mapping[str, Interval]], title: str = "") -> go.Figure:
    """Continuity ratio by stage with its 95 % interval, a line for each name.

    Args:
        ratios: by name of the line, then by stage (`analysis.continuity.Continuity.ratios`); one
            origin alone: the paper's numbers do not belong into it.

    Raises:
        UserError: no line, or an undefined value.
    """
    if not ratios:
        raise UserError("a continuity figure without a line cannot be drawn")
    figure, lowest = go.Figure(), 0.0
    symbols = ("circle", "diamond", "square", "cross", "triangle-up", "x", "star")
    shift = 0.04  # stages; intervals of different lines would hide each other
    stages = list(dict.fromkeys(stage for line in ratios.values() for stage in line))
    for at, (name, line) in enumerate(ratios.items()):
        if undefined := [stage for stage, each in line.items() if each.low is None]:
            raise UserError(f"line {name!r} is undefined at {', '.join(undefined)}: longer streams")
        values = np.array([(each.value, each.low, each.high) for each in line.values()])
        colour = theme.PALETTE[at % len(theme.PALETTE)]
        lowest = min(lowest, values.min())
        figure.add_scatter(
            x=[stages.index(stage) + shift * (at - (len(ratios) - 1) / 2) for stage in line],
            y=values[:, 0].round(4),
            error_y=dict(
                type="data", symmetric=False, array=(values[:, 2] - values[:, 0]).round(4),
                arrayminus=(values[:, 0] - values[:, 1]).round(4), thickness=1.3, width=4,
            ),
            name=name,
            mode="lines+markers",
            line=dict(color=colour, width=2),
            marker=dict(size=8, symbol=symbols[at % len(symbols)]),
            customdata=list(line),
            hovertemplate="%{customdata}: %{y:.2f}<extra>" + name + "</extra>",
        )  # fmt: skip
    figure.add_hline(
        1, line=dict(color=theme.MUTED, width=1.2, dash="dash"), annotation_text="no seam",
        annotation_position="top right", annotation_font=dict(color=theme.MUTED, size=12),
    )  # fmt: skip
    figure.update_xaxes(
        tickvals=list(range(len(stages))), ticktext=stages, range=[-0.4, len(stages) - 0.6]
    )
    figure.update_yaxes(title_text="continuity ratio", range=[lowest - 0.03, 1.1])
    figure.update_layout(**theme.LOOK, title_text=title, height=430 + 20 * len(ratios))
    return figure.update_layout(
        margin_t=(50 if title else 20) + 20 * len(ratios),
        legend=dict(orientation="v", x=0, xanchor="left"),
    )


def _checked(frames) -> np.ndarray:
    frames = np.asarray(frames)
    if frames.ndim != 3 or frames.shape[1] != FRAMES_PER_CHUNK:
        raise UserError(
            f"frames must be (chunks, {FRAMES_PER_CHUNK}, width), found shape {frames.shape}"
        )
    return frames
