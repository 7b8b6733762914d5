"""Making a base and an adapter, in a few steps on tiny sources: the whole path, for real."""

import csv
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from peft import PeftModel

from audio_interaction.corpus.build import compose_streams
from audio_interaction.corpus.labels import EVALUATION_LAG, decision_chunks
from audio_interaction.layouts import IGNORED, parse_online
from audio_interaction.model.interaction import load_model
from audio_interaction.protocol import chunks_in
from audio_interaction.streaming.session import listen
from audio_interaction.training import base as base_module
from audio_interaction.training import train as train_module
from audio_interaction.training.base import make_base
from audio_interaction.training.data import (
    encoded_streams,
    offline_examples,
    scene_examples,
    stream_layout,
)
from audio_interaction.training.recipe import AdapterRecipe, BaseRecipe, Optimisation
from audio_interaction.training.train import run_training


@pytest.fixture(scope="module")
def made(sources_root, tmp_path_factory):
    """Folders of a base of 3 steps and an adapter of 2, and their cache."""
    from audio_interaction.corpus.sources import load_sources

    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        for module in (base_module, train_module):
            patch.setattr(module, "load_sources", lambda split: load_sources(split, sources_root))
        step = Optimisation(3, 1e-3, batch_positions=1024)
        make_base(
            BaseRecipe(step, speech_variants=1, sound_variants=1), folder / "base", folder / "cache"
        )
        scenes = BaseRecipe(
            step,
            start=str(folder / "base"),
            speech_variants=1,
            sound_variants=1,
            more_sounds=1,
            scenes=6,
            scene_positions=1500,
            listening_weight=1.0,
        )
        make_base(scenes, folder / "scenes", folder / "cache")
        ears = replace(scenes, ears_rank=4, start=str(folder / "scenes"))
        make_base(ears, folder / "ears", folder / "cache")
        on = replace(ears, start=str(folder / "ears"))
        make_base(on, folder / "ears-on", folder / "cache")
        further = replace(scenes, start=str(folder / "ears"))
        make_base(further, folder / "further-base", folder / "cache")
        recipe = AdapterRecipe(
            Optimisation(2, 1e-3, batch_positions=1500),
            base=str(folder / "base"),
            streams=8,
            validation_streams=8,
            validate_every=1,
            rank=4,
            replay_positions=512,
            replay_variants=1,
            replay_sound_variants=1,
        )
        run_training(recipe, folder / "adapter", folder / "cache")
        standing = replace(recipe.optimisation, learning_rate=0.0)
        recipe = replace(recipe, optimisation=standing, start=str(folder / "adapter"))
        run_training(recipe, folder / "further", folder / "cache")
    return folder


def rows(path):
    with open(path) as lines:
        return list(csv.DictReader(lines))


def test_a_base_is_weights_tokenizer_recipe_and_log(made):
    model = load_model(made / "base", adapter=None)
    assert model.encode("paris") and not model.adapted
    assert json.loads((made / "base" / "recipe.json").read_text())["optimisation"]["steps"] == 3
    assert (made / "base" / "log" / "metrics.csv").is_file()


def test_a_base_goes_on_from_another_with_its_tokenizer(made):
    before, after = (load_model(made / name, adapter=None) for name in ("base", "scenes"))
    assert after.tokenizer.get_vocab() == before.tokenizer.get_vocab()
    settings = [(made / name / "tokenizer_config.json").read_text() for name in ("base", "scenes")]
    assert settings[0] == settings[1]
    moved = [
        name
        for (name, old), new in zip(
            before.network.named_parameters(), after.network.parameters(), strict=True
        )
        if not torch.equal(old, new)
    ]
    assert any("layers.0" in name for name in moved)
    unused = "audio_bos_eos_token"  # of the class, drawn anew in every process
    towers = [name for name in moved if "audio_tower" in name and unused not in name]
    assert all(".proj." in name for name in towers)
    assert not any("listening" in name for name in after.network.state_dict())


def tower_of(folder):
    return load_model(folder, adapter=None).thinker.model.audio_tower.layers.state_dict()


def test_ears_learn_where_the_recipe_says_so_and_stay_so(made):
    before, after, later = (tower_of(made / name) for name in ("scenes", "ears", "further-base"))
    assert any(not torch.equal(before[name], after[name]) for name in before)
    assert all(torch.equal(after[name], later[name]) for name in after)


def test_ears_that_have_learnt_go_on(made):
    before, after = (tower_of(made / name) for name in ("ears", "ears-on"))
    assert any(not torch.equal(before[name], after[name]) for name in before)


def test_a_base_that_goes_on_in_its_own_folder_keeps_its_ears(made, tmp_path):
    shutil.copytree(made / "ears", tmp_path / "base")
    recipe = BaseRecipe(Optimisation(1, 1e-3), start=str(tmp_path / "base"))
    base_module._with_ears(recipe, None, tmp_path / "base")
    before, after = tower_of(made / "ears"), tower_of(tmp_path / "base")
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_scenes_are_listened_to_and_nothing_is_said_or_decided(made, sources_root):
    from audio_interaction.corpus.sources import load_sources

    model = load_model(made / "base", adapter=None)
    streams = encoded_streams(
        model, load_sources("train", sources_root), made / "cache", count=6, seed=1, more_sounds=1
    )
    examples = scene_examples(model, streams)
    assert any(example.transcript for example in examples)
    for encoded, example in zip(streams, examples, strict=True):
        assert not any(example.layout.is_decision)
        assert set(example.layout.labels) == {IGNORED}
        assert model.tokens.response not in example.layout.input_ids
        assert len(example.heard_at) == len(example.heard) == encoded.num_chunks


def test_the_adapter_loads_with_plain_peft(made):
    base = load_model(made / "base", adapter=None)
    peft = PeftModel.from_pretrained(base.network, str(made / "adapter"))
    assert peft.peft_config["default"].r == 4


def test_behaviour_is_logged_at_every_look(made):
    looks = [row for row in rows(made / "adapter" / "log" / "metrics.csv") if row["validation_f1"]]
    assert [int(row["step"]) for row in looks] == [0, 1, 2]
    for row in looks:
        assert 0 <= float(row["validation_p_at_events"]) <= 1
        assert float(row["validation_false_alarms_per_hour"]) >= 0


def test_training_moved_the_decision_and_not_the_ears(made):
    base = load_model(made / "base", adapter=None)
    tuned = load_model(made / "base", adapter=made / "adapter")
    samples = np.random.default_rng(0).standard_normal(16_000).astype(np.float32) * 0.1
    assert torch.equal(base.features(samples), tuned.features(samples))
    heard = [listen(model, samples, "listen", 1.1).p_response for model in (base, tuned)]
    assert np.abs(heard[0] - heard[1]).max() > 1e-4


def test_training_goes_on_from_an_adapter(made):
    samples = np.random.default_rng(0).standard_normal(16_000).astype(np.float32) * 0.1
    start, further = (
        listen(load_model(made / "base", adapter=made / name), samples, "listen", 1.1).p_response
        for name in ("adapter", "further")
    )
    np.testing.assert_allclose(further, start, atol=1e-6)


def test_streams_are_laid_out_as_their_labels_say(made, sources_root):
    from audio_interaction.corpus.sources import load_sources

    model = load_model(made / "base", adapter=None)
    sources = load_sources("test", sources_root)
    encoded = encoded_streams(model, sources, made / "cache", count=8, seed=3)
    streams = compose_streams("test", 8, 3, sources=sources)
    for one, stream in zip(encoded, streams, strict=True):
        assert one.stream == stream and one.num_chunks == chunks_in(len(stream.audio))
        layout = stream_layout(model, one, EVALUATION_LAG)
        system, chunks, replies = parse_online(model.tokens, layout.input_ids)
        assert model.decode(system) == stream.system and chunks == one.num_chunks
        expected = decision_chunks(stream, chunks)
        assert {c: (model.decode(r.text), r.emotion) for c, r in replies.items()} == expected


def test_every_task_of_every_clip_is_an_example(made, sources_root):
    from audio_interaction.corpus.sources import load_sources

    model = load_model(made / "base", adapter=None)
    sources = load_sources("test", sources_root)
    examples = offline_examples(
        model, sources, made / "cache", seed=1, speech_variants=1, sound_variants=2
    )
    answered = sum(bool(clip.answer) for clip in sources.closed)
    assert len(examples) == len(sources.closed) + answered + 2 * len(sources.sounds)
    assert all(sum(e.layout.is_frame) == len(e.frames) for e in examples)
