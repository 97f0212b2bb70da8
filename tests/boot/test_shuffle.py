"""Programs find system calls by name: a kernel with other numbers runs them as they are."""
import re
import subprocess

import pytest

import builds
from conftest import BUILDS


@pytest.fixture(name="shuffled", scope="module")
def make_shuffled():
    """The folder of a build whose calls have other numbers."""
    folder = BUILDS / "shuffle"
    subprocess.run(builds.make(str(folder), "shuffle", "all"), check=True,
                   stdin=subprocess.DEVNULL)
    return folder


def numbers(folder):
    text = (folder / "gen/syscall_numbers.h").read_text()
    return dict(re.findall(r"#define SYS_(\w+) (\d+)", text))


def test_numbers_differ(build, shuffled):
    plain, other = numbers(build), numbers(shuffled)
    assert plain.keys() == other.keys()
    assert sum(plain[name] != other[name] for name in plain) > len(plain) * 3 // 4


# Tests that make calls by number themselves are not among these.
@pytest.mark.parametrize("tests", ["runtime tasks_18 tasks_19", "process futex_calls",
                                   "vmar_5 channel"])
def test_programs_of_another_build_run(boot, shuffled, tests):
    done = boot(image=str(shuffled / "Image"), init_args=f"-c utest {tests}")
    assert done.status == 0, done.text
    assert done.text.count("\nok ") > 10


def test_a_plain_kernel_runs_programs_of_the_shuffled_build(boot, shuffled):
    done = boot(initrd=str(shuffled / "initrd"), init_args="-c utest runtime tasks_18")
    assert done.status == 0, done.text
