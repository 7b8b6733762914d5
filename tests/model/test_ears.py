"""Ears that learn: they begin as they were, are kept beside the base, and come back merged."""

import numpy as np
import pytest
import torch
from peft import PeftModel

from audio_interaction.errors import UserError
from audio_interaction.model.ears import save_ears, with_learning_ears
from audio_interaction.model.interaction import load_model, save_base
from audio_interaction.model.presets import PRESETS

SOUND = np.random.default_rng(0).standard_normal(16_000).astype(np.float32) * 0.1


@pytest.fixture
def plain(untrained, tmp_path):
    """The folder of a base whose ears are Whisper's."""
    save_base(untrained, tmp_path / "plain")
    return tmp_path / "plain"


@pytest.fixture
def learnt(plain, tmp_path):
    """A base whose ears have moved, as it was saved, and its folder."""
    model = with_learning_ears(load_model(plain, None), rank=4)
    with torch.no_grad():
        for name, parameter in model.network.named_parameters():
            if ".lora_B" in name:
                parameter += 0.05 * torch.randn_like(parameter)
    save_base(model, tmp_path / "learnt")
    return save_ears(model, tmp_path / "learnt"), tmp_path / "learnt"


def test_fresh_ears_hear_as_before(plain):
    base = load_model(plain, None)
    before = base.features(SOUND)
    torch.testing.assert_close(with_learning_ears(base, rank=4).features(SOUND), before)


def test_all_learns_but_the_weights_under_the_lora(plain):
    model = with_learning_ears(load_model(plain, None), rank=4)
    stands = {
        name.removeprefix("base_model.model.model.")
        for name, parameter in model.network.named_parameters()
        if not parameter.requires_grad
    }
    assert stands and all(name.startswith("audio_tower.") for name in stands)
    assert "audio_tower.proj.weight" not in stands
    adapted = {name for name in stands if ".base_layer.weight" in name}
    assert len(adapted) == 4 * 6  # layers, and linear layers in each


def test_a_chunk_is_embedded_by_the_ears_as_by_their_frames(learnt):
    model, _ = learnt
    mel = torch.from_numpy(model.mel(SOUND))
    ids = torch.full((1, 10 * len(mel)), model.tokens.frame)
    places = torch.ones_like(ids, dtype=torch.bool)
    with torch.inference_mode():
        heard = model.thinker.embed(ids, places, mel)
        frames = model.thinker.embed(ids, places, model.features(SOUND).flatten(0, 1))
    torch.testing.assert_close(heard, frames)


def test_what_they_learnt_comes_back_merged(plain, learnt):
    model, folder = learnt
    loaded = load_model(folder, None)
    assert not loaded.adapted
    torch.testing.assert_close(loaded.features(SOUND), model.features(SOUND))
    assert (loaded.features(SOUND) - load_model(plain, None).features(SOUND)).abs().max() > 0.01
    learns = {
        n for n, p in loaded.network.named_parameters() if p.requires_grad and "audio_tower" in n
    }
    assert learns == {"model.audio_tower.proj.weight", "model.audio_tower.proj.bias"}


def test_plain_peft_loads_them_too(plain, learnt):
    model, folder = learnt
    base = load_model(plain, None)
    base.network = PeftModel.from_pretrained(base.network, str(folder / "ears")).eval()
    torch.testing.assert_close(base.features(SOUND), model.features(SOUND), rtol=1e-4, atol=1e-4)


def test_they_are_small_beside_the_tower(learnt):
    assert (learnt[1] / "ears" / "adapter_model.safetensors").stat().st_size < 0.5e6


def test_damaged_ears_are_named(learnt):
    weights = learnt[1] / "ears" / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(UserError, match="ears.*truncated or damaged"):
        load_model(learnt[1], None)


def test_ears_of_another_size_are_refused(learnt):
    config = learnt[1] / "ears" / "adapter_config.json"
    config.write_text(config.read_text().replace('"r": 4', '"r": 8'))
    with pytest.raises(UserError, match="does not fit the audio tower"):
        load_model(learnt[1], None)


def test_they_go_on_from_where_they_were(learnt):
    model, folder = learnt
    on = with_learning_ears(load_model(folder, None), 4, folder / "ears", PRESETS["tiny"].ears)
    on.network.eval()
    torch.testing.assert_close(on.features(SOUND), model.features(SOUND), rtol=1e-4, atol=1e-4)
    own = {n for n, p in on.network.named_parameters() if "layers.0" in n and p.requires_grad}
    assert sum("audio_tower" in name for name in own) == 2 * 6  # A and B of each linear layer
    save_base(on, folder.parent / "on")
    assert torch.equal(save_ears(on, folder.parent / "on").features(SOUND), model.features(SOUND))


def test_ears_of_another_rank_do_not_go_on(learnt):
    model = load_model(learnt[1], None)
    with pytest.raises(UserError, match="learnt with rank 4; set ears_rank to 4"):
        with_learning_ears(model, 8, learnt[1] / "ears", PRESETS["tiny"].ears)
