"""Loading and saving: what was trained is what is loaded, and damage is named."""

import json
import shutil

import numpy as np
import pytest
import torch
from peft import PeftModel
from transformers import DynamicCache

from audio_interaction.errors import UserError
from audio_interaction.layouts import Reply, online_layout
from audio_interaction.model.adapter import add_adapter, save_adapter
from audio_interaction.model.interaction import load_model, save_base


def logits(model):
    layout = online_layout(model.tokens, model.encode("listen"), 3, {1: Reply((100,), "urgent")})
    ids = torch.tensor([layout.input_ids])
    frames = torch.randn(30, 384, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        embeddings = model.thinker.embed(ids, torch.tensor([layout.is_frame]), frames)
        return model.thinker.lm_head(model.thinker.decode_embeddings(embeddings))


def moved(model):
    """The model after a step that changes every trainable tensor."""
    with torch.no_grad():
        for parameter in model.network.parameters():
            if parameter.requires_grad:
                parameter += 0.05 * torch.randn_like(parameter)
    return model


@pytest.fixture
def base_folder(untrained, tmp_path):
    save_base(untrained, tmp_path / "base")
    return tmp_path / "base"


def test_a_saved_base_gives_the_same_logits_up_to_half_precision(untrained, base_folder):
    loaded = load_model(base_folder, adapter=None)
    torch.testing.assert_close(logits(loaded), logits(untrained), rtol=1e-2, atol=1e-2)
    assert not loaded.adapted


def test_the_ears_are_not_saved_again(base_folder):
    assert (base_folder / "model.safetensors").stat().st_size < 9e6


def test_a_fresh_adapter_changes_nothing_and_trains_little(base_folder):
    base = load_model(base_folder, adapter=None)
    before = logits(base)
    model = add_adapter(base, rank=16, alpha=32)
    torch.testing.assert_close(logits(model), before)
    trainable = sum(p.numel() for p in model.network.parameters() if p.requires_grad)
    assert 0.2e6 < trainable < 0.7e6
    assert not any(
        p.requires_grad for n, p in model.network.named_parameters() if "conv1" in n or "fc1" in n
    )


def test_an_adapter_loads_with_plain_peft_and_gives_the_same_logits(base_folder, tmp_path):
    model = moved(add_adapter(load_model(base_folder, adapter=None), rank=4, alpha=8))
    save_adapter(model, tmp_path / "adapter")
    fresh = load_model(base_folder, adapter=None)
    before = logits(fresh)
    fresh.network = PeftModel.from_pretrained(fresh.network, str(tmp_path / "adapter")).eval()
    torch.testing.assert_close(logits(fresh), logits(model), rtol=1e-4, atol=1e-4)
    assert (logits(fresh) - before).abs().max() > 0.1


def test_switched_off_the_adapter_is_gone(base_folder):
    base = load_model(base_folder, adapter=None)
    before = logits(base)
    model = moved(add_adapter(base, rank=4, alpha=8))
    with model.adapter_off():
        torch.testing.assert_close(logits(model), before)


def test_the_rows_of_the_control_tokens_move_the_decision(base_folder):
    model = add_adapter(load_model(base_folder, adapter=None), rank=4, alpha=8)
    before = logits(model)[..., model.tokens.response]
    with torch.no_grad():
        rows = [p for n, p in model.network.named_parameters() if "trainable_tokens_delta" in n]
        assert rows
        rows[0] += 0.5
    assert (logits(model)[..., model.tokens.response] - before).abs().max() > 0.1


def test_the_threshold_comes_with_the_adapter(base_folder, tmp_path):
    save_adapter(add_adapter(load_model(base_folder, adapter=None), 4, 8), tmp_path / "adapter")
    (tmp_path / "adapter" / "decision.json").write_text(json.dumps({"threshold": 0.35}))
    assert load_model(base_folder, adapter=tmp_path / "adapter").threshold == 0.35


def test_an_unknown_preset_lists_those_there_are():
    with pytest.raises(UserError, match="unknown preset 'huge'; choose one of tiny"):
        load_model("huge")


def test_a_folder_without_weights_is_named(tmp_path, base_folder):
    with pytest.raises(UserError, match=r"holds no model\.safetensors"):
        load_model(tmp_path, adapter=None)
    with pytest.raises(UserError, match=r"holds no adapter_config\.json"):
        load_model(base_folder, adapter=tmp_path)


@pytest.mark.parametrize("keep", [0, 100, 50_000])
def test_a_truncated_adapter_is_named(base_folder, tmp_path, keep):
    folder = tmp_path / "adapter"
    save_adapter(add_adapter(load_model(base_folder, adapter=None), 4, 8), folder)
    weights = folder / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:keep])
    with pytest.raises(UserError, match=r"adapter_model\.safetensors: truncated or damaged"):
        load_model(base_folder, adapter=folder)


def test_a_truncated_base_is_named(base_folder, tmp_path):
    folder = shutil.copytree(base_folder, tmp_path / "copy")
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    with pytest.raises(UserError, match=r"model\.safetensors: truncated or damaged"):
        load_model(folder, adapter=None)


def test_an_adapter_of_another_base_is_refused(base_folder, tmp_path):
    folder = tmp_path / "adapter"
    save_adapter(add_adapter(load_model(base_folder, adapter=None), 4, 8), folder)
    config = json.loads((folder / "adapter_config.json").read_text())
    (folder / "adapter_config.json").write_text(json.dumps(config | {"r": 8}))
    with pytest.raises(UserError, match="does not fit this base"):
        load_model(base_folder, adapter=folder)


def test_a_control_token_is_no_word(untrained):
    tokens = untrained.tokens
    hidden = untrained.thinker.lm_head.weight[[tokens.response]]  # a state that longs for it
    assert untrained.thinker.lm_head(hidden).argmax().item() == tokens.response
    cache = DynamicCache()
    words = list(untrained.generate(hidden, cache, 8))
    assert words and not {*words} & {*tokens.ids()}


def test_offline_use_stops_by_itself_and_is_deterministic(untrained):
    samples = np.random.default_rng(0).standard_normal(16_000).astype(np.float32) * 0.1
    first = untrained.offline(samples, "transcribe", max_tokens=5)
    assert first == untrained.offline(samples, "transcribe", max_tokens=5)
