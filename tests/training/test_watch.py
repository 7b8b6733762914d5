"""The watch: collapses are named when they begin, and the adapter that behaves best is kept."""

import csv
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from audio_interaction.corpus.schema import Response, Stream
from audio_interaction.corpus.sources import load_sources
from audio_interaction.model.interaction import InteractionModel
from audio_interaction.model.network import InteractionThinker
from audio_interaction.training import train as train_module
from audio_interaction.training import watch as watch_module
from audio_interaction.training.behaviour import Behaviour
from audio_interaction.training.data import EncodedStream
from audio_interaction.training.recipe import AdapterRecipe, Optimisation
from audio_interaction.training.train import run_training
from audio_interaction.training.watch import BehaviourWatch, Collapsed, CollapseWatch, collapse_of


def look(at_events=0.5, elsewhere=0.1, f1=0.5):
    return Behaviour(0.5, at_events, elsewhere, f1, f1, f1, 0.0, 0.0, 0.0)


def test_collapses_have_names():
    assert collapse_of(look()) is None
    assert collapse_of(look(0.04, 0.001)) == "never speaks"
    assert collapse_of(look(0.99, 0.6)) == "always speaks"
    assert collapse_of(look(0.01, 0.9)) == "always speaks"


def test_a_collapse_is_told_of_when_it_begins_and_when_it_ends():
    watch = CollapseWatch()
    assert watch.see(10, look()) is None
    told = watch.see(20, look(0.02, 0.01))
    assert told == (
        "step 20: the model never speaks: p(response) is 0.02 where a reply is due and 0.01 "
        "elsewhere"
    )
    assert watch.see(30, look(0.01, 0.01)) is None and (watch.since, watch.looks) == (20, 2)
    assert "always speaks" in watch.see(40, look(0.9, 0.9)) and watch.looks == 1
    assert "no longer always speaks" in watch.see(50, look())
    assert watch.kind is None and watch.looks == 0


# The callback with a given sequence of looks.


class Trainer:
    """What the callback uses of Lightning's trainer."""

    def __init__(self, max_steps):
        self.max_steps, self.global_step = max_steps, 0
        self.is_global_zero, self.should_stop, self.logger, self.told = True, False, None, []

    def print(self, text):
        self.told.append(text)


TRIGGERS = 100  # in one stream: the standard error of an F1 of 0.7 is 0.046
STREAM = Stream(
    "s", "validation", "chat", "listen", np.zeros(0), (), (Response(1.0, 2.0, "yes"),) * TRIGGERS
)


def run(monkeypatch, folder, looks, sessions=(), **settings):
    """Feed looks, one a step, to the callback; returns it, the trainer, and what was saved when."""
    saved, sessions = [], dict(sessions)
    recipe = AdapterRecipe(Optimisation(len(looks) - 1, 1e-3), validate_every=1, **settings)
    watched = [EncodedStream(STREAM, 10, torch.zeros(100, 1))]
    watch, trainer = BehaviourWatch(watched, recipe, folder), Trainer(len(looks) - 1)
    module = type("Module", (), {"model": None, "network": torch.nn.Identity()})()
    monkeypatch.setattr(watch_module, "teacher_forced", lambda *_: None)
    monkeypatch.setattr(watch_module, "behaviour", lambda *_: looks[trainer.global_step])
    monkeypatch.setattr(watch_module, "bounded", lambda *_: looks[trainer.global_step])
    monkeypatch.setattr(watch, "_session", lambda *_: look(f1=sessions[trainer.global_step]))
    monkeypatch.setattr(
        watch_module, "save_adapter", lambda _, to: saved.append((trainer.global_step, to))
    )
    watch.on_train_start(trainer, module)
    while trainer.global_step < trainer.max_steps and not trainer.should_stop:
        trainer.global_step += 1
        watch.on_train_batch_end(trainer, module)
    return watch, trainer, [step for step, to in saved if to == folder]


def test_the_best_adapter_is_kept_beside_the_last(monkeypatch, tmp_path):
    looks = [look(f1=f1) for f1 in (0.0, 0.3, 0.7, 0.2, 0.7, 0.1)]
    watch, _, kept = run(monkeypatch, tmp_path, looks)
    assert kept == [0, 1, 2, 4] and watch.best == 0.7


def test_a_later_adapter_is_kept_unless_it_is_worse_by_more_than_chance(monkeypatch, tmp_path):
    looks = [look(f1=f1) for f1 in (0.0, 0.7, 0.66, 0.65, 0.66, 0.62)]
    watch, _, kept = run(monkeypatch, tmp_path, looks)
    assert kept == [0, 1, 2, 4] and watch.best == 0.7  # measured from the best, not from the kept


def test_sessions_decide_which_is_best_where_there_are_any(monkeypatch, tmp_path):
    looks = [look(f1=f1) for f1 in (0.9, 0.3, 0.8, 0.2, 0.9, 0.1)]
    watch, _, kept = run(
        monkeypatch,
        tmp_path,
        looks,
        sessions={2: 0.4, 4: 0.6, 5: 0.5},
        session_streams=1,
        session_every=2,
    )
    assert kept == [0, 1, 2, 4]  # until there was a session, the last
    assert watch.best == 0.6


def test_a_model_that_always_speaks_holds_no_session(monkeypatch, tmp_path):
    looks = [look(0.9, 0.9)] * 3
    _, trainer, kept = run(
        monkeypatch, tmp_path, looks, sessions={}, session_streams=1, session_every=1
    )
    assert kept == [0, 1, 2] and len(trainer.told) == 1


def test_a_lasting_collapse_stops_if_so_wished(monkeypatch, tmp_path):
    looks = [look(0.9, 0.9), look(), *[look(0.01, 0.01)] * 6]
    watch, trainer, _ = run(monkeypatch, tmp_path, looks, on_collapse="stop", collapse_looks=3)
    assert trainer.global_step == 4
    with pytest.raises(Collapsed, match="never speaks since step 2"):
        watch.raise_if_stopped()
    watch, trainer, _ = run(monkeypatch, tmp_path, looks)
    assert trainer.global_step == 7 and len(trainer.told) == 1
    watch.raise_if_stopped()


def test_a_collapse_that_passes_does_not_stop(monkeypatch, tmp_path):
    looks = [look(0.9, 0.9), *[look(0.01, 0.01)] * 2, look(), *[look(0.01, 0.01)] * 2]
    watch, trainer, _ = run(monkeypatch, tmp_path, looks, on_collapse="stop", collapse_looks=3)
    assert trainer.global_step == 5
    watch.raise_if_stopped()


def test_the_state_survives_a_resume(monkeypatch, tmp_path):
    looks = [look(), look(0.01, 0.01, 0.3)]
    watch, *_ = run(monkeypatch, tmp_path, looks)
    again = BehaviourWatch([], AdapterRecipe(Optimisation(1, 1e-3)), tmp_path)
    again.load_state_dict(watch.state_dict())
    assert again.best == watch.best and vars(again.collapse) == vars(watch.collapse)


# Real training that collapses: an untrained model on a few streams.


@pytest.fixture
def beginner(untrained, sources_root, monkeypatch):
    """An untrained model, and tiny sources to train it on."""

    def load(*_, **__):
        network = InteractionThinker(untrained.thinker.config)
        network.load_state_dict(untrained.thinker.state_dict())
        network.tie_weights()
        return InteractionModel(network, untrained.tokenizer, untrained.tokens)

    monkeypatch.setattr(train_module, "load_model", load)
    monkeypatch.setattr(train_module, "load_sources", lambda s: load_sources(s, sources_root))


RECIPE = AdapterRecipe(
    Optimisation(40, 1e-2, warmup=0.0, batch_positions=1500),
    streams=8,
    task_weights={"chat": 3, "negative": 1},
    validation_streams=4,
    validate_every=2,
    on_collapse="stop",
    rank=8,
    replay_positions=0,
)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.mark.parametrize(
    ("wrong", "told", "value"),
    [
        ({"loss_balance": "silence", "decision_weight": 50.0}, "never speaks", "-1"),
        ({"loss_balance": "silence", "decision_weight": 0.0}, "always speaks", "1"),
    ],
)
def test_a_provoked_collapse_is_caught(wrong, told, value, beginner, cache, tmp_path, capsys):
    with pytest.raises(Collapsed, match=told):
        run_training(replace(RECIPE, **wrong), tmp_path, cache)
    assert f"the model {told}: p(response) is 0." in capsys.readouterr().out
    assert (tmp_path / "last" / "adapter_model.safetensors").is_file()
    assert not (tmp_path / "recipe.json").exists()  # the run is not finished
    with open(tmp_path / "log" / "metrics.csv") as lines:
        looks = [row for row in csv.DictReader(lines) if row["collapse"]]
    assert [row["collapse"] for row in looks[-3:]] == [value] * 3
    assert int(looks[-1]["step"]) < 40


def test_the_best_adapter_is_what_comes_back(beginner, cache, tmp_path):
    recipe = replace(RECIPE, optimisation=replace(RECIPE.optimisation, steps=4), session_streams=2)
    recipe = replace(recipe, session_every=2, on_collapse="warn")
    model = run_training(recipe, tmp_path, cache)
    kept = load_file(tmp_path / "adapter_model.safetensors")
    named = {name.replace(".default", ""): p for name, p in model.network.named_parameters()}
    for name, tensor in kept.items():
        if "lora_" in name:
            assert torch.equal(named[name], tensor)
    with open(tmp_path / "log" / "metrics.csv") as lines:
        rows = [row for row in csv.DictReader(lines) if row["validation_f1"]]
    assert [row["step"] for row in rows] == ["0", "2", "4"]
    assert rows[-1]["session_f1"] and rows[-1]["session_once"] and not rows[0]["session_f1"]
    assert np.isfinite([float(row["bounded_f1"]) for row in rows]).all()
    assert (tmp_path / "last" / "adapter_config.json").is_file()
