"""A board, or a machine that stands for one, as labgrid's environment file describes it."""
import os
import pathlib
import re
import sys
import time

import pexpect
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
sys.dont_write_bytecode = True

BANNER = rb"Jacinth [0-9a-z.-]+: (\d+) CPUs, (\d+) MiB of memory"
# The shell draws its line again at each key: only the empty one ends a command.
PROMPT = rb"jacinth> \x1b\[K"
SILENCE = 2.0       # nobody has said anything: seconds


class Board:
    """What the tests do with it: power, U-Boot, the serial line."""

    def __init__(self, target, options):
        self.target = target
        self.cpus = int(options("cpus", 4))
        chosen = os.environ.get("JACINTH_UTEST")
        self.utest = options("utest", "") if chosen is None else chosen
        self.limit = float(os.environ.get("JACINTH_BOARD_TIMEOUT") or 900)
        self.power = target.get_driver("PowerProtocol")
        self.line = target.get_driver("ConsoleProtocol")

    def on(self):
        """Turn it off and on; what it says from then on has not been read."""
        self.power.cycle()

    def uboot(self):
        """Stop U-Boot at its prompt."""
        return self.target.get_driver("UBootDriver")

    def expect(self, pattern, seconds=60):
        """Wait for pattern; return (text before it, match)."""
        _, before, match, _ = self.line.expect(pattern, timeout=seconds)
        return before.decode(errors="replace"), match

    def command(self, words, seconds):
        """Type a command to the shell; return what comes before the next prompt."""
        self.line.sendline(words)
        return re.sub("\x1b\\[[0-9;]*[A-Za-z]", "", self.expect(PROMPT, seconds)[0])

    def is_silent(self):
        """Whether nothing comes, not even an answer to the return key."""
        end = time.monotonic() + SILENCE
        self.line.sendline("")
        while time.monotonic() < end:
            try:
                if self.line.read(timeout=SILENCE).strip():
                    return False
            except pexpect.TIMEOUT:
                return True
        return True

    def is_off(self):
        """QEMU knows; a board without power from its own block no longer answers."""
        ask = getattr(self.line, "monitor_command", None)
        if ask and ask("query-status")["status"] != "shutdown":
            return False
        return self.is_silent()


@pytest.fixture(name="board", scope="module")
def make_board(env, target):
    """The board of target `main`; off again when the tests are done."""
    board = Board(target, env.config.get_option)
    yield board
    board.power.off()
