"""Four stages: every recipe of every preset runs and goes on from the last; plain peft loads."""

import json
import re
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from peft import PeftModel

from audio_interaction.benchmarks import tuning
from audio_interaction.cli import main
from audio_interaction.corpus import build
from audio_interaction.corpus.sources import load_sources
from audio_interaction.errors import UserError
from audio_interaction.model.adapter import (
    PARTS,
    add_adapter,
    restore_adapter,
    save_adapter,
    train_only,
)
from audio_interaction.model.interaction import InteractionModel
from audio_interaction.model.network import InteractionThinker
from audio_interaction.training import train as train_module
from audio_interaction.training.recipe import CONFIGS, AdapterRecipe, Optimisation, load_recipe
from audio_interaction.training.stages import chain, finished
from audio_interaction.training.train import run_training

STAGES = ("1-format", "2-adapter", "3-streaming", "4-instructions")
PRESETS = ("tiny", "omni-3b", "omni-7b", "released")
TRAINS = {
    "1-format": ["tokens"],
    "2-adapter": ["projector"],
    "3-streaming": list(PARTS),
    "4-instructions": list(PARTS),
}
SMALL = (
    *("optimisation.steps=2", "optimisation.batch_positions=1500", "optimisation.accumulate=1"),
    *("replay_positions=512", "replay_variants=1", "replay_sound_variants=1", "rank=4"),
    *("validate_every=2", "dropout=0"),
)
FEW = ("streams=8", "validation_streams=6", "session_streams=1")


@pytest.fixture(scope="module")
def untied(untrained):
    """The tiny shape with a head of its own, as in Qwen2.5-Omni-7B."""
    torch.manual_seed(1)
    config = type(untrained.thinker.config).from_dict(untrained.thinker.config.to_dict())
    config.tie_word_embeddings = config.text_config.tie_word_embeddings = False
    network = InteractionThinker(config)
    tower = untrained.thinker.model.audio_tower.state_dict()
    network.model.audio_tower.load_state_dict(tower)
    return network.eval()


@pytest.fixture
def shaped(untrained, untied, sources_root, monkeypatch):
    """Training finds tiny sources, and for a preset a new network of the tiny shape."""

    def load(base, start, trainable):
        network = InteractionThinker((untied if base == "omni-7b" else untrained.thinker).config)
        network.load_state_dict((untied if base == "omni-7b" else untrained.thinker).state_dict())
        network.tie_weights()
        if start:
            network = PeftModel.from_pretrained(network.eval(), start, is_trainable=trainable)
        return InteractionModel(network.eval(), untrained.tokenizer, untrained.tokens)

    monkeypatch.setattr(train_module, "load_model", load)
    monkeypatch.setattr(train_module, "load_sources", lambda s: load_sources(s, sources_root))
    return load


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


def recipe_of(preset, stage):
    few = () if stage[0] in "12" else FEW
    return load_recipe(AdapterRecipe, CONFIGS / f"{preset}-{stage}.yaml", [*SMALL, *few])


@pytest.mark.parametrize("preset", PRESETS)
def test_every_stage_of_every_preset_runs_and_goes_on_from_the_last(
    preset, shaped, cache, tmp_path
):
    recipes = [(stage, recipe_of(preset, stage)) for stage in STAGES]
    before = None
    for (recipe, folder), stage in zip(chain(recipes, tmp_path), STAGES, strict=True):
        assert recipe.base == preset and recipe.trains == TRAINS[stage]
        run_training(recipe, folder, cache)
        weights = PeftModel.from_pretrained(shaped(preset, None, False).network, folder)
        after = {n: p.detach().clone() for n, p in weights.named_parameters() if part_of(n)}
        moved = {part_of(n) for n in after if before is None or not after[n].equal(before[n])}
        if before is not None:
            assert moved <= set(TRAINS[stage])
            assert moved or recipe.streams  # the best adapter of two steps may be the first
        before = after
        assert finished(recipe, folder) == (not recipe.streams)
        (folder / "decision.json").touch()  # the threshold is chosen behind the training
        assert finished(recipe, folder)
    assert not list(chain(recipes, tmp_path))


def part_of(name):
    marks = {"trainable_tokens_delta": "tokens", "modules_to_save": "projector", "lora_": "lora"}
    return next((part for mark, part in marks.items() if mark in name), None)


def test_a_stage_moves_its_own_parts_alone(shaped, cache, tmp_path):
    recipe = replace(recipe_of("tiny", "1-format"), trains=["tokens"])
    model = run_training(recipe, tmp_path / "rows", cache)
    learns = {part_of(n) for n, p in model.network.named_parameters() if p.requires_grad}
    assert learns == {"tokens"}
    base = shaped("tiny", None, False).thinker
    head = model.thinker.lm_head
    ids = torch.tensor(model.tokens.ids())
    state = torch.randn(3, base.config.get_text_config().hidden_size)
    with torch.no_grad():
        changed = (head(state) - base.lm_head(state)).abs().amax(0)
    assert changed[ids].min() > 0
    changed[ids] = 0
    assert changed.max() == 0


def test_an_untied_head_has_rows_of_its_own(untied, untrained, tmp_path):
    model = add_adapter(InteractionModel(untied, untrained.tokenizer, untrained.tokens), 4, 8)
    rows = [n for n, _ in model.network.named_parameters() if part_of(n) == "tokens"]
    assert len(rows) == 2 and any("lm_head" in name for name in rows)
    tied = add_adapter(untrained_copy(untrained), 4, 8)
    assert sum(part_of(n) == "tokens" for n, _ in tied.network.named_parameters()) == 1


def untrained_copy(untrained):
    network = InteractionThinker(untrained.thinker.config)
    return InteractionModel(network, untrained.tokenizer, untrained.tokens)


def test_unknown_parts_and_bare_models_are_refused(untrained, tmp_path):
    with pytest.raises(ValueError, match="no lora"):
        train_only(untrained_copy(untrained), ["lora"])
    path = tmp_path / "r.yaml"
    path.write_text("trains: [ears]\noptimisation: {steps: 1, learning_rate: 1}")
    with pytest.raises(UserError, match="trains"):
        load_recipe(AdapterRecipe, path)


def test_nothing_to_train_on_is_told(tmp_path):
    recipe = AdapterRecipe(Optimisation(1, 1e-3), streams=0, replay_positions=0)
    with pytest.raises(UserError, match="nothing to train on"):
        run_training(recipe, tmp_path, tmp_path)


@pytest.mark.parametrize("name", ["reverberant", "slips", "own_histories"])
def test_what_is_no_share_is_told(tmp_path, name):
    with pytest.raises(UserError, match=f"{name} is a share, from 0 to 1, not 1.5"):
        run_training(AdapterRecipe(Optimisation(1, 1e-3), **{name: 1.5}), tmp_path, tmp_path)


# The chain itself, with folders that say they are trained.


def settle(recipe, folder):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "recipe.json").write_text(json.dumps(asdict(recipe.resolved())))
    (folder / "decision.json").touch()


def named(*names, base="tiny"):
    return [(name, AdapterRecipe(Optimisation(1, 1e-3), base=base)) for name in names]


def test_a_chain_goes_on_where_it_was_stopped(tmp_path):
    starts = []
    for recipe, folder in chain(named("a", "b", "c"), tmp_path):
        starts.append(recipe.start)
        if folder.name == "c":
            break  # stopped: c was not settled
        settle(recipe, folder)
    assert starts == [None, str(tmp_path / "a"), str(tmp_path / "b")]
    assert [folder.name for _, folder in chain(named("a", "b", "c"), tmp_path)] == ["c"]


def test_behind_a_changed_stage_all_are_trained_again(tmp_path):
    for recipe, folder in chain(named("a", "b", "c"), tmp_path):
        settle(recipe, folder)
    assert not list(chain(named("a", "b", "c"), tmp_path))
    other = named("a", "b", "c")
    other[1] = ("b", replace(other[1][1], seed=7))
    assert [folder.name for _, folder in chain(other, tmp_path)] == ["b", "c"]


def test_a_stage_behind_a_changed_one_is_trained_again_even_after_a_kill(tmp_path):
    for recipe, folder in chain(named("a", "b"), tmp_path):
        settle(recipe, folder)
    (tmp_path / "b" / "resume").mkdir()
    other = [("a", replace(named("a")[0][1], seed=7)), *named("b")]
    for recipe, folder in chain(other, tmp_path):
        settle(recipe, folder)
        break  # killed between the two
    assert [folder.name for _, folder in chain(other, tmp_path)] == ["b"]
    assert not (tmp_path / "b" / "resume").exists()


def test_a_stage_killed_before_its_threshold_was_chosen_is_trained_again(tmp_path):
    for recipe, folder in chain(named("a", "b"), tmp_path):
        settle(recipe, folder)
    (tmp_path / "a" / "decision.json").unlink()
    assert [folder.name for _, folder in chain(named("a", "b"), tmp_path)] == ["a", "b"]


def test_a_new_run_forgets_the_threshold_of_the_old(shaped, cache, tmp_path):
    (tmp_path / "decision.json").write_text('{"threshold": 0.9}')
    run_training(recipe_of("tiny", "3-streaming"), tmp_path, cache)
    assert (tmp_path / "adapter_model.safetensors").is_file()
    assert not (tmp_path / "decision.json").exists()


def test_a_chain_needs_different_names_and_one_base(tmp_path):
    with pytest.raises(UserError, match="different names"):
        list(chain(named("a", "a"), tmp_path))
    with pytest.raises(UserError, match="one base, found omni-3b, tiny"):
        list(chain([*named("a"), *named("b", base="omni-3b")], tmp_path))


def test_stage_four_mixes_in_history_silence_and_hazards():
    recipe = load_recipe(AdapterRecipe, CONFIGS / "tiny-4-instructions.yaml")
    tasks = recipe.tasks
    assert tasks["chat_history"] == pytest.approx(0.3)
    assert tasks["benign"] + tasks["negative"] == pytest.approx(0.4)
    hazards = ("distress", "hazard_home", "hazard_outdoor")
    assert sum(tasks[name] for name in hazards) == pytest.approx(0.3)
    assert sum(tasks.values()) == pytest.approx(2.0)
    assert recipe.resolved().task_weights == tasks and recipe.resolved().mix_ins is None


def test_validation_has_streams_without_a_reply_even_if_training_has_none():
    recipe = load_recipe(AdapterRecipe, CONFIGS / "tiny-3-streaming.yaml")
    assert "negative" not in recipe.tasks
    share = recipe.watched_tasks["negative"] / sum(recipe.watched_tasks.values())
    assert share == pytest.approx(0.2)
    fourth = load_recipe(AdapterRecipe, CONFIGS / "tiny-4-instructions.yaml")
    assert fourth.watched_tasks == fourth.tasks


def test_saving_and_restoring_an_adapter_is_exact(untrained, tmp_path):
    model = add_adapter(untrained_copy(untrained), 4, 8)
    learnt = [p for p in model.network.parameters() if p.requires_grad]
    for parameter in learnt:
        torch.nn.init.normal_(parameter)
    kept = [p.detach().clone() for p in learnt]
    save_adapter(model, tmp_path)
    for parameter in learnt:
        torch.nn.init.zeros_(parameter)
    restore_adapter(model, tmp_path)
    assert all(a.equal(b) for a, b in zip(learnt, kept, strict=True))


def test_the_command_trains_a_chain_and_tunes_what_decides(shaped, tmp_path, monkeypatch, capsys):
    tuned = []

    def tune(model, folder, streams):
        tuned.append((folder.name, {stream.task for stream in streams}))
        (folder / "decision.json").write_text('{"threshold": 0.5}')
        return SimpleNamespace(threshold=0.5)

    monkeypatch.setattr(tuning, "tune_adapter", tune)  # tested by itself, and slow
    monkeypatch.setattr(build, "load_sources", train_module.load_sources)
    configs = [str(CONFIGS / f"tiny-{stage}.yaml") for stage in ("1-format", "3-streaming")]
    settings = [f"--set={setting}" for setting in (*SMALL, "validation_streams=6")]
    settings += ["--set=optimisation.steps=1", "--set=session_streams=0"]
    for path, streams in zip(configs, (0, 8), strict=True):
        text = Path(path).read_text()
        kept = tmp_path / Path(path).name
        kept.write_text(re.sub(r"streams: \d+", f"streams: {streams}", text, count=1))
    files = [str(tmp_path / Path(path).name) for path in configs]
    arguments = ["train", "--config", *files, "--out", str(tmp_path / "out")]
    arguments += ["--cache", str(tmp_path / "cache"), *settings]
    assert main(arguments) == 0
    told = capsys.readouterr().out
    assert "tiny-1-format: trained on offline items" in told
    assert "tiny-3-streaming: answers from p(response) = 0.5 on" in told
    (name, tasks), *others = tuned
    assert name == "tiny-3-streaming" and "negative" in tasks and not others
    written = json.loads((tmp_path / "out" / name / "recipe.json").read_text())
    assert written["start"] == str(tmp_path / "out" / "tiny-1-format")
    assert main(arguments) == 0 and len(tuned) == 1  # all finished: nothing is done again
