"""The frozen ears: the Qwen2.5-Omni tower, chunk by chunk, with Whisper's weights."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from audio_interaction.audio.features import log_mel
from audio_interaction.errors import UserError
from audio_interaction.model.presets import PRESETS
from audio_interaction.model.tower import encode_chunks, whisper_ears
from audio_interaction.protocol import CHUNK_SAMPLES

MEL = log_mel(np.random.default_rng(0).standard_normal(5 * CHUNK_SAMPLES).astype(np.float32) * 0.1)


@torch.inference_mode()
def test_chunks_in_a_batch_are_the_towers_own_windows(untrained):
    tower = untrained.thinker.model.audio_tower
    flat = torch.from_numpy(MEL).permute(1, 0, 2).flatten(1)  # (80, 200), as the class wants it
    expected = tower(flat, feature_lens=torch.full((5,), 40)).last_hidden_state
    ours = tower.proj(encode_chunks(tower, torch.from_numpy(MEL))).flatten(0, 1)
    torch.testing.assert_close(ours, expected, rtol=1e-5, atol=1e-5)


@torch.inference_mode()
def test_a_chunk_is_encoded_alone(untrained):
    tower = untrained.thinker.model.audio_tower
    together = encode_chunks(tower, torch.from_numpy(MEL))
    for index in range(5):
        alone = encode_chunks(tower, torch.from_numpy(MEL[index : index + 1]))
        torch.testing.assert_close(alone[0], together[index], rtol=1e-4, atol=1e-4)


def test_whispers_names_become_the_towers():
    ears = whisper_ears(PRESETS["tiny"].ears)
    assert "ln_post.weight" in ears and "layer_norm.weight" not in ears
    assert not any("embed_positions" in name for name in ears)
    assert sum(tensor.numel() for tensor in ears.values()) == 7_632_384


def test_full_hub_names_are_understood_too(tmp_path):
    path = tmp_path / "whisper.safetensors"
    save_file({"model.encoder.conv1.weight": torch.ones(2)}, path)
    assert list(whisper_ears(path)) == ["conv1.weight"]


def test_a_missing_or_wrong_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"none\.safetensors: no such file"):
        whisper_ears(tmp_path / "none.safetensors")
    save_file({"weight": torch.ones(2)}, tmp_path / "other.safetensors")
    with pytest.raises(UserError, match="not a Whisper encoder"):
        whisper_ears(tmp_path / "other.safetensors")
