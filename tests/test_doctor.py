import importlib.metadata

import pytest

from audio_interaction import doctor
from audio_interaction.cli import main


def test_this_machine_is_described():
    findings = {finding.what: finding for finding in doctor.examine()}
    assert {"Python", "cores", "GPU", "profile", "torch", "lightning"} <= set(findings)
    assert findings["torch"].found == importlib.metadata.version("torch")
    assert not findings["torch"].bad


@pytest.mark.parametrize("version", ["2.6.2", "2.6.3"])
def test_malware_is_told_of_whatever_the_range_says(monkeypatch, version):
    monkeypatch.setattr(importlib.metadata, "version", lambda name: version)
    finding = doctor.check_package("lightning>=2")
    assert finding.bad and "malware" in finding.problem


@pytest.mark.parametrize(
    ("version", "bad"), [("2.6.4", False), ("2.6.1", True), ("3.0.0", True), ("2.7.0+cpu", False)]
)
def test_versions_are_compared_with_the_range(monkeypatch, version, bad):
    monkeypatch.setattr(importlib.metadata, "version", lambda name: version)
    finding = doctor.check_package("lightning>=2.6.4,<3")
    assert finding.bad == bad
    assert ("pip install 'lightning>=2.6.4,<3'" in finding.problem) == bad


def test_a_missing_package_is_bad():
    finding = doctor.check_package("no-such-package-here>=1")
    assert finding.bad and finding.found == "missing"


def test_what_is_optional_is_not_bad(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("BROWSER_PATH", raising=False)
    findings = [doctor._chrome(), doctor._speech_engines()]
    assert all(finding.problem and not finding.bad for finding in findings)


def test_missing_data_is_bad(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "MINI_DATA", tmp_path)
    bad = {finding.what for finding in doctor.examine() if finding.bad}
    assert {"source clips", "tiny weights"} <= bad


@pytest.mark.parametrize(("gib", "fitting"), [(4, set()), (20, {"omni-3b", "released"})])
def test_presets_that_fit_are_told_apart(monkeypatch, gib, fitting):
    monkeypatch.setattr("audio_interaction.model.memory.free_memory", lambda device: gib * 2**30)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    findings = {finding.what: finding for finding in doctor.examine() if "preset" in finding.what}
    assert set(findings) == {"preset omni-3b", "preset omni-7b", "preset released"}
    fit = {
        what.removeprefix("preset ") for what, finding in findings.items() if not finding.problem
    }
    assert fit == fitting
    assert f"{gib} free on the CPU" in findings["preset omni-3b"].found
    assert not any(finding.bad for finding in findings.values())


def test_exit_code_tells_whether_something_is_wrong(monkeypatch, capsys):
    well = [doctor.Finding("Python", "3.12"), doctor.Finding("Chrome", "-", "get it", needed=False)]
    monkeypatch.setattr(doctor, "examine", lambda: well)
    assert main(["doctor"]) == 0
    monkeypatch.setattr(doctor, "examine", lambda: [*well, doctor.Finding("torch", "-", "get it")])
    assert main(["doctor"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line[:4].strip() for line in lines] == ["ok", "-", "ok", "-", "BAD"]
