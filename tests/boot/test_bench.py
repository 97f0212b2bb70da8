"""The instruction counts of a release build are the same each time."""
import subprocess

from conftest import BUILDS, ROOT

import builds


def test_two_runs_agree():
    subprocess.run(builds.make(str(BUILDS / "release"), "release", "all"), check=True,
                   stdin=subprocess.DEVNULL)
    done = subprocess.run([ROOT / "scripts/bench", "--no-build", "--twice", "--out", BUILDS.parent,
                           "--cmd", "bench calls"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=300, check=False)
    assert done.returncode == 0, done.stdout
    assert "call/empty" in done.stdout
