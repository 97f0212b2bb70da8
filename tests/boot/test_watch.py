"""A user test that does not end: the run ends, and says where everybody is."""
import re


def test_a_test_that_takes_too_long_is_a_failure_with_places(boot):
    ended = boot(init_args="JX_TEST_SECONDS=1 -c utest ^coherence_decommit$", cpus=2)
    assert ended.status == 1
    assert "not ok 1 coherence_decommit\n" in ended.text
    assert re.search(r"thread \d+ 'main' is in state 0x\w+\n(?:\[.*\n)*#     pc 0x", ended.text)


def test_a_test_in_time_is_not_touched(boot):
    ended = boot(init_args="JX_TEST_SECONDS=60 -c utest ^coherence_decommit$", cpus=2)
    assert ended.status == 0
    assert "JX_TEST_SECONDS" not in ended.text
