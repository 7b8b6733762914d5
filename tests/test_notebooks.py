"""The notebooks as a reader finds them, and every one of them run from top to bottom."""

import base64
import importlib.util
import re
import statistics

import nbformat
import pytest

from audio_interaction import checks
from audio_interaction.paths import REPOSITORY
from audio_interaction.profiles import find_profile
from audio_interaction.report import load_reports
from audio_interaction.reproduce import RUNS, find_notebooks, reproduce

FOLDER = REPOSITORY / "notebooks"
PATHS = sorted(FOLDER.glob("[0-9][0-9]_*.ipynb"))
CARD = ("Goal", "You will learn", "Time", "Reads", "Writes", "Paper")
MAX_BYTES = 1_500_000
MACHINE_PATH = re.compile(r"/(work|root|tmp|home/[a-z]+)/[a-zA-Z.]")
CHECK = re.compile(r"checks\.(check_(\d\d)_(\d+))\(")

each_notebook = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def read(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return notebook


def code_cells(path):
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def markdown_cells(path):
    return [cell for cell in read(path).cells if cell.cell_type == "markdown"]


def lines_of(cell):
    return [line for line in cell.source.splitlines() if line.strip()]


def test_the_sequence_starts_at_the_tour_without_gaps_or_strays():
    assert PATHS[0].stem.startswith("00_")
    assert sorted(FOLDER.glob("*.ipynb")) == PATHS == find_notebooks(FOLDER)
    numbers = [path.stem[:2] for path in PATHS]
    assert len(set(numbers)) == len(numbers)


@each_notebook
def test_begins_with_its_card(path):
    first = read(path).cells[0]
    assert first.cell_type == "markdown"
    assert first.source.startswith("# ")
    missing = [label for label in CARD if f"**{label}**" not in first.source]
    assert not missing, f"the card lacks {missing}"


@each_notebook
def test_code_cells_are_short(path):
    lengths = [len(lines_of(cell)) for cell in code_cells(path)]
    assert statistics.median(lengths) <= 8
    assert max(lengths) <= 40


@each_notebook
def test_says_what_to_see_and_checks_it(path):
    text = "\n".join(cell.source for cell in markdown_cells(path)).lower()
    code = "\n".join(cell.source for cell in code_cells(path))
    assert text.count("what you should see") >= 2
    assert "assert " in code
    assert len(markdown_cells(path)) >= 0.5 * len(code_cells(path))


@each_notebook
def test_was_run_from_top_to_bottom_without_errors(path):
    cells = [cell for cell in code_cells(path) if cell.source.strip()]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell.outputs]
    assert outputs
    assert not [output.ename for output in outputs if output.output_type == "error"]
    noise = [o.text for o in outputs if o.output_type == "stream" and o.name == "stderr"]
    assert not [text for text in noise if "Warning" in text or "Traceback" in text]


@each_notebook
def test_figures_can_be_seen_where_no_script_runs(path):
    live = [
        output.data
        for cell in code_cells(path)
        for output in cell.outputs
        if "application/vnd.plotly.v1+json" in output.get("data", {})
    ]
    assert all("image/png" in data for data in live)


def test_the_picture_of_the_readme_is_that_of_the_tour():
    outputs = [out.get("data", {}) for cell in code_cells(PATHS[0]) for out in cell.outputs]
    (drawn,) = [data["image/png"] for data in outputs if "image/png" in data]
    picture = (REPOSITORY / "docs/figures/one-minute.png").read_bytes()
    assert base64.b64decode(drawn) == picture, "write the notebook's picture there anew"


@each_notebook
def test_carries_no_machine_path_and_is_light(path):
    text = path.read_text(encoding="utf-8")
    assert not MACHINE_PATH.search(text)
    assert len(text.encode()) <= MAX_BYTES


def exercises_of(path):
    """(name of the check, number of the notebook, number of the exercise) for every call."""
    return [found for cell in code_cells(path) for found in CHECK.findall(cell.source)]


@each_notebook
def test_has_exercises_that_check_themselves(path):
    headings = [
        heading
        for cell in markdown_cells(path)
        for heading in re.findall(r"^#{2,4} Exercise", cell.source, re.MULTILINE)
    ]
    called = exercises_of(path)
    assert len(headings) >= 2
    assert len({name for name, _, _ in called}) == len(headings)
    assert {number for _, number, _ in called} == {path.stem[:2]}


@each_notebook
def test_unfilled_exercises_run_and_are_not_yet_right(path):
    for cell in code_cells(path):
        if CHECK.search(cell.source):
            shown = " ".join(str(o.get("text", o.get("data"))) for o in cell.outputs)
            assert "not yet" in shown.lower()


@each_notebook
def test_solutions_are_right(path):
    (solution,) = (FOLDER / "solutions").glob(f"{path.stem[:2]}_*.py")
    spec = importlib.util.spec_from_file_location(f"solution_{path.stem[:2]}", solution)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name, number, exercise in exercises_of(path):
        verdict = getattr(checks, name)(getattr(module, f"answer_{number}_{exercise}"))
        assert verdict.right, f"{solution.name}, exercise {exercise}: {verdict.message}"


@pytest.mark.slow
@each_notebook
def test_runs_on_the_smoke_profile(path):
    """`make reproduce` on this profile has often done so already; then nothing is repeated."""
    (run,) = reproduce(find_profile("smoke"), [path], RUNS)
    assert not [
        output
        for cell in nbformat.read(run.path, as_version=4).cells
        for output in cell.get("outputs", ())
        if output.output_type == "error"
    ]


@pytest.mark.slow
def test_the_notebooks_leave_results():
    reproduce(find_profile("smoke"), PATHS, RUNS)
    assert load_reports(RUNS / "smoke" / "results")
