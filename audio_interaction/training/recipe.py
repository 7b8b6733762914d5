"""Recipes: typed settings of a run, read from a YAML file."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from audio_interaction.errors import UserError

CONFIGS = Path(__file__).parent / "configs"
"""Folder of the recipes that come with the kit."""

Recipe = TypeVar("Recipe")


@dataclass
class Optimisation:
    """AdamW with linear warm-up and cosine decay (paper Table 11).

    Attributes:
        steps: optimiser steps.
        learning_rate: peak rate.
        warmup: share of the steps spent warming up.
        weight_decay: decoupled weight decay.
        gradient_clip: largest norm of the gradient.
        batch_positions: largest batch in sequence positions, padding included.
    """

    steps: int
    learning_rate: float
    warmup: float = 0.03
    weight_decay: float = 0.01
    gradient_clip: float = 1.0
    batch_positions: int = 4096


@dataclass
class BaseRecipe:
    """How the offline base is made (`audio-interaction base`).

    Attributes:
        optimisation: steps, rates, batch size.
        preset: size of the model.
        seed: seed of everything drawn.
        vocab_size: size of the tokenizer.
        speech_variants, sound_variants: how often each clip is heard anew.
        sound_weight: loss weight of a sound item against a speech item, since one label has few
            tokens beside a transcript.
        ctc_weight: weight of the auxiliary CTC loss on the frames.
    """

    optimisation: Optimisation
    preset: str = "tiny"
    seed: int = 1
    vocab_size: int = 1024
    speech_variants: int = 2
    sound_variants: int = 6
    sound_weight: float = 2.0
    ctc_weight: float = 0.5


@dataclass
class AdapterRecipe:
    """How the interaction adapter is trained (`audio-interaction train`).

    Attributes:
        optimisation: steps, rates, batch size (of the streams).
        base: preset name or folder of the base.
        start: folder of an adapter to go on from; null for a fresh one.
        corpus: folder of a corpus to train on, such as own recordings (`corpus.own`), whose
            first `streams` and `validation_streams` streams are taken; null to compose streams
            from the clips of the kit.
        seed: seed of everything drawn.
        streams: number of training streams.
        task_weights: share of each sub-task among the streams; null for equal shares.
        validation_streams: held-out streams on which behaviour is watched.
        validate_every: steps between two looks at behaviour.
        rank, alpha, dropout: LoRA.
        decision_weight: lambda of the objective.
        ctc_weight: weight of the auxiliary CTC loss on the frames.
        listening_weight: weight of the auxiliary loss that asks what is being heard and what has
            just ended (`training.listening`).
        replay_positions: batch size of the offline items that are replayed in every step.
        replay_speech: spoken clips that are replayed, evenly spaced; null for all.
        replay_variants, replay_sound_variants: how often each clip is heard anew for replay.
        replay_sound_weight: loss weight of a replayed sound item against a speech item.
    """

    optimisation: Optimisation
    base: str = "tiny"
    start: str | None = None
    corpus: str | None = None
    seed: int = 1
    streams: int = 1000
    task_weights: dict[str, float] | None = None
    validation_streams: int = 128
    validate_every: int = 50
    rank: int = 16
    alpha: int = 32
    dropout: float = 0.0
    decision_weight: float = 1.0
    ctc_weight: float = 0.0
    listening_weight: float = 0.0
    replay_positions: int = 2048
    replay_speech: int | None = None
    replay_variants: int = 2
    replay_sound_variants: int = 6
    replay_sound_weight: float = 2.0


def load_recipe(
    cls: type[Recipe], path: str | Path, overrides: tuple[str, ...] | list[str] = ()
) -> Recipe:
    """Read a recipe and check every key and type.

    Args:
        cls: `BaseRecipe` or `AdapterRecipe`.
        path: YAML file.
        overrides: "key=value" settings that win over the file, such as "optimisation.steps=20".

    Raises:
        UserError: the file is missing, has an unknown key, or a value of the wrong type.
    """
    from jsonargparse import ArgumentParser

    path = Path(path)
    if not path.is_file():
        shipped = ", ".join(sorted(file.name for file in CONFIGS.glob("*.yaml")))
        raise UserError(f"{path}: no such recipe; those of the kit in {CONFIGS} are {shipped}")
    parser = ArgumentParser(exit_on_error=False, default_config_files=[])
    parser.add_argument("--recipe", type=cls)
    parser.add_argument("--config", action="config")
    try:
        arguments = [f"--recipe={path}", *(f"--recipe.{override}" for override in overrides)]
        parsed = parser.parse_args(arguments)
        return parser.instantiate(parsed).recipe
    except Exception as error:  # jsonargparse raises several kinds, each with a readable text
        raise UserError(f"{path}: {error}") from error
