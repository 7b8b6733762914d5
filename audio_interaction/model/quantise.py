"""Four bits a weight for the language model: NF4 of QLoRA, by bitsandbytes.

Only the linear layers of the language model are stored so, 64 weights to a scale and the scales in
8 bits themselves; embedding, output rows, norms and the audio tower keep their precision. LoRA
trains on top (`adapter.add_adapter`).
Source: QLoRA, https://arxiv.org/abs/2305.14314.
"""

import importlib.util
import re

import torch

from audio_interaction.errors import UserError

LINEAR = re.compile(r"model\.language_model\.layers\.\d+\.(self_attn|mlp)\.\w+_proj")
"""The linear layers of the language model: where LoRA goes, and what 4 bits hold."""


def require_four_bit(device: torch.device) -> None:
    """Refuse 4 bits where they cannot be had.

    Raises:
        UserError: the device is no NVIDIA GPU, or bitsandbytes is not installed.
    """
    if device.type != "cuda":
        raise UserError(
            f"4-bit weights need an NVIDIA GPU, and this is {device.type}; leave --four-bit out, "
            "or use --model tiny"
        )
    if importlib.util.find_spec("bitsandbytes") is None:
        raise UserError("4-bit weights need bitsandbytes: pip install 'audio-interaction[4bit]'")


def four_bit_linears(network: torch.nn.Module, dtype: torch.dtype) -> None:
    """Put empty 4-bit layers, which compute in `dtype`, in the place of the linear ones."""
    import bitsandbytes as bnb

    for name, module in list(network.named_modules()):
        if not LINEAR.fullmatch(name):
            continue
        layer = bnb.nn.Linear4bit(
            module.in_features,
            module.out_features,
            bias=module.bias is not None,
            compute_dtype=dtype,
            quant_type="nf4",
            device="meta",
        )
        layer.quantised = True
        owner, _, leaf = name.rpartition(".")
        setattr(network.get_submodule(owner), leaf, layer)
    network.is_loaded_in_4bit = True  # peft asks for it


def four_bit_weight(
    tensor: torch.Tensor, dtype: torch.dtype, device: torch.device | str
) -> torch.nn.Parameter:
    """A weight (out, in) in NF4 on `device`."""
    import bitsandbytes as bnb

    weight = tensor.to(dtype).contiguous()
    return bnb.nn.Params4bit(weight, requires_grad=False, quant_type="nf4").to(device)
