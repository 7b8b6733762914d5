"""Two processes do what one does."""

import sys

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file

from audio_interaction.training.batches import Batch, BatchPlan, Example, collate
from audio_interaction.training.objective import interaction_loss
from audio_interaction.training.ranks import share

DDP = ("hardware.strategy=ddp", "hardware.devices=2")
FSDP = ("hardware.strategy=fsdp", "hardware.devices=2")
TORCHRUN = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2")


@given(st.lists(st.integers(1, 900), min_size=1, max_size=30), st.integers(1, 8))
def test_every_sequence_is_computed_by_one_rank(lengths, world):
    batch = list(range(len(lengths)))
    shares = [share(batch, lengths, rank, world) for rank in range(world)]
    real = [index for one in shares for index in one if index >= 0]
    assert sorted(real) == batch
    assert all(shares)  # nobody is idle, if only with a sequence that does not count
    assert all(one == sorted(one) for one in shares)
    totals = [sum(lengths[index] for index in one if index >= 0) for one in shares]
    assert max(totals) - min(totals) <= max(lengths)


def test_a_plan_goes_on_where_it_was():
    def endless():
        number = 0
        while True:
            yield [number]
            number += 1

    plan = BatchPlan(endless(), [1] * 100, 10)
    first = iter(plan)
    assert [next(first).taken for _ in range(4)] == [[0], [1], [2], [3]]
    rest = BatchPlan(endless(), [1] * 100, 10, done=plan.done)
    assert [planned.taken for planned in rest] == [[n] for n in range(4, 10)]


def test_a_sequence_without_labels_adds_nothing(untrained):
    from audio_interaction.layouts import Reply, online_layout

    layout = online_layout(untrained.tokens, [300], 2, {1: Reply((310, 311))})
    one = Example(layout, torch.randn(20, 384), (310,))
    alone: Batch = collate([one])
    beside = collate([one, Example(layout, torch.randn(20, 384), (311,)).unlabelled()])
    for batch in (alone, beside):
        assert batch.labels.ne(-100).sum() == 6
    a, b = (interaction_loss(untrained.thinker, x, ctc_weight=0.5) for x in (alone, beside))
    for name in ("total", "text", "decision"):
        torch.testing.assert_close(getattr(a, name), getattr(b, name))


@pytest.mark.parametrize("ctc_weight", [0.0, 0.5])
def test_a_batch_of_nothing_but_fillers_has_a_gradient_of_zero(untrained, ctc_weight):
    from audio_interaction.layouts import online_layout

    layout = online_layout(untrained.tokens, [], 1, {})
    empty = collate([Example(layout, torch.randn(10, 384)).unlabelled()])
    loss = interaction_loss(untrained.thinker, empty, ctc_weight=ctc_weight).total
    assert loss.item() == 0.0
    loss.backward()
    assert all(p.grad is None or not p.grad.any() for p in untrained.thinker.parameters())
    language = untrained.thinker.model.language_model
    assert all(p.grad is not None for p in language.parameters())  # DDP waits for each
    untrained.thinker.zero_grad()


def same(runs, one, two, weights):
    a, b = runs.curve(one), runs.curve(two)
    assert len(a) == len(b) and [row["step"] for row in a] == [row["step"] for row in b]
    for left, right in zip(a, b, strict=True):
        filled = [name for name in left if left[name] and name != "step"]
        assert filled == [name for name in right if right[name] and name != "step"]
        values = [[float(row[name]) for name in filled] for row in (left, right)]
        np.testing.assert_allclose(*values, rtol=2e-3, atol=1e-4)
    a, b = (load_file(runs.folder / out / weights) for out in (one, two))
    assert a.keys() == b.keys()
    return max((a[name].float() - b[name].float()).abs().max().item() for name in a)


@pytest.fixture(scope="module")
def alone(runs):
    """The run of one process that others are compared with."""
    few = ["optimisation.steps=6", "validate_every=3", "dropout=0.0"]
    runs.run("train", "alone", *few)
    return few


# Adam makes of rounding near a gradient of 0 a step of the size of the rate, hence the last number.


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "launcher"),
    [(DDP, ()), (FSDP, ()), (DDP, TORCHRUN)],
    ids=["ddp", "fsdp", "torchrun"],
)
def test_two_processes_train_the_adapter_of_one(runs, alone, settings, launcher, request):
    out = request.node.callspec.id
    runs.run("train", out, *alone, *settings, launcher=launcher)
    assert same(runs, "alone", out, "adapter_model.safetensors") < 2e-3
    files = [{path.name for path in (runs.folder / name).iterdir()} for name in ("alone", out)]
    assert files[0] == files[1]


@pytest.mark.slow
def test_two_processes_make_the_base_of_one(runs):
    few = ["optimisation.steps=6"]
    runs.run("base", "base-alone", *few)
    runs.run("base", "base-ddp", *few, *DDP)
    assert same(runs, "base-alone", "base-ddp", "model.safetensors") < 4e-3
