"""Qwen2.5-Omni as the hub has it: which of its tensors are ours, and under which names.

`thinker.audio_tower.*`, `thinker.model.*` and `thinker.lm_head.*` are the ears and the language
model. `thinker.visual.*`, `talker.*` and `token2wav.*` are left where they are.
Source: https://huggingface.co/Qwen/Qwen2.5-Omni-7B (model.safetensors.index.json).
"""

from collections.abc import Iterator
from pathlib import Path

import torch

from audio_interaction.errors import UserError
from audio_interaction.model.hub import read_json, read_tensors
from audio_interaction.model.presets import Preset, folder_preset

PARTS = {
    "thinker.audio_tower.": "model.audio_tower.",
    "thinker.model.": "model.language_model.",
    "thinker.lm_head.": "lm_head.",
}


def our_name(name: str) -> str | None:
    """Name in `network.InteractionThinker` of a tensor of the hub; None if it is not used."""
    for theirs, ours in PARTS.items():
        if name.startswith(theirs):
            return ours + name.removeprefix(theirs)
    return None


def omni_tensors(source: Path | str) -> Iterator[tuple[str, torch.Tensor]]:
    """Our names and tensors of a Qwen2.5-Omni checkpoint, a folder or a hub id."""
    for name, tensor in read_tensors(source, lambda name: our_name(name) is not None):
        yield our_name(name), tensor


def omni_preset(folder: Path) -> Preset:
    """The preset that the `config.json` of a local Qwen2.5-Omni checkpoint describes.

    Raises:
        UserError: a setting is missing, or is one that this kit does not compute.
    """
    try:
        thinker = read_json(folder, "config.json")["thinker_config"]
        audio, text = thinker["audio_config"], thinker["text_config"]
        scaling = text.get("rope_parameters") or text.get("rope_scaling") or {}
        made = folder_preset(
            folder,
            "omni",
            audio,
            vocab=text["vocab_size"],
            hidden=text["hidden_size"],
            layers=text["num_hidden_layers"],
            heads=text["num_attention_heads"],
            kv_heads=text["num_key_value_heads"],
            mlp=text["intermediate_size"],
            rope_theta=text.get("rope_theta") or scaling["rope_theta"],
            norm_eps=text["rms_norm_eps"],
        )
    except KeyError as error:
        raise UserError(
            f"{folder / 'config.json'}: lacks {error}; not a Qwen2.5-Omni checkpoint"
        ) from error
    if text.get("use_sliding_window"):
        raise UserError(f"{folder / 'config.json'}: sliding-window attention is not supported")
    return made
