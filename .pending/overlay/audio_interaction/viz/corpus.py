"""What a corpus is made of."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from audio_interaction.errors import UserError
from audio_interaction.viz import theme

COLUMNS = ["task", "ability", "seconds", "responses"]


def corpus_figure(rows: Iterable[Mapping], title: str = "") -> go.Figure:
    """Sub-tasks by ability, length of the streams, and how often each sub-task calls for a reply.

    Args:
        rows: rows of a corpus (`corpus.build.FEATURES`), such as one split of a `DatasetDict`;
            task, ability, seconds and responses are read.

    Raises:
        UserError: there are no rows.
    """
    if hasattr(rows, "select_columns"):
        rows = rows.select_columns(COLUMNS)  # leaves the audio on disk
    streams = defaultdict(list)  # (ability, task) -> (seconds, responses)
    for row in rows:
        streams[row["ability"], row["task"]].append((row["seconds"], len(row["responses"])))
    if not streams:
        raise UserError("a corpus without streams cannot be drawn; build it first")
    order = sorted(streams)
    abilities = list(dict.fromkeys(ability for ability, _ in order))
    colours = {ability: theme.PALETTE[at % 7] for at, ability in enumerate(abilities)}

    figure = make_subplots(
        rows=2,
        cols=2,
        column_widths=[0.47, 0.53],
        horizontal_spacing=0.14,
        vertical_spacing=0.24,
        specs=[[dict(type="domain", rowspan=2), {}], [None, {}]],
        subplot_titles=("streams by ability and sub-task", "length", "replies a minute"),
    )
    figure.add_trace(_sunburst(streams, abilities, colours), row=1, col=1)
    for ability in abilities:
        figure.add_trace(_density(streams, ability, colours[ability]), row=2, col=2)
    figure.add_trace(_lengths(streams), row=1, col=2)
    figure.update_xaxes(title_text="seconds", row=1, col=2)
    figure.update_yaxes(title_text="streams", row=1, col=2)
    figure.update_xaxes(rangemode="tozero", row=2, col=2)
    figure.update_yaxes(autorange="reversed", row=2, col=2)
    height = max(560, 330 + 26 * len(order))
    figure.update_layout(**theme.LOOK, title_text=title, height=height, bargap=0.03)
    figure.update_layout(margin=dict(l=10, t=90 if title else 50))
    return figure


def _sunburst(streams: Mapping, abilities: list[str], colours: Mapping) -> go.Sunburst:
    inner = [
        (ability, "", ability, [p for (a, _), own in streams.items() if a == ability for p in own])
        for ability in abilities
    ]
    outer = [(f"{a}/{task}", a, task, own) for (a, task), own in sorted(streams.items())]
    return go.Sunburst(
        ids=[identity for identity, *_ in inner + outer],
        parents=[parent for _, parent, *_ in inner + outer],
        labels=[
            name.replace(" ", "<br>").replace("-aware", "-<br>aware")
            for *_, name, _ in inner + outer
        ],
        values=[len(own) for *_, own in inner + outer],
        customdata=[[*np.sum(own, axis=0) / (3600, 1)] for *_, own in inner + outer],
        branchvalues="total",
        hovertemplate="%{label}<br>%{value} streams, %{customdata[0]:.2f} h<br>"
        "%{customdata[1]:.0f} replies<extra></extra>",
        marker=dict(
            colors=[theme.tint(colours[a], 0.75) for a in abilities]
            + [theme.tint(colours[a], 0.4) for _, a, *_ in outer],
            line=dict(color="white", width=1.5),
        ),
        textfont=dict(color=theme.INK, size=12),
        insidetextorientation="auto",
    )


def _density(streams: Mapping, ability: str, colour: str) -> go.Box:
    """Boxes of quartiles, with whiskers from the least to the most."""
    rates = {}
    for (own, task), found in sorted(streams.items()):
        if own == ability:
            seconds, replies = np.array(found).T
            rates[task] = np.quantile(60 * replies / seconds, [0, 0.25, 0.5, 0.75, 1])
    low, q1, median, q3, high = np.array(list(rates.values())).T
    return go.Box(
        y=list(rates),
        lowerfence=low,
        q1=q1,
        median=median,
        q3=q3,
        upperfence=high,
        orientation="h",
        line=dict(color=colour, width=1.5),
        fillcolor=theme.tint(colour, 0.25),
        showlegend=False,
        name=ability,
    )


def _lengths(streams: Mapping) -> go.Bar:
    """Histogram with its bins counted here, so that the figure does not carry every stream."""
    seconds = np.array([s for own in streams.values() for s, _ in own])
    counts, edges = np.histogram(seconds, bins=30)
    return go.Bar(
        x=(edges[1:] + edges[:-1]) / 2,
        y=counts,
        width=np.diff(edges),
        marker=dict(color=theme.MUTED, line_width=0),
        hovertemplate="%{y} streams of about %{x:.0f} s<extra></extra>",
        showlegend=False,
    )
