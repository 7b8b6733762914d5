"""Checkpoints in shards: only what is needed is fetched, opened and read; damage is named."""

import json
import shutil

import pytest
import safetensors
import torch

from audio_interaction.errors import UserError
from audio_interaction.model import hub
from audio_interaction.model.interaction import load_model
from audio_interaction.model.omni import our_name
from audio_interaction.protocol import ControlTokens

EARS, LANGUAGE, EYES, VOICE = (f"model-0000{n}-of-00004.safetensors" for n in range(1, 5))


class Watched:
    """`safe_open` that writes down what is opened and read."""

    def __init__(self):
        self.opened, self.read = [], []

    def __call__(self, path, framework):
        self.opened.append(path.name)
        self.file = safetensors.safe_open(path, framework=framework)
        return self

    def __enter__(self):
        self.file.__enter__()
        return self

    def __exit__(self, *error):
        self.file.__exit__(*error)

    def get_tensor(self, name):
        self.read.append(name)
        return self.file.get_tensor(name)


@pytest.fixture
def watched(monkeypatch):
    watched = Watched()
    monkeypatch.setattr(hub, "safe_open", watched)
    return watched


def test_only_shards_and_tensors_that_are_needed_are_touched(checkpoints, watched):
    model = load_model(checkpoints["omni-3b"], adapter=None)
    assert watched.opened == [EARS, LANGUAGE]
    assert len(watched.read) == len(model.thinker.state_dict())
    assert all(our_name(name) for name in watched.read)


def test_what_is_loaded_is_what_was_written(checkpoints):
    folder = checkpoints["omni-3b"]
    state = load_model(folder, adapter=None).thinker.state_dict()
    for shard in (EARS, LANGUAGE):
        for name, tensor in safetensors.torch.load_file(folder / shard).items():
            if our_name(name):
                torch.testing.assert_close(state.pop(our_name(name)), tensor, rtol=0, atol=0)
    assert not state


def test_eyes_and_voice_need_not_even_be_there(omni_folder):
    (omni_folder / EYES).unlink()
    (omni_folder / VOICE).write_bytes(b"nothing that could be opened")
    assert load_model(omni_folder, adapter=None).n_mels == 128


def test_from_the_hub_only_needed_files_are_fetched(checkpoints, monkeypatch):
    fetched = []

    def download(repository, name):
        assert repository == "Qwen/Qwen2.5-Omni-3B"
        fetched.append(name)
        return str(checkpoints["omni-3b"] / name)

    monkeypatch.setattr("huggingface_hub.hf_hub_download", download)
    names = {name for name, _ in hub.read_tensors("Qwen/Qwen2.5-Omni-3B", our_name)}
    assert fetched == ["model.safetensors.index.json", EARS, LANGUAGE]
    assert all(name.startswith("thinker.") for name in names)


def test_a_checkpoint_may_be_one_file(checkpoints, tmp_path):
    shutil.copy(checkpoints["omni-3b"] / EARS, tmp_path / "model.safetensors")
    names = [name for name, _ in hub.read_tensors(tmp_path, our_name)]
    assert names and not any("visual" in name for name in names)


def test_without_a_network_it_is_said_what_to_do():
    with pytest.raises(UserError, match=r"Qwen/none: cannot get config\.json .* name the folder"):
        hub.fetch("Qwen/none", "config.json")


@pytest.mark.parametrize("keep", [0, 100, 10_000])
def test_a_truncated_shard_is_named(omni_folder, keep):
    shard = omni_folder / LANGUAGE
    shard.write_bytes(shard.read_bytes()[:keep])
    with pytest.raises(UserError, match=f"{LANGUAGE}: truncated or damaged"):
        load_model(omni_folder, adapter=None)


def test_a_missing_shard_is_named(omni_folder):
    (omni_folder / LANGUAGE).unlink()
    with pytest.raises(UserError, match=f"{LANGUAGE}: no such file"):
        load_model(omni_folder, adapter=None)


def test_a_missing_tensor_is_named(omni_folder):
    index = omni_folder / hub.INDEX_FILE
    content = json.loads(index.read_text())
    del content["weight_map"]["thinker.model.norm.weight"]
    index.write_text(json.dumps(content))
    with pytest.raises(UserError, match=r"1 tensors are missing: model\.language_model\.norm"):
        load_model(omni_folder, adapter=None)


def test_a_shard_that_breaks_its_promise_is_named(omni_folder):
    index = omni_folder / hub.INDEX_FILE
    content = json.loads(index.read_text())
    content["weight_map"]["thinker.model.extra.weight"] = LANGUAGE
    index.write_text(json.dumps(content))
    with pytest.raises(UserError, match=r"lacks thinker\.model\.extra\.weight"):
        load_model(omni_folder, adapter=None)


def test_a_tensor_of_another_shape_is_named(omni_folder):
    config = omni_folder / "config.json"
    config.write_text(
        config.read_text().replace('"intermediate_size": 128', '"intermediate_size": 127')
    )
    with pytest.raises(UserError, match=r"mlp\.\w+\.weight is \(.*\), but .* has \(.*\)"):
        load_model(omni_folder, adapter=None)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"vocab_size"', '"rows"', "lacks 'vocab_size'; not a Qwen2.5-Omni checkpoint"),
        ('"use_sliding_window": false', '"use_sliding_window": true', "sliding-window"),
        ("{", "", "not valid JSON"),
    ],
)
def test_a_config_that_cannot_be_used_is_named(omni_folder, old, new, message):
    config = omni_folder / "config.json"
    config.write_text(config.read_text().replace(old, new, 1))
    with pytest.raises(UserError, match=message):
        load_model(omni_folder, adapter=None)


def test_a_tokenizer_that_cannot_be_read_is_named(omni_folder):
    (omni_folder / "tokenizer.json").write_text("{}")
    with pytest.raises(UserError, match=r"tokenizer\.json: not a tokenizer"):
        load_model(omni_folder, adapter=None)
    (omni_folder / "tokenizer.json").unlink()
    with pytest.raises(UserError, match=r"tokenizer\.json: no such file"):
        load_model(omni_folder, adapter=None)


def test_a_base_without_adapter_says_so(checkpoints):
    with pytest.raises(UserError, match="ships no interaction adapter; train one"):
        load_model(checkpoints["omni-3b"])


def test_its_tokens_are_those_of_the_release(checkpoints):
    model = load_model(checkpoints["omni-7b"], adapter=None)
    assert model.tokens == ControlTokens.released()
    assert model.thinker.config.audio_config.n_window == 20
    assert not model.thinker.float16_positions and model.system is None


def test_bfloat16_halves_the_weights_but_not_the_constants(checkpoints):
    thinker = load_model(checkpoints["omni-3b"], adapter=None, dtype="bfloat16").thinker
    assert {p.dtype for p in thinker.parameters()} == {torch.bfloat16}
    assert thinker.model.language_model.rotary_emb.inv_freq.dtype == torch.float32
    positions = thinker.model.audio_tower.positional_embedding.positional_embedding
    assert positions.dtype == torch.float32 and positions.shape == (1500, 32)
