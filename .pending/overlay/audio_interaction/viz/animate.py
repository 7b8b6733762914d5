"""The decide figure as it comes to be: a slider over time that needs no kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from audio_interaction.protocol import seconds_of
from audio_interaction.viz import theme
from audio_interaction.viz.decide import decide_figure

if TYPE_CHECKING:
    from audio_interaction.corpus.schema import Stream
    from audio_interaction.streaming.session import Transcript

CONTROLS_PIXELS = 75


def curtain(now: float, seconds: float) -> list[dict]:
    """Shapes that hide what has not been heard at `now`, and mark that moment."""
    across = dict(xref="x", yref="paper", y0=0, y1=1, layer="above")
    return [
        dict(
            type="rect", x0=now, x1=seconds, fillcolor="rgba(255,255,255,0.88)", line_width=0,
            **across,
        ),
        dict(type="line", x0=now, x1=now, line=dict(color=theme.INK, width=2), **across),
    ]  # fmt: skip


def animate_decide(
    samples: np.ndarray,
    transcript: Transcript,
    stream: Stream | None = None,
    threshold: float | None = None,
    max_frames: int = 80,
    title: str = "",
) -> go.Figure:
    """`decide_figure` with a slider that reveals it chunk by chunk, and a play button.

    Args:
        max_frames: longer streams move by several chunks at a step.
        others: as for `decide_figure`.
    """
    figure = decide_figure(samples, transcript, stream, threshold, title=title)
    threshold = transcript.threshold if threshold is None else threshold
    p_response = np.asarray(transcript.p_response)
    seconds = figure.layout.xaxis.range[1]
    still = [shape.to_plotly_json() for shape in figure.layout.shapes]
    stride = max(1, -(-len(p_response) // max_frames))
    frames, steps = [], []
    for chunk in range(stride - 1, len(p_response), stride):
        now = seconds_of(chunk + 1)
        verdict = "response" if p_response[chunk] >= threshold else "silent"
        frames.append(go.Frame(name=str(chunk), layout=dict(shapes=still + curtain(now, seconds))))
        steps.append(
            dict(
                method="animate",
                label=f"{now:.1f} s, p {p_response[chunk]:.2f}: {verdict}",
                args=[[str(chunk)], _at_once(mode="immediate")],
            )
        )
    figure.frames = frames
    _controls(figure, steps, stride * seconds_of(1))
    return figure


def _at_once(**options) -> dict:
    return dict(transition=dict(duration=0), frame=dict(duration=0, redraw=True), **options)


def _controls(figure: go.Figure, steps: list[dict], pace: float) -> None:
    """A slider with a play and a pause button below the figure; `pace` in seconds a step."""
    play = dict(
        transition=dict(duration=0),
        frame=dict(duration=1000 * pace, redraw=True),
        fromcurrent=True,
        mode="immediate",
    )
    below = figure.layout.margin.b / (figure.layout.height - figure.layout.margin.t)
    figure.update_layout(
        height=figure.layout.height + CONTROLS_PIXELS,
        margin_b=figure.layout.margin.b + CONTROLS_PIXELS,
        sliders=[
            dict(
                steps=steps,
                active=max(0, len(steps) - 1),
                x=0.1,
                len=0.9,
                y=-below,
                yanchor="top",
                pad=dict(t=0, b=0),
                ticklen=0,
                font=dict(size=1, color="white"),  # labels at every chunk would be a black bar
                currentvalue=dict(font=dict(size=14, color=theme.INK), xanchor="left", offset=8),
            )
        ],
        updatemenus=[
            dict(
                type="buttons",
                direction="left",
                x=0,
                y=-below,
                xanchor="left",
                yanchor="top",
                pad=dict(t=18, r=10),
                showactive=False,
                buttons=[
                    dict(method="animate", label="▶", args=[None, play]),
                    dict(method="animate", label="❚❚", args=[[None], _at_once(mode="immediate")]),
                ],
            )
        ],
    )
