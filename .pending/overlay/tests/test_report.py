"""The page and the README's table are made of saved reports and executed notebooks."""

import nbformat
import plotly.graph_objects as go
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from audio_interaction import report
from audio_interaction.benchmarks.bootstrap import Interval
from audio_interaction.benchmarks.report import Report, Row, Table
from audio_interaction.errors import UserError
from audio_interaction.profiles import find_profile
from audio_interaction.reproduce import Run
from audio_interaction.viz.export import MIME

SMOKE = find_profile("smoke")


def a_report(name, title):
    rows = (
        Row("model <a|b>", (Interval(0.84, 0.79, 0.88, 120), 12, None), "corpus"),
        Row("always silent", (Interval(None, None, None, 120), 3.5, "text"), "corpus"),
    )
    table = Table("Decisions", ("F1", "false alarms", "note"), ("%", "per hour", ""), rows, "read")
    return Report(name, title, {"split": "test"}, [table], {"f1": 0.84})


def test_saved_reports_are_read_back_in_order(tmp_path):
    saved = [a_report("05-late", "Late"), a_report("01-early", "Early")]
    for entry in saved:
        entry.save(tmp_path)
    assert report.load_reports(tmp_path) == saved[::-1]


@pytest.mark.parametrize("text", ["", "[]", '{"name": "x"}', '{"tables": [{"rows": 1}]}'])
def test_a_damaged_file_is_named(text, tmp_path):
    (tmp_path / "01.json").write_text(text)
    with pytest.raises(UserError, match=r"01\.json.*run its notebook again"):
        report.load_reports(tmp_path)


def test_numbers_say_where_they_come_from():
    text = report.as_markdown(SMOKE, [a_report("01", "Early")], 3.2)
    assert "`smoke`" in text and "3 minutes" in text and "cores" in text and "torch" in text
    assert "84.0 [79.0, 88.0]" in text


def test_without_measurements_it_says_so():
    assert "no measurement" in report.as_markdown(SMOKE, [], 0)


@pytest.fixture
def executed(tmp_path):
    path = tmp_path / "05_signal.ipynb"
    figure = go.Figure(go.Scatter(x=[0.4, 0.8], y=[0.125, 0.9375])).to_plotly_json()
    output = new_output("display_data", data={MIME: figure, "text/plain": "figure"})
    text = new_output("stream", name="stdout", text="text")
    cells = [new_code_cell("1", outputs=[text]), new_code_cell("2", outputs=[output])]
    nbformat.write(new_notebook(cells=cells), path)
    return Run(path, "The signal & more", 1.26, fresh=True)


def test_the_page_needs_no_network_and_escapes_text(tmp_path, executed):
    page = tmp_path / "report.html"
    report.write_page(page, SMOKE, [executed], [a_report("01", "Early")])
    text = page.read_text()
    assert "The signal &amp; more" in text and "1.3" in text
    assert "model &lt;a|b&gt;" in text
    assert text.count("Plotly.newPlot(") == 1 + text.split("</script>")[0].count("Plotly.newPlot(")
    assert "<script src" not in text and "0.9375" in text


def test_a_page_without_figures_carries_no_script(tmp_path):
    page = tmp_path / "report.html"
    report.write_page(page, SMOKE, [], [])
    assert "<script" not in page.read_text()


def test_readme_block_is_replaced_and_nothing_else(tmp_path):
    readme = tmp_path / "README.md"
    frame = "# before\n<!-- results:begin -->\n{}\n<!-- results:end -->\nafter\n"
    readme.write_text(frame.format("old"))
    report.fill_readme(readme, "results", "## new\ntext #1")
    report.fill_readme(readme, "results", "## newer\ntext #1")
    assert readme.read_text() == frame.format("### newer\ntext #1")


def test_a_readme_without_markers_is_left_alone(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text("<!-- results:end --> then <!-- results:begin -->")
    with pytest.raises(UserError, match="markers <!-- results:begin -->"):
        report.fill_readme(readme, "results", "new")
    assert "new" not in readme.read_text()


def test_notebooks_are_listed_with_their_minutes(executed):
    table = report.notebook_table([executed])
    assert table.endswith("| [The signal & more](notebooks/05_signal.ipynb) | 1.3 |")
