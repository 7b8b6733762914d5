"""Recipes: typed settings of a run, read from a YAML file."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, TypeVar

from audio_interaction.corpus.pipeline import REVERBERANT_SHARE
from audio_interaction.corpus.supervise import BASE, MIX_INS, stage4_tasks
from audio_interaction.errors import UserError
from audio_interaction.model.adapter import PARTS, Part
from audio_interaction.training.objective import Balance, Mean, Objective

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
        beta2: of AdamW. 0.999 is the released code's, 0.95 the paper's (`docs/training.md`).
        gradient_clip: largest norm of the gradient.
        batch_positions: largest batch in sequence positions, over all devices together.
        accumulate: batches whose gradients make one step.
    """

    steps: int
    learning_rate: float
    warmup: float = 0.03
    weight_decay: float = 0.01
    beta2: float = 0.999
    gradient_clip: float = 1.0
    batch_positions: int = 4096
    accumulate: int = 1


@dataclass
class Hardware:
    """Where and how a run computes; the result is the same up to rounding (`docs/training.md`).

    Attributes:
        accelerator: as Lightning's: "auto", "cpu", "gpu".
        strategy: "auto", "ddp" (a copy on every device), or "fsdp" (what is frozen is sharded over
            them); or any other name Lightning knows.
        devices: processes on every node: a number, or "auto" for all GPUs, or one on a CPU.
        num_nodes: machines.
        precision: as Lightning's; "auto" is bf16-mixed where hardware multiplies it, else fp32.
        gradient_checkpointing: compute activations twice instead of keeping them.
        checkpoint_every: optimiser steps between two states that a killed run goes on from.
    """

    accelerator: str = "auto"
    strategy: str = "auto"
    devices: int | str = "auto"
    num_nodes: int = 1
    precision: str = "auto"
    gradient_checkpointing: bool = False
    checkpoint_every: int = 50


@dataclass
class BaseRecipe:
    """How the offline base is made (`audio-interaction base`).

    Attributes:
        optimisation: steps, rates, batch size of the clips.
        preset: size of the model.
        start: folder of a base to go on from; null to begin one.
        seed: seed of everything drawn.
        vocab_size: size of the tokenizer of a new base.
        ears_rank: rank of the LoRA by which the audio tower learns too (`model.ears`); 0 for ears
            as they are.
        more_sounds: synthesised, and recorded, sounds of each class that join those of the kit
            (`corpus.variety.widened`).
        scenes: streams that are heard as a whole beside the clips; 0 for clips alone.
        scene_positions: batch size of the scenes in sequence positions.
        scene_tasks: share of each sub-task among the scenes; null for equal shares.
        listening_weight: weight of the auxiliary loss that asks what is heard in the scenes
            (`training.listening`).
        speech_variants, sound_variants: how often each clip is heard anew.
        in_rooms: share of the clips that is heard in a room; scenes have theirs.
        sound_weight: loss weight of a sound item against a speech item, since one label has few
            tokens beside a transcript.
        ctc_weight: weight of the auxiliary CTC loss on the frames.
        hardware: devices, precision, checkpoints.
    """

    optimisation: Optimisation
    preset: str = "tiny"
    start: str | None = None
    seed: int = 1
    vocab_size: int = 1024
    ears_rank: int = 0
    more_sounds: int = 0
    scenes: int = 0
    scene_positions: int = 4096
    scene_tasks: dict[str, float] | None = None
    listening_weight: float = 0.0
    speech_variants: int = 2
    sound_variants: int = 6
    in_rooms: float = 0.0
    sound_weight: float = 2.0
    ctc_weight: float = 0.5
    hardware: Hardware = field(default_factory=Hardware)


@dataclass
class AdapterRecipe:
    """How the interaction adapter is trained (`audio-interaction train`): a stage, or all at once.

    The paper's four stages (Table 11) are four recipes in `CONFIGS` for each preset.

    Attributes:
        optimisation: steps, rates, batch size (of the streams).
        base: preset name or folder of the base.
        start: folder of an adapter to go on from; null for a fresh one.
        trains: parts of the adapter that learn: tokens (the control tokens' rows of the embedding
            and the head), projector, lora. The others stay as `start` has them.
        corpus: folder of a corpus to train on, such as own recordings (`corpus.own`), whose
            first `streams` and `validation_streams` streams are taken; null to compose streams
            from the clips of the kit.
        seed: seed of everything drawn.
        streams: number of training streams; 0 to train on offline items alone.
        more_sounds: synthesised, and recorded, sounds of each class that join those of the kit
            (`corpus.variety.widened`).
        reverberant: share of the training streams that is heard in a room; held-out streams have
            `corpus.pipeline.REVERBERANT_SHARE`.
        task_weights: share of each sub-task among the streams; null for equal shares.
        mix_ins: probabilities of history, silent and proactive streams that join those of
            `task_weights` (stage 4, `corpus.supervise`); null for none.
        slips: share of the replies, and of the word groups of transcripts, that are a chunk early
            or late in the history that a batch is trained on (`training.slips`); 0 for none.
        own_histories: share of the draws whose history is what `start` says of the stream when it
            hears it freely (`training.own_histories`); 0 for none.
        validation_streams: held-out streams on which behaviour is watched.
        validate_every: steps between two looks at behaviour, decisions teacher-forced.
        session_streams: how many of them are also heard in a free-running session; 0 for none.
        session_every: steps between two such sessions, a multiple of `validate_every`; there is
            always one at the end.
        on_collapse: whether a model that never or always speaks is only told of or stops the run.
        collapse_looks: stops when it has lasted so many looks.
        rank, alpha, dropout: LoRA of a fresh adapter.
        decision_weight: lambda of the objective.
        loss_mean, loss_balance: `training.objective.Objective.mean` and `.balance`.
        ctc_weight: weight of the auxiliary CTC loss on the frames.
        listening_weight: weight of the auxiliary loss that asks what is being heard and what has
            just ended (`training.listening`).
        replay_positions: batch size of the offline items that are replayed in every step; 0 for no
            replay.
        replay_speech: spoken clips that are replayed, evenly spaced; null for all.
        replay_variants, replay_sound_variants: how often each clip is heard anew for replay.
        replay_sound_weight: loss weight of a replayed sound item against a speech item.
        hardware: devices, precision, checkpoints.
    """

    optimisation: Optimisation
    base: str = "tiny"
    start: str | None = None
    trains: list[Part] = field(default_factory=lambda: list(PARTS))
    corpus: str | None = None
    seed: int = 1
    streams: int = 1000
    more_sounds: int = 0
    reverberant: float = REVERBERANT_SHARE
    task_weights: dict[str, float] | None = None
    mix_ins: dict[Literal["history", "silent", "proactive"], float] | None = None
    slips: float = 0.0
    own_histories: float = 0.0
    validation_streams: int = 128
    validate_every: int = 50
    session_streams: int = 0
    session_every: int = 400
    on_collapse: Literal["warn", "stop"] = "warn"
    collapse_looks: int = 3
    rank: int = 16
    alpha: int = 32
    dropout: float = 0.0
    decision_weight: float = 1.0
    loss_mean: Mean = "labels"
    loss_balance: Balance = "none"
    ctc_weight: float = 0.0
    listening_weight: float = 0.0
    replay_positions: int = 2048
    replay_speech: int | None = None
    replay_variants: int = 2
    replay_sound_variants: int = 6
    replay_sound_weight: float = 2.0
    hardware: Hardware = field(default_factory=Hardware)

    @property
    def objective(self) -> Objective:
        """What is minimised."""
        return Objective(self.decision_weight, self.loss_mean, self.loss_balance)

    @property
    def tasks(self) -> dict[str, float] | None:
        """Share of each sub-task among the training streams, mix-ins included."""
        if self.mix_ins is None:
            return self.task_weights
        chances = dict.fromkeys(MIX_INS, 0.0) | self.mix_ins
        return stage4_tasks(self.task_weights or BASE, **chances)

    @property
    def watched_tasks(self) -> dict[str, float] | None:
        """Those of the validation streams: a fifth without any reply, if training has none."""
        tasks = self.tasks
        if tasks is None or any(name in MIX_INS["silent"] for name in tasks):
            return tasks
        return tasks | {"negative": sum(tasks.values()) / 4}

    def resolved(self) -> "AdapterRecipe":
        """The same with the shares that the mix-ins come to, as it is kept beside the adapter."""
        return replace(self, task_weights=self.tasks, mix_ins=None)


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
