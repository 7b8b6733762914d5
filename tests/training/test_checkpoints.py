"""Full disks, damaged states, and losses that are no numbers."""

import json
import os
import resource
from contextlib import contextmanager

import pytest
import torch
from safetensors.torch import load_file

from audio_interaction.errors import UserError
from audio_interaction.layouts import offline_layout
from audio_interaction.model.adapter import add_adapter, save_adapter
from audio_interaction.model.interaction import load_model
from audio_interaction.training.batches import Example, MixedBatches
from audio_interaction.training.checkpoints import AtomicCheckpoints, ResumePoint
from audio_interaction.training.curve import CurveLogger
from audio_interaction.training.fit import fit
from audio_interaction.training.module import InteractionModule
from audio_interaction.training.recipe import AdapterRecipe, Hardware, Optimisation


@contextmanager
def largest_file(size: int):
    """The operating system lets no file of this process grow beyond `size` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture(scope="module")
def adapted():
    return add_adapter(load_model("tiny", adapter=None), rank=4, alpha=8)


def recipe(**changes) -> AdapterRecipe:
    hardware = Hardware(accelerator="cpu", precision="32-true", checkpoint_every=2)
    return AdapterRecipe(Optimisation(4, 1e-3, batch_positions=200), hardware=hardware, **changes)


def examples(model, count=12, bad=()):
    made = []
    for index in range(count):
        frames = torch.full((10, 384), torch.nan) if index in bad else torch.randn(10, 384)
        layout = offline_layout(model.tokens, [], 10, [30], [100 + index, 200])
        made.append(Example(layout, frames, id=f"clip-{index}"))
    return made


def run(model, out, bad=(), chosen=None):
    chosen = chosen or recipe()
    items = examples(model, bad=bad)
    batches = MixedBatches(items, chosen.optimisation.batch_positions, chosen.seed)
    return fit(InteractionModule(model, chosen.optimisation), items, batches, chosen, out)


def test_a_full_disk_keeps_the_last_adapter(adapted, tmp_path):
    save_adapter(adapted, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert set(before) == {"adapter_config.json", "adapter_model.safetensors"}
    with largest_file(100_000), pytest.raises(UserError, match="cannot be written"):
        save_adapter(adapted, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_an_adapter_of_another_shape_replaces_the_old_one_whole(adapted, tmp_path):
    other = add_adapter(load_model("tiny", adapter=None), rank=2, alpha=4)
    for model, rank in ((adapted, 4), (other, 2)):
        save_adapter(model, tmp_path)
        assert json.loads((tmp_path / "adapter_config.json").read_text())["r"] == rank
        names = load_file(tmp_path / "adapter_model.safetensors")
        assert {t.shape[0] for name, t in names.items() if "lora_A" in name} == {rank}


def test_a_full_disk_keeps_the_last_state(tmp_path):
    state = tmp_path / "state.ckpt"
    writer = AtomicCheckpoints()
    writer.save_checkpoint({"weights": torch.arange(10)}, state)
    with largest_file(100_000), pytest.raises(UserError, match="same command again"):
        writer.save_checkpoint({"weights": torch.zeros(1_000_000)}, state)
    assert torch.equal(torch.load(state)["weights"], torch.arange(10))
    assert os.listdir(tmp_path) == ["state.ckpt"]


def test_a_full_disk_keeps_the_rows_of_the_log(tmp_path):
    logger = CurveLogger(tmp_path)
    logger.log_metrics({"loss": 1.0}, 0)
    logger.save()
    before = (tmp_path / "log" / "metrics.csv").read_text()
    logger.log_metrics({"loss": 2.0}, 1)
    with largest_file(10), pytest.raises(UserError, match="metrics.csv: cannot be written"):
        logger.save()
    assert (tmp_path / "log" / "metrics.csv").read_text() == before


def test_the_state_holds_what_is_trained_and_no_more(adapted, tmp_path):
    state = torch.load(run(adapted, tmp_path).file)
    trained = sum(p.numel() for p in adapted.network.parameters() if p.requires_grad)
    assert sum(tensor.numel() for tensor in state["state_dict"].values()) == trained
    assert state["global_step"] == 4


def test_a_damaged_state_is_told_in_one_line(adapted, tmp_path):
    point = run(adapted, tmp_path)
    content = point.file.read_bytes()
    point.file.write_bytes(content[: len(content) // 2])
    with pytest.raises(UserError, match=r"state\.ckpt: cannot be read .*delete"):
        run(adapted, tmp_path)


@pytest.mark.parametrize(
    ("changes", "lengths", "message"),
    [
        ({"rank": 99}, [40], "other rank;"),
        ({"seed": 5}, [40], "other seed;"),
        ({}, [41], "other data"),
    ],
)
def test_a_state_of_another_run_is_refused(tmp_path, changes, lengths, message):
    point = ResumePoint(tmp_path, recipe(), [40])
    point.file.parent.mkdir()
    torch.save({"run": point.run}, point.file)
    assert point.found() == point.file
    with pytest.raises(UserError, match=message):
        ResumePoint(tmp_path, recipe(**changes), lengths).found()


def test_other_devices_may_go_on(tmp_path):
    point = ResumePoint(tmp_path, recipe(), [40])
    point.file.parent.mkdir()
    torch.save({"run": point.run}, point.file)
    more = recipe()
    more.hardware.devices, more.hardware.num_nodes, more.hardware.checkpoint_every = 8, 2, 100
    assert ResumePoint(tmp_path, more, [40]).found()


def test_a_loss_that_is_no_number_stops_before_the_step(adapted, tmp_path):
    weights = {n: p.clone() for n, p in adapted.network.named_parameters() if p.requires_grad}
    with pytest.raises(UserError, match="not a number at step 0"):
        run(adapted, tmp_path, bad=range(12))
    told = json.loads((tmp_path / "not-a-number.json").read_text())
    assert told["step"] == 0 and set(told["ids"]) <= {f"clip-{i}" for i in range(12)}
    assert told["ids"]
    for name, parameter in adapted.network.named_parameters():
        if name in weights:
            assert torch.equal(parameter, weights[name])
