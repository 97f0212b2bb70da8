"""Boots of the debug build, with whatever machine a test wants."""
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
sys.dont_write_bytecode = True

import builds  # noqa: E402
import machine  # noqa: E402

BUILDS = pathlib.Path(os.environ.get("JACINTH_BUILDS") or ROOT / "build/builds")
SECONDS = 120


class Boot:
    """What a boot ended with: exit status, and all that it printed."""

    def __init__(self, status, text):
        self.status = status
        self.text = text.replace("\r\n", "\n")


@pytest.fixture(name="build", scope="session")
def make_build():
    """The folder of the debug build, up to date."""
    folder = BUILDS / "debug"
    subprocess.run(builds.make(str(folder), "debug", "all"), check=True,
                   stdin=subprocess.DEVNULL)
    return folder


@pytest.fixture(name="boot")
def make_boot(build, tmp_path):
    """A function that boots to the end: boot(init_args="-c ps", cpus=2, ...)."""
    def boot(seconds=SECONDS, **wanted):
        wanted.setdefault("image", str(build / "Image"))
        wanted.setdefault("initrd", str(build / "initrd"))
        wanted.setdefault("seed", "1")
        wanted.setdefault("mem", "256M")
        with open(tmp_path / "serial.log", "w+b") as log:
            status = machine.run(machine.Machine(**wanted), seconds, log)
            log.seek(0)
            return Boot(status, log.read().decode(errors="replace"))
    return boot
