"""A loaded model: network, tokenizer, control tokens and, if any, the interaction adapter."""

import json
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from transformers import DynamicCache, PreTrainedTokenizerFast

from audio_interaction.audio.features import log_mel
from audio_interaction.errors import UserError
from audio_interaction.model.network import InteractionThinker
from audio_interaction.model.presets import PRESETS, preset
from audio_interaction.model.tower import encode_chunks, whisper_ears
from audio_interaction.protocol import ControlTokens, offline_layout

DECISION_FILE = "decision.json"
"""Beside an adapter: the threshold chosen on validation, `{"threshold": p}`."""

RECIPE_FILE = "recipe.json"
"""Beside a base or an adapter: the settings it was trained with."""


@dataclass
class InteractionModel:
    """Everything needed to listen, decide and respond.

    Attributes:
        network: an `InteractionThinker`, or a `peft.PeftModel` around one.
        tokenizer: its tokenizer.
        tokens: the control tokens' ids.
        threshold: `p(response)` from which a chunk is answered.
        tasks: sub-tasks the adapter was trained on; empty where that is unknown.
    """

    network: torch.nn.Module
    tokenizer: PreTrainedTokenizerFast
    tokens: ControlTokens
    threshold: float = 0.5
    tasks: tuple[str, ...] = ()

    @property
    def thinker(self) -> InteractionThinker:
        """The network below any adapter wrapper (the adapter's layers stay active in it)."""
        return self.network.get_base_model() if self.adapted else self.network

    @property
    def adapted(self) -> bool:
        """Whether an interaction adapter is loaded."""
        return hasattr(self.network, "peft_config")

    @property
    def n_mels(self) -> int:
        """Mel bands the audio tower expects."""
        return self.thinker.config.audio_config.num_mel_bins

    @contextmanager
    def adapter_off(self):
        """Within the block the model is the offline base again."""
        if not self.adapted:
            yield
            return
        with self.network.disable_adapter():
            yield

    def encode(self, text: str) -> list[int]:
        """Token ids of a text, without control tokens."""
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    def decode(self, ids) -> str:
        """Text of token ids; control tokens are left out."""
        return self.tokenizer.decode(list(ids), skip_special_tokens=True).strip()

    @torch.inference_mode()
    def features_of_mel(self, mel: np.ndarray) -> torch.Tensor:
        """Frozen tower on chunks of log-mel: (C, n_mels, 40) -> float32 (C, 10, d_model)."""
        tower = self.thinker.model.audio_tower
        mel = torch.from_numpy(mel).to(tower.conv1.weight)
        # Blocks keep the memory of a long file flat and its chunks in the processor's cache.
        return torch.cat(
            [encode_chunks(tower, block) for block in mel.split(32)]
            or [mel.new_zeros(0, 10, self.thinker.config.audio_config.d_model)]
        )

    def features(self, samples: np.ndarray) -> torch.Tensor:
        """Frozen tower on sound: float32 (S,) at 16 kHz -> float32 (C, 10, d_model)."""
        return self.features_of_mel(log_mel(samples, self.n_mels))

    @torch.inference_mode()
    def generate(self, hidden: torch.Tensor, cache: DynamicCache, max_tokens: int):
        """Greedy words until `<end>`; yields ids one by one, `<end>` not included.

        Args:
            hidden: (1, hidden) state that predicts the first word.
            cache: KV cache to continue; it grows by every word and by the closing `<end>`.
            max_tokens: the reply is closed after so many words even without `<end>`.
        """
        for _ in range(max_tokens):
            token = self.thinker.lm_head(hidden).argmax(-1)
            if token.item() == self.tokens.end:
                break
            yield token.item()
            hidden = self.step(token.tolist(), cache)
        self.step([self.tokens.end], cache)

    @torch.inference_mode()
    def step(
        self, ids: list[int], cache: DynamicCache, frames: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Feed tokens (and the frames of their placeholders) through the KV cache.

        Args:
            ids: token ids.
            cache: grows by `len(ids)` positions.
            frames: (N, d_model) for the N `<frame>` placeholders among `ids`, or None.

        Returns:
            Hidden state of the last position, (1, hidden).
        """
        thinker = self.thinker
        input_ids = torch.tensor([ids], device=thinker.device)
        if frames is None:
            embeddings = thinker.model.language_model.embed_tokens(input_ids)
        else:
            placeholder = (input_ids == self.tokens.frame) | (
                input_ids == self.tokens.frame_offline
            )
            embeddings = thinker.embed(input_ids, placeholder, frames)
        return thinker.decode_embeddings(embeddings, cache)[:, -1]

    def offline(self, samples: np.ndarray, instruction: str, max_tokens: int = 48) -> str:
        """Offline use: a whole clip and a written instruction in, a text out.

        Args:
            samples: float32 (S,) at 16 kHz.
            instruction: one of `corpus.offline.INSTRUCTIONS` for the tiny preset.
            max_tokens: longest reply in tokens.
        """
        frames = self.features(samples).flatten(0, 1)
        layout = offline_layout(
            self.tokens, [], len(frames), self.encode(instruction), complete=False
        )
        cache = DynamicCache()
        hidden = self.step(layout.input_ids, cache, frames)
        return self.decode(self.generate(hidden, cache, max_tokens))


def new_model(preset_name: str, tokenizer: PreTrainedTokenizerFast, ears=None) -> InteractionModel:
    """A language model from scratch behind pretrained ears, to be trained as a base.

    Seed torch first: the weights are drawn from its generator. `ears` defaults to the preset's.
    """
    chosen = preset(preset_name)
    tokens = ControlTokens.from_tokenizer(tokenizer)
    config = chosen.config(len(tokenizer), tokens.pad, tokens.frame)
    network = InteractionThinker(config)
    _load_ears(network, ears or chosen.ears)
    return InteractionModel(network, tokenizer, tokens)


def _load_ears(network: InteractionThinker, source: str | Path) -> None:
    tower = network.model.audio_tower
    missing, unexpected = tower.load_state_dict(whisper_ears(source), strict=False)
    constants = {"audio_bos_eos_token.weight", "proj.weight", "proj.bias"}
    if unexpected or set(missing) - constants:
        raise UserError(
            f"{source}: does not fit the audio tower (missing {sorted(set(missing) - constants)}, "
            f"unexpected {sorted(unexpected)})"
        )
    for name, parameter in tower.named_parameters():
        parameter.requires_grad_(name.startswith("proj."))


def save_base(model: InteractionModel, folder: Path) -> None:
    """Write a base as fp16 safetensors, config and tokenizer; the frozen ears are left out."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    state = {
        name: tensor.half().contiguous()
        for name, tensor in model.thinker.state_dict().items()
        if ("audio_tower" not in name or ".proj." in name and ".layers." not in name)
        and name != "lm_head.weight"  # tied to the embedding
    }
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    model.thinker.config.save_pretrained(folder)
    model.tokenizer.save_pretrained(folder)


def load_model(
    base: str | Path = "tiny",
    adapter: str | Path | None = "shipped",
    ears: str | Path | None = None,
    device: str = "cpu",
    trainable: bool = False,
) -> InteractionModel:
    """Load a base and, unless `adapter` is None, an interaction adapter on top of it.

    Args:
        base: a preset's name, or a folder made by `audio-interaction base`.
        adapter: "shipped", None, or a folder made by `audio-interaction train`.
        ears: Whisper encoder file or hub id; the preset's own by default.
        device: where to put the weights.
        trainable: whether the adapter is to be trained further.

    Raises:
        UserError: unknown preset, missing or truncated files, or an adapter of another base.
    """
    chosen = PRESETS["tiny"] if Path(base).is_dir() else preset(str(base))
    folder = Path(base) if Path(base).is_dir() else chosen.base
    model = _load_base(folder, ears or chosen.ears)
    if adapter is not None:
        adapter = chosen.adapter if adapter == "shipped" else Path(adapter)
        model = _load_adapter(model, adapter, trainable)
    model.network.eval().to(device)
    return model


def _load_base(folder: Path, ears: str | Path) -> InteractionModel:
    from transformers import Qwen2_5OmniThinkerConfig

    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise UserError(
            f"{folder}: holds no model.safetensors; make one with `audio-interaction base`"
        )
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    network = InteractionThinker(Qwen2_5OmniThinkerConfig.from_pretrained(folder))
    _load_ears(network, ears)
    state = {name: tensor.float() for name, tensor in _read(weights).items()}
    missing, unexpected = network.load_state_dict(state, strict=False)
    missing = [name for name in missing if "audio_tower" not in name and name != "lm_head.weight"]
    if missing or unexpected:
        raise UserError(f"{weights}: missing {missing[:3]}, unexpected {unexpected[:3]}; remake it")
    network.tie_weights()
    return InteractionModel(network, tokenizer, ControlTokens.from_tokenizer(tokenizer))


def _load_adapter(model: InteractionModel, folder: Path, trainable: bool) -> InteractionModel:
    from peft import PeftModel

    if not (folder / "adapter_config.json").is_file():
        raise UserError(
            f"{folder}: holds no adapter_config.json; train one with `audio-interaction train`"
        )
    _read(folder / "adapter_model.safetensors")
    try:
        network = PeftModel.from_pretrained(model.network, str(folder), is_trainable=trainable)
    except RuntimeError as error:
        raise UserError(f"{folder}: does not fit this base ({error})") from error
    decision = folder / DECISION_FILE
    threshold = json.loads(decision.read_text())["threshold"] if decision.is_file() else 0.5
    recipe = folder / RECIPE_FILE
    tasks = json.loads(recipe.read_text())["task_weights"] if recipe.is_file() else None
    return InteractionModel(network, model.tokenizer, model.tokens, threshold, tuple(tasks or ()))


def _read(path: Path) -> dict[str, torch.Tensor]:
    try:
        return load_file(path)
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file; the folder is incomplete") from error
    except SafetensorError as error:
        raise UserError(f"{path}: truncated or damaged ({error}); copy or make it again") from error
