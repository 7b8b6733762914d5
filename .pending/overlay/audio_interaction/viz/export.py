"""Showing and saving figures, as pictures too wherever a Chrome can draw them.

A notebook page on the web runs no scripts: it shows the PNG. JupyterLab prefers the live figure of
the same output. Without kaleido or a Chrome only the live one is kept.
"""

import base64
import json
import os
import warnings
from pathlib import Path

import plotly.graph_objects as go
from plotly.utils import PlotlyJSONEncoder

from audio_interaction.files import atomic_write
from audio_interaction.viz.theme import WIDTH

MIME = "application/vnd.plotly.v1+json"


def can_draw() -> bool:
    """Whether static pictures can be made: kaleido is installed and finds a Chrome.

    The environment variable `BROWSER_PATH` names another one; an empty one means none.
    """
    if os.environ.get("BROWSER_PATH") == "":
        return False
    try:
        import kaleido  # noqa: F401
        from choreographer.browsers.chromium import Chromium
    except ImportError:
        return False
    browser = Chromium.find_browser(skip_local=False)
    return browser is not None and Path(browser).is_file()


def png(figure: go.Figure) -> bytes | None:
    """The figure as a PNG of the size of its layout; None without a Chrome.

    A Chrome that is found but does not run is reported as a warning. The first picture takes some
    seconds, those after it a fraction of one: the browser stays open.
    """
    if not can_draw():
        return None
    import kaleido

    layout = figure.layout
    size = dict(
        width=layout.width or WIDTH,
        height=layout.height or layout.template.layout.height,
    )
    try:
        kaleido.start_sync_server(silence_warnings=True)
        return kaleido.calc_fig_sync(figure.to_dict(), opts=dict(format="png", scale=1, **size))
    except Exception as error:  # whatever keeps a browser from running must not cost the figure
        warnings.warn(f"no static picture of the figure: {error!r}", stacklevel=2)
        return None


def show(figure: go.Figure, name: str = "", folder: str | Path | None = None) -> None:
    """Put a figure out in a notebook, live and (where possible) as a picture, in one output.

    Args:
        name: what the picture is called when it is downloaded from the live figure.
        folder: also `save` it there under that name.
    """
    from IPython.display import display

    picture = png(figure)
    content = json.loads(json.dumps(figure.to_dict(), cls=PlotlyJSONEncoder))
    content["config"] = {
        "displaylogo": False,
        "toImageButtonOptions": {"filename": name or "figure", "scale": 2},
    }
    bundle = {MIME: content, "text/plain": f"[figure {name}]"}
    if picture is not None:
        bundle["image/png"] = base64.b64encode(picture).decode()
    display(bundle, raw=True)
    if folder is not None:
        _write(figure, Path(folder) / name, picture, self_contained=True)


def save(figure: go.Figure, stem: str | Path, self_contained: bool = True) -> list[Path]:
    """Write `STEM.html` and, where possible, `STEM.png`; return what was written.

    Args:
        self_contained: carry plotly.js (4.5 MB) in the file; otherwise it is fetched from the web.

    Raises:
        OSError: the folder is not writable.
    """
    return _write(figure, Path(stem), png(figure), self_contained)


def _write(figure, stem: Path, picture: bytes | None, self_contained: bool) -> list[Path]:
    files = [stem.with_name(f"{stem.name}.html")]
    with atomic_write(files[0]) as temporary:
        figure.write_html(temporary, include_plotlyjs=True if self_contained else "cdn")
    if picture is not None:
        files.append(stem.with_name(f"{stem.name}.png"))
        with atomic_write(files[1]) as temporary:
            temporary.write_bytes(picture)
    return files
