"""What TFJP does to a recording: before, after, and the work of each operator."""

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from audio_interaction.audio.tfjp import Step, Tfjp
from audio_interaction.errors import UserError
from audio_interaction.protocol import CHUNK_SAMPLES, SAMPLE_RATE, chunks_in
from audio_interaction.viz import theme
from audio_interaction.viz.decimate import mel_decibels
from audio_interaction.viz.tracks import MEL_BANDS, MEL_ROWS, draw_mel, draw_waveform

PLOTS, TABLE = 0.55, 0.42  # shares of the width
ROW_PIXELS, LINE_PIXELS = (90, 120, 90, 120), 20
GAP_PIXELS, TITLE_PIXELS = 14, 40
MARGIN = dict(l=75, r=15, t=78, b=50)
MEL_RANGE = 75  # dB below the loudest
MEL_TICKS = (500, 1000, 2000, 4000)  # Hz


def tfjp_figure(
    samples: np.ndarray, done: Tfjp, max_points: int = 300, title: str = ""
) -> go.Figure:
    """Waveform and log-mel before and after TFJP on one scale of time and level, and its log.

    What was left out is shaded in the recording: pauses that were shortened, and what lies outside
    of the core.

    Args:
        samples: float32 (S,) at 16 kHz: what `audio.tfjp.tfjp` was given.
        done: what it returned.
        max_points: columns of each waveform and log-mel.
        title: printed above.

    Raises:
        UserError: the log does not fit the samples, so they are not those TFJP was given.
    """
    samples = np.asarray(samples, np.float32)
    lost = left_out(len(samples), done)
    seconds = max(len(samples), len(done.samples)) / SAMPLE_RATE
    inner = max(sum(ROW_PIXELS) + 3 * GAP_PIXELS, LINE_PIXELS * (len(done.log) + 2))
    top = MARGIN["t"] if title else MARGIN["t"] - TITLE_PIXELS
    figure = make_subplots(
        rows=4,
        cols=2,
        column_widths=[PLOTS, TABLE],
        horizontal_spacing=1 - PLOTS - TABLE,
        row_heights=list(ROW_PIXELS),
        vertical_spacing=GAP_PIXELS / inner,
        shared_xaxes=True,
        specs=[[{}, dict(type="table", rowspan=4)], [{}, None], [{}, None], [{}, None]],
    )
    figure.update_layout(
        **theme.LOOK,
        title_text=title,
        height=inner + top + MARGIN["b"],
        margin=MARGIN | dict(t=top),
        legend=dict(x=0, xanchor="left"),
    )
    peak = max(float(np.abs(x).max(initial=1e-3)) for x in (samples, done.samples))
    loudest = int(mel_decibels(samples, max_points, MEL_ROWS, MEL_BANDS).max(initial=-40))
    for row, name, sound in ((1, "before", samples), (3, "after", done.samples)):
        _sound(figure, row, name, sound, max_points, peak, loudest)
    for at, (start, end) in enumerate(lost):
        shade = dict(line_width=0, col=1)
        figure.add_vrect(
            start,
            end,
            fillcolor=theme.tint(theme.ORANGE, 0.4),
            name=f"left out ({sum(b - a for a, b in lost):.2f} s)",
            showlegend=at == 0,
            row=1,
            **shade,
        )
        figure.add_vrect(start, end, fillcolor="rgba(255,255,255,0.6)", row=2, **shade)
    figure.update_xaxes(range=[0, seconds])
    figure.update_xaxes(title_text="seconds", row=4)
    figure.add_trace(_table(done), row=1, col=2)
    return figure


def left_out(length: int, done: Tfjp) -> list[tuple[float, float]]:
    """Spans of a recording of `length` samples, in its seconds, that TFJP did not keep.

    Raises:
        UserError: the log was not made with a recording of this length.
    """
    first = done.log[0]
    cut = sum(end - start for start, end in first.spans)
    if length != round((first.seconds + cut) * SAMPLE_RATE):
        raise UserError(
            f"the log of TFJP is not that of a recording of {length} samples; "
            "pass the samples that TFJP was given"
        )
    origin = np.arange(length)  # where each sample of the clip was in the recording
    for step in done.log:
        spans = [tuple(round(at * SAMPLE_RATE) for at in span) for span in step.spans]
        if step.operator == "silence_cut" and step is not _undone(done):
            kept = np.ones(len(origin), bool)
            for start, end in spans:
                kept[start:end] = False
            origin = origin[kept]
        elif step.operator == "boundary_norm":
            ((start, end),) = spans
            origin = np.pad(origin[start:end], (0, max(0, end - len(origin))), constant_values=-1)
    kept = np.zeros(length, bool)
    kept[origin[origin >= 0]] = True
    edges = np.flatnonzero(np.diff(~kept, prepend=False, append=False)) / SAMPLE_RATE
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _undone(done: Tfjp) -> Step | None:
    """The cut that would have called for one more pass."""
    return done.log[-1] if done.stopped == "cap" and done.log[-1].spans else None


def _sound(
    figure: go.Figure, row: int, name: str, samples: np.ndarray, columns: int, peak: float, top: int
) -> None:
    """Waveform in `row`, log-mel below it; the silence that fills the last chunk is left out."""
    draw_waveform(figure, row, samples, columns, theme.BLUE, 1.05 * peak)
    figure.update_yaxes(title_text=name, row=row)
    decibels = mel_decibels(samples, columns, MEL_ROWS, MEL_BANDS)
    padded = chunks_in(len(samples)) * CHUNK_SAMPLES
    step = padded / SAMPLE_RATE / decibels.shape[1]
    heard = decibels[:, : -(-decibels.shape[1] * len(samples) // padded)]
    draw_mel(figure, row + 1, heard, step, top, MEL_RANGE, MEL_TICKS)
    figure.update_yaxes(title_text="log-mel, Hz", row=row + 1)


def _table(done: Tfjp) -> go.Table:
    work = [
        describe(step) + (" left, at the cap" if step is _undone(done) else "") for step in done.log
    ]
    passes = [step.number for step in done.log]
    fills = ["white" if number % 2 else "#f4f4f4" for number in passes]
    return go.Table(
        columnwidth=[40, 100, 160, 52],
        header=dict(
            values=["pass", "operator", f"what it did ({done.stopped})", "length"],
            align="left",
            line_color=theme.GRID,
            fill_color=theme.GRID,
            font=dict(size=12, color=theme.INK),
            height=LINE_PIXELS + 2,
        ),
        cells=dict(
            values=[
                passes,
                [step.operator for step in done.log],
                work,
                [f"{step.seconds:.2f} s" for step in done.log],
            ],
            align="left",
            line_color=theme.GRID,
            fill_color=[fills],
            font=dict(size=11, color=theme.INK),
            height=LINE_PIXELS,
        ),
    )


def describe(step: Step) -> str:
    """What an operator did, in a few words."""
    spans = step.spans
    if step.operator == "silence_cut":
        total = sum(end - start for start, end in spans)
        pauses = "1 pause" if len(spans) == 1 else f"{len(spans)} pauses"
        return f"{total:.2f} s of {pauses}" if spans else "nothing to cut"
    if step.operator == "noise_profile":
        return "no floor apart" if step.level_db is None else f"floor at {step.level_db:.0f} dB"
    if step.operator == "denoise":
        return "nothing taken" if step.level_db is None else f"took noise of {step.level_db:.0f} dB"
    if step.operator == "core_locate":
        return "core {:.2f} to {:.2f} s".format(*spans[0])
    if step.operator == "boundary_norm":
        return "grid {:.1f} to {:.1f} s".format(*spans[0])
    return "20 ms tapers"
