"""Bases as this kit writes them: one fp16 file, config and tokenizer; the frozen ears lie apart.

What the ears have learnt, if they have (`model.ears`), is an adapter in the base's folder `EARS`.
"""

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from transformers import PreTrainedTokenizerFast, Qwen2_5OmniThinkerConfig

from audio_interaction.errors import UserError
from audio_interaction.model.network import InteractionThinker
from audio_interaction.model.tower import whisper_ears

EARS = "ears"


def put_ears(network: InteractionThinker, source: str | Path) -> None:
    """Load the frozen tower from a Whisper encoder; only its projector may learn from here on.

    Raises:
        UserError: the file is missing, or of another geometry.
    """
    tower = network.model.audio_tower
    missing, unexpected = tower.load_state_dict(whisper_ears(source), strict=False)
    constants = {"audio_bos_eos_token.weight", "proj.weight", "proj.bias"}
    if unexpected or set(missing) - constants:
        raise UserError(
            f"{source}: does not fit the audio tower (missing {sorted(set(missing) - constants)}, "
            f"unexpected {sorted(unexpected)})"
        )
    only_ears_frozen(network)


def only_ears_frozen(network: torch.nn.Module) -> None:
    """Let all of a base learn but its tower's own weights.

    The projector, a part of the tower by name, learns, and so does LoRA on it (`model.ears`).
    """
    for name, parameter in network.named_parameters():
        own = "audio_tower." in name and "audio_tower.proj." not in name and ".lora_" not in name
        parameter.requires_grad_(not own)


def save_kit(network: InteractionThinker, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Write a base as fp16 safetensors, config and tokenizer; the frozen ears are left out."""
    folder.mkdir(parents=True, exist_ok=True)
    state = {
        name: tensor.half().contiguous()
        for name, tensor in network.state_dict().items()
        if ("audio_tower" not in name or ".proj." in name and ".layers." not in name)
        and name != "lm_head.weight"  # tied to the embedding
    }
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    network.config.save_pretrained(folder)
    for trace in ("is_local", "local_files_only"):  # of how it was loaded, if it was
        tokenizer.init_kwargs.pop(trace, None)
    tokenizer.save_pretrained(folder)


def load_kit(folder: Path, ears: str | Path) -> tuple[InteractionThinker, PreTrainedTokenizerFast]:
    """Read what `save_kit` wrote, in float32, and put the ears in.

    Raises:
        UserError: missing, truncated or foreign files.
    """
    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise UserError(
            f"{folder}: holds no model.safetensors; make one with `audio-interaction base`"
        )
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    network = InteractionThinker(Qwen2_5OmniThinkerConfig.from_pretrained(folder))
    put_ears(network, ears)
    state = {name: tensor.float() for name, tensor in read_weights(weights).items()}
    missing, unexpected = network.load_state_dict(state, strict=False)
    missing = [name for name in missing if "audio_tower" not in name and name != "lm_head.weight"]
    if missing or unexpected:
        raise UserError(f"{weights}: missing {missing[:3]}, unexpected {unexpected[:3]}; remake it")
    network.tie_weights()
    if (folder / EARS).is_dir():
        network = _merge_ears(network, folder / EARS)
    return network, tokenizer


def _merge_ears(network: InteractionThinker, folder: Path) -> InteractionThinker:
    from peft import PeftModel

    read_weights(folder / "adapter_model.safetensors")  # for its plain messages
    try:
        network = PeftModel.from_pretrained(network, str(folder)).merge_and_unload()
    except (ValueError, RuntimeError) as error:
        raise UserError(f"{folder}: does not fit the audio tower ({error})") from error
    only_ears_frozen(network)
    return network


def read_weights(path: Path) -> dict[str, torch.Tensor]:
    """All tensors of one safetensors file.

    Raises:
        UserError: it is missing, truncated or damaged.
    """
    try:
        return load_file(path)
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file; the folder is incomplete") from error
    except SafetensorError as error:
        raise UserError(f"{path}: truncated or damaged ({error}); copy or make it again") from error
