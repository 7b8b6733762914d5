"""The command line: quick help, errors of one line, and what `stream` prints."""

import json
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from audio_interaction import __version__, commands
from audio_interaction.cli import main

COMMANDS = ("corpus", "base", "train", "stream", "evaluate", "bench", "reproduce", "slides")


def test_help_needs_no_heavy_package():
    program = (
        "import sys\n"
        "from audio_interaction.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'torch', 'transformers', 'plotly', 'datasets', 'nbclient'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.splitlines()[-1] == "[]"
    assert all(command in run.stdout for command in (*COMMANDS, "doctor"))


def test_version(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out.strip() == __version__


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["dance"],
        ["stream"],
        ["stream", "x.wav", "--threshold", "1.5"],
        ["evaluate", "--limit", "0"],
        ["corpus", "build"],
    ],
)
def test_wrong_arguments_are_refused_with_usage(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert "usage:" in capsys.readouterr().err


def one_line_error(arguments, capsys):
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("audio-interaction: ")
    assert captured.err.count("\n") == 1
    return captured.err


def test_a_missing_file_is_one_line(capsys):
    assert "nothing.wav" in one_line_error(["stream", "nothing.wav"], capsys)


def test_a_file_that_is_no_audio_is_one_line(tmp_path, capsys):
    path = tmp_path / "text.wav"
    path.write_text("this is not audio")
    assert "text.wav" in one_line_error(["stream", str(path)], capsys)


@pytest.mark.parametrize("model", ["omni-3b", "omni-7b", "released"])
def test_a_large_model_without_a_network_is_one_line(sound, monkeypatch, capsys, model):
    monkeypatch.setattr("audio_interaction.model.memory.free_memory", lambda device: 1e12)
    arguments = ["stream", str(sound), "--model", model, "--adapter", "none"]
    assert "connect to the network" in one_line_error(arguments, capsys)


def test_a_large_model_without_memory_is_one_line(sound, monkeypatch, capsys):
    monkeypatch.setattr("audio_interaction.model.memory.free_memory", lambda device: 8 * 2**30)
    message = one_line_error(["stream", str(sound), "--model", "released"], capsys)
    assert "you have 8.0 GiB free on cpu: use --model tiny" in message


def test_a_large_model_without_adapter_is_one_line(sound, capsys):
    message = one_line_error(["stream", str(sound), "--model", "omni-3b"], capsys)
    assert "--adapter none" in message


def test_stream_refuses_clip_wide_hearing(sound, capsys):
    assert "--clip-wide" in one_line_error(["stream", str(sound), "--clip-wide"], capsys)


def test_an_unknown_profile_is_one_line(tmp_path, capsys):
    arguments = ["corpus", "build", "--out", str(tmp_path / "corpus"), "--profile", "huge"]
    assert "smoke, laptop, gpu, full" in one_line_error(arguments, capsys)
    assert not (tmp_path / "corpus").exists()


def test_a_missing_recipe_names_those_of_the_kit(tmp_path, capsys):
    arguments = ["train", "--config", str(tmp_path / "no.yaml"), "--out", str(tmp_path / "out")]
    assert "no.yaml" in one_line_error(arguments, capsys)


def test_a_full_disk_is_one_line(monkeypatch, capsys):
    def full(args):
        raise OSError(28, "No space left on device", "runs/report.html")

    monkeypatch.setattr(commands, "doctor", full)
    message = one_line_error(["doctor"], capsys)
    assert "No space left" in message and "runs/report.html" in message


def test_ctrl_c_tells_how_to_go_on(monkeypatch, capsys):
    def interrupted(args):
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "reproduce", interrupted)
    assert main(["reproduce"]) == 130
    assert "run the same command again" in capsys.readouterr().err


def test_a_bug_keeps_its_traceback(monkeypatch):
    def bug(args):
        raise ValueError("a bug")

    monkeypatch.setattr(commands, "doctor", bug)
    with pytest.raises(ValueError, match="a bug"):
        main(["doctor"])


def test_a_reader_that_stops_early_is_no_error():
    command = f"{sys.executable} -m audio_interaction.cli doctor | true"
    run = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert run.stderr == ""


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """1.3 s of quiet noise in stereo at 44.1 kHz."""
    path = tmp_path_factory.mktemp("sound") / "noise.wav"
    noise = 0.01 * np.random.default_rng(0).standard_normal((57_330, 2))
    soundfile.write(path, noise, 44_100)
    return path


def test_stream_prints_one_json_object(sound, capsys):
    assert main(["stream", str(sound), "--json", "--threshold", "0"]) == 0
    report = json.loads(capsys.readouterr().out)
    # 1.3 s and the tail of 1 s, in chunks of 0.4 s.
    assert [decision["chunk"] for decision in report["decisions"]] == list(range(6))
    assert report["decisions"][-1]["time"] == pytest.approx(2.4)
    assert all(0 <= decision["p_response"] <= 1 for decision in report["decisions"])
    assert all(decision["responds"] for decision in report["decisions"])
    assert [reply["time"] for reply in report["responses"]] == [
        decision["time"] for decision in report["decisions"]
    ]
    assert 0 < report["chunk_ms"]["p50"] <= report["chunk_ms"]["p95"]
    assert report["real_time_factor"] > 0


def test_stream_prints_replies_for_people(sound, capsys):
    assert main(["stream", str(sound), "--threshold", "1"]) == 0
    captured = capsys.readouterr()
    assert captured.out == ""  # p(response) never reaches 1
    assert captured.err.startswith("0 responses in 6 decisions over 2.4 s")


def test_a_stream_in_real_time_takes_its_time(sound, capsys):
    import time

    start = time.perf_counter()
    assert main(["stream", str(sound), "--realtime"]) == 0
    assert time.perf_counter() - start > 1.3


def test_corpus_info_counts_every_split(capsys):
    assert main(["corpus", "info"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["train", "validation", "test"]


def test_evaluate_prints_and_saves_the_same_report(tmp_path, capsys):
    assert main(["evaluate", "--limit", "2", "--json", "--out", str(tmp_path)]) == 0
    printed = json.loads(capsys.readouterr().out)
    (saved,) = tmp_path.glob("*.json")
    assert json.loads(saved.read_text()) == printed
