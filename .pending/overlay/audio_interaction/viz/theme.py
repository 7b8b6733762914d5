"""One look for every figure: a colour-blind-safe palette and a plotly template.

The palette is Okabe and Ito's (https://jfly.uni-koeln.de/color/), which stays distinct under the
common colour-vision deficiencies; no figure relies on colour alone.
"""

import plotly.graph_objects as go

WIDTH = 940
"""Width of every figure in pixels: the labels are laid out for it."""

INK = "#222222"
MUTED = "#6b6b6b"
GRID = "#e6e6e6"
BLUE = "#0072B2"
ORANGE = "#E69F00"
GREEN = "#009E73"
RED = "#D55E00"
SKY = "#56B4E9"
PURPLE = "#CC79A7"
YELLOW = "#F0E442"
PALETTE = (BLUE, ORANGE, GREEN, RED, SKY, PURPLE, MUTED)

FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif"
LABEL_SIZE = 12
"""Size of labels inside a figure, pixels."""

LABEL_PIXELS = 6.2
"""Generous mean width of a character at `LABEL_SIZE`, pixels: labels are placed by it."""

AXIS = dict(gridcolor=GRID, zeroline=False, linecolor=MUTED, title_font_size=13, automargin=False)

TEMPLATE = go.layout.Template(
    layout=dict(
        height=460,
        colorway=PALETTE,
        font=dict(family=FONT, size=13, color=INK),
        title=dict(x=0.01, xanchor="left", y=0.99, yanchor="top", pad=dict(t=8), font_size=17),
        paper_bgcolor="white",
        plot_bgcolor="white",
        margin=dict(l=75, r=25, t=85, b=55),
        hoverlabel=dict(font_size=12, align="left"),
        legend=dict(orientation="h", x=1, xanchor="right", y=1.01, yanchor="bottom"),
        xaxis=AXIS | dict(ticks="outside", ticklen=4, title_standoff=6),
        yaxis=AXIS | dict(title_standoff=8),
    )
)


LOOK = dict(template=TEMPLATE, width=WIDTH)
"""Layout of every figure. The width is explicit: in a template browsers pass it over."""


def tint(colour: str, opacity: float) -> str:
    """`#rrggbb` as an `rgba(…)` of the given opacity, 0 to 1."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
