"""Which files a digest of code looks at."""

from audio_interaction.training.provenance import ROOT, code_digest, source_files

PIPELINE = "audio_interaction.corpus.pipeline"


def names(*modules):
    return {path.relative_to(ROOT).as_posix() for path in source_files(*modules)}


def test_what_composes_is_in_and_what_only_looks_on_is_not():
    found = names(PIPELINE)
    assert {"corpus/compose.py", "audio/reverb.py", "corpus/tasks/chat.py"} <= found
    assert not {name for name in found if name.startswith(("viz/", "benchmarks/", "model/"))}
    assert "corpus/card.py" not in found


def test_a_package_is_its_init_and_what_that_imports():
    assert "corpus/phrases/chinese.py" in names("audio_interaction.corpus.phrases")


def test_the_digest_follows_the_source(tmp_path, monkeypatch):
    from audio_interaction.training import provenance

    (tmp_path / "__init__.py").write_text("")
    (tmp_path / "outer.py").write_text("def f():\n    from audio_interaction import inner\n")
    (tmp_path / "inner.py").write_text("LEVEL = 1\n")
    (tmp_path / "other.py").write_text("LEVEL = 1\n")
    monkeypatch.setattr(provenance, "ROOT", tmp_path)

    def digest():
        code_digest.cache_clear()
        return code_digest("audio_interaction.outer")

    before = digest()
    (tmp_path / "other.py").write_text("LEVEL = 2\n")
    assert digest() == before
    (tmp_path / "inner.py").write_text("LEVEL = 2\n")
    assert digest() != before
    code_digest.cache_clear()
