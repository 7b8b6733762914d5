"""The decide figure: sound, decide signal, events and replies over one axis of time.

Its rows are what the model hears (waveform, log-mel), what it decides after every 0.4 s chunk
(paper §3.3), and, below, what happened and what it said.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from audio_interaction.benchmarks.matching import match
from audio_interaction.benchmarks.metrics import triggers
from audio_interaction.errors import UserError
from audio_interaction.protocol import SAMPLE_RATE, chunks_in, seconds_of
from audio_interaction.viz import theme
from audio_interaction.viz.decimate import envelope, mel_decibels, peaks
from audio_interaction.viz.lanes import lanes_used, place

if TYPE_CHECKING:  # the session imports torch
    from audio_interaction.corpus.schema import Response, Stream
    from audio_interaction.streaming.session import Transcript

WAVEFORM, MEL, DECIDE, EVENTS, REPLIES = range(1, 6)
ROW_PIXELS = {WAVEFORM: 90, MEL: 125, DECIDE: 135}
LANE_PIXELS = 28
MOST_LINES = 30
"""Above so many triggers their ends are marked in the row of the decide signal alone."""

MARGIN = dict(l=75, r=20, t=74, b=48)
TITLE_PIXELS = 28
MEL_BANDS, MEL_ROWS = 80, 40
MEL_RANGE = 55  # dB below the loudest
MEL_TICKS = (250, 500, 1000, 2000, 4000)  # Hz


@dataclass(frozen=True)
class Style:
    """Colour and marker of a kind of reply or event."""

    name: str
    colour: str
    symbol: str = "triangle-up"


HIT = Style("right time", theme.GREEN)
FALSE_ALARM = Style("false alarm", theme.RED, "x")
UNJUDGED = Style("response", theme.BLUE)
MISSED = Style("missed", theme.MUTED, "circle-open")
SPEECH = Style("speech", theme.BLUE)
SOUND = Style("sound", theme.ORANGE)
HAZARD = Style("hazard", theme.RED)


@dataclass(frozen=True)
class Answer:
    """A chunk that responds at the threshold of the figure; `text` None if it stayed silent when
    the stream was heard, so that its words are not known."""

    chunk: int
    style: Style
    text: str | None
    emotion: str

    @property
    def time(self) -> float:
        return seconds_of(self.chunk + 1)


def responding(p_response: np.ndarray, threshold: float) -> np.ndarray:
    """Chunks (from 0) that respond at `threshold`, each judged by the signal as it was heard.

    A reply that was not given, or given in vain, would have changed what the model heard next, so
    at another threshold than the transcript's this is a first approximation.
    """
    return np.flatnonzero(np.asarray(p_response) >= threshold)


def answers(
    transcript: Transcript, threshold: float, stream: Stream | None = None
) -> tuple[list[Answer], list[Response]]:
    """What would be answered at `threshold`, judged by the timeline of `stream` if there is one.

    Returns:
        The answers in order, and the triggers that none of them answers in time.
    """
    spoken = {reply.chunk: reply for reply in transcript.spoken}
    found = []
    for chunk in responding(transcript.p_response, threshold).tolist():
        reply = spoken.get(chunk)
        text, emotion = (reply.text, reply.emotion) if reply else (None, "")
        found.append(Answer(chunk, UNJUDGED, text, emotion))
    if stream is None:
        return found, []
    due = triggers(stream)
    matched = match(due, found, len(transcript.p_response))
    styles = dict.fromkeys(matched.false_alarms, FALSE_ALARM)
    judged = [replace(answer, style=styles.get(at, HIT)) for at, answer in enumerate(found)]
    return judged, [due[index] for index in matched.missed]


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
        UserError: the samples are not one channel, or the transcript is of another stream.
    """
    samples = np.asarray(samples, np.float32)
    if samples.ndim != 1:
        raise UserError(f"samples must be one channel (S,), found shape {samples.shape}")
    threshold = transcript.threshold if threshold is None else threshold
    chunks = len(transcript.p_response)
    seconds = max(len(samples) / SAMPLE_RATE, seconds_of(chunks), seconds_of(1))
    given, missed = answers(transcript, threshold, stream)
    lanes = _Lanes(seconds, stream, given, missed)

    figure = _rows(seconds, lanes, title)
    _waveform(figure, samples, max_points)
    _mel(figure, samples, max_points)
    _signal(figure, transcript.p_response, threshold, given, max_points)
    if stream is not None:
        _trigger_ends(figure, stream, lanes)
        _events(figure, stream, lanes)
    _replies(figure, given, missed, lanes)
    return figure


class _Lanes:
    """Lanes of the two label rows."""

    def __init__(self, seconds, stream, given, missed) -> None:
        pixels = theme.WIDTH - MARGIN["l"] - MARGIN["r"]
        events = stream.events if stream is not None else ()
        self.events = place(
            [(event.start, event.end) for event in events],
            [event.text for event in events],
            seconds,
            pixels,
        )
        self.replies = place(
            [(answer.time,) * 2 for answer in given] + [(trigger.end,) * 2 for trigger in missed],
            ["?" if answer.text is None else answer.text or "…" for answer in given]
            + [f"missed: {trigger.text}" for trigger in missed],
            seconds,
            pixels,
        )
        self.with_events = stream is not None

    def pixels(self) -> dict[int, int]:
        sizes = dict(ROW_PIXELS)
        if self.with_events:
            sizes[EVENTS] = max(2, lanes_used(self.events)) * LANE_PIXELS
        sizes[REPLIES] = max(2, lanes_used(self.replies)) * LANE_PIXELS
        return sizes

    def row(self, name: int) -> int:
        """Number of the subplot: there is no row of events without a timeline."""
        return name if self.with_events or name < EVENTS else name - 1


def _rows(seconds: float, lanes: _Lanes, title: str) -> go.Figure:
    sizes = lanes.pixels()
    gap = 12
    top = MARGIN["t"] if title else MARGIN["t"] - TITLE_PIXELS
    inner = sum(sizes.values()) + gap * (len(sizes) - 1)
    figure = make_subplots(
        rows=len(sizes),
        shared_xaxes=True,
        row_heights=list(sizes.values()),
        vertical_spacing=gap / inner,
    )
    figure.update_layout(
        template=theme.TEMPLATE,
        height=inner + top + MARGIN["b"],
        margin=MARGIN | dict(t=top),
        title_text=title,
        barmode="overlay",
        hovermode="closest",
    )
    figure.update_xaxes(range=[0, seconds], showspikes=True, spikemode="across", spikethickness=1)
    figure.update_xaxes(title_text="seconds", row=len(sizes))
    names = ["waveform", "log-mel, Hz", "p(response)", "events", "replies"]
    for name in sizes:
        figure.update_yaxes(title_text=names[name - 1], row=lanes.row(name), title_font_size=13)
    for name, placed in ((EVENTS, lanes.events), (REPLIES, lanes.replies)):
        if name in sizes:
            figure.update_yaxes(
                range=[max(2, lanes_used(placed)) - 0.5, -0.5],
                showticklabels=False,
                ticks="",
                showgrid=False,
                row=lanes.row(name),
            )
    return figure


def _waveform(figure: go.Figure, samples: np.ndarray, bins: int) -> None:
    times, low, high = envelope(samples, bins)
    peak = float(np.abs(samples).max()) if len(samples) else 0.0
    figure.add_trace(
        go.Scatter(
            x=np.repeat(times, 2),
            y=np.stack([low, high], axis=1).ravel(),  # a zigzag as dense as the screen is a fill
            line=dict(color=theme.MUTED, width=1),
            hoverinfo="skip",
            showlegend=False,
        ),
        row=WAVEFORM,
        col=1,
    )
    limit = max(peak, 0.05) * 1.05
    figure.update_yaxes(
        range=[-limit, limit], showticklabels=False, ticks="", showgrid=False, row=WAVEFORM
    )


def _mel(figure: go.Figure, samples: np.ndarray, columns: int) -> None:
    from librosa import mel_frequencies  # librosa takes a second to import

    decibels = mel_decibels(samples, columns, MEL_ROWS, MEL_BANDS)
    step = seconds_of(chunks_in(len(samples))) / max(decibels.shape[1], 1)
    loudest = int(decibels.max(initial=-40))
    per_row = MEL_BANDS // MEL_ROWS
    figure.add_trace(
        go.Heatmap(
            z=decibels,
            x0=step / 2,
            dx=step,
            y0=(per_row - 1) / 2,
            dy=per_row,
            zmin=loudest - MEL_RANGE,
            zmax=loudest,
            colorscale="Magma",
            showscale=False,
            hovertemplate="%{x:.2f} s, %{z} dB<extra></extra>",
        ),
        row=MEL,
        col=1,
    )
    centres = mel_frequencies(n_mels=MEL_BANDS + 2, fmax=SAMPLE_RATE / 2)[1:-1]
    figure.update_yaxes(
        range=[-0.5, MEL_BANDS - 0.5],
        tickvals=np.interp(MEL_TICKS, centres, np.arange(MEL_BANDS)),
        ticktext=[str(hertz) for hertz in MEL_TICKS],
        showgrid=False,
        row=MEL,
    )


def _signal(figure, p_response, threshold, given, max_points) -> None:
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
    for style in (UNJUDGED, HIT, FALSE_ALARM):
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


def _event_style(stream: Stream, event) -> Style:
    if event.kind == "speech":
        return SPEECH
    warned = any(r.kind == "warn" and abs(r.end - event.end) < 1e-3 for r in stream.responses)
    return HAZARD if warned else SOUND


def _events(figure: go.Figure, stream: Stream, lanes: _Lanes) -> None:
    styles = [_event_style(stream, event) for event in stream.events]
    row = lanes.row(EVENTS)
    for style in (SPEECH, SOUND, HAZARD):
        chosen = [
            pair for pair, own in zip(zip(stream.events, lanes.events), styles) if own is style
        ]
        if not chosen:
            continue
        figure.add_trace(
            go.Bar(
                base=[event.start for event, _ in chosen],
                x=[event.end - event.start for event, _ in chosen],
                y=[at.lane + 0.3 for _, at in chosen],  # below its label, as a subtitle track
                width=0.25,
                orientation="h",
                marker=dict(color=style.colour, line_width=0),
                customdata=[[event.text, event.role, event.source] for event, _ in chosen],
                hovertemplate=f"{style.name}: %{{customdata[0]}}<br>%{{base:.2f}} s, for %{{x:.2f}}"
                " s<br>%{customdata[1]}, %{customdata[2]}<extra></extra>",
                name=style.name,
            ),
            row=row,
            col=1,
        )
    _labels(figure, row, lanes.events, [theme.INK] * len(lanes.events), rise=0.12)


def _labels(figure, row, placed, colours, rise=0.0, offset="") -> None:
    shown = [(at, colour) for at, colour in zip(placed, colours) if at.label]
    if shown:
        figure.add_trace(
            go.Scatter(
                x=[at.at for at, _ in shown],
                y=[at.lane - rise for at, _ in shown],
                text=[
                    offset + at.label if at.anchor == "right" else at.label + offset
                    for at, _ in shown
                ],
                mode="text",
                textposition=[f"middle {at.anchor}" for at, _ in shown],
                textfont=dict(size=theme.LABEL_SIZE, color=[colour for _, colour in shown]),
                hoverinfo="skip",
                showlegend=False,
                cliponaxis=False,
            ),
            row=row,
            col=1,
        )


def _trigger_ends(figure: go.Figure, stream: Stream, lanes: _Lanes) -> None:
    ends = [trigger.end for trigger in triggers(stream)]
    if not ends:
        return
    for name in lanes.pixels() if len(ends) <= MOST_LINES else [DECIDE]:
        row = lanes.row(name)
        axis = next(figure.select_yaxes(row=row))
        low, high = axis.range
        figure.add_trace(
            go.Scatter(
                x=np.array([[end, end, np.nan] for end in ends], np.float32).ravel(),
                y=np.array([[low, high, np.nan]] * len(ends), np.float32).ravel(),
                mode="lines",
                line=dict(color=theme.GREEN, width=1.3, dash="dot"),
                hoverinfo="skip",
                name="trigger ends",
                legendgroup="trigger ends",
                showlegend=row == DECIDE,
            ),
            row=row,
            col=1,
        )


def _replies(figure, given, missed, lanes) -> None:
    row = lanes.row(REPLIES)
    items = [
        (answer.time, answer.style, _reply_hover(answer), at)
        for answer, at in zip(given, lanes.replies)
    ] + [
        (due.end, MISSED, f"missed: {due.text}<br>trigger ends at {due.end:.2f} s", at)
        for due, at in zip(missed, lanes.replies[len(given) :])
    ]
    for style in (UNJUDGED, HIT, FALSE_ALARM, MISSED):
        chosen = [item for item in items if item[1] is style]
        if chosen:
            figure.add_trace(
                go.Scatter(
                    x=[time for time, *_ in chosen],
                    y=[at.lane for *_, at in chosen],
                    mode="markers",
                    marker=dict(color=style.colour, symbol=style.symbol, size=10),
                    text=[hover for _, _, hover, _ in chosen],
                    hovertemplate="%{text}<extra></extra>",
                    name=style.name,
                    legendgroup=style.name,
                    showlegend=style is MISSED,
                ),
                row=row,
                col=1,
            )
    if not items:  # an axis without a trace is not drawn
        figure.add_trace(go.Scatter(x=[], y=[], showlegend=False), row=row, col=1)
    _labels(figure, row, lanes.replies, [style.colour for _, style, *_ in items], offset="\u2002\u2002")


def _reply_hover(answer: Answer) -> str:
    if answer.text is None:
        words = "silent when heard: the words are not known"
    else:
        words = f"{answer.text or '(no words)'} [{answer.emotion}]"
    return f"{answer.style.name} at {answer.time:.1f} s, chunk {answer.chunk}<br>{words}"
