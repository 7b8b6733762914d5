"""The rows of the decide figure that name things: events, replies, and the ends of triggers."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from audio_interaction.benchmarks.metrics import triggers
from audio_interaction.viz import theme
from audio_interaction.viz.lanes import Placed, lanes_used, place
from audio_interaction.viz.verdicts import (
    AMBIENT,
    EARLY,
    FALSE_ALARM,
    HAZARD,
    HIT,
    MISSED,
    SOUND,
    SPEECH,
    UNJUDGED,
    Answer,
    Style,
)

if TYPE_CHECKING:
    from audio_interaction.corpus.schema import Event, Response, Stream

WAVEFORM, MEL, DECIDE, EVENTS, REPLIES = range(1, 6)
ROW_PIXELS = {WAVEFORM: 90, MEL: 125, DECIDE: 135}
LANE_PIXELS, LEAST_LANES = 28, 2
MOST_LINES = 20
"""Above so many triggers their ends are marked in the row of the decide signal alone."""


class Lanes:
    """Where the labels of the two last rows go, and with them the heights of all rows.

    Attributes:
        events, replies: places of the events, and of the replies followed by the missed triggers.
    """

    def __init__(
        self,
        seconds: float,
        pixels: float,
        stream: Stream | None,
        given: Sequence[Answer],
        missed: Sequence[Response],
    ) -> None:
        self.with_events = stream is not None
        events = stream.events if stream is not None else ()
        spans = [(event.start, event.end) for event in events]
        self.events = place(spans, [event.text for event in events], seconds, pixels)
        moments = [answer.time for answer in given] + [trigger.end for trigger in missed]
        texts = ["?" if answer.text is None else answer.text or "…" for answer in given]
        texts += [f"missed: {trigger.text}" for trigger in missed]
        self.replies = place([(at, at) for at in moments], texts, seconds, pixels)

    def counts(self) -> dict[int, int]:
        """Number of lanes of each label row that is there."""
        rows = {EVENTS: self.events} if self.with_events else {}
        rows |= {REPLIES: self.replies}
        return {row: max(LEAST_LANES, lanes_used(placed)) for row, placed in rows.items()}

    def heights(self) -> dict[int, int]:
        """Pixels of every row that is there, top to bottom."""
        return ROW_PIXELS | {row: lanes * LANE_PIXELS for row, lanes in self.counts().items()}

    def subplot(self, row: int) -> int:
        """Number of a row's subplot: without a timeline there is no row of events."""
        return row if self.with_events or row < EVENTS else row - 1


def _event_style(stream: Stream, event: Event) -> Style:
    if event.role == "amb":
        return AMBIENT
    if event.kind == "speech":
        return SPEECH
    warned = any(r.kind == "warn" and abs(r.end - event.end) < 1e-3 for r in stream.responses)
    return HAZARD if warned else SOUND


def draw_events(figure: go.Figure, stream: Stream, lanes: Lanes) -> None:
    """What is audible, as bars with their texts; hazards are sounds that must be warned of."""
    styles = [_event_style(stream, event) for event in stream.events]
    row = lanes.subplot(EVENTS)
    for style in (SPEECH, SOUND, HAZARD, AMBIENT):
        chosen = [
            (event, at)
            for event, at, own in zip(stream.events, lanes.events, styles, strict=True)
            if own is style
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
                customdata=[
                    [escape(event.text, quote=False), event.role, event.source]
                    for event, _ in chosen
                ],
                hovertemplate=f"{style.name}: %{{customdata[0]}}<br>%{{base:.2f}} s, for %{{x:.2f}}"
                " s<br>%{customdata[1]}, %{customdata[2]}<extra></extra>",
                name=style.name,
            ),
            row=row,
            col=1,
        )
    _labels(figure, row, lanes.events, [theme.INK] * len(lanes.events), rise=0.12)


def _labels(
    figure: go.Figure,
    row: int,
    placed: Sequence[Placed],
    colours: Sequence[str],
    rise: float = 0.0,
    gap: str = "",
) -> None:
    """Texts at their places, `rise` lanes above the middle, `gap` away from their moment."""
    shown = [(at, colour) for at, colour in zip(placed, colours, strict=True) if at.label]
    if not shown:
        return
    texts = [
        gap + escape(at.label, quote=False)
        if at.anchor == "right"
        else escape(at.label, quote=False) + gap
        for at, _ in shown
    ]
    figure.add_trace(
        go.Scatter(
            x=[at.at for at, _ in shown],
            y=[at.lane - rise for at, _ in shown],
            text=texts,
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


def draw_trigger_ends(figure: go.Figure, stream: Stream, lanes: Lanes) -> None:
    """Dotted lines where a reply becomes due."""
    ends = [trigger.end for trigger in triggers(stream)]
    if not ends:
        return
    for row in lanes.heights() if len(ends) <= MOST_LINES else [DECIDE]:
        low, high = next(figure.select_yaxes(row=lanes.subplot(row))).range
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
            row=lanes.subplot(row),
            col=1,
        )


def draw_replies(
    figure: go.Figure, given: Sequence[Answer], missed: Sequence[Response], lanes: Lanes
) -> None:
    """What was said, at the time of its decision, and what should have been."""
    row = lanes.subplot(REPLIES)
    items = [
        (answer.time, answer.style, _reply_hover(answer), at)
        for answer, at in zip(given, lanes.replies, strict=False)
    ] + [
        (
            due.end,
            MISSED,
            f"missed: {escape(due.text, quote=False)}<br>trigger ends at {due.end:.2f} s",
            at,
        )
        for due, at in zip(missed, lanes.replies[len(given) :], strict=True)
    ]
    for style in (UNJUDGED, HIT, EARLY, FALSE_ALARM, MISSED):
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
    colours = [style.colour for _, style, *_ in items]
    _labels(figure, row, lanes.replies, colours, gap="\u2002\u2002")


def _reply_hover(answer: Answer) -> str:
    if answer.text is None:
        words = "silent when heard: the words are not known"
    else:
        words = f"{escape(answer.text, quote=False) or '(no words)'} [{answer.emotion}]"
    return f"{answer.style.name} at {answer.time:.1f} s, chunk {answer.chunk}<br>{words}"
