import os
from pathlib import Path

import pytest

from audio_interaction.errors import UserError
from audio_interaction.profiles import (
    PROFILE_VARIABLE,
    PROFILES,
    RUNS_VARIABLE,
    current_profile,
    find_profile,
)


def test_the_variable_chooses(monkeypatch):
    for name in PROFILES:
        monkeypatch.setenv(PROFILE_VARIABLE, name)
        assert current_profile() is PROFILES[name]


@pytest.mark.parametrize("value", [None, ""])
def test_laptop_is_the_default(monkeypatch, value):
    monkeypatch.delenv(PROFILE_VARIABLE)
    if value is not None:
        monkeypatch.setenv(PROFILE_VARIABLE, value)
    assert current_profile().name == "laptop"


def test_an_unknown_name_is_told_the_choices(monkeypatch):
    monkeypatch.setenv(PROFILE_VARIABLE, "huge")
    with pytest.raises(UserError, match="'huge'.*AUDIO_INTERACTION_PROFILE.*smoke, laptop, gpu"):
        current_profile()


@pytest.mark.parametrize(
    "field",
    ["train_streams", "validation_streams", "test_streams", "seeds", "threads"],
)
def test_the_dial_only_turns_up(field):
    sizes = [getattr(PROFILES[name], field) for name in ("smoke", "laptop", "gpu", "full")]
    assert sizes == sorted(sizes)


def test_no_profile_asks_for_more_threads_than_there_are():
    assert all(1 <= profile.threads <= os.cpu_count() for profile in PROFILES.values())


def test_runs_of_different_profiles_never_mix(monkeypatch, tmp_path):
    monkeypatch.setenv(RUNS_VARIABLE, str(tmp_path))
    folders = {find_profile(name).results for name in PROFILES}
    assert len(folders) == len(PROFILES)
    assert all(folder.is_relative_to(tmp_path) for folder in folders)


def test_hand_run_notebooks_do_not_write_where_reproduce_does(monkeypatch):
    monkeypatch.delenv(RUNS_VARIABLE, raising=False)
    assert Path("runs", "notebooks", "smoke") == Path(*find_profile("smoke").folder.parts[-3:])
