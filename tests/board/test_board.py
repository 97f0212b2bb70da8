"""One life of a board, from power on to power off. Each test goes on where the last one ended."""
import ktap
import pytest
from conftest import BANNER, PROMPT

said = {}


@pytest.fixture(autouse=True)
def in_order(request):
    """A step after one that failed proves nothing: it fails at once."""
    assert request.session.testsfailed == 0, "an earlier step failed"


def test_power_on_reaches_uboot(board):
    board.on()
    output, _, status = board.uboot().run("version")
    assert status == 0
    assert any(line.startswith("U-Boot 20") for line in output), output


def test_uboot_starts_the_kernel(board):
    board.uboot().boot("")
    before, match = board.expect(BANNER)
    said["before"], said["cpus"], said["memory"] = before, int(match[1]), int(match[2])
    assert "host at EL2" in before, before
    assert said["memory"] >= 900


def test_all_cpus_are_up(board):
    assert said["cpus"] == board.cpus


def test_shell_answers(board):
    board.expect(PROMPT)
    assert "init" in board.command("ps", 30)


def test_user_tests_pass(board):
    text = board.command(f"utest {board.utest}".rstrip(), board.limit)
    parser = ktap.Parser()
    for line in text.splitlines():
        parser.feed(line)
    parser.finish()
    totals = ktap.count(parser.roots)
    assert totals[ktap.PASS] > 0, text
    assert not list(ktap.failures(parser.roots)), text


def test_power_off(board):
    board.line.sendline("exit")
    _, match = board.expect(rb"power off, status (\d+)")
    assert int(match[1]) == 0
    assert board.is_off()
