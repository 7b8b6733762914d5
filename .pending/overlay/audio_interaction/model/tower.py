"""The audio tower: chunks of log-mel to encoder frames, and its Whisper weights."""

from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

from audio_interaction.errors import UserError


def encode_chunks(tower: torch.nn.Module, mel: torch.Tensor) -> torch.Tensor:
    """Encode chunks, each alone, before the projection to the language model.

    The same numbers as `Qwen2_5OmniAudioEncoder.forward` with one 40-frame window per chunk, up to
    its last `proj`; but all chunks go through attention as one batch, where the original loops.

    Args:
        tower: a `Qwen2_5OmniAudioEncoder`.
        mel: float (C, n_mels, 40).

    Returns:
        float (C, 10, d_model); `tower.proj` maps it to (C, 10, hidden).
    """
    x = F.gelu(tower.conv1(mel))
    x = F.gelu(tower.conv2(x)).transpose(1, 2)  # (C, 20, d_model)
    x = x + tower.positional_embedding.positional_embedding[: x.shape[1]].to(x.dtype)
    for layer in tower.layers:
        attention = layer.self_attn
        normed = layer.self_attn_layer_norm(x)
        query, key, value = (
            project(normed).unflatten(-1, (attention.num_heads, -1)).transpose(1, 2)
            for project in (attention.q_proj, attention.k_proj, attention.v_proj)
        )
        mixed = F.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)
        x = x + attention.out_proj(mixed)
        normed = layer.final_layer_norm(x)
        x = x + layer.fc2(layer.activation_fn(layer.fc1(normed)))
    x = (x[:, 0::2] + x[:, 1::2]) / 2
    return tower.ln_post(x)


def whisper_ears(source: str | Path) -> dict[str, torch.Tensor]:
    """Weights of a Whisper encoder under the names of the Qwen2.5-Omni audio tower.

    `embed_positions` is a constant there and `layer_norm` is called `ln_post`; everything else has
    the same name. Returns float32 tensors without `proj`, which is the projector's.

    Args:
        source: a safetensors file with the encoder's tensors, or a hub id such as
            `openai/whisper-tiny.en` (needs the network once).

    Raises:
        UserError: the file is not a Whisper encoder.
    """
    if Path(source).is_file():
        weights = load_file(source)
    elif Path(source).suffix == ".safetensors":
        raise UserError(f"{source}: no such file; the ears of the tiny preset ship in mini_data")
    else:
        from transformers import WhisperModel

        weights = WhisperModel.from_pretrained(str(source)).encoder.state_dict()
    ears = {}
    for name, tensor in weights.items():
        name = name.removeprefix("model.").removeprefix("encoder.")
        if name == "embed_positions.weight":
            continue
        if name.startswith("layer_norm."):
            name = name.replace("layer_norm.", "ln_post.")
        ears[name] = tensor.float()
    if "conv1.weight" not in ears:
        raise UserError(f"{source}: not a Whisper encoder (conv1.weight is missing)")
    return ears
