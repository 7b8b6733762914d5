"""The memory estimate: exact where it counts, near where it guesses, and plain when it refuses."""

from dataclasses import replace

import pytest
import torch

from audio_interaction.errors import UserError
from audio_interaction.model import memory
from audio_interaction.model.adapter import add_adapter
from audio_interaction.model.assemble import skeleton
from audio_interaction.model.interaction import InteractionModel, load_model
from audio_interaction.model.memory import GIB, estimate, parameters, require_memory
from audio_interaction.model.network import InteractionThinker
from audio_interaction.model.presets import PRESETS
from audio_interaction.paths import REPOSITORY
from audio_interaction.protocol import ControlTokens

CPU, GPU = torch.device("cpu"), torch.device("cuda")
TOKENS = ControlTokens.released()


@pytest.mark.parametrize("name", ["omni-3b", "omni-7b"])
@pytest.mark.parametrize("width", [2, 4])
def test_weights_are_the_bytes_of_the_network(name, width):
    network = skeleton(PRESETS[name], TOKENS)
    bytes_of_network = sum(p.numel() * width for p in network.parameters())
    assert estimate(PRESETS[name], width=width).weights == bytes_of_network


def test_the_tiny_preset_is_counted_too(untrained):
    tiny = replace(PRESETS["tiny"], vocab=len(untrained.tokenizer))
    assert parameters(tiny).total == sum(p.numel() for p in untrained.network.parameters())


def test_the_adapter_is_what_peft_adds():
    base = InteractionModel(skeleton(PRESETS["omni-3b"], TOKENS), None, TOKENS)
    count = parameters(PRESETS["omni-3b"])
    learning = [
        p.numel()
        for p in add_adapter(base, memory.RANK, 32).network.parameters()
        if p.requires_grad
    ]
    expected = sum(learning) * memory.TRAINED_BYTES + count.embedding * 2
    assert estimate(PRESETS["omni-3b"], train=True).adapter == expected


def test_the_cache_is_what_it_grows_to(checkpoints):
    from transformers import DynamicCache

    model = load_model(checkpoints["omni-3b"], adapter=None)
    cache = DynamicCache()
    model.step([5] * 100, cache)
    held = sum(t.numel() * 4 for layer in cache.layers for t in (layer.keys, layer.values))
    chosen = replace(PRESETS["omni-3b"], hidden=64, layers=2, heads=4, kv_heads=2)
    assert estimate(chosen, width=4, positions=100).cache == held


def test_the_inside_of_a_layer_is_near_what_pytorch_keeps():
    positions, small = 256, dict(tower_layers=1, tower_width=64, tower_heads=2, tower_mlp=64)
    chosen = replace(
        PRESETS["omni-3b"], vocab=152_000, hidden=512, mlp=2752, heads=4, kv_heads=1, layers=1
    )
    chosen = replace(chosen, **small)
    network = InteractionThinker(chosen.config(chosen.vocab, TOKENS.pad, TOKENS.frame)).bfloat16()
    model = add_adapter(InteractionModel(network, None, TOKENS), memory.RANK, 32)
    weights = {p.untyped_storage().data_ptr() for p in network.parameters()}
    kept = {}

    def keep(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    row = torch.randn(1, positions, chosen.hidden, dtype=torch.bfloat16, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        model.thinker.decode_embeddings(row)
    guess = estimate(replace(chosen, vocab=0), train=True, positions=positions).activations
    assert sum(kept.values()) < guess < 2 * sum(kept.values())


def test_four_bits_and_listening_take_less():
    for name in ("omni-3b", "omni-7b", "released"):
        chosen = PRESETS[name]
        listen, small = estimate(chosen).gib, estimate(chosen, four_bit=True).gib
        train = estimate(chosen, train=True).gib
        assert small < listen < estimate(chosen, adapted=True).gib < train
        assert estimate(chosen, train=True, positions=8192).gib > train


@pytest.mark.parametrize(
    ("name", "device", "free", "train", "message"),
    [
        (
            "omni-7b",
            GPU,
            12,
            False,
            r"omni-7b: to listen needs 1\d\.\d GiB in bfloat16, you have 12\.0 GiB free on cuda: "
            r"use --four-bit \(\d\.\d GiB\) or --model omni-3b \(\d+\.\d GiB\)",
        ),
        ("omni-7b", GPU, 10, True, r"to train needs .* on cuda: use --model omni-3b --four-bit"),
        ("omni-3b", GPU, 8, False, r"on cuda: use --four-bit \(4\.\d GiB\) or --model tiny \(any"),
        ("released", GPU, 6, False, r"on cuda: use --four-bit \(\d\.\d GiB\) or --model tiny"),
        ("omni-3b", GPU, 2, False, r"on cuda: use --model tiny \(any machine\)$"),
        ("omni-3b", CPU, 12, False, r"on cpu: use --dtype bfloat16 \(8\.\d GiB\) or --model tiny"),
        ("omni-3b", CPU, 8, False, r"needs 1\d\.\d GiB in float32, .* free on cpu: use --model t"),
    ],
)
def test_what_cannot_fit_is_refused_with_what_would(
    monkeypatch, name, device, free, train, message
):
    monkeypatch.setattr(memory, "free_memory", lambda device: free * GIB)
    with pytest.raises(UserError, match=message):
        require_memory(PRESETS[name], device, 4 if device is CPU else 2, False, train, False)


def test_what_fits_is_let_through(monkeypatch):
    monkeypatch.setattr(memory, "free_memory", lambda device: 80 * GIB)
    require_memory(PRESETS["omni-7b"], GPU, 2, False, train=True, adapted=True)


def test_it_is_refused_before_anything_is_fetched(monkeypatch):
    monkeypatch.setattr(memory, "free_memory", lambda device: GIB)
    monkeypatch.setattr("audio_interaction.model.hub.fetch", lambda *_: pytest.fail("fetched"))
    with pytest.raises(UserError, match=r"omni-3b: to listen needs"):
        load_model("omni-3b", adapter=None)


def test_this_machine_has_memory():
    assert memory.free_memory(CPU) > 0


def test_the_table_of_the_documentation_is_that_of_the_function():
    assert memory.memory_table() in (REPOSITORY / "docs" / "models.md").read_text()
