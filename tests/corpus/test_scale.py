import importlib.util
import re

import pyarrow as pa
import pytest

from audio_interaction.corpus import build, scale
from audio_interaction.corpus.build import load_corpus, plan_shards, write_corpus
from audio_interaction.corpus.scale import Rate, build_with_ray, measure_rate
from audio_interaction.corpus.scenes import Making
from audio_interaction.errors import UserError

needs_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None,
    reason="Ray is not installed (pip install 'audio-interaction[scale]')",
)


def test_a_shard_survives_its_row(sources_root, tmp_path):
    shards = plan_shards(tmp_path / "out", {"train": 100, "test": 3}, 5, root=sources_root)
    table = pa.Table.from_pylist([scale._row_of_shard(shard) for shard in shards])
    assert tuple(map(scale._shard_of_row, table.to_pylist())) == shards
    making = Making("http://localhost:1", "small", "always")
    (one,) = plan_shards(tmp_path / "own", {"test": 3}, 5, root=sources_root, making=making)
    assert scale._shard_of_row(scale._row_of_shard(one)) == one


def test_ray_that_is_missing_is_told_of(monkeypatch, tmp_path):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'audio-interaction\[scale\]'"):
        build_with_ray(tmp_path / "out", {"train": 1}, 0)
    assert not (tmp_path / "out").exists()


@pytest.fixture(scope="module")
def cluster():
    """Two worker processes on this machine."""
    import ray

    ray.init(
        num_cpus=2,
        include_dashboard=False,
        object_store_memory=100_000_000,
        log_to_driver=False,
    )
    yield
    ray.shutdown()


@pytest.mark.slow
@needs_ray
def test_ray_writes_the_same_bytes(cluster, sources_root, tmp_path, monkeypatch):
    monkeypatch.setattr(build, "SHARD_STREAMS", 4)
    counts = {"train": 18, "test": 6}
    plain = write_corpus(tmp_path / "plain", counts, 0, root=sources_root)
    rayed = build_with_ray(tmp_path / "rayed", counts, 0, root=sources_root)
    for folder in (plain, rayed):
        assert [len(rows) for rows in load_corpus(folder).values()] == [18, 6]
    files = sorted(path.name for path in plain.iterdir())
    assert files == sorted(path.name for path in rayed.iterdir())
    for name in files:
        assert (plain / name).read_bytes() == (rayed / name).read_bytes(), name

    lost = rayed / "train-00002.parquet"
    was = lost.read_bytes()
    lost.unlink()
    build_with_ray(tmp_path / "rayed", counts, 0, root=sources_root)
    assert lost.read_bytes() == was


@pytest.mark.slow
@needs_ray
def test_an_error_on_a_worker_comes_back(cluster, tmp_path):
    with pytest.raises(UserError, match="no such source file"):
        build_with_ray(tmp_path / "out", {"test": 1}, 0, root=tmp_path)


def test_a_projection_follows_its_formula():
    rate = Rate(streams=100, hours=0.5, cpu_seconds=20.0, wall_seconds=30.0, megabytes=25.0)
    told = rate.projection(1_000_000, 10)
    results = [line.rpartition("= ")[2] for line in told.splitlines()[1:]]
    values = [float(result.replace(",", "")) for result in results]
    assert values == [5000.0, pytest.approx(5.556), 0.25]
    assert re.search(r"100 streams, 0\.50 h of sound, 20\.0 s of CPU, 25\.0 MB", told)


def test_a_rate_is_measured(sources_root):
    rate = measure_rate(4, root=sources_root)
    assert rate.streams == 4 and 0 < rate.hours < 4 * 30 / 3600
    assert rate.cpu_seconds > 0 and rate.wall_seconds > 0
    assert 0.05 < rate.megabytes < 4  # 16 bits at 16 kHz, compressed
