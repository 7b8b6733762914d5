"""What a corpus is made of."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

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
    colours = colours_of(abilities)
    sums = {key: (len(own), *np.sum(own, axis=0)) for key, own in sorted(streams.items())}

    height = max(560, 330 + 22 * len(order))
    figure = make_subplots(
        rows=2,
        cols=2,
        column_widths=[0.47, 0.53],
        horizontal_spacing=0.14,
        row_heights=[230, height - 320],
        vertical_spacing=90 / height,
        specs=[[dict(type="domain", rowspan=2), {}], [None, {}]],
        subplot_titles=("streams by ability and sub-task", "length", "replies a minute"),
    )
    figure.add_trace(sunburst(sums, colours), row=1, col=1)
    for ability in abilities:
        figure.add_trace(_density(streams, ability, colours[ability]), row=2, col=2)
    seconds = [each for own in streams.values() for each, _ in own]
    figure.add_trace(histogram(seconds, "streams of about %{x:.0f} s"), row=1, col=2)
    figure.update_xaxes(title_text="seconds", row=1, col=2)
    figure.update_yaxes(title_text="streams", row=1, col=2)
    figure.update_xaxes(rangemode="tozero", row=2, col=2)
    figure.update_yaxes(autorange="reversed", dtick=1, tickfont_size=11, row=2, col=2)
    figure.update_layout(**theme.LOOK, title_text=title, height=height, bargap=0.03)
    figure.update_layout(margin=dict(l=10, t=90 if title else 50))
    return figure


def colours_of(abilities: Iterable[str]) -> dict[str, str]:
    """A colour for each ability."""
    return {a: theme.PALETTE[at % len(theme.PALETTE)] for at, a in enumerate(abilities)}


def sunburst(sums: Mapping[tuple[str, str], tuple], colours: Mapping[str, str]) -> go.Sunburst:
    """Abilities within, their sub-tasks around them, as wide as they have streams.

    Args:
        sums: (streams, seconds, replies) of each (ability, sub-task).
        colours: of the abilities, in the order they are drawn in.
    """
    whole = {a: np.sum([own for (b, _), own in sums.items() if b == a], axis=0) for a in colours}
    inner = [(ability, "", ability, own) for ability, own in whole.items()]
    outer = [(f"{a}/{task}", a, task, own) for (a, task), own in sums.items()]
    return go.Sunburst(
        ids=[identity for identity, *_ in inner + outer],
        parents=[parent for _, parent, *_ in inner + outer],
        labels=[
            name.replace(" ", "<br>").replace("-aware", "-<br>aware")
            for *_, name, _ in inner + outer
        ],
        values=[int(streams) for *_, (streams, _, _) in inner + outer],
        customdata=[[seconds / 3600, replies] for *_, (_, seconds, replies) in inner + outer],
        branchvalues="total",
        hovertemplate="%{label}<br>%{value} streams, %{customdata[0]:.2f} h<br>"
        "%{customdata[1]:.0f} replies<extra></extra>",
        marker=dict(
            colors=[theme.tint(colours[a], 0.75) for a in whole]
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


def histogram(values: Sequence[float], what: str, width: float | None = None) -> go.Bar:
    """Histogram with its bins counted here, so that the figure does not carry every value.

    Args:
        what: a bar is of, after its count; a hover template of plotly.
        width: of a bar, the edges of which are multiples of it; 30 bars without.
    """
    bins = 30
    if width is not None:
        low, high = np.floor(np.min(values) / width), np.floor(np.max(values) / width)
        bins = width * np.arange(low, high + 2)
    counts, edges = np.histogram(values, bins=bins)
    return go.Bar(
        x=(edges[1:] + edges[:-1]) / 2,
        y=counts,
        width=np.diff(edges),
        marker=dict(color=theme.MUTED, line=dict(color="white", width=1)),
        hovertemplate=f"%{{y}} {what}<extra></extra>",
        showlegend=False,
    )
