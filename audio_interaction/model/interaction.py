"""A loaded model: network, tokenizer, control tokens and, if any, the interaction adapter."""

import json
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from transformers import DynamicCache, PreTrainedTokenizerFast

from audio_interaction.audio.features import clip_log_mel, log_mel
from audio_interaction.errors import UserError
from audio_interaction.layouts import offline_layout
from audio_interaction.model import released
from audio_interaction.model.kit import load_kit, put_ears, read_weights, save_kit
from audio_interaction.model.large import find_device, find_dtype, find_preset, load_large
from audio_interaction.model.network import InteractionThinker
from audio_interaction.model.presets import Preset, preset
from audio_interaction.model.tower import encode_chunks
from audio_interaction.protocol import ControlTokens

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
        system: the instruction of a session where the weights know only one.
        clip_wide: hear whole clips by Whisper's clip-wide rule (`audio.features.clip_log_mel`),
            for offline scoring; such a model cannot stream.
    """

    network: torch.nn.Module
    tokenizer: PreTrainedTokenizerFast
    tokens: ControlTokens
    threshold: float = 0.5
    tasks: tuple[str, ...] = ()
    system: str | None = None
    clip_wide: bool = False

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
        """Token ids of a text; never those of control tokens.

        Where the text holds one, be it named or a re-used row, it is spelt byte by byte.
        """
        ids = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        control = set(self.tokens.ids())
        if control.isdisjoint(ids):
            return ids
        spelt = []
        for token in ids:
            piece = [token]
            if token in control:
                piece = self.tokenizer.convert_tokens_to_ids(
                    list(self.tokenizer.convert_ids_to_tokens(token))
                )
            spelt += piece
        return spelt

    def decode(self, ids) -> str:
        """Text of token ids; control tokens are left out."""
        control = set(self.tokens.ids())
        kept = [token for token in map(int, ids) if token not in control]
        return self.tokenizer.decode(kept, skip_special_tokens=True).strip()

    @torch.inference_mode()
    def features_of_mel(self, mel: np.ndarray) -> torch.Tensor:
        """Frozen tower on chunks of log-mel: (C, n_mels, 40) -> float32 (C, 10, d_model).

        The frames come to the CPU wherever the tower is, ready to be kept.
        """
        tower = self.thinker.model.audio_tower
        mel = torch.from_numpy(mel)
        # Blocks keep the memory of a long file flat and its chunks in the processor's cache.
        return torch.cat(
            [
                encode_chunks(tower, block.to(tower.conv1.weight)).float().cpu()
                for block in mel.split(32)
            ]
            or [mel.new_zeros(0, 10, self.thinker.config.audio_config.d_model)]
        )

    def mel(self, samples: np.ndarray) -> np.ndarray:
        """Log-mel of a clip by the model's rule: float32 (S,) -> float32 (C, n_mels, 40)."""
        return (clip_log_mel if self.clip_wide else log_mel)(samples, self.n_mels)

    def features(self, samples: np.ndarray) -> torch.Tensor:
        """Frozen tower on sound: float32 (S,) at 16 kHz -> float32 (C, 10, d_model)."""
        return self.features_of_mel(self.mel(samples))

    @torch.inference_mode()
    def generate(self, hidden: torch.Tensor, cache: DynamicCache, max_tokens: int):
        """Greedy words until `<end>`; yields ids one by one, `<end>` not included.

        Control tokens are no words: of them only `<end>` is ever chosen.

        Args:
            hidden: (1, hidden) state that predicts the first word.
            cache: KV cache to continue; it grows by every word and by the closing `<end>`.
            max_tokens: the reply is closed after so many words even without `<end>`.
        """
        controls = [token for token in self.tokens.ids() if token != self.tokens.end]
        for _ in range(max_tokens):
            logits = self.thinker.lm_head(hidden)
            logits[:, controls] = -torch.inf
            token = logits.argmax(-1)
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
    if chosen.ears is None:
        raise UserError(f"{preset_name} has its base already; only tiny ones are trained anew")
    tokens = ControlTokens.from_tokenizer(tokenizer)
    config = chosen.config(len(tokenizer), tokens.pad, tokens.frame)
    network = InteractionThinker(config)
    put_ears(network, ears or chosen.ears)
    return InteractionModel(network, tokenizer, tokens)


def save_base(model: InteractionModel, folder: Path) -> None:
    """Write a base as fp16 safetensors, config and tokenizer; the frozen ears are left out."""
    save_kit(model.thinker, model.tokenizer, folder)


def load_model(
    base: str | Path = "tiny",
    adapter: str | Path | None = "shipped",
    ears: str | Path | None = None,
    device: str = "auto",
    trainable: bool = False,
    *,
    dtype: str = "auto",
    four_bit: bool = False,
    clip_wide: bool = False,
    float16_positions: bool | None = None,
) -> InteractionModel:
    """Load a base and, unless `adapter` is None, an interaction adapter on top of it.

    Args:
        base: a preset's name; or a folder made by `audio-interaction base`, or with the files of
            Qwen2.5-Omni or of the Audio-Interaction release.
        adapter: "shipped", None, or a folder made by `audio-interaction train`.
        ears: Whisper encoder file or hub id; the preset's own by default. Only for tiny models.
        device: where to put the weights; "auto" is the CPU for tiny models, else the GPU if any.
        trainable: whether the adapter is to be trained further.
        dtype: "float32", "bfloat16"; "auto" is float32 on a CPU and for tiny models.
        four_bit: keep the language model in 4 bits (NVIDIA GPUs, `pip install bitsandbytes`).
        clip_wide: hear by Whisper's clip-wide rule, as the release; for offline scoring only.
        float16_positions: count positions in float16 as the release does; by default for it alone.

    Raises:
        UserError: unknown preset; missing, truncated or foreign files; no network; too little
            memory; no adapter, or one of another base.
    """
    chosen = find_preset(base)
    where = _adapter_folder(chosen, adapter)
    if chosen.layout == "kit":
        if four_bit or clip_wide:
            raise UserError(
                f"{chosen.name}: is small and knows causal features only; leave "
                f"{'--four-bit' if four_bit else '--clip-wide'} out"
            )
        network, tokenizer = load_kit(Path(chosen.base), ears or chosen.ears)
        model = InteractionModel(network, tokenizer, ControlTokens.from_tokenizer(tokenizer))
        target = find_device("cpu" if device == "auto" else device)
        model.network.to(find_dtype("float32" if dtype == "auto" else dtype, target))
    else:
        target = find_device(device)
        kind = find_dtype(dtype, target, four_bit)
        network, tokenizer = load_large(
            chosen, target, kind, four_bit, train=trainable, adapted=where is not None
        )
        model = InteractionModel(network, tokenizer, ControlTokens.released(), clip_wide=clip_wide)
        if chosen.layout == "released":
            model.system = released.SYSTEM
    network.float16_positions = (
        chosen.layout == "released" if float16_positions is None else float16_positions
    )
    if where is not None:
        model = _load_adapter(model, where, trainable)
    model.network.eval().to(target)
    return model


def _adapter_folder(chosen: Preset, adapter: str | Path | None) -> Path | None:
    if adapter != "shipped":
        return None if adapter is None else Path(adapter)
    if chosen.adapter is None and chosen.layout == "omni":
        raise UserError(
            f"{chosen.name}: ships no interaction adapter; train one with `audio-interaction "
            "train` and name it, or use --adapter none for the offline base"
        )
    return chosen.adapter


def _load_adapter(model: InteractionModel, folder: Path, trainable: bool) -> InteractionModel:
    from peft import PeftModel

    if not (folder / "adapter_config.json").is_file():
        raise UserError(
            f"{folder}: holds no adapter_config.json; train one with `audio-interaction train`"
        )
    read_weights(folder / "adapter_model.safetensors")
    try:
        network = PeftModel.from_pretrained(model.network, str(folder), is_trainable=trainable)
    except RuntimeError as error:
        raise UserError(f"{folder}: does not fit this base ({error})") from error
    decision = folder / DECISION_FILE
    threshold = json.loads(decision.read_text())["threshold"] if decision.is_file() else 0.5
    recipe = folder / RECIPE_FILE
    tasks = json.loads(recipe.read_text())["task_weights"] if recipe.is_file() else None
    return replace(model, network=network, threshold=threshold, tasks=tuple(tasks or ()))
