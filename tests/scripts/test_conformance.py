"""The table of rules and tests: what does not agree must be said."""
import shutil
import subprocess

import pytest
from conftest import ROOT

RULES = "# Rules: `spec/vmar.md`\n\nvmar_4_c1 | both | handles\nvmar_d1 | 2020 | lengths\n"
TESTS = "JX_TEST(vmar_4_c1_bad_handle)\n{\n}\n\nJX_TEST_OF_2020(vmar_d1_refused)\n{\n}\n"


@pytest.fixture(name="tree")
def make_tree(tmp_path):
    """A tree with the script and two rules, each with its test."""
    for folder in ("scripts", "docs/rules", "tests/user", "tests/unit"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(ROOT / "scripts/conformance", tmp_path / "scripts/conformance")
    (tmp_path / "docs/rules/vmar.txt").write_text(RULES)
    (tmp_path / "tests/user/conf.c").write_text(TESTS)
    assert run(tmp_path) == (0, "")
    return tmp_path


def run(tree, *arguments):
    done = subprocess.run([tree / "scripts/conformance", *arguments], capture_output=True,
                          text=True, check=False)
    return done.returncode, done.stderr


def complaint(tree, rules=RULES, tests=TESTS):
    """Write a page for other rules and tests; return what is said of them."""
    (tree / "docs/rules/vmar.txt").write_text(rules)
    (tree / "tests/user/conf.c").write_text(tests)
    status, text = run(tree)
    assert status == (1 if text else 0)
    return text


def test_page_names_rules_tests_and_eras(tree):
    page = (tree / "docs/conformance.md").read_text()
    assert "| vmar_4_c1 | handles | both | `vmar_4_c1_bad_handle` |" in page
    assert "| vmar_d1 | lengths | 2020 | `vmar_d1_refused` (2020) |" in page
    assert run(tree, "--check") == (0, "")


def test_stale_page(tree):
    (tree / "docs/rules/vmar.txt").write_text(RULES.replace("handles", "all handles"))
    assert "not current" in run(tree, "--check")[1]


def test_rule_without_a_test(tree):
    assert "vmar_5_1_r3: no test in era 2020" in complaint(
        tree, RULES + "vmar_5_1_r3 | 2020 | ends\n")


def test_rule_tested_in_one_of_two_eras(tree):
    assert "vmar_d1: no test in era latest" in complaint(tree, RULES.replace("2020 |", "both |"))


def test_test_of_no_rule(tree):
    assert "vmar_4_c9 is no rule" in complaint(
        tree, tests=TESTS + "JX_TEST(vmar_4_c9_offset)\n{\n}\n")


def test_untested_needs_a_reason_and_no_test(tree):
    assert "no reason" in complaint(tree, RULES + "vmar_9_c8 | both | regions | untested:\n")
    assert not complaint(tree, RULES + "vmar_9_c8 | both | regions | untested: there are none\n")
    assert "said to be untested" in complaint(
        tree, RULES.replace("handles", "handles | untested: too dull"))


def test_named_tests_must_exist(tree):
    (tree / "tests/unit/fail_test.c").write_text("\tcmocka_unit_test(test_map),\n")
    more = RULES + "vmar_5_c21 | both | memory | unit:fail_test.test_map\n"
    assert not complaint(tree, more)
    assert "there is no test unit:fail_test.test_mop" in complaint(
        tree, more.replace("test_map", "test_mop"))


def test_rule_that_stands_twice(tree):
    assert "vmar_d1: stands twice" in complaint(tree, RULES + "vmar_d1 | 2020 | again\n")
