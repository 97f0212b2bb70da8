"""Programs from outside of this tree: their own self-tests, under Jacinth.

Their sources come from Debian's archive; where it cannot be reached, and nothing was
fetched before, the tests are skipped.
"""
import os
import re
import sqlite3
import subprocess

import pytest
from conftest import ROOT
from test_run import make

ARCHIVE_AWAY = 3


@pytest.fixture(name="port", scope="session")
def make_port(build):
    """A function that builds a port; returns the folder of its programs."""
    folders = {}

    def port(name):
        if name not in folders:
            status, text = make(build, "sdk")
            assert status == 0, text
            done = subprocess.run([ROOT / "scripts/ports", build, name], cwd=ROOT, text=True,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, check=False)
            if done.returncode == ARCHIVE_AWAY:
                pytest.skip(f"the source of {name} is not here: {done.stdout.strip()}")
            assert done.returncode == 0, done.stdout
            folders[name] = build / "ports" / name
        return folders[name]
    return port


def run(build, program, arguments, *files, seconds=200):
    """As a user would; returns (status, what was printed)."""
    return make(build, "run", f"PROG={program}", f"ARGS={arguments}", f"TIMEOUT={seconds}",
                "FILES=" + " ".join(f"data/{path.name}={path}" for path in files), "MEM=512M",
                seconds=seconds + 60)


def test_without_the_archive_ports_say_so(tmp_path):
    env = {**os.environ, "DEBIAN_MIRROR": "http://127.0.0.1:9/debian"}
    done = subprocess.run([ROOT / "scripts/ports", tmp_path, "zstd"], cwd=ROOT, env=env, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False, timeout=120)
    assert done.returncode == ARCHIVE_AWAY
    assert "127.0.0.1:9" in done.stdout


@pytest.mark.parametrize("number, fewest", [(4, 2500), (6, 3800)])
def test_sqlite_passes_its_fuzzcheck(build, port, number, fewest):
    folder = port("sqlite")
    data = folder / f"source/test/fuzzdata{number}.db"
    status, text = run(build, folder / "fuzzcheck.elf", f"data/{data.name}", data)
    verdict = re.search(r"fuzzcheck: (\d+) errors out of (\d+) tests", text)
    assert verdict, text[-2000:]
    assert (status, int(verdict[1])) == (0, 0)
    assert int(verdict[2]) >= fewest


@pytest.mark.parametrize("options", [
    "", "--journal wal --checkpoint", "--mmap 100000000 --temp 6", "--testset cte",
    "--shrink-memory --pagesize 16384 --incrvacuum"])
def test_sqlite_reads_what_it_reads_elsewhere(build, port, options, tmp_path):
    folder = port("sqlite")
    arguments = f"--size 5 --verify {options}"
    host = subprocess.run([folder / "speedtest1.host", *arguments.split(), tmp_path / "a.db"],
                          text=True, stdout=subprocess.PIPE, check=True).stdout
    status, text = run(build, folder / "speedtest1.elf", f"{arguments} a.db")
    wanted = re.search(r"Verification Hash: .*", host)[0].strip()
    assert status == 0, text[-2000:]
    assert wanted in text


def test_sqlite_serves_threads_through_a_log(build, port):
    status, text = run(build, port("sqlite") / "threads.elf", "")
    assert "threads: 0 errors, 450 transfers, reads: some" in text
    assert status == 0


def test_sqlite_works_on_a_file_of_a_user_pager(build, port, tmp_path):
    """A database made here is read, changed, grown and written back through a pager."""
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, price INTEGER)")
        db.executemany("INSERT INTO item VALUES (?, ?, ?)",
                       [(i, f"item {i} " + "x" * (i % 200), i % 97) for i in range(5000)])
    db.close()
    wanted = sum(i % 97 for i in range(5000))
    status, text = run(build, port("sqlite") / "paged.elf", f"5000 {wanted}", path)
    assert status == 0, text[-2000:]
    assert "paged: the image holds every change" in text


def test_zstd_passes_its_fuzzer(build, port):
    # Without the fixed tests, which take minutes here: leave -t1 out to run them too.
    status, text = run(build, port("zstd") / "fuzzer.elf", "-s1 -t1 -i60")
    assert re.search(r"60 fuzzer tests completed", text), text[-2000:]
    assert status == 0


def test_zstd_passes_the_tests_of_its_threads(build, port):
    status, text = run(build, port("zstd") / "poolTests.elf", "")
    assert "PASS: all POOL tests" in text
    assert status == 0
