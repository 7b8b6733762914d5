"""Checkpoints in the layouts of the hub: the class and the flags of the presets, small, random."""

import json
from dataclasses import replace

import pytest
import torch
import yaml
from safetensors.torch import save_file

from audio_interaction.model.assemble import skeleton
from audio_interaction.model.omni import PARTS
from audio_interaction.model.presets import PRESETS
from audio_interaction.protocol import ControlTokens


def shrunk(name):
    """A preset with its vocabulary, mel bands and flags, and little of anything else."""
    return replace(
        PRESETS[name],
        hidden=64,
        layers=2,
        heads=4,
        kv_heads=2,
        mlp=128,
        tower_layers=2,
        tower_width=32,
        tower_heads=2,
        tower_mlp=64,
    )


def random_tensors(chosen, seed=0):
    """Every tensor of a preset in our names, large enough that decisions differ."""
    generator = torch.Generator().manual_seed(seed)
    tensors = {}
    for name, tensor in skeleton(chosen, ControlTokens.released()).state_dict().items():
        scale = 0.3 if tensor.ndim == 1 else 1.5 / tensor[0].numel() ** 0.5
        values = scale * torch.randn(tensor.shape, generator=generator)
        tensors[name] = values + ("norm" in name and name.endswith("weight"))
    return tensors


def write_omni(folder, chosen, tokenizer):
    """As Qwen2.5-Omni on the hub: four shards, of which two hold neither ears nor language."""
    theirs = {ours: hub for hub, ours in PARTS.items()}
    shards = {f"model-0000{n}-of-00004.safetensors": {} for n in range(1, 5)}
    ears, language, eyes, voice = shards.values()
    for name, tensor in random_tensors(chosen).items():
        part = next(part for part in theirs if name.startswith(part))
        hub_name = theirs[part] + name.removeprefix(part)
        (language if "thinker.model" in hub_name else ears)[hub_name] = tensor
    ears["thinker.visual.blocks.0.norm1.weight"] = torch.ones(8)
    eyes["thinker.visual.patch_embed.proj.weight"] = torch.ones(8, 3)
    voice |= {"talker.codec_head.weight": torch.ones(4, 4), "token2wav.code2wav_dit": torch.ones(4)}
    for shard, tensors in shards.items():
        save_file(tensors, folder / shard)
    weight_map = {name: shard for shard, tensors in shards.items() for name in tensors}
    index = {"metadata": {}, "weight_map": weight_map}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    (folder / "config.json").write_text(json.dumps(published_config(chosen)))
    tokenizer.save_pretrained(folder)


def published_config(chosen):
    """The settings of the hub's config.json that matter here, in its words."""
    return {
        "model_type": "qwen2_5_omni",
        "thinker_config": {
            "model_type": "qwen2_5_omni_thinker",
            "audio_config": {
                "num_mel_bins": chosen.n_mels,
                "encoder_layers": chosen.tower_layers,
                "encoder_attention_heads": chosen.tower_heads,
                "encoder_ffn_dim": chosen.tower_mlp,
                "d_model": chosen.tower_width,
                "n_window": 100,
                "output_dim": chosen.hidden,
            },
            "text_config": {
                "vocab_size": chosen.vocab,
                "hidden_size": chosen.hidden,
                "intermediate_size": chosen.mlp,
                "num_hidden_layers": chosen.layers,
                "num_attention_heads": chosen.heads,
                "num_key_value_heads": chosen.kv_heads,
                "rms_norm_eps": 1e-06,
                "rope_theta": 1000000.0,
                "rope_scaling": {"mrope_section": [16, 24, 24], "rope_type": "default"},
                "use_sliding_window": False,
            },
        },
    }


def litgpt_tensors(chosen, interleaved=False, seed=1):
    """A random language model under the names of the release, queries, keys and values fused."""
    generator = torch.Generator().manual_seed(seed)
    head = chosen.hidden // chosen.heads

    def draw(*shape):
        scale = 0.3 if len(shape) == 1 else 1.5 / shape[1] ** 0.5
        return scale * torch.randn(shape, generator=generator)

    tensors = {
        "lm_head.weight": draw(chosen.vocab, chosen.hidden),
        "transformer.wte.weight": draw(chosen.vocab, chosen.hidden),
        "transformer.ln_f.weight": 1 + draw(chosen.hidden),
    }
    rows = (chosen.heads + 2 * chosen.kv_heads) * head
    fused = "attn.attn" if interleaved else "attn.qkv"
    for layer in range(chosen.layers):
        tensors |= {
            f"transformer.h.{layer}.{part}": tensor
            for part, tensor in {
                "norm_1.weight": 1 + draw(chosen.hidden),
                "norm_2.weight": 1 + draw(chosen.hidden),
                f"{fused}.weight": draw(rows, chosen.hidden),
                f"{fused}.bias": draw(rows),
                "attn.proj.weight": draw(chosen.hidden, chosen.heads * head),
                "mlp.fc_1.weight": draw(chosen.mlp, chosen.hidden),
                "mlp.fc_2.weight": draw(chosen.mlp, chosen.hidden),
                "mlp.proj.weight": draw(chosen.hidden, chosen.mlp),
            }.items()
        }
    return tensors


def write_released(folder, chosen, tokenizer, interleaved=False):
    """As the release on the hub: two shards, their index, YAML, and the chunk-wise encoder."""
    tensors = litgpt_tensors(chosen, interleaved)
    shards = {"model-00001-of-00002.safetensors": {}, "model-00002-of-00002.safetensors": {}}
    for position, (name, tensor) in enumerate(tensors.items()):
        list(shards.values())[position % 2][name] = tensor
    for shard, held in shards.items():
        save_file(held, folder / shard)
    weight_map = {name: shard for shard, held in shards.items() for name in held}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}))
    tower = {
        name.removeprefix("model.audio_tower."): tensor
        for name, tensor in random_tensors(chosen, seed=2).items()
        if "audio_tower" in name
    }
    torch.save(tower, folder / "audiointeraction_ChunkwisedEncoder.pth")
    settings = dict(
        name="Qwen2.5-Omni-3B",
        padded_vocab_size=chosen.vocab,
        n_embd=chosen.hidden,
        n_layer=chosen.layers,
        n_head=chosen.heads,
        n_query_groups=chosen.kv_heads,
        intermediate_size=chosen.mlp,
        rope_base=1000000,
        norm_eps=1e-06,
        norm_class_name="RMSNorm",
        mlp_class_name="LLaMAMLP",
        parallel_residual=False,
        rotary_percentage=1.0,
        bias=False,
        attn_bias=True,
    )
    (folder / "model_config.yaml").write_text(yaml.safe_dump(settings))
    (folder / "qwen25OmniConfig").mkdir()
    (folder / "qwen25OmniConfig" / "config.json").write_text(json.dumps(published_config(chosen)))
    tokenizer.save_pretrained(folder)
    return tensors, tower


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory, untrained):
    """Folders by preset name, for reading only."""
    made = {}
    for name in ("omni-3b", "omni-7b"):
        made[name] = tmp_path_factory.mktemp(name)
        write_omni(made[name], shrunk(name), untrained.tokenizer)
    made["released"] = tmp_path_factory.mktemp("released")
    write_released(made["released"], shrunk("released"), untrained.tokenizer)
    return made


@pytest.fixture
def omni_folder(tmp_path, untrained):
    """A checkpoint of one test's own, to damage."""
    folder = tmp_path / "omni"
    folder.mkdir()
    write_omni(folder, shrunk("omni-3b"), untrained.tokenizer)
    return folder


@pytest.fixture(params=[False, True], ids=["fused", "interleaved"])
def released_checkpoint(request, tmp_path, untrained):
    """A folder in the released layout, the preset, and its tensors: language model and tower."""
    folder, chosen = tmp_path / "released", shrunk("released")
    folder.mkdir()
    tensors, tower = write_released(folder, chosen, untrained.tokenizer, request.param)
    return folder, chosen, tensors, tower
