"""What the log tells of processes that end by an exception."""


def test_many_crashes_in_a_row_are_told_shortly(boot):
    ended = boot(init_args="JX_SEED=1 -c utest ^detach_stress$", cpus=2)
    assert ended.status == 0
    crashes = ended.text.count(" ends by a page fault in thread ")
    long_reports = ended.text.count("  pc  0")
    assert 8 <= long_reports < crashes
    assert ended.text.count("  registers: not shown, one of many crashes") == crashes - long_reports
    # The first is one of those that tell all.
    assert "  pc  0" in ended.text.split(" ends by a page fault in thread ")[1]
