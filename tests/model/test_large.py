"""Adapters, training and 4 bits on the large presets' class, flags and vocabulary, made small."""

import pytest
import torch
import torch.nn.functional as F
from peft import PeftModel

from audio_interaction.errors import UserError
from audio_interaction.layouts import IGNORED, Reply, online_layout
from audio_interaction.model.adapter import add_adapter, save_adapter
from audio_interaction.model.interaction import load_model, new_model
from audio_interaction.model.large import find_device, find_dtype
from audio_interaction.model.quantise import require_four_bit

LARGE = ("omni-3b", "omni-7b", "released")


def stream(model):
    """A layout of three chunks with one reply, and its random frames."""
    layout = online_layout(model.tokens, model.encode("listen"), 3, {1: Reply((100,), "urgent")})
    width = model.thinker.config.audio_config.d_model
    return layout, torch.randn(30, width, generator=torch.Generator().manual_seed(0))


def logits(model):
    layout, frames = stream(model)
    ids, is_frame = torch.tensor([layout.input_ids]), torch.tensor([layout.is_frame])
    embeddings = model.thinker.embed(ids, is_frame, frames)
    return model.thinker.lm_head(model.thinker.decode_embeddings(embeddings))


def loss(model):
    labels = torch.tensor([stream(model)[0].labels])
    return F.cross_entropy(
        logits(model)[:, :-1].flatten(0, 1).float(), labels[:, 1:].flatten(), ignore_index=IGNORED
    )


def train(model, steps=2):
    learning = [p for p in model.network.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(learning, lr=1e-2)
    losses = []
    for _ in range(steps):
        losses.append(loss(model))
        optimiser.zero_grad()
        losses[-1].backward()
        optimiser.step()
    return [value.item() for value in losses]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("name", LARGE)
def test_two_steps_of_lora_learn_and_leave_the_base_alone(checkpoints, name, dtype):
    base = load_model(checkpoints[name], adapter=None, dtype=dtype)
    frozen = {key: value.clone() for key, value in base.thinker.state_dict().items()}
    model = add_adapter(base, rank=4, alpha=8)
    first, second = train(model)
    assert loss(model).item() < second < first
    with model.adapter_off():
        for key, value in frozen.items():
            inner, _, leaf = key.rpartition(".")
            module = model.thinker.get_submodule(inner)
            for wrapper in ("original_module", "base_layer"):
                module = getattr(module, wrapper, module)
            assert torch.equal(getattr(module, leaf), value), key


def test_the_control_tokens_of_untied_output_rows_move_the_decision(checkpoints):
    """Their input rows alone would let the model read decisions, not make them."""
    model = add_adapter(load_model(checkpoints["omni-3b"], adapter=None), rank=4, alpha=8)
    before = logits(model)[..., model.tokens.response].detach()
    rows = {n: p for n, p in model.network.named_parameters() if "trainable_tokens_delta" in n}
    assert len(rows) == 2 and all(p.requires_grad and len(p) == 18 for p in rows.values())
    (output,) = (p for name, p in rows.items() if "lm_head" in name)
    with torch.no_grad():
        output += 0.5
    assert (logits(model)[..., model.tokens.response] - before).abs().max() > 0.1
    model = add_adapter(load_model(checkpoints["omni-3b"], adapter=None), rank=4, alpha=8)
    train(model, 1)
    for name, p in model.network.named_parameters():
        if "lm_head" in name and "trainable_tokens_delta" in name:
            assert (p.grad[list(model.tokens.ids()).index(model.tokens.silent)] != 0).any()


@pytest.mark.parametrize("name", LARGE)
@torch.no_grad()
def test_an_adapter_loads_again_with_plain_peft_and_by_name(checkpoints, tmp_path, name):
    model = add_adapter(load_model(checkpoints[name], adapter=None), rank=4, alpha=8)
    with torch.enable_grad():
        train(model)
    save_adapter(model, tmp_path)
    loaded = load_model(checkpoints[name], adapter=tmp_path)
    torch.testing.assert_close(logits(loaded), logits(model), rtol=1e-4, atol=1e-4)
    fresh = load_model(checkpoints[name], adapter=None)
    before = logits(fresh)
    fresh.network = PeftModel.from_pretrained(fresh.network, str(tmp_path)).eval()
    torch.testing.assert_close(logits(fresh), logits(model), rtol=1e-4, atol=1e-4)
    assert (logits(fresh) - before).abs().max() > 0.1


def test_lora_goes_on_every_linear_layer_of_the_language_model_alone(checkpoints):
    model = add_adapter(load_model(checkpoints["omni-7b"], adapter=None), rank=4, alpha=8)
    touched = {n.split(".lora_A")[0] for n, _ in model.network.named_parameters() if "lora_A" in n}
    assert len(touched) == 2 * 7
    assert all(".language_model.layers." in name for name in touched)


def test_four_bits_are_refused_without_an_nvidia_gpu(checkpoints):
    with pytest.raises(UserError, match="4-bit weights need an NVIDIA GPU, and this is cpu"):
        load_model(checkpoints["omni-3b"], adapter=None, device="cpu", four_bit=True)
    with pytest.raises(UserError, match="leave --four-bit out"):
        load_model("tiny", four_bit=True)


def test_four_bits_without_bitsandbytes_say_what_to_install(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'audio-interaction\[4bit\]'"):
        require_four_bit(torch.device("cuda"))


def test_four_bits_come_near_and_train(checkpoints, monkeypatch):
    """bitsandbytes also computes on a CPU, slowly: enough to try it where there is no GPU."""
    pytest.importorskip("bitsandbytes")
    monkeypatch.setattr("audio_interaction.model.large.require_four_bit", lambda device: None)
    folder = checkpoints["omni-3b"]
    whole = load_model(folder, adapter=None)
    small = load_model(folder, adapter=None, device="cpu", dtype="float32", four_bit=True)
    linear = small.thinker.model.language_model.layers[0].mlp.up_proj
    assert linear.weight.dtype == torch.uint8 and linear.weight.numel() == 64 * 128 / 2
    assert small.thinker.lm_head.weight.dtype == torch.float32
    with torch.no_grad():
        exact, near = logits(whole), logits(small)
    assert 0 < (near - exact).norm() / exact.norm() < 0.6
    assert F.cosine_similarity(near, exact, dim=-1).mean() > 0.85
    small = load_model(folder, adapter=None, device="cpu", dtype="float32", four_bit=True)
    model = add_adapter(small, rank=4, alpha=8)
    model.network.train()  # on a CPU bitsandbytes packs the weights of an idle layer for good
    first, second = train(model)
    assert second < first


def test_devices_and_dtypes_have_names(monkeypatch):
    assert find_device("cpu").type == "cpu"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert find_device("auto").type == "cpu"
    with pytest.raises(UserError, match="no NVIDIA GPU"):
        find_device("cuda")
    with pytest.raises(UserError, match="unknown device 'moon'"):
        find_device("moon")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert find_device("auto").type == "cuda"
    assert find_dtype("auto", torch.device("cuda")) == torch.bfloat16
    assert find_dtype("auto", torch.device("cpu")) == torch.float32
    assert find_dtype("auto", torch.device("cpu"), four_bit=True) == torch.bfloat16
    with pytest.raises(UserError, match="unknown dtype 'float8'"):
        find_dtype("float8", torch.device("cpu"))


def test_a_large_base_is_not_trained_anew(untrained):
    with pytest.raises(UserError, match="omni-3b has its base already"):
        new_model("omni-3b", untrained.tokenizer)
