"""The KTAP reader: what passed is counted, what is missing is a failure."""
import xml.etree.ElementTree as ET

import ktap


def counts(text):
    roots, _ = ktap.parse(text.splitlines(keepends=True))
    totals = ktap.count(roots)
    return totals["pass"], totals["fail"], totals["skip"]


FLAT = "KTAP version 1\n1..3\nok 1 a\nok 2 - b # SKIP no board\nnot ok 3 c\n"
NESTED = """\
boot noise ok 1 not a test
KTAP version 1
1..2
    KTAP version 1
    # Subtest: tree
    1..2
    ok 1 insert
    ok 2 split
ok 1 tree
    KTAP version 1
    1..1
    # expected 3, got 4
    not ok 1 gap
not ok 2 search
"""


def test_counts_pass_fail_and_skip():
    assert counts(FLAT) == (1, 1, 1)


def test_reads_carriage_returns_and_time_stamps():
    log = "".join(f"[    1.25] {line}\r\n" for line in NESTED.splitlines()[1:])
    assert counts(log) == counts(NESTED) == (2, 1, 0)


def test_text_around_and_between_is_passed_over():
    log = FLAT.replace("ok 2", "[ 0.1] heartbeat\n\x1b[0mhello # x\nok 2")
    assert counts(log) == (1, 1, 1)


def test_truncated_plan_fails():
    assert counts("KTAP version 1\n1..3\nok 1 a\n") == (1, 1, 0)


def test_missing_plan_fails():
    assert counts("KTAP version 1\nok 1 a\n") == (1, 1, 0)


def test_more_results_than_planned_fail():
    assert counts("KTAP version 1\n1..1\nok 1 a\nok 2 b\n") == (2, 1, 0)


def test_number_out_of_order_fails():
    assert counts("KTAP version 1\n1..2\nok 1 a\nok 3 b\n") == (1, 1, 0)


def test_crash_inside_a_subtest_fails_it_and_the_outer_plan():
    log = NESTED[:NESTED.index("    ok 2 split")] + "panic: oh\n"
    roots, _ = ktap.parse(log.splitlines())
    lines = list(ktap.failures(roots))
    assert any("tree/plan: 1 of 2 planned" in line for line in lines)
    assert any("suite 1/plan: 1 of 2 planned" in line for line in lines)


def test_reboot_in_the_middle_fails():
    assert counts("KTAP version 1\n1..2\nok 1 a\n" + FLAT) == (2, 2, 1)


def test_subtest_without_result_line_fails():
    log = NESTED.replace("ok 1 tree\n", "").replace("ok 2 search", "ok 1 search")
    assert counts(log)[1] >= 2


def test_suite_that_failed_by_itself_is_a_failure():
    log = "KTAP version 1\n1..1\n    1..1\n    ok 1 a\nnot ok 1 s\n"
    assert counts(log) == (1, 1, 0)


def test_ok_over_a_failed_subtest_stays_a_failure():
    log = "KTAP version 1\n1..1\n    1..1\n    not ok 1 a\nok 1 s\n"
    assert counts(log) == (0, 1, 0)


def test_bail_out_fails():
    assert counts("KTAP version 1\n1..1\nok 1 a\nBail out! no memory\n")[1] >= 1


def test_log_without_ktap_fails():
    assert counts("hello\n") == (0, 1, 0)


def test_empty_log_fails():
    assert counts("") == (0, 1, 0)


def test_two_documents_are_both_counted():
    assert counts(FLAT + "between\n" + FLAT) == (2, 2, 2)


def test_three_levels():
    log = ("KTAP version 1\n1..1\n  KTAP version 1\n  1..1\n    KTAP version 1\n"
           "    1..2\n    ok 1 x\n    ok 2 y\n  ok 1 m\nok 1 top\n")
    assert counts(log) == (2, 0, 0)


def test_junit_agrees_with_the_counts_and_keeps_notes():
    roots, _ = ktap.parse(NESTED.splitlines())
    top = ktap.junit(roots, "run").getroot()
    suites = top.findall("testsuite")
    assert sum(int(s.get("tests")) for s in suites) == 3
    assert sum(int(s.get("failures")) for s in suites) == 1
    failure = top.find(".//testcase[@name='gap']/failure")
    assert failure.text == "expected 3, got 4"
    assert top.find(".//testcase[@name='insert']").get("classname") == "run.suite 1.tree"


def test_junit_of_control_characters_is_well_formed():
    roots, _ = ktap.parse(["KTAP version 1", "1..1", "# \x01\x02", "not ok 1 a\x03b"])
    ET.fromstring(ET.tostring(ktap.junit(roots, "run").getroot()))


def test_extracted_ktap_reads_the_same():
    roots, text = ktap.parse(NESTED.splitlines())
    again, _ = ktap.parse(text)
    assert ktap.count(again) == ktap.count(roots)
