"""Running notebooks: order, resuming, failures, interruption."""

import dataclasses
import os
import signal
import subprocess
import sys
import time

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from audio_interaction import report, reproduce
from audio_interaction.errors import UserError
from audio_interaction.profiles import find_profile

SMOKE = find_profile("smoke")


def write(path, *cells):
    path.parent.mkdir(parents=True, exist_ok=True)
    notebook = new_notebook(cells=[new_markdown_cell(f"# Title of {path.stem}\n\ntext"), *cells])
    nbformat.write(notebook, path)
    return path


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    """Stands in for package and data, which a developer may be editing while this test runs."""
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setattr(reproduce, "MINI_DATA", folder)
    monkeypatch.setattr(reproduce, "PACKAGE", folder)
    return folder


@pytest.fixture
def notebook(tmp_path):
    """One that measures, draws, and counts how often it was run."""
    return write(
        tmp_path / "notebooks" / "01_first.ipynb",
        new_code_cell("open('runs.txt', 'a').write('x')"),
        new_code_cell(
            "from audio_interaction.profiles import current_profile\n"
            "from audio_interaction.benchmarks.report import Report, Row, Table\n"
            "rows = (Row('answer <1>', (0.425,), 'corpus'),)\n"
            "table = Table('How right', ('rate',), ('%',), rows)\n"
            "Report('01-answers', 'Answers', {}, [table]).save(current_profile().results)"
        ),
        new_code_cell(
            "import plotly.graph_objects as go\n"
            "from audio_interaction.viz.export import show\n"
            "show(go.Figure(go.Scatter(y=[1, 2])), 'line')"
        ),
        new_code_cell(
            "import os\nprint(os.environ['HF_HUB_OFFLINE'], os.environ['OMP_NUM_THREADS'])"
        ),
    )


def test_runs_resumes_and_starts_over(notebook, tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("BROWSER_PATH", "")
    before = notebook.read_bytes()
    root = tmp_path / "runs"

    (run,) = reproduce.reproduce(SMOKE, [notebook], root)
    assert run.fresh and run.title == "Title of 01_first" and run.minutes > 0
    assert notebook.read_bytes() == before
    executed = nbformat.read(run.path, as_version=4)
    nbformat.validate(executed)
    assert executed.cells[-1].outputs[0].text == "1 1\n"
    counts = [cell.execution_count for cell in executed.cells if cell.cell_type == "code"]
    assert counts == [1, 2, 3, 4]
    assert (root / "smoke" / "results" / "01-answers.json").is_file()
    assert [figure.data[0].y for figure in report.figures_of(run.path)] == [(1, 2)]

    (again,) = reproduce.reproduce(SMOKE, [notebook], root)
    assert not again.fresh and again.minutes == run.minutes
    assert (notebook.parent / "runs.txt").read_text() == "x"

    edited = nbformat.read(notebook, 4)
    edited.cells[-1].source += "  # edited"
    nbformat.write(edited, notebook)
    (rerun,) = reproduce.reproduce(SMOKE, [notebook], root)
    assert rerun.fresh
    assert (notebook.parent / "runs.txt").read_text() == "xx"


def test_other_data_or_another_package_runs_it_again(tmp_path, data):
    empty = write(tmp_path / "01_empty.ipynb", new_code_cell("1 + 1"))
    root = tmp_path / "runs"
    for name in ("clips.parquet", "module.py"):
        (data / name).write_text("new")
        assert [reproduce.reproduce(SMOKE, [empty], root)[0].fresh for _ in range(2)] == [
            True,
            False,
        ]


def test_a_failure_names_notebook_cell_and_error(tmp_path):
    bad = write(
        tmp_path / "02_bad.ipynb", new_code_cell("print('fine')"), new_code_cell("[][3]  # here")
    )
    root = tmp_path / "runs"
    for _ in range(2):  # a failed notebook does not count as done
        with pytest.raises(reproduce.NotebookFailed) as failure:
            reproduce.reproduce(SMOKE, [bad], root)
        message = str(failure.value)
        assert "02_bad.ipynb, cell 3 of 3: IndexError: list index out of range" in message
        assert "# here" in message
    copy = nbformat.read(root / "smoke" / "02_bad.ipynb", as_version=4)
    assert copy.cells[1].outputs[0].text == "fine\n"
    assert copy.cells[2].outputs[0].output_type == "error"


def test_a_dead_kernel_is_explained(tmp_path):
    dead = write(tmp_path / "03_dead.ipynb", new_code_cell("import os; os._exit(9)"))
    with pytest.raises(reproduce.NotebookFailed, match="cell 2 of 2: its Python process died"):
        reproduce.reproduce(SMOKE, [dead], tmp_path / "runs")


@pytest.mark.parametrize(("asked", "had"), [("", 2), ("1", 1), ("4", 2), ("0", 2)])
def test_two_run_at_once_and_share_the_threads(tmp_path, monkeypatch, asked, had):
    monkeypatch.setenv("OMP_NUM_THREADS", asked)
    meet = (  # each waits for the other
        "import os, time; open('NAME', 'w').close(); end = time.monotonic() + 60\n"
        "while not os.path.exists('OTHER'):\n"
        "    time.sleep(0.1); assert time.monotonic() < end\n"
        "print(os.environ['OMP_NUM_THREADS'])"
    )
    names = ("00_left", "01_right")
    paths = [
        write(
            tmp_path / f"{name}.ipynb",
            new_code_cell(meet.replace("NAME", name).replace("OTHER", names[1 - i])),
        )
        for i, name in enumerate(names)
    ]
    two = dataclasses.replace(SMOKE, threads=4, lanes=2)
    runs = reproduce.reproduce(two, paths, tmp_path / "runs")
    assert [run.path.stem for run in runs] == list(names)
    for run in runs:
        assert nbformat.read(run.path, 4).cells[1].outputs[0].text == f"{had}\n"


def test_a_failure_stops_the_other_lane(tmp_path):
    bad = new_code_cell(
        "import os, time\nwhile not os.path.exists('started'): time.sleep(0.1)\n1 / 0"
    )
    paths = [write(tmp_path / "00_bad.ipynb", bad), *slow_ones(tmp_path, 2)]
    two = dataclasses.replace(SMOKE, threads=2, lanes=2)
    start = time.monotonic()
    with pytest.raises(reproduce.NotebookFailed, match="00_bad.ipynb, cell 2 of 2: ZeroDivision"):
        reproduce.reproduce(two, paths, tmp_path / "runs")
    assert time.monotonic() - start < 60  # the slow ones sleep for ten minutes
    written = sorted(path.name for path in (tmp_path / "runs" / "smoke").glob("*.ipynb"))
    assert written[:2] == ["00_bad.ipynb", "04_slow.ipynb"]
    for name in written:
        assert reproduce.DONE not in nbformat.read(tmp_path / "runs/smoke" / name, 4).metadata


def slow_ones(folder, count):
    return [
        write(
            folder / f"0{number}_slow.ipynb",
            new_code_cell("open('started', 'w').close(); import time; time.sleep(600)"),
        )
        for number in range(4, 4 + count)
    ]


@pytest.mark.parametrize("count", [1, 2])
def test_ctrl_c_stops_at_once_and_leaves_no_done_mark(tmp_path, count):
    slow = slow_ones(tmp_path, count)
    program = (
        "import signal, sys; from pathlib import Path\n"
        # A job in the background of a script is started deaf to Ctrl-C.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from audio_interaction import reproduce\n"
        "from audio_interaction.profiles import find_profile\n"
        "root, *notebooks = map(Path, sys.argv[1:])\n"
        "try: reproduce.reproduce(find_profile('smoke'), notebooks, root)\n"
        "except KeyboardInterrupt: sys.exit(130)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "runs"), *map(str, slow)],
        stderr=subprocess.DEVNULL,
        env=os.environ,
    )
    deadline = time.monotonic() + 60
    while not (tmp_path / "started").exists():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 130
    copy = tmp_path / "runs" / "smoke" / "04_slow.ipynb"
    assert reproduce.DONE not in nbformat.read(copy, as_version=4).metadata


def test_notebooks_run_in_order_of_their_numbers(tmp_path):
    for name in ("10_last", "02_second", "00_first"):
        write(tmp_path / f"{name}.ipynb")
    write(tmp_path / "scratch.ipynb")
    found = [path.stem for path in reproduce.find_notebooks(tmp_path)]
    assert found == ["00_first", "02_second", "10_last"]


def test_an_empty_folder_is_told_of(tmp_path):
    with pytest.raises(UserError, match="no notebook"):
        reproduce.find_notebooks(tmp_path)
