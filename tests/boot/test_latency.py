"""No call stops a CPU, its own or another one, for more than a few milliseconds.

The stress tests, and those of vast ranges and of discardable memory, run on one
CPU under QEMU's instruction counter, where a nanosecond is an instruction and a run
repeats exactly. The kernel is a release build that notes its longest stretch with
preemption or interrupts off (CONFIG_LATENCY). That bounds what happens to other CPUs
too: they can be held up only by who holds a spinlock, and that is with preemption
off.
"""
import re
import subprocess

import pytest
from conftest import BUILDS

import builds

LIMIT_NS = 2_000_000
LINE = re.compile(r"^latency: CPU (\d+), longest without preemption: (\d+) ns, (.*)$", re.M)


@pytest.fixture(name="traced", scope="module")
def make_traced():
    """The folder of the build that measures."""
    folder = BUILDS / "latency"
    subprocess.run(builds.make(str(folder), "latency", "all"), check=True,
                   stdin=subprocess.DEVNULL)
    return folder


def measure(boot, folder, tests):
    """Run tests; return their boot, and (ns, place) of the longest stretch in them."""
    done = boot(seconds=600, image=str(folder / "Image"), initrd=str(folder / "initrd"),
                cpus=1, mem="1G", icount=True,
                init_args=f"-c stat latency; utest {tests}; stat latency")
    lines = LINE.findall(done.text)
    assert len(lines) == 2, done.text[-2000:]
    return done, int(lines[1][1]), lines[1][2]


def test_stress_stops_no_cpu_for_long(boot, traced):
    done, longest, place = measure(boot, traced, "stress_ bounds_ discardable_")
    assert done.status == 0, done.text[-2000:]
    assert 0 < longest <= LIMIT_NS, f"{longest} ns {place}"


def test_tracer_speaks_where_it_is_configured(boot, build):
    """The debug build measures too, and says where the stretch began and ended."""
    done, longest, place = measure(boot, build, "stress_slice")
    assert done.status == 0, done.text[-2000:]
    assert longest > 0
    assert re.match(r"from \w+\+0x\w+ to \w+\+0x\w+", place)
