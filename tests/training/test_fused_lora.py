"""LoRA in one product is peft's LoRA."""

import copy

import pytest
import torch
from peft import LoraConfig, get_peft_model

from audio_interaction.training.fused_lora import Fused, fused_lora


class Two(torch.nn.Module):
    def __init__(self, dtype):
        super().__init__()
        self.q = torch.nn.Linear(12, 20, dtype=dtype)
        self.o = torch.nn.Linear(20, 6, bias=False, dtype=dtype)

    def forward(self, x):
        return self.o(self.q(x).relu())


def adapted(dtype=torch.float32, **options):
    torch.manual_seed(0)
    options = {"r": 4, "lora_alpha": 6, "target_modules": ["q", "o"], **options}
    network = get_peft_model(Two(dtype), LoraConfig(**options))
    for name, parameter in network.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter)
    return network


def step(network, x, autocast):
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        out = network(x)
    out.square().sum().backward()
    learnt = {name: p.grad for name, p in network.named_parameters() if p.requires_grad}
    return {"out": out, "x": x.grad, **learnt}


@pytest.mark.parametrize("shape", [(5, 12), (2, 7, 12)])
@pytest.mark.parametrize(
    ("dtype", "autocast"),
    [(dtype, autocast) for dtype in (torch.float32, torch.bfloat16) for autocast in (False, True)],
)
def test_values_and_gradients_are_those_of_peft(shape, dtype, autocast):
    plain = adapted(dtype)
    fused = copy.deepcopy(plain)
    inputs = [torch.randn(shape, generator=torch.Generator().manual_seed(1)) for _ in range(2)]
    inputs = [x.to(dtype).requires_grad_() for x in inputs]
    inputs[1].data.copy_(inputs[0].data)
    expected = step(plain, inputs[0], autocast)
    with fused_lora(fused):
        layers = [m for m in fused.modules() if getattr(m, "lora_variant", None)]
        assert len(layers) == 2
        found = step(fused, inputs[1], autocast)
    assert len(found) == 6 and found.keys() == expected.keys()
    bound = 1e-5 if dtype is torch.float32 and not autocast else 0.05
    for name, value in found.items():
        assert value.dtype == expected[name].dtype
        away = (value - expected[name]).float().norm() / expected[name].float().norm()
        assert away < bound, name


def test_afterwards_plain_peft_runs():
    network = adapted()
    x = torch.randn(3, 12)
    before = network(x)
    with pytest.raises(ZeroDivisionError), fused_lora(network):
        assert isinstance(network.base_model.model.q.lora_variant["default"], Fused)
        1 / 0  # noqa: B018
    assert not any(getattr(m, "lora_variant", None) for m in network.modules())
    assert torch.equal(network(x), before)
    network.merge_adapter()


@pytest.mark.parametrize("options", [{"use_dora": True}, {"lora_bias": True}])
def test_other_kinds_of_lora_are_left_alone(options):
    network = adapted(**options)
    before = [dict(m.lora_variant) for m in network.modules() if hasattr(m, "lora_variant")]
    with fused_lora(network):
        now = [dict(m.lora_variant) for m in network.modules() if hasattr(m, "lora_variant")]
        assert now == before
    assert any(before) == ("use_dora" in options)
