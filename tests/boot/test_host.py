"""The EL2 host: what the kernel has from it, and what becomes of a kernel that dies."""
import re

import machine
import pytest

GICS = pytest.mark.parametrize("gic", [2, 3])
FIRMWARE = pytest.mark.parametrize("el2", [False, True], ids=["el1", "el2"])


@GICS
@pytest.mark.parametrize("cpu", ["cortex-a53", "cortex-a72", "cortex-a76", "neoverse-n1", "max"])
def test_kernel_runs_on_its_own_host(boot, gic, cpu):
    done = boot(el2=True, gic=gic, cpu=cpu, init_args="-c utest seed_")
    assert done.status == 0, done.text
    assert re.search(r"host at EL2: [1-9]\d* KiB of text and constants protected\n", done.text)


@GICS
@FIRMWARE
def test_psci(boot, gic, el2):
    done = boot(el2=el2, gic=gic, kernel_args="ktest=psci cpus=1")
    assert done.status == 0, done.text
    assert "3 CPUs went on and off 1000 times" in done.text


@GICS
def test_vendor_calls(boot, gic):
    done = boot(el2=True, gic=gic, kernel_args="ktest=host")
    assert done.status == 0, done.text
    assert "ok 4 - host_" in done.text


@pytest.mark.parametrize("gic, what, said", [
    (3, "write-text", "wrote to protected memory"),
    (2, "write-constants", "wrote to protected memory"),
    (2, "read-host", "touched memory of the host"),
    (3, "write-host", "touched memory of the host"),
    (2, "masked", "has not taken an interrupt"),
    (3, "masked", "has not taken an interrupt"),
    (2, "boot", "has not taken an interrupt"), (3, "boot", "has not taken an interrupt"),
    (3, "early", "has not said for this many seconds that it is alive"),
])
def test_last_words(boot, gic, what, said):
    done = boot(el2=True, gic=gic, kernel_args=f"provoke={what}")
    assert done.status not in (0, machine.TIMED_OUT), done.text
    report = done.text[done.text.index("host: CPU "):]
    assert said in report
    assert re.search(r"x0=[0-9a-f]{16} ", report)
    assert re.search(r"pc=[0-9a-f]{16} pstate=", report)
    assert re.search(r"walk of [0-9a-f]{16}: L0 [0-9a-f]{16}", report)
    if what in ("masked", "boot"):
        assert re.search(r"host: interrupt \d+ is pending for EL1", report)
    if what not in ("early", "boot"):
        assert f"host: | provoking {what}" in report
    assert report.rstrip().endswith("host: the end")


def test_a_kernel_without_a_cpu(boot):
    done = boot(el2=True, cpus=1, kernel_args="provoke=all-off")
    assert done.status not in (0, machine.TIMED_OUT), done.text
    assert "host: EL1 has turned off its last CPU" in done.text


def test_a_kernel_that_schedules_no_more(boot):
    done = boot(el2=True, cpus=1, kernel_args="provoke=silent")
    assert done.status not in (0, machine.TIMED_OUT), done.text
    assert "has not said for this many seconds that it is alive" in done.text


def test_without_semihosting_a_dead_kernel_still_ends(boot):
    # `exit=` counts by its last value.
    done = boot(el2=True, kernel_args="provoke=masked exit=power")
    assert done.status == 0 and "host: the end" in done.text, done.text
