"""Run every notebook from top to bottom, offline, and gather what they measured.

The committed notebooks are never touched: executed copies, results and figures go to
`runs/reproduce/PROFILE/`. A notebook that is already done there with the same code and the same
data is not run again, so an interrupted run goes on where it stopped.
"""

import hashlib
import multiprocessing
import os
import platform
import re
import signal
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from tqdm.auto import tqdm

from audio_interaction.errors import UserError
from audio_interaction.files import atomic_write
from audio_interaction.paths import MINI_DATA, REPOSITORY
from audio_interaction.profiles import PROFILE_VARIABLE, RUNS_VARIABLE, Profile

NOTEBOOKS = REPOSITORY / "notebooks"
PACKAGE = Path(__file__).resolve().parent
RUNS = REPOSITORY / "runs" / "reproduce"
DONE = "audio_interaction"
"""Key of the notebook metadata that marks an executed copy as done."""


class NotebookFailed(RuntimeError):
    """A notebook raised; the message names the notebook, the cell and the error."""


@dataclass(frozen=True)
class Run:
    """One executed notebook.

    Attributes:
        path: the executed copy.
        title: its first heading.
        minutes: wall-clock time it took when it was executed.
        fresh: False if it was already done.
    """

    path: Path
    title: str
    minutes: float
    fresh: bool


def find_notebooks(folder: Path = NOTEBOOKS) -> list[Path]:
    """The numbered notebooks `NN_*.ipynb` of a folder, in order.

    Raises:
        UserError: there are none.
    """
    found = sorted(folder.glob("[0-9][0-9]_*.ipynb"))
    if not found:
        raise UserError(f"{folder}: holds no notebook NN_*.ipynb; clone the repository again")
    return found


def reproduce(profile: Profile, notebooks: list[Path], root: Path) -> list[Run]:
    """Execute the notebooks that are not done yet, in `profile.lanes` processes.

    Most of a notebook of the tiny preset is done as fast by one thread, so two lanes take little
    more than half the time of one.

    Args:
        profile: how much work; it also names the folder below `root`.
        notebooks: what to run; they are begun in this order.
        root: the runs of this profile go to `root / profile.name`.

    Raises:
        NotebookFailed: a cell raised or the kernel died; what ran so far stays.
    """
    inputs = _digest_of_inputs()
    lanes = max(1, min(profile.lanes, len(notebooks)))
    threads = profile.threads // lanes
    if lanes < 2:
        return [_run(path, profile, root, inputs, threads) for path in notebooks]
    context = multiprocessing.get_context("spawn")
    lines = context.Queue()
    for line in range(lanes):
        lines.put(line)
    with ProcessPoolExecutor(lanes, context, _begin_lane, (context.RLock(), lines)) as pool:
        runs = [pool.submit(_next, path, profile, root, inputs, threads) for path in notebooks]
        try:
            return [run.result() for run in runs]
        except BaseException:  # Ctrl-C, too: the other lanes are to stop as well
            for run in runs:
                run.cancel()
            for lane in multiprocessing.active_children():
                lane.terminate()
            raise


_line = 0
"""On which line of the terminal this process shows its progress."""

_stopped = False
"""Whether this lane was told to stop."""


def _begin_lane(lock, lines) -> None:
    global _line
    tqdm.set_lock(lock)
    _line = lines.get()
    # Ctrl-C in a terminal reaches every process: the first one sees to it that the lanes stop. A
    # lane ends by an exception, so its kernel is shut down and what it has done is written.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _stop)


def _stop(*_) -> None:
    global _stopped
    _stopped = True
    sys.exit(1)


def _next(*arguments) -> Run:
    if _stopped:  # the pool hands out one more than it has lanes, and takes none back
        sys.exit(1)
    return _run(*arguments)


def _run(path: Path, profile: Profile, root: Path, inputs: str, threads: int) -> Run:
    source = nbformat.read(path, as_version=4)
    title = _title(source) or path.stem
    copy = root / profile.name / path.name
    fingerprint = _fingerprint(source, inputs)
    if copy.is_file():
        done = nbformat.read(copy, as_version=4).metadata.get(DONE, {})
        if done.get("fingerprint") == fingerprint:
            return Run(copy, title, done["minutes"], fresh=False)

    start = time.perf_counter()
    try:
        _execute(source, path, _environment(profile, root, threads))
        minutes = (time.perf_counter() - start) / 60
        source.metadata[DONE] = {"fingerprint": fingerprint, "minutes": minutes}
    except NotebookFailed as error:
        raise NotebookFailed(f"{error}\nEverything up to there is in {copy}") from error
    finally:
        # Written in any case: the copy of a failed notebook shows how far it came, and lacks the
        # fingerprint of a finished one.
        with atomic_write(copy) as temporary:
            nbformat.write(source, temporary)
    return Run(copy, title, minutes, fresh=True)


def _execute(notebook: nbformat.NotebookNode, path: Path, environment: dict[str, str]) -> None:
    client = NotebookClient(
        notebook,
        timeout=None,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        # A kernel on this machine warns that its local sockets are not encrypted.
        extra_arguments=["--log-level=ERROR"],
    )
    # Not `client.execute`: its own handler would turn Ctrl-C into a dead kernel.
    client.reset_execution_trackers()
    index = -1
    try:
        bar = tqdm(notebook.cells, desc=path.stem, unit="cell", position=_line)
        with client.setup_kernel(env=environment):
            for index, cell in enumerate(bar):
                client.execute_cell(cell, index, execution_count=client.code_cells_executed + 1)
        # The state of widgets is not kept: a player holds its sound and figures there, megabytes
        # that no page on the web shows.
    except CellExecutionError as error:
        source = "\n".join(notebook.cells[index].source.splitlines()[:12])
        raise NotebookFailed(
            f"{path.name}, cell {index + 1} of {len(notebook.cells)}: {error.ename}: "
            f"{error.evalue}\n\n{source}\n"
        ) from error
    except DeadKernelError as error:
        raise NotebookFailed(
            f"{path.name}, cell {index + 1} of {len(notebook.cells)}: its Python process died, "
            "most often because the memory ran out; close other programs or take a smaller profile"
        ) from error


def _environment(profile: Profile, root: Path, threads: int) -> dict[str, str]:
    """What the kernels see: the profile, its folder, no hub, their share of the threads.

    Offline unless somebody asked for the hub. Somebody may choose fewer threads, but not more:
    lanes that wait for each other's cores take several times as long.
    """
    defaults = {"HF_HUB_OFFLINE": "1"}
    chosen = {PROFILE_VARIABLE: profile.name, RUNS_VARIABLE: str(root.resolve())}
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        asked = os.environ.get(name, "")
        fewer = asked.isdigit() and 0 < int(asked) < threads
        chosen[name] = asked if fewer else str(threads)
    return {**defaults, **os.environ, **chosen}


def _digest_of_inputs() -> str:
    """Hash of the package and of the shipped data: what every notebook depends on."""
    digest = hashlib.sha256()
    files = [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.yaml")]
    files += [path for path in MINI_DATA.rglob("*") if path.is_file()]
    for path in sorted(files):
        digest.update(path.name.encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _fingerprint(notebook: nbformat.NotebookNode, inputs: str) -> str:
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    return hashlib.sha256("\0".join([inputs, *code]).encode()).hexdigest()


def _title(notebook: nbformat.NotebookNode) -> str | None:
    for cell in notebook.cells:
        heading = re.search(r"^# +(.+)$", cell.source, re.MULTILINE)
        if cell.cell_type == "markdown" and heading:
            return heading.group(1).strip()
    return None


def machine() -> str:
    """One line that says where numbers come from: cores, system, Python, torch, GPU."""
    import torch

    gpu = f", {torch.cuda.get_device_name(0)}" if torch.cuda.is_available() else ", no GPU"
    return (
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, torch {torch.__version__}{gpu}"
    )
