"""The decide figure: sound, decide signal, events and replies over one axis of time.

Its rows are what the model hears (waveform, log-mel), what it decides after every 0.4 s chunk
(paper §3.3), and, below, what happened and what it said.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from audio_interaction.errors import UserError
from audio_interaction.protocol import SAMPLE_RATE, chunks_in, seconds_of
from audio_interaction.viz import theme
from audio_interaction.viz.decimate import mel_decibels, peaks
from audio_interaction.viz.happenings import (
    DECIDE,
    MEL,
    WAVEFORM,
    Lanes,
    draw_events,
    draw_replies,
    draw_trigger_ends,
)
from audio_interaction.viz.tracks import MEL_BANDS, MEL_ROWS, draw_mel, draw_waveform
from audio_interaction.viz.verdicts import EARLY, FALSE_ALARM, HIT, UNJUDGED, Answer, answers

if TYPE_CHECKING:  # the session imports torch
    from audio_interaction.corpus.schema import Stream
    from audio_interaction.streaming.session import Transcript

MARGIN = dict(l=75, r=20, t=74, b=48)
TITLE_PIXELS, GAP_PIXELS = 28, 12
ROW_NAMES = ("waveform", "log-mel, Hz", "p(response)", "events", "replies")
MEL_RANGE = 55  # dB below the loudest
MEL_TICKS = (250, 500, 1000, 2000, 4000)  # Hz


def decide_figure(
    samples: np.ndarray,
    transcript: Transcript,
    stream: Stream | None = None,
    threshold: float | None = None,
    max_points: int = 600,
    title: str = "",
) -> go.Figure:
    """Draw one stream: waveform, log-mel, p(response), events and replies in seconds.

    The signal is drawn from the end of the chunk it was decided on, when it is first known.

    Args:
        samples: float32 (S,) at 16 kHz.
        transcript: what `streaming.session.listen` returned for them.
        stream: the timeline: adds the events, the ends of the triggers, and verdicts.
        threshold: p(response) from which a chunk responds; the transcript's own by default.
        max_points: columns of the waveform and the log-mel, and most chunks drawn.
        title: printed above.

    Raises:
        UserError: the samples are not one channel.
    """
    samples = np.asarray(samples, np.float32)
    if samples.ndim != 1:
        raise UserError(f"samples must be one channel (S,), found shape {samples.shape}")
    threshold = transcript.threshold if threshold is None else threshold
    chunks = len(transcript.p_response)
    seconds = max(len(samples) / SAMPLE_RATE, seconds_of(chunks), seconds_of(1))
    given, missed = answers(transcript, threshold, stream)
    pixels = theme.WIDTH - MARGIN["l"] - MARGIN["r"]
    lanes = Lanes(seconds, pixels, stream, given, missed)

    figure = _rows(seconds, lanes, title)
    peak = float(np.abs(samples).max(initial=0.05))
    draw_waveform(figure, WAVEFORM, samples, max_points, theme.MUTED, 1.05 * peak)
    decibels = mel_decibels(samples, max_points, MEL_ROWS, MEL_BANDS)
    step = seconds_of(chunks_in(len(samples))) / max(decibels.shape[1], 1)
    loudest = int(decibels.max(initial=-40))
    draw_mel(figure, MEL, decibels, step, loudest, MEL_RANGE, MEL_TICKS)
    _signal(figure, transcript.p_response, threshold, given, max_points)
    if stream is not None:
        draw_trigger_ends(figure, stream, lanes)
        draw_events(figure, stream, lanes)
    draw_replies(figure, given, missed, lanes)
    return figure


def _rows(seconds: float, lanes: Lanes, title: str) -> go.Figure:
    heights = lanes.heights()
    top = MARGIN["t"] if title else MARGIN["t"] - TITLE_PIXELS
    inner = sum(heights.values()) + GAP_PIXELS * (len(heights) - 1)
    figure = make_subplots(
        rows=len(heights),
        shared_xaxes=True,
        row_heights=list(heights.values()),
        vertical_spacing=GAP_PIXELS / inner,
    )
    figure.update_layout(
        **theme.LOOK,
        height=inner + top + MARGIN["b"],
        margin=MARGIN | dict(t=top),
        title_text=title,
        barmode="overlay",
        hovermode="closest",
    )
    figure.update_xaxes(range=[0, seconds], showspikes=True, spikemode="across", spikethickness=1)
    figure.update_xaxes(title_text="seconds", row=len(heights))
    for row in heights:
        figure.update_yaxes(title_text=ROW_NAMES[row - 1], row=lanes.subplot(row))
    for row, count in lanes.counts().items():
        figure.update_yaxes(
            range=[count - 0.5, -0.5],
            showticklabels=False,
            ticks="",
            showgrid=False,
            row=lanes.subplot(row),
        )
    return figure


def _signal(
    figure: go.Figure,
    p_response: np.ndarray,
    threshold: float,
    given: Sequence[Answer],
    max_points: int,
) -> None:
    p_response = np.asarray(p_response, np.float32)
    shown = peaks(p_response, max_points)
    figure.add_trace(
        go.Scatter(
            x=np.array([seconds_of(chunk + 1) for chunk in shown], np.float32),
            y=p_response[shown],
            customdata=shown.astype(np.int32),
            line=dict(color=theme.INK, width=1.5, shape="hv"),
            fill="tozeroy",
            fillcolor=theme.tint(theme.INK, 0.08),
            hovertemplate="chunk %{customdata}, known at %{x:.1f} s<br>p(response) %{y:.3f}"
            "<extra></extra>",
            name="p(response)",
            showlegend=False,
        ),
        row=DECIDE,
        col=1,
    )
    figure.add_hline(
        threshold,
        row=DECIDE,
        line=dict(color=theme.PURPLE, width=1.5, dash="dash"),
        name=f"threshold {threshold:.2f}",
        showlegend=True,
    )
    for style in (UNJUDGED, HIT, EARLY, FALSE_ALARM):
        chosen = [answer for answer in given if answer.style is style]
        if chosen:
            figure.add_trace(
                go.Scatter(
                    x=[answer.time for answer in chosen],
                    y=[float(p_response[answer.chunk]) for answer in chosen],
                    mode="markers",
                    marker=dict(color=style.colour, symbol=style.symbol, size=10),
                    hovertemplate=f"{style.name}<br>%{{x:.1f}} s, p %{{y:.3f}}<extra></extra>",
                    name=style.name,
                    legendgroup=style.name,
                ),
                row=DECIDE,
                col=1,
            )
    figure.update_yaxes(range=[-0.02, 1.08], tickvals=[0, 0.5, 1], row=DECIDE)
