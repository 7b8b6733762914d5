"""Which precision a machine trains in."""

import pytest
import torch

from audio_interaction.training.fit import trainer_options
from audio_interaction.training.precision import best_precision, frames_dtype
from audio_interaction.training.recipe import Hardware


@pytest.mark.parametrize(
    ("able", "precision"),
    [
        ({"avx512_bf16": True, "amx_bf16": False}, "bf16-mixed"),
        ({"avx512_bf16": False, "amx_bf16": True}, "bf16-mixed"),
        ({"avx512_f": True, "avx512_bf16": False}, "32-true"),
        ({}, "32-true"),
    ],
)
def test_a_cpu_takes_bf16_where_it_multiplies_it(monkeypatch, able, precision):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: able, raising=False)
    assert best_precision() == precision
    assert trainer_options(Hardware())["precision"] == precision
    reduced = frames_dtype(torch.device("cpu")) is torch.bfloat16
    assert reduced == (precision == "bf16-mixed")


def test_an_older_torch_that_does_not_tell_trains_in_fp32(monkeypatch):
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert best_precision("cpu") == "32-true"


@pytest.mark.parametrize(("able", "precision"), [(True, "bf16-mixed"), (False, "32-true")])
def test_a_gpu_is_asked_itself_unless_it_is_not_used(monkeypatch, able, precision):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: able)
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict, raising=False)
    assert best_precision() == precision
    assert best_precision("cpu") == "32-true"


def test_what_a_recipe_says_wins():
    assert trainer_options(Hardware(precision="16-mixed"))["precision"] == "16-mixed"
