"""Lecture slides: Markdown in, one HTML file a deck out, which needs no network and no Chrome.

A deck is a Markdown file of `slides/`. `---` on a line of its own parts the slides, `Note:` begins
what only the speaker sees, and a fenced block named `figure` is Python whose last line is a plotly
figure: it is run when the deck is built, so slides show what the package draws. The blocks of a
deck share their names, as the cells of a notebook do.

The slides run on reveal.js (https://revealjs.com, MIT), which lies in `slides/vendor/`.
"""

import ast
import html
import re
from pathlib import Path
from string import Template

import plotly.graph_objects as go
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from plotly.offline import get_plotlyjs

from audio_interaction.errors import UserError
from audio_interaction.files import atomic_write
from audio_interaction.paths import REPOSITORY

FOLDER = REPOSITORY / "slides"
REVEAL = FOLDER / "vendor" / "reveal"
FIGURE = re.compile(r"^```figure\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SLIDE = re.compile(r"^---\n", re.MULTILINE)
NOTES = re.compile(r"^Note:\n", re.MULTILINE)
FIGURE_WIDTH = 1240
"""Pixels, on slides of 1280 by 720."""


def build_slides(out: str | Path | None = None) -> Path:
    """Build every deck of `slides/` to `OUT/NAME.html`; return the folder.

    Args:
        out: folder; `slides/build` by default.

    Raises:
        UserError: a figure block does not end in a figure, or the shipped model is missing.
    """
    out = FOLDER / "build" if out is None else Path(out)
    for source in sorted(FOLDER.glob("*.md")):
        with atomic_write(out / f"{source.stem}.html") as temporary:
            temporary.write_text(build_deck(source), encoding="utf-8")
    return out


def build_deck(source: Path) -> str:
    """One deck as a self-contained page."""
    figures: list[go.Figure] = []
    names: dict[str, object] = {}

    def draw(block: re.Match) -> str:
        figures.append(_run(block.group(1), names, f"{source.name}, figure {len(figures) + 1}"))
        return f"<div class='figure' id='figure-{len(figures)}'></div>"

    text = FIGURE.sub(draw, source.read_text(encoding="utf-8"))
    title = re.search(r"^# (.+)$", text, re.MULTILINE)
    scripts = [(REVEAL / name).read_text(encoding="utf-8") for name in ("reveal.js", "notes.js")]
    styles = [
        path.read_text(encoding="utf-8") for path in (REVEAL / "reveal.css", FOLDER / "style.css")
    ]
    if figures:
        scripts.append(get_plotlyjs())
    return Template((FOLDER / "template.html").read_text(encoding="utf-8")).substitute(
        title=html.escape(title.group(1) if title else source.stem),
        style="\n".join(styles),
        slides="\n".join(map(_slide, SLIDE.split(text))),
        # A script of a page ends at the first closing tag, even one inside a string.
        scripts="\n".join(scripts).replace("</script", "<\\/script"),
        figures="\n".join(_plot(figure, at) for at, figure in enumerate(figures, start=1)),
    )


def _run(code: str, names: dict, where: str) -> go.Figure:
    """Run a figure block; its last line must be an expression that is a figure."""
    *body, last = ast.parse(code).body or [None]
    if not isinstance(last, ast.Expr):
        raise UserError(f"{where}: the last line of a figure block is an expression, a figure")
    exec(compile(ast.Module(body, []), where, "exec"), names)
    figure = eval(compile(ast.Expression(last.value), where, "eval"), names)
    if not isinstance(figure, go.Figure):
        raise UserError(f"{where}: the last line gives {type(figure).__name__}, not a figure")
    return figure.update_layout(width=FIGURE_WIDTH)


def _slide(text: str) -> str:
    body, *notes = NOTES.split(text, maxsplit=1)
    aside = "".join(f"\n<aside class='notes'>{_html(note)}</aside>" for note in notes)
    return f"<section>\n{_html(body)}{aside}\n</section>"


def _html(markdown: str) -> str:
    return MarkdownWithMath(
        renderer=IPythonRenderer(escape=False, exclude_anchor_links=True)
    ).render(markdown)


def _plot(figure: go.Figure, at: int) -> str:
    return (
        f"<script>{{const figure = {figure.to_json()};\nPlotly.newPlot('figure-{at}', figure.data, "
        f"figure.layout, {{displayModeBar: false}}).then("
        f"drawn => figure.frames && Plotly.addFrames(drawn, figure.frames));}}</script>"
    )
