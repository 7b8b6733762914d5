from importlib import import_module

import pytest

from audio_interaction.benchmarks import BENCHMARKS, proactive, run_benchmark
from audio_interaction.errors import UserError


def test_every_benchmark_runs_by_name():
    for module in BENCHMARKS.values():
        assert callable(import_module(module).run)


def test_by_name(model, sources, monkeypatch):
    monkeypatch.setattr(proactive, "load_sources", lambda split: sources)
    monkeypatch.setattr(model, "threshold", 2.0)
    report = run_benchmark("proactive-sound", model, limit=2)
    assert report.name == "proactive-sound"
    assert report.settings["items"] == {"single": 2, "multi": 2}


def test_bad_requests_are_refused(model):
    with pytest.raises(UserError, match="choose one of proactive-sound, librispeech"):
        run_benchmark("mmau", model)
    with pytest.raises(UserError, match="limit of 0"):
        run_benchmark("librispeech", model, limit=0)
