"""A machine with 64 MiB reads twice as much through a user pager: every byte is right.

Pages that nobody has used for a while go, on a CPU that tells by faults which were
used (cortex-a72) and on one that tells by itself (max, FEAT_HAFDBS); those in constant
use stay, else the test fails.
"""
import re

import pytest

NOTE = re.compile(r"^# (\d+) pages of memory, (\d+) in the set", re.M)


@pytest.mark.parametrize("cpu", ["cortex-a72", "max"])
def test_working_set_twice_the_memory(boot, cpu):
    done = boot(cpu=cpu, cpus=2, mem="64M", init_args="-c utest pager_9_1_r7")
    assert done.status == 0, done.text[-2000:]
    note = NOTE.search(done.text)
    assert note, done.text[-2000:]
    pages, in_set = int(note.group(1)), int(note.group(2))
    # All that is free, not what a ballast leaves.
    assert pages > 8192
    assert in_set > 2 * pages
