import json
import re
from collections import Counter

import numpy as np
import pytest
from datasets import load_dataset
from huggingface_hub import DatasetCard

from audio_interaction.audio.io import encode
from audio_interaction.corpus.build import FEATURES, build_corpus
from audio_interaction.corpus.card import CAPTIONS, FIGURES, write_card
from audio_interaction.corpus.counts import count, merged, timelines
from audio_interaction.corpus.own import import_folder
from audio_interaction.corpus.tasks import TASKS
from audio_interaction.errors import UserError


@pytest.fixture(scope="module")
def corpus(tmp_path_factory, sources_root):
    folder = tmp_path_factory.mktemp("card") / "corpus"
    counts = {"train": 2 * len(TASKS), "test": len(TASKS)}
    build_corpus(folder, counts, 1, root=sources_root)
    write_card(folder, sources_root)
    return folder


@pytest.fixture(scope="module")
def card(corpus):
    return DatasetCard.load(corpus / "README.md")


def cells(card, section):
    """Rows of the tables of a section, header and ruler left out."""
    text = card.text.split(f"\n## {section}\n")[1].split("\n## ")[0]
    lines = re.findall(r"^\| (.*) \|$", text, re.M)
    return [line.split(" | ") for line in lines if not set(line) <= set("|-: ")]


def test_the_hub_can_read_the_front_matter(card):
    data = card.data
    assert data.license == "cc0-1.0" and data.pretty_name == "Mini StreamAudio"
    assert "en" in data.language and data.size_categories == "n<1K"
    assert "automatic-speech-recognition" in data.task_categories
    (config,) = data.configs
    assert [part["path"] for part in config["data_files"]] == ["train-*.parquet", "test-*.parquet"]
    sizes = {split["name"]: split["num_examples"] for split in data.dataset_info["splits"]}
    assert sizes == {"train": 2 * len(TASKS), "test": len(TASKS)}


def test_datasets_loads_the_folder_by_its_card(corpus, tmp_path):
    data = load_dataset(str(corpus), cache_dir=str(tmp_path))
    assert {split: len(rows) for split, rows in data.items()} == {
        "train": 2 * len(TASKS),
        "test": len(TASKS),
    }
    assert data["test"].features == FEATURES
    assert data["test"][0]["audio"]["bytes"][:4] == b"fLaC"


def test_the_splits_are_counted(corpus, card):
    _, train, test, whole = cells(card, "Splits")
    totals = count(timelines(corpus))
    told = merged(totals.values())
    assert (train[0], test[0], whole[0]) == ("train", "test", "all")
    assert whole[1:5] == [
        f"{3 * len(TASKS)}",
        f"{told.hours:.2f}",
        f"{told.responses:,}",
        f"{100 * told.silence:.1f} %",
    ]
    assert (train[5], test[5], whole[5]) == ("2", "2", "4")


def test_every_task_is_told_with_its_sums_for_every_split(card):
    rows = [row for row in cells(card, "Abilities and sub-tasks") if row[0] != "ability"]
    names = Counter(row[1].strip("`") for row in rows)
    assert names == dict.fromkeys(TASKS, 3)  # over all, in train, in test
    assert {row[0] for row in rows} == {task.ability for task in TASKS.values()}
    silent = {row[1]: row[6] for row in rows}
    assert silent["`negative`"] == "100.0 %" and silent["`asr_clean`"] != "100.0 %"
    assert [row[3] for row in rows if row[1] == "`chat`"] == ["3", "2", "1"]


def test_voices_sounds_and_noise_are_told(corpus, card):
    engines = {row[0] for row in cells(card, "Voices")}
    assert engines == {"engine", "tone"}
    sounds = {row[0]: row[1:] for row in cells(card, "Sounds")}
    heard = merged(part for key, part in count(timelines(corpus)).items() if key[0] == "train")
    assert sounds["bell"][0] == str(heard.sounds["bell"])
    head, train, test = cells(card, "Noise and rooms")
    assert len(head) == len(train) == 6 and train[1].endswith("%") and float(train[3]) > 0
    assert train[-1] == f"{100 * heard.reverberant / heard.streams:.1f} %" != "0.0 %"
    assert test[-1].endswith(" %")


def test_what_is_synthetic_and_whose_it_is(card):
    assert re.search(r"(\d+) of \1 spoken sentences were rendered", card.text)
    assert re.search(r"[1-9]\d* of \d+ sounds were synthesised", card.text)
    credits = cells(card, "Licence and credits")
    assert ["CC0-1.0", "made by the test"] in [row[3:] for row in credits]


def test_figures_are_shown_where_they_are(corpus, card, sources_root):
    assert "![" not in card.text
    figure = corpus / FIGURES / "snr.png"
    figure.parent.mkdir()
    figure.write_bytes(b"a picture")
    text = write_card(corpus, sources_root).read_text(encoding="utf-8")
    assert f"![{CAPTIONS['snr']}]({FIGURES}/snr.png)" in text and text.count("![") == 1
    figure.unlink()


def test_clips_that_are_not_in_the_sources_are_told(corpus, sources_root, tmp_path):
    text = write_card(corpus, tmp_path).read_text(encoding="utf-8")  # no source file there
    assert "license: other" in text and "do not say what they are" in text
    assert write_card(corpus, sources_root).read_text(encoding="utf-8") != text


def test_an_import_has_a_card_of_its_own(tmp_path):
    noise = 0.1 * np.random.default_rng(0).standard_normal(16_000).astype(np.float32)
    (tmp_path / "a.wav").write_bytes(encode(noise, "wav"))
    row = {"id": "one", "split": "train"}
    row["turns"] = [{"user": "good morning", "assistant": "hello", "audio_path": "a.wav"}]
    (tmp_path / "rows.jsonl").write_text(json.dumps(row))
    import_folder(tmp_path / "rows.jsonl", tmp_path, tmp_path / "mine")
    card = DatasetCard.load(write_card(tmp_path / "mine"))
    assert card.data.pretty_name == "mine" and card.data.license == "other"
    assert "recordings of one's own" in card.text and "closed language" not in card.text
    assert "is heard in another" not in card.text


def test_a_folder_without_a_corpus(tmp_path):
    with pytest.raises(UserError, match="holds no corpus.json"):
        write_card(tmp_path)
