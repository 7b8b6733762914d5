"""What a run of all notebooks comes to: tables for the terminal, one HTML page to keep or send.

Notebooks save what they measure with `benchmarks.report.Report.save(current_profile().results)`.
Numbers shown anywhere are read from those files; none is typed a second time.
"""

import html
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import nbformat
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from audio_interaction.benchmarks.bootstrap import Interval
from audio_interaction.benchmarks.report import Report, Row, Table
from audio_interaction.errors import UserError
from audio_interaction.files import atomic_write
from audio_interaction.profiles import Profile
from audio_interaction.reproduce import Run, machine
from audio_interaction.viz.export import MIME

STYLE = """
body { font: 16px/1.5 Helvetica, Arial, sans-serif; color: #222; max-width: 1040px;
       margin: 2em auto; padding: 0 1em; }
table { border-collapse: collapse; margin: 1em 0; }
th, td { text-align: right; padding: .3em .8em; border-bottom: 1px solid #ddd; }
th:first-child { text-align: left; }
figure { margin: 2em 0; overflow-x: auto; }
"""


def load_reports(folder: Path) -> list[Report]:
    """Read every report that was saved into a folder, in the order of their names.

    Raises:
        UserError: a file is not one that `Report.save` wrote.
    """
    reports = []
    for path in sorted(Path(folder).glob("*.json")):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            content["tables"] = [_table(table) for table in content["tables"]]
            reports.append(Report(**content))
        except (ValueError, KeyError, TypeError) as error:
            raise UserError(
                f"{path}: not a saved report ({error!r}); delete it and run its notebook again"
            ) from error
    return reports


def _table(table: dict) -> Table:
    rows = (
        Row(row["label"], tuple(map(_cell, row["cells"])), table["origin"]) for row in table["rows"]
    )
    columns, units = tuple(table["columns"]), tuple(table["units"])
    return Table(table["title"], columns, units, tuple(rows), table["note"])


def _cell(cell):
    return Interval(**cell) if isinstance(cell, dict) else cell


def as_markdown(profile: Profile, reports: Sequence[Report], minutes: float) -> str:
    """All reports under the line that says where their numbers come from."""
    origin = (
        f"Profile `{profile.name}`, {minutes:.0f} minutes of notebooks, "
        f"{profile.lanes} at a time; {machine()}."
    )
    if not reports:
        return f"{origin}\n\nThe notebooks saved no measurement."
    return "\n\n".join([origin, *(report.markdown().strip() for report in reports)])


def notebook_table(runs: Sequence[Run]) -> str:
    """Markdown table of the notebooks and the minutes each took here."""
    rows = [f"| [{run.title}](notebooks/{run.path.name}) | {run.minutes:.1f} |" for run in runs]
    return "\n".join(["| notebook | minutes |", "|---|---|", *rows])


def fill_readme(readme: Path, block: str, text: str) -> None:
    """Replace what stands between `<!-- BLOCK:begin -->` and `<!-- BLOCK:end -->` of a README.

    Headings in `text` move one level down.

    Raises:
        UserError: the file lacks a marker.
    """
    begin, end = (f"<!-- {block}:{edge} -->" for edge in ("begin", "end"))
    content = readme.read_text(encoding="utf-8")
    before, found_begin, rest = content.partition(begin)
    _, found_end, after = rest.partition(end)
    if not (found_begin and found_end):
        raise UserError(f"{readme}: the markers {begin} and {end} are missing; put them back")
    text = re.sub(r"^#", "##", text, flags=re.MULTILINE)
    with atomic_write(readme) as temporary:
        temporary.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")


def write_page(
    path: Path, profile: Profile, runs: Sequence[Run], reports: Sequence[Report]
) -> None:
    """Write the page: minutes, measured tables, and every figure of the executed notebooks.

    Self-contained: it opens without a network, its figures are alive, and no Chrome was needed.
    """
    figures = [(run, list(figures_of(run.path))) for run in runs]
    # Once for all figures: plotly.js is a hundred times the size of one of them.
    script = f"<script>{get_plotlyjs()}</script>" if any(found for _, found in figures) else ""
    parts = [
        "<!doctype html>\n<html lang='en'>\n<meta charset='utf-8'>",
        f"<title>Audio Interaction, profile {profile.name}</title>\n<style>{STYLE}</style>{script}",
        "<h1>Audio Interaction, reproduced</h1>",
        f"<p>Profile <b>{profile.name}</b> ({html.escape(profile.purpose)}); "
        f"{html.escape(machine())}.</p>",
        "<h2>Notebooks</h2>\n<table>\n<tr><th>notebook</th><th>minutes</th></tr>",
        *(
            f"<tr><th><a href='{run.path.name}'>{html.escape(run.title)}</a></th>"
            f"<td>{run.minutes:.1f}</td></tr>"
            for run in runs
        ),
        "</table>",
    ]
    for report in reports:
        parts.append(f"<h2>{html.escape(report.title)}</h2>")
        parts += [table.html() for table in report.tables]
    for run, found in figures:
        if found:
            parts.append(f"<h2>Figures: {html.escape(run.title)}</h2>")
        for figure in found:
            drawn = figure.to_html(full_html=False, include_plotlyjs=False)
            parts.append(f"<figure>{drawn}</figure>")
    with atomic_write(path) as temporary:
        temporary.write_text("\n".join([*parts, "</html>\n"]), encoding="utf-8")


def figures_of(notebook: Path) -> Iterator[go.Figure]:
    """The live figures among the outputs of an executed notebook."""
    for cell in nbformat.read(notebook, as_version=4).cells:
        for output in cell.get("outputs", ()):
            content = output.get("data", {}).get(MIME)
            if content:
                yield go.Figure(data=content["data"], layout=content["layout"])
