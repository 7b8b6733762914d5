"""LoRA with scale and sum inside its second product, while a model learns.

Plain peft computes `x W + scaling * (x A B)` with two passes over the output, one that scales and
one that adds, and as many back. On a CPU, where a small model waits for memory, that is a
fourteenth of a training step. BLAS does both in the product with B (`torch.addmm`), to the same
result but for rounding. What is saved is the same adapter, and outside of training plain peft runs.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from peft.tuners.lora.layer import Linear, LoraVariant


class Fused(LoraVariant):
    """The forward pass of a plain LoRA layer of peft."""

    @staticmethod
    def forward(
        module: Linear, active_adapter: str, x: torch.Tensor, result: torch.Tensor, **_
    ) -> torch.Tensor:
        """`result`, (..., out) of the base layer, and what the adapter adds to it."""
        low = module.lora_A[active_adapter](module.lora_dropout[active_adapter](x))
        up, scaling = module.lora_B[active_adapter], module.scaling[active_adapter]
        if low.dtype != result.dtype:  # a base in bf16 with an adapter in fp32, without autocast
            return result + up(low) * scaling
        rows = torch.addmm(result.flatten(0, -2), low.flatten(0, -2), up.weight.T, alpha=scaling)
        return rows.view_as(result)


@contextmanager
def fused_lora(network: torch.nn.Module) -> Iterator[None]:
    """Run the plain LoRA layers of a network by `Fused` meanwhile."""
    layers = [
        (layer, adapter)
        for layer in network.modules()
        if type(layer) is Linear  # quantised ones have classes, and kernels, of their own
        for adapter in layer.lora_A
        if adapter not in layer.lora_variant and not layer.lora_bias[adapter]
    ]
    for layer, adapter in layers:
        layer.lora_variant[adapter] = Fused()
    try:
        yield
    finally:
        for layer, adapter in layers:
            del layer.lora_variant[adapter]
