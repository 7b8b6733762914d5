"""The tracks of a sound in a figure: its waveform and its log-mel, each in a row of subplots."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from audio_interaction.protocol import SAMPLE_RATE
from audio_interaction.viz.decimate import envelope

MEL_BANDS, MEL_ROWS = 80, 40


def draw_waveform(
    figure: go.Figure, row: int, samples: np.ndarray, bins: int, color: str, limit: float
) -> None:
    """Draw the outline of float32 (S,) at 16 kHz, in at most `bins` columns, from -limit to limit.

    A zigzag as dense as the screen is a fill.
    """
    times, low, high = envelope(samples, bins)
    figure.add_trace(
        go.Scatter(
            x=np.repeat(times, 2),
            y=np.stack([low, high], axis=1).ravel(),
            line=dict(color=color, width=1),
            hoverinfo="skip",
            showlegend=False,
        ),
        row=row,
        col=1,
    )
    figure.update_yaxes(
        range=[-limit, limit], showticklabels=False, ticks="", showgrid=False, row=row
    )


def draw_mel(
    figure: go.Figure,
    row: int,
    decibels: np.ndarray,
    step: float,
    loudest: int,
    span: int,
    ticks: Sequence[int],
) -> None:
    """Draw a log-mel picture.

    Args:
        decibels: (MEL_ROWS, B) of `decimate.mel_decibels`.
        step: seconds a column.
        loudest, span: the top of the colour scale and its length, dB.
        ticks: frequencies that are marked, Hz.
    """
    from librosa import mel_frequencies  # librosa takes a second to import

    per_row = MEL_BANDS // MEL_ROWS
    figure.add_trace(
        go.Heatmap(
            z=decibels,
            x0=step / 2,
            dx=step,
            y0=(per_row - 1) / 2,
            dy=per_row,
            zmin=loudest - span,
            zmax=loudest,
            colorscale="Magma",
            showscale=False,
            hovertemplate="%{x:.2f} s, %{z} dB<extra></extra>",
        ),
        row=row,
        col=1,
    )
    centres = mel_frequencies(n_mels=MEL_BANDS + 2, fmax=SAMPLE_RATE / 2)[1:-1]
    figure.update_yaxes(
        range=[-0.5, MEL_BANDS - 0.5],
        tickvals=np.interp(ticks, centres, np.arange(MEL_BANDS)),
        ticktext=[str(hertz) for hertz in ticks],
        showgrid=False,
        row=row,
    )
