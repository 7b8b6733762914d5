import numpy as np
import pytest
import soundfile

from audio_interaction.corpus.folders import (
    AUDIOSET_LABELS,
    audioset_folder,
    common_voice_folder,
    covost_folder,
    librispeech_folder,
)
from audio_interaction.corpus.hub import common_voice_clip, covost_clip, librispeech_clip
from audio_interaction.corpus.language import SOUND_NAMES
from audio_interaction.errors import UserError

HEADER = "client_id\tpath\tsentence\tup_votes\tdown_votes\tage\tgender\taccents\tlocale\tsegment"


def noise(path, rate=16_000):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.random.default_rng(1).uniform(-0.3, 0.3, rate), rate)


def librispeech(root):
    chapter = root / "LibriSpeech" / "train-clean-100" / "103" / "1240"
    for number in range(2):
        noise(chapter / f"103-1240-{number:04d}.flac")
    (chapter / "103-1240.trans.txt").write_text(
        "103-1240-0000 CHAPTER ONE MISSUS RACHEL LYNDE IS SURPRISED\n"
        "103-1240-0001 THAT HAD ITS SOURCE AWAY BACK IN THE WOODS\n"
    )
    return chapter


def test_a_librispeech_archive_is_read(tmp_path):
    librispeech(tmp_path)
    for root in (tmp_path, tmp_path / "LibriSpeech"):
        rows = list(librispeech_folder(root, "train-clean-100"))
        assert [(row["id"], row["speaker_id"], row["chapter_id"]) for row in rows] == [
            ("103-1240-0000", 103, 1240),
            ("103-1240-0001", 103, 1240),
        ]
    clips = [librispeech_clip(row, "train") for row in rows]
    assert clips[1].text == "that had its source away back in the woods"
    assert clips[0].voice == "librispeech-103" and clips[0].seconds > 0.9


def test_a_faulty_librispeech_archive_is_refused(tmp_path):
    with pytest.raises(UserError, match="holds no folder train-other-500"):
        list(librispeech_folder(tmp_path, "train-other-500"))
    chapter = librispeech(tmp_path)
    (chapter / "103-1240.trans.txt").write_text("103-1240-0000 A\n103-1240 B\n")
    with pytest.raises(UserError, match="line 2: expected SPEAKER-CHAPTER-NUMBER"):
        list(librispeech_folder(tmp_path, "train-clean-100"))
    (chapter / "103-1240.trans.txt").unlink()
    with pytest.raises(UserError, match="holds no SPEAKER"):
        list(librispeech_folder(tmp_path, "train-clean-100"))


def common_voice(root, table="train", locale="en"):
    noise(root / "clips" / "common_voice_en_1.mp3", 48_000)
    noise(root / "clips" / "common_voice_en_2.mp3", 48_000)
    (root / f"{table}.tsv").write_text(
        f"{HEADER}\n"
        f'abc\tcommon_voice_en_1.mp3\tHe said: "Stop.\t2\t0\t\t\t\t{locale}\t\n'
        f"def\tcommon_voice_en_2.mp3\tIt's late.\t2\t1\ttwenties\tmale\tUS\t{locale}\t\n",
        encoding="utf-8",
    )


def test_a_common_voice_release_is_read(tmp_path):
    common_voice(tmp_path)
    clips = [common_voice_clip(row, "train") for row in common_voice_folder(tmp_path)]
    assert [clip.text for clip in clips] == ["he said stop", "it's late"]
    assert [clip.id for clip in clips] == ["common_voice_en_1", "common_voice_en_2"]
    with pytest.raises(UserError, match="dev.tsv: no such table"):
        list(common_voice_folder(tmp_path, "dev"))
    (tmp_path / "dev.tsv").write_text("client_id\tpath\n")
    with pytest.raises(UserError, match="lacks the columns sentence, locale"):
        list(common_voice_folder(tmp_path, "dev"))


def test_covost_is_joined_with_common_voice(tmp_path):
    common_voice(tmp_path, "validated")
    (tmp_path / "covost_v2.en_zh-CN.tsv").write_text(
        "path\ttranslation\tsplit\n"
        "common_voice_en_1.mp3\t他说停。\ttest\n"
        "common_voice_en_2.mp3\t很晚了。\ttrain_covost\n"
        "common_voice_en_9.mp3\t没有。\ttrain\n",
        encoding="utf-8",
    )
    (row,) = covost_folder(tmp_path, "en", "zh-CN", "train")
    clip = covost_clip(row, "train", "en", "zh-CN")
    assert (clip.text, clip.answer, clip.form) == ("it's late", "很晚了", "zh")
    assert [row["id"] for row in covost_folder(tmp_path, "en", "zh-CN", "test")] == [
        "common_voice_en_1"
    ]
    with pytest.raises(UserError, match="covost_v2.en_de.tsv: no such table"):
        list(covost_folder(tmp_path, "en", "de", "train"))


def audioset(root):
    for name in ("--PJHxphWEs", "Y-0RWZT-miFs", "abc_30000", "speech", "both"):
        noise(root / "audio" / f"{name}.wav")
    (root / "audio" / "bad.wav").write_text("no sound")
    (root / "segments.csv").write_text(
        "# Segments csv created Sun Mar  5 10:54:31 2017\n"
        "# num_ytids=22160, num_segs=22160\n"
        "# YTID, start_seconds, end_seconds, positive_labels\n"
        '--PJHxphWEs, 30.000, 40.000, "/m/09x0r,/m/03kmc9"\n'
        '-0RWZT-miFs, 420.000, 430.000, "/m/0bt9lr"\n'
        'abc, 30.000, 40.000, "/m/0bt9lr,/m/05tny_"\n'
        'speech, 0.000, 10.000, "/m/09x0r"\n'
        'both, 0.000, 10.000, "/m/03kmc9,/m/0bt9lr"\n'
        'gone, 0.000, 10.000, "/m/0bt9lr"\n'
        'bad, 0.000, 10.000, "/m/0bt9lr"\n'
    )
    (root / "labels.csv").write_text(
        "index,mid,display_name\n"
        '0,/m/09x0r,"Speech"\n74,/m/0bt9lr,"Dog"\n75,/m/05tny_,"Bark"\n396,/m/03kmc9,"Siren"\n'
    )
    return root / "audio", root / "segments.csv", root / "labels.csv"


def test_audioset_recordings_with_one_of_our_labels_are_clips(tmp_path):
    faults = []
    clips = list(audioset_folder(*audioset(tmp_path), "train", report=faults.append))
    assert [(clip.id, clip.label, clip.hazard) for clip in clips] == [
        ("audioset---PJHxphWEs", "siren", True),
        ("audioset--0RWZT-miFs", "dog", False),
        ("audioset-abc", "dog", False),
    ]
    assert all(clip.recorded and len(clip.audio()) == 16_000 for clip in clips)
    assert len(faults) == 1 and "bad.wav" in str(faults[0])
    with pytest.raises(UserError, match="bad.wav"):
        list(audioset_folder(*audioset(tmp_path), "train"))


def test_faulty_audioset_folders_are_refused(tmp_path):
    audio, segments, labels = audioset(tmp_path)
    with pytest.raises(UserError, match="no such folder"):
        list(audioset_folder(tmp_path / "none", segments, labels, "train"))
    with pytest.raises(UserError, match="no such table"):
        list(audioset_folder(audio, segments, tmp_path / "none.csv", "train"))
    segments.write_text('gone, 0.000, 10.000, "/m/0bt9lr"\n')
    with pytest.raises(UserError, match="none of the recordings"):
        list(audioset_folder(audio, segments, labels, "train"))
    segments.write_text("abc, 0.000\n")
    with pytest.raises(UserError, match="line 1: expected YTID"):
        list(audioset_folder(audio, segments, labels, "train"))


def test_audioset_labels_are_names_of_ours():
    assert set(AUDIOSET_LABELS.values()) <= set(SOUND_NAMES)
