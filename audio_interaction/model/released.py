"""Import of the released Audio-Interaction weights into the one model class.

The release is a LitGPT model: one fused matrix for queries, keys and values, other names, two
files. Its language model is `model.safetensors.index.json` with shards and `model_config.yaml`; its
audio tower, `audiointeraction_ChunkwisedEncoder.pth`, is a plain state dict of Hugging Face's
`Qwen2_5OmniAudioEncoder`. Positions are one-dimensional and built in float16: from 2,048 on
(63 s of silence) neighbours share one. `network.InteractionThinker.float16_positions` does the
same; whether the weights were trained so is not told.

Source: https://github.com/xzf-thu/Audio-Interaction (model.py, utils.py, TOKENS.py).
"""

import re
from collections.abc import Iterator
from pathlib import Path

import torch

from audio_interaction.errors import UserError
from audio_interaction.model.hub import fetch, read_json, read_tensors
from audio_interaction.model.presets import Preset, folder_preset

CONFIG_FILE = "model_config.yaml"
ENCODER_FILE = "audiointeraction_ChunkwisedEncoder.pth"
ENCODER_CONFIG = "qwen25OmniConfig/config.json"

SYSTEM = (
    "You are a helpful assistant. When there is no user text, if the audio contains a question, "
    "please answer it. If it is a sound effect, determine based on the sound whether help is "
    "needed."
)
"""The one instruction of all its training streams, word for word (`cons_online_data.py`)."""

WHOLE = {
    "transformer.wte.weight": "model.language_model.embed_tokens.weight",
    "transformer.ln_f.weight": "model.language_model.norm.weight",
    "lm_head.weight": "lm_head.weight",
}
LAYER = re.compile(r"transformer\.h\.(\d+)\.(.+)\.(weight|bias)")
IN_LAYER = {
    "norm_1": "input_layernorm",
    "norm_2": "post_attention_layernorm",
    "attn.proj": "self_attn.o_proj",
    "mlp.fc_1": "mlp.gate_proj",
    "mlp.fc_2": "mlp.up_proj",
    "mlp.proj": "mlp.down_proj",
}
FUSED, INTERLEAVED = "attn.qkv", "attn.attn"


def split_qkv(
    fused: torch.Tensor, heads: int, groups: int, interleaved: bool = False
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Rows of queries, keys and values of a fused matrix or bias.

    Args:
        fused: ((heads + 2 * groups) * head, ...): all queries, all keys, all values.
        heads, groups: attention heads, and groups of them that share a key.
        interleaved: the older order: for each group its queries, its key, its value.

    Returns:
        (heads * head, ...), (groups * head, ...) and again (groups * head, ...).
    """
    if not interleaved:
        head = fused.shape[0] // (heads + 2 * groups)
        return fused.split([heads * head, groups * head, groups * head])
    per_group = fused.unflatten(0, (groups, heads // groups + 2, -1))
    queries, keys, values = per_group.split([heads // groups, 1, 1], dim=1)
    return tuple(part.flatten(0, 2) for part in (queries, keys, values))


def our_tensors(
    name: str, tensor: torch.Tensor, heads: int, groups: int
) -> Iterator[tuple[str, torch.Tensor]]:
    """Our names and tensors of one tensor of the released language model: one, or three.

    Raises:
        UserError: the name is not of that layout.
    """
    if name in WHOLE:
        yield WHOLE[name], tensor
        return
    match = LAYER.fullmatch(name)
    layer, part, kind = match.groups() if match else (None, None, None)
    prefix = f"model.language_model.layers.{layer}"
    if part in IN_LAYER:
        yield f"{prefix}.{IN_LAYER[part]}.{kind}", tensor
    elif part in (FUSED, INTERLEAVED):
        pieces = split_qkv(tensor, heads, groups, part == INTERLEAVED)
        for letter, piece in zip("qkv", pieces, strict=True):
            yield f"{prefix}.self_attn.{letter}_proj.{kind}", piece.clone()
    else:
        raise UserError(f"tensor {name!r} is not of the released Audio-Interaction layout")


def released_tensors(
    source: Path | str, heads: int, groups: int
) -> Iterator[tuple[str, torch.Tensor]]:
    """Our names and tensors of the whole release, a folder or a hub id.

    Raises:
        UserError: a file is missing or damaged, or a tensor is not of the released layout.
    """
    for name, tensor in read_tensors(source, lambda name: True):
        yield from our_tensors(name, tensor, heads, groups)
    path = fetch(source, ENCODER_FILE)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except Exception as error:  # torch raises many kinds for a damaged archive
        raise UserError(f"{path}: truncated or damaged ({error}); download it anew") from error
    for name, tensor in state.items():
        if not name.startswith("positional_embedding."):  # a constant
            yield f"model.audio_tower.{name}", tensor


def released_preset(folder: Path) -> Preset:
    """The preset that the configurations of a local released checkpoint describe.

    Raises:
        UserError: a setting is missing, or is one that this kit does not compute.
    """
    import yaml

    path = fetch(folder, CONFIG_FILE)
    try:
        model = yaml.safe_load(path.read_text(encoding="utf-8"))
        audio = read_json(folder, ENCODER_CONFIG)["thinker_config"]["audio_config"]
        made = folder_preset(
            folder,
            "released",
            audio,
            vocab=model["padded_vocab_size"],
            hidden=model["n_embd"],
            layers=model["n_layer"],
            heads=model["n_head"],
            kv_heads=model["n_query_groups"],
            mlp=model["intermediate_size"],
            rope_theta=float(model["rope_base"]),
            norm_eps=float(model["norm_eps"]),
        )
        expected = {
            "norm_class_name": "RMSNorm",
            "mlp_class_name": "LLaMAMLP",
            "parallel_residual": False,
            "rotary_percentage": 1.0,
            "bias": False,
            "attn_bias": True,
        }
        wrong = {key: model[key] for key, value in expected.items() if model[key] != value}
    except (KeyError, TypeError, yaml.YAMLError) as error:
        raise UserError(
            f"{path}: lacks {error}; not the configuration of a released checkpoint"
        ) from error
    if wrong:
        raise UserError(f"{path}: {wrong} is not the architecture of the release, {expected}")
    return made
