"""Figures of the class imbalance: how rare responses are, and what that makes cheap."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from audio_interaction.errors import UserError
from audio_interaction.viz import theme

PRICES = np.linspace(0.002, 0.998, 250)


def share_figure(counts: Mapping[str, tuple[int, int]], title: str = "") -> go.Figure:
    """Share of the decisions that are responses, a bar a group, the largest on top.

    One more bar stands for all groups together.

    Args:
        counts: (responses, decisions) by the name of the group, such as a sub-task.

    Raises:
        UserError: there are no groups, or one without decisions.
    """
    if not counts or not all(decisions for _, decisions in counts.values()):
        raise UserError("a share of responses needs groups, and decisions in each of them")
    together = tuple(sum(column) for column in zip(*counts.values(), strict=True))
    rows = {**counts, "all together": together}
    shares = {name: 100 * said / decisions for name, (said, decisions) in rows.items()}
    names = sorted(shares, key=lambda name: shares[name])
    figure = go.Figure(
        go.Bar(
            x=[shares[name] for name in names],
            y=names,
            orientation="h",
            marker_color=[theme.BLUE if name in counts else theme.PURPLE for name in names],
            text=[f"{shares[name]:.1f}" for name in names],
            textposition="outside",
            customdata=[rows[name] for name in names],
            hovertemplate="%{y}: %{customdata[0]} of %{customdata[1]} decisions<extra></extra>",
        )
    )
    figure.update_xaxes(title_text="responses among the decisions, %", rangemode="tozero")
    figure.update_layout(**theme.LOOK, title_text=title, height=120 + 21 * len(names))
    figure.update_layout(margin=dict(l=140, t=55 if title else 25, r=50))
    return figure


def price_figure(share: float, silence_weights: Mapping[str, float], title: str = "") -> go.Figure:
    """Mean decision loss of a model that always says the same p(response), over that p.

    Args:
        share: share of the decisions that are responses, between 0 and 1.
        silence_weights: weight of a silence against that of a response, by the name of the curve.
            The weights are scaled to a mean of 1, so that the curves can be compared.

    Raises:
        UserError: the share is not between 0 and 1.
    """
    if not 0 < share < 1:
        raise UserError(f"the share of responses must lie between 0 and 1, not at {share}")
    figure = go.Figure()
    for at, (name, weight) in enumerate(silence_weights.items()):
        response = share / (share + weight * (1 - share))
        colour = theme.PALETTE[at % len(theme.PALETTE)]
        prices = -response * np.log(PRICES) - (1 - response) * np.log(1 - PRICES)
        cheapest = -sum(w * np.log(w) for w in (response, 1 - response) if w)
        figure.add_trace(
            go.Scatter(
                x=PRICES.astype(np.float32),
                y=prices.astype(np.float32),
                mode="lines",
                line=dict(color=colour, width=2),
                name=f"{name}: cheapest at {response:.3f}",
                hovertemplate="p %{x:.3f}: loss %{y:.3f}<extra></extra>",
            )
        )
        figure.add_trace(
            go.Scatter(
                x=[response],
                y=[cheapest],
                mode="markers",
                marker=dict(color=colour, size=11, symbol="diamond"),
                hoverinfo="skip",
                showlegend=False,
            )
        )
    figure.update_xaxes(title_text="the p(response) that is always said", range=[-0.02, 1.02])
    figure.update_yaxes(title_text="mean decision loss", range=[-0.06, 2.5])
    figure.update_layout(**theme.LOOK, title_text=title, height=400)
    figure.update_layout(
        margin=dict(t=55 if title else 25),
        legend=dict(x=0.5, xanchor="center", y=0.97, yanchor="top", orientation="v"),
    )
    return figure
