"""The debugger attaches, finds the kernel where it moved to, and reads it."""
import os
import re
import subprocess

from conftest import ROOT


def gdb(build, *commands):
    done = subprocess.run([ROOT / "scripts/gdb", "--build", build, "--", *commands],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=200,
                          stderr=subprocess.STDOUT, text=True, check=False,
                          env={**os.environ, "MEM": "256M", "CPUS": "2"})
    return done.stdout


def test_tour_of_a_running_kernel(build):
    text = gdb(build, "jx run 3", "jx symbols", "info threads", "jx ps", "jx maps",
               "jx walk kernel_main", "jx walk 0", "jx tables kernel")
    assert re.search(r"kernel at 0xffff", text), text
    assert "arch_cpu_wait" in text, text
    assert re.search(r"PROCESS_RUNNING .* init", text), text
    assert re.search(r"r-x  vmo 'init", text), text
    assert re.search(r"level 3 .* r-x kernel", text), text
    assert re.search(r"level 0 .* invalid|level 1 .* invalid", text), text
    # W^X over everything that the kernel maps.
    assert " rwx " not in text, text
