"""The instruction counts of a release build are the same each time, and stay where they are."""
import subprocess

from conftest import BUILDS, ROOT

import builds


def bench(*options):
    """Run scripts/bench on a release build; return {row: value}."""
    subprocess.run(builds.make(str(BUILDS / "release"), "release", "all"), check=True,
                   stdin=subprocess.DEVNULL)
    done = subprocess.run([ROOT / "scripts/bench", "--no-build", "--out", BUILDS.parent, *options],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout
    rows = (line.split("\t") for line in (BUILDS.parent / "bench.tsv").read_text().splitlines())
    return {name: float(value) for name, value, _ in rows}


def bounds():
    with open(ROOT / "tests/boot/bench_bounds.tsv", encoding="utf-8") as lines:
        for line in lines:
            if not line.startswith("#"):
                name, most = line.split("\t")
                yield name, float(most)


def test_two_runs_agree():
    assert "call/empty" in bench("--twice", "--cmd", "bench calls")


def test_no_row_became_dearer():
    rows = bench()
    worse = [f"{name}: {rows.get(name)}, at most {most}" for name, most in bounds()
             if rows.get(name, most + 1) > most]
    assert not worse, "\n".join(worse)
    # Not with size, depth or number (issue 3, point 6).
    for prefix, sizes, ratio in (("snapshot/create/", (1, 1000, 262144), 1.2),
                                 ("snapshot/read_fault/", (1, 64, 1000), 1.1),
                                 ("map/", (1000, 1000000), 1.5)):
        values = [rows[f"{prefix}{size}"] for size in sizes]
        assert max(values) <= ratio * min(values), f"{prefix}: {values}"
