"""Loading the presets of the hub: check the machine, get the tokenizer, stream the weights in."""

from dataclasses import replace
from pathlib import Path

import torch
from transformers import PreTrainedTokenizerFast

from audio_interaction.errors import UserError
from audio_interaction.model.assemble import assemble
from audio_interaction.model.hub import fetch, read_json
from audio_interaction.model.memory import require_memory
from audio_interaction.model.network import InteractionThinker
from audio_interaction.model.omni import omni_preset, omni_tensors
from audio_interaction.model.presets import PRESETS, Preset, preset
from audio_interaction.model.quantise import require_four_bit
from audio_interaction.model.released import (
    CONFIG_FILE,
    ENCODER_FILE,
    released_preset,
    released_tensors,
)
from audio_interaction.protocol import ControlTokens

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def find_preset(base: str | Path) -> Preset:
    """The preset of that name, or the one that the files of a folder make.

    Raises:
        UserError: neither, or a folder whose configuration cannot be used.
    """
    folder = Path(base)
    if not folder.is_dir():
        return preset(str(base))
    if (folder / CONFIG_FILE).is_file() or (folder / ENCODER_FILE).is_file():
        return released_preset(folder)
    if (folder / "config.json").is_file() and "thinker_config" in read_json(folder, "config.json"):
        return omni_preset(folder)
    return replace(PRESETS["tiny"], name=str(folder), base=folder)


def find_device(name: str) -> torch.device:
    """The device of a name; "auto" is the GPU if PyTorch has an NVIDIA one, else the CPU.

    Raises:
        UserError: there is no such device here.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise UserError(f"unknown device {name!r}; use auto, cpu or cuda") from error
    if device.type == "cuda" and not torch.cuda.is_available():
        raise UserError("PyTorch finds no NVIDIA GPU here; use --device cpu")
    return device


def find_dtype(name: str, device: torch.device, four_bit: bool = False) -> torch.dtype:
    """The dtype of a name; "auto" is bfloat16 on a GPU and float32 on a CPU, which is slow at it.

    Raises:
        UserError: another name.
    """
    if name == "auto":
        return torch.bfloat16 if four_bit or device.type == "cuda" else torch.float32
    if name not in DTYPES:
        raise UserError(f"unknown dtype {name!r}; use auto, {' or '.join(DTYPES)}")
    return DTYPES[name]


def load_large(
    chosen: Preset,
    device: torch.device,
    dtype: torch.dtype,
    four_bit: bool = False,
    train: bool = False,
    adapted: bool = False,
) -> tuple[InteractionThinker, PreTrainedTokenizerFast]:
    """Network and tokenizer of a preset with the layout "omni" or "released".

    Args:
        chosen: what to load, from where.
        device, dtype, four_bit: where the weights go, and how they are kept.
        train, adapted: whether an adapter will be trained or loaded on top, for the memory check.

    Raises:
        UserError: it will not fit, a file cannot be had, or the files are not what they should be.
    """
    if four_bit:
        require_four_bit(device)
    require_memory(chosen, device, dtype.itemsize, four_bit, train, adapted)
    tokens = ControlTokens.released()
    tokenizer = _tokenizer(chosen.base)
    if chosen.layout == "omni":
        tensors = omni_tensors(chosen.base)
    else:
        tensors = released_tensors(chosen.base, chosen.heads, chosen.kv_heads)
    network = assemble(chosen, tokens, tensors, chosen.base, device, dtype, four_bit)
    return network, tokenizer


def _tokenizer(source: Path | str) -> PreTrainedTokenizerFast:
    path = fetch(source, "tokenizer.json")
    try:
        return PreTrainedTokenizerFast(tokenizer_file=str(path), clean_up_tokenization_spaces=False)
    except Exception as error:  # tokenizers raises nothing narrower
        raise UserError(f"{path}: not a tokenizer ({error}); download it anew") from error
