"""A corpus at a glance, one question a figure: what, how long, how often, how quiet, how noisy.

All take the sums of `corpus.counts.count`, so that a corpus is read once.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import plotly.graph_objects as go

from audio_interaction.benchmarks.subsets import NOISY_DB
from audio_interaction.corpus.card import CAPTIONS, FIGURES
from audio_interaction.corpus.counts import Key, Totals, count, merged, timelines
from audio_interaction.errors import UserError
from audio_interaction.files import atomic_write
from audio_interaction.viz import theme
from audio_interaction.viz.corpus import colours_of, histogram, sunburst
from audio_interaction.viz.export import png

SYMBOLS = ("circle-open", "diamond-open", "cross-thin-open", "square-open")
ROW_PIXELS = 22

Totalled = Mapping[Key, Totals]


def subtasks_figure(totals: Totalled) -> go.Figure:
    """Streams by ability (inner ring) and sub-task (outer ring)."""
    tasks = _tasks(totals)
    sums = {
        key: (whole.streams, 3600 * whole.hours, whole.responses) for key, whole in tasks.items()
    }
    figure = go.Figure(sunburst(sums, colours_of(dict.fromkeys(ability for ability, _ in tasks))))
    figure.update_traces(insidetextorientation="radial", textfont_size=11)
    return _laid_out(figure, "subtasks", height=760, margin=dict(l=10, r=10, t=60, b=10))


def durations_figure(totals: Totalled) -> go.Figure:
    """Histogram of the lengths of all streams, in seconds."""
    lengths = merged(totals.values()).lengths
    figure = go.Figure(histogram(lengths, "streams of about %{x:.1f} s", 1.0))
    figure.update_xaxes(title_text="length, s")
    figure.update_yaxes(title_text="streams", rangemode="tozero")
    return _laid_out(figure, "durations", height=360)


def density_figure(totals: Totalled) -> go.Figure:
    """Replies an hour of every sub-task, a mark for each split."""
    return _by_task(totals, "density", "replies an hour", lambda t: t.responses / t.hours)


def silence_figure(totals: Totalled) -> go.Figure:
    """Percentage of chunks of every sub-task after which nothing is said, a mark for each split."""
    figure = _by_task(totals, "silence", "silent chunks, %", lambda t: 100 * t.silence)
    return figure.update_xaxes(range=[0, 102])


def snr_figure(totals: Totalled) -> go.Figure:
    """Histogram of the signal-to-noise ratios, in dB, and how many streams have no noise bed."""
    whole = merged(totals.values())
    if not whole.snr_db:
        raise UserError("no stream has a noise bed, so there is no ratio to draw")
    figure = go.Figure(histogram(whole.snr_db, "streams at about %{x:.0f} dB", 2.0))
    noisy = sum(ratio < NOISY_DB for ratio in whole.snr_db)
    figure.add_vline(NOISY_DB, line=dict(color=theme.RED, width=1.5, dash="dash"))
    figure.add_annotation(
        x=NOISY_DB,
        y=1,
        yref="paper",
        yanchor="bottom",
        text=f"{noisy:,} noisy ones, below {NOISY_DB:.0f} dB",
        showarrow=False,
        xanchor="right",
        font=dict(size=theme.LABEL_SIZE, color=theme.RED),
    )
    without = whole.streams - len(whole.snr_db)
    figure.add_annotation(
        x=1,
        y=1,
        xref="paper",
        yref="paper",
        yanchor="bottom",
        text=f"{without:,} streams have no noise bed",
        showarrow=False,
        xanchor="right",
        font=dict(size=theme.LABEL_SIZE, color=theme.MUTED),
    )
    figure.update_xaxes(title_text="signal-to-noise ratio, dB")
    figure.update_yaxes(title_text="streams", rangemode="tozero")
    return _laid_out(figure, "snr", height=360)


CORPUS_FIGURES: dict[str, Callable[[Totalled], go.Figure]] = {
    "subtasks": subtasks_figure,
    "durations": durations_figure,
    "density": density_figure,
    "silence": silence_figure,
    "snr": snr_figure,
}
"""Every figure by the name that the dataset card shows it under."""


def draw_corpus(folder: str | Path) -> list[Path]:
    """Draw the figures of a corpus into `folder/figures/NAME.png`; none without a Chrome.

    Raises:
        UserError: the folder holds no corpus, or one of an earlier version.
    """
    totals = count(timelines(folder))
    beds = any(part.snr_db for part in totals.values())
    drawn = []
    for name, figure in CORPUS_FIGURES.items():
        picture = png(figure(totals)) if beds or name != "snr" else None
        if picture is not None:
            drawn.append(Path(folder) / FIGURES / f"{name}.png")
            with atomic_write(drawn[-1]) as temporary:
                temporary.write_bytes(picture)
    return drawn


def _tasks(totals: Totalled) -> dict[tuple[str, str], Totals]:
    """The sums of each sub-task over all splits, abilities together."""
    keys = dict.fromkeys(key[1:] for key in totals)
    abilities = list(dict.fromkeys(ability for ability, _ in keys))
    return {
        key: merged(part for own, part in totals.items() if own[1:] == key)
        for key in sorted(keys, key=lambda key: abilities.index(key[0]))
    }


def _by_task(totals: Totalled, name: str, what: str, value: Callable[[Totals], float]) -> go.Figure:
    """A row for each sub-task, coloured by its ability, with a mark for each split."""
    tasks = _tasks(totals)
    colours = colours_of(dict.fromkeys(ability for ability, _ in tasks))
    figure = go.Figure()
    for ability, colour in colours.items():
        own = {task: value(whole) for (a, task), whole in tasks.items() if a == ability}
        figure.add_bar(
            x=list(own.values()),
            y=[[ability.replace(" ", "<br>", 1)] * len(own), list(own)],
            orientation="h",
            marker=dict(color=theme.tint(colour, 0.35), line_width=0),
            hovertemplate=f"%{{y}}: %{{x:.1f}} {what}<extra>all splits</extra>",
            showlegend=False,
        )
    for number, split in enumerate(dict.fromkeys(split for split, _, _ in totals)):
        own = {key[1:]: value(part) for key, part in totals.items() if key[0] == split}
        figure.add_scatter(
            x=list(own.values()),
            y=[[ability.replace(" ", "<br>", 1) for ability, _ in own], [task for _, task in own]],
            mode="markers",
            cliponaxis=False,
            marker=dict(
                symbol=SYMBOLS[number % len(SYMBOLS)], size=8, color=theme.INK, line_width=1.5
            ),
            hovertemplate=f"%{{y}}: %{{x:.1f}} {what}<extra>{split}</extra>",
            name=split,
        )
    figure.update_xaxes(title_text=what, rangemode="tozero")
    figure.update_yaxes(
        autorange="reversed", showdividers=False, tickfont_size=11, ticklabelstandoff=6
    )
    height = 140 + ROW_PIXELS * len(tasks)
    return _laid_out(figure, name, height=height, bargap=0.25, margin=dict(l=270))


def _laid_out(figure: go.Figure, name: str, **layout) -> go.Figure:
    return figure.update_layout(**theme.LOOK, title_text=CAPTIONS[name], **layout)
