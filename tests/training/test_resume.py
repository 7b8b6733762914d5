"""A run that is killed and started again is the run that was not."""

import signal
import time

import pytest
import torch
from safetensors.torch import load_file

pytestmark = pytest.mark.slow


def kill_at(runs, process, out, step):
    """SIGKILL as soon as the log has come to a step."""
    log = runs.folder / out / "log" / "metrics.csv"
    while process.poll() is None:
        if log.is_file() and max(int(row["step"] or 0) for row in runs.curve(out)) >= step:
            process.send_signal(signal.SIGKILL)
            process.wait()
            return
        time.sleep(0.005)
    raise AssertionError(process.stderr.read())


@pytest.mark.parametrize(
    ("command", "weights"),
    [("train", "adapter_model.safetensors"), ("base", "model.safetensors")],
)
def test_the_continued_curve_is_the_uninterrupted_one(runs, command, weights):
    whole, killed = f"{command}-whole", f"{command}-killed"
    runs.run(command, whole)
    for step in (9, 17):  # twice, the second time in a resumed run
        kill_at(runs, runs.start(command, killed), killed, step)
        assert (runs.folder / killed / "resume" / "state.ckpt").is_file()
    runs.run(command, killed)
    assert runs.curve(killed) == runs.curve(whole)
    a, b = (load_file(runs.folder / out / weights) for out in (killed, whole))
    assert a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)
    assert not (runs.folder / killed / "resume").exists()


def test_an_old_state_of_another_recipe_is_refused(runs):
    kill_at(runs, runs.start("train", "other"), "other", 9)
    told = runs.run("train", "other", "rank=8", "optimisation.learning_rate=0.5", code=2)
    assert "with other optimisation.learning_rate, rank" in told
    assert "delete" in told and "Traceback" not in told
