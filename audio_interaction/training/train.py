"""Training the interaction adapter on streams, with replay of the offline tasks."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import lightning as L
import torch
from lightning.pytorch.loggers import CSVLogger

from audio_interaction.corpus.sources import Sources, load_sources, spread
from audio_interaction.files import write_json
from audio_interaction.model.adapter import add_adapter, save_adapter
from audio_interaction.model.interaction import RECIPE_FILE, InteractionModel, load_model
from audio_interaction.training.batches import MixedBatches, loader
from audio_interaction.training.behaviour import behaviour, teacher_forced
from audio_interaction.training.data import (
    EncodedStream,
    encoded_streams,
    offline_examples,
    stream_examples,
)
from audio_interaction.training.module import InteractionModule, best_precision
from audio_interaction.training.own import corpus_streams
from audio_interaction.training.recipe import AdapterRecipe


class Alternating(torch.utils.data.Sampler):
    """One batch of replayed offline items, one of streams, and so on, without end.

    Each has its own mean loss, and two batches make one optimiser step
    (`accumulate_grad_batches=2`). Streams come second, since the batch that makes the step is the
    one that is logged. Replayed items are numbered on after the streams.
    """

    def __init__(self, streams: MixedBatches, replay: MixedBatches) -> None:
        self.streams, self.replay = streams, replay

    def __iter__(self) -> Iterator[list[int]]:
        offset = len(self.streams.lengths)
        for batch, replayed in zip(self.streams, self.replay, strict=False):
            yield [offset + index for index in replayed]
            yield batch


class BehaviourWatch(L.Callback):
    """Before the first step and every so many: look at held-out streams, log, save the adapter."""

    def __init__(self, streams: list[EncodedStream], every: int, folder: Path) -> None:
        self.streams, self.every, self.folder = streams, every, folder
        self._seen = -1

    def on_train_batch_end(self, trainer, module: InteractionModule, *_) -> None:
        step = trainer.global_step
        if step % self.every and step != trainer.max_steps or step == self._seen:
            return
        self._seen = step
        seen = behaviour(self.streams, teacher_forced(module.model, self.streams), 0.5)
        trainer.logger.log_metrics(
            {f"validation_{key}": value for key, value in dataclasses.asdict(seen).items()}, step
        )
        trainer.logger.save()
        save_adapter(module.model, self.folder)


def run_training(recipe: AdapterRecipe, out: Path, cache: Path) -> InteractionModel:
    """Train an adapter; write it with its recipe and log to `out`.

    The threshold of its decisions is chosen afterwards (`benchmarks.tuning`).

    Args:
        recipe: settings.
        out: folder of the result; plain `PeftModel.from_pretrained` loads it.
        cache: folder of cached frames.
    """
    L.seed_everything(recipe.seed, verbose=False)
    model = load_model(recipe.base, recipe.start, trainable=True)
    train, validation = load_sources("train"), load_sources("validation")
    streams, watched = (
        _streams(recipe, model, sources, count, cache)
        for sources, count in ((train, recipe.streams), (validation, recipe.validation_streams))
    )
    replayed = dataclasses.replace(train, speech=spread(train.closed, recipe.replay_speech))
    replay = offline_examples(
        model,
        replayed,
        cache,
        seed=recipe.seed,
        speech_variants=recipe.replay_variants,
        sound_variants=recipe.replay_sound_variants,
        sound_weight=recipe.replay_sound_weight,
    )
    if not recipe.start:
        model = add_adapter(model, recipe.rank, recipe.alpha, recipe.dropout)
    examples = stream_examples(model, streams, recipe.seed)
    trainer = L.Trainer(
        accelerator="auto",
        precision=best_precision(),
        max_steps=recipe.optimisation.steps,
        accumulate_grad_batches=2,
        gradient_clip_val=recipe.optimisation.gradient_clip,
        logger=CSVLogger(out, name="", version="log"),
        log_every_n_steps=min(5, recipe.optimisation.steps),
        enable_checkpointing=False,
        enable_model_summary=False,
        callbacks=[BehaviourWatch(watched, recipe.validate_every, out)],
    )
    module = InteractionModule(
        model,
        recipe.optimisation,
        recipe.decision_weight,
        recipe.ctc_weight,
        recipe.listening_weight,
    )
    model.network.train()
    batches = Alternating(
        MixedBatches(examples, recipe.optimisation.batch_positions, recipe.seed),
        MixedBatches(replay, recipe.replay_positions, recipe.seed),
    )
    trainer.fit(module, loader([*examples, *replay], batches))
    model.network.eval()
    save_adapter(model, out)
    write_json(out / RECIPE_FILE, dataclasses.asdict(recipe))
    return model


def _streams(
    recipe: AdapterRecipe, model: InteractionModel, sources: Sources, count: int, cache: Path
) -> list[EncodedStream]:
    if recipe.corpus:
        return corpus_streams(model, recipe.corpus, sources.split, cache, count)
    return encoded_streams(
        model, sources, cache, count=count, seed=recipe.seed, tasks=recipe.task_weights
    )
