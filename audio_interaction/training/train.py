"""Training the interaction adapter on streams, with replay of the offline tasks."""

import dataclasses
from pathlib import Path

import lightning as L

from audio_interaction.corpus.pipeline import REVERBERANT_SHARE
from audio_interaction.corpus.sources import Sources, load_sources, spread
from audio_interaction.errors import UserError
from audio_interaction.files import write_json
from audio_interaction.model.adapter import add_adapter, restore_adapter, save_adapter, train_only
from audio_interaction.model.interaction import (
    DECISION_FILE,
    RECIPE_FILE,
    InteractionModel,
    load_model,
)
from audio_interaction.training.batches import Example, in_turn
from audio_interaction.training.behaviour import is_watched
from audio_interaction.training.data import (
    EncodedStream,
    Redrawn,
    encoded_streams,
    offline_examples,
)
from audio_interaction.training.fit import fit
from audio_interaction.training.module import InteractionModule
from audio_interaction.training.own import corpus_streams
from audio_interaction.training.own_histories import own_histories
from audio_interaction.training.ranks import rank_and_world
from audio_interaction.training.recipe import AdapterRecipe
from audio_interaction.training.watch import BehaviourWatch


def run_training(recipe: AdapterRecipe, out: Path, cache: Path) -> InteractionModel:
    """Train an adapter; write it with its recipe and log to `out`.

    What is written and returned is the adapter that behaved best on held-out streams
    (`training.watch`); the last one lies in `out/last`. A recipe without streams has no behaviour
    yet, and its last adapter is the result. The threshold of the decisions is chosen afterwards
    (`benchmarks.tuning`).

    Args:
        recipe: settings.
        out: folder of the result; plain `PeftModel.from_pretrained` loads it.
        cache: folder of cached frames.

    Raises:
        UserError: the recipe has nothing to train on or shares that are none, or a collapse
            stopped the run (`watch.Collapsed`).
    """
    if not recipe.streams and not recipe.replay_positions:
        raise UserError("nothing to train on: streams and replay_positions are both 0")
    for name in ("reverberant", "slips", "own_histories"):
        if not 0 <= (share := getattr(recipe, name)) <= 1:
            raise UserError(f"{name} is a share, from 0 to 1, not {share}")
    if recipe.own_histories and not recipe.start:
        raise UserError("own_histories are those of an adapter: set start to its folder")
    L.seed_everything(recipe.seed, verbose=False)
    model = load_model(recipe.base, recipe.start, trainable=True)
    train, validation = load_sources("train"), load_sources("validation")
    streams, watched = (
        _streams(recipe, model, sources, tasks, count, cache)
        for sources, tasks, count in (
            (train, recipe.tasks, recipe.streams),
            (validation, recipe.watched_tasks, recipe.streams and recipe.validation_streams),
        )
    )
    replay = _replay(recipe, model, train, cache)
    devices = recipe.hardware.devices
    workers = devices if isinstance(devices, int) and model.thinker.device.type == "cpu" else 1
    histories = own_histories(model, streams, cache, workers) if recipe.own_histories else ()
    if not recipe.start:
        model = add_adapter(model, recipe.rank, recipe.alpha, recipe.dropout)
    train_only(model, recipe.trains)
    examples = Redrawn(
        model, streams, recipe.seed, replay, recipe.slips, histories, recipe.own_histories
    )
    batches, kinds = in_turn(
        examples.examples[: len(streams)],
        recipe.optimisation.batch_positions,
        replay,
        recipe.replay_positions,
        recipe.seed,
    )
    watch = BehaviourWatch(watched, recipe, out) if any(map(is_watched, watched)) else None
    module = InteractionModule(
        model, recipe.optimisation, recipe.objective, recipe.ctc_weight, recipe.listening_weight
    )
    if rank_and_world()[0] == 0:  # the threshold of an adapter that was here before
        (out / DECISION_FILE).unlink(missing_ok=True)
    state = fit(
        module,
        examples,
        batches,
        recipe,
        out,
        accumulate=kinds * recipe.optimisation.accumulate,
        log_every=5,
        callbacks=[watch] if watch else [],
    )
    if watch:
        watch.raise_if_stopped()
        restore_adapter(model, out)
    if rank_and_world()[0] == 0:
        if not watch:
            save_adapter(model, out)
        write_json(out / RECIPE_FILE, dataclasses.asdict(recipe.resolved()))
        state.remove()
    if recipe.hardware.strategy == "fsdp":  # its layers are spread over processes that end now
        model = load_model(recipe.base, out)
    return model


def _replay(
    recipe: AdapterRecipe, model: InteractionModel, train: Sources, cache: Path
) -> list[Example]:
    if not recipe.replay_positions:
        return []
    return offline_examples(
        model,
        dataclasses.replace(train, speech=spread(train.closed, recipe.replay_speech)),
        cache,
        seed=recipe.seed,
        speech_variants=recipe.replay_variants,
        sound_variants=recipe.replay_sound_variants,
        sound_weight=recipe.replay_sound_weight,
        more_sounds=recipe.more_sounds,
    )


def _streams(
    recipe: AdapterRecipe,
    model: InteractionModel,
    sources: Sources,
    tasks: dict[str, float] | None,
    count: int,
    cache: Path,
) -> list[EncodedStream]:
    if not count:
        return []
    if recipe.corpus:
        return corpus_streams(model, recipe.corpus, sources.split, cache, count)
    trained = sources.split == "train"
    return encoded_streams(
        model,
        sources,
        cache,
        count=count,
        seed=recipe.seed,
        tasks=tasks,
        more_sounds=recipe.more_sounds if trained else 0,
        reverberant=recipe.reverberant if trained else REVERBERANT_SHARE,
    )
