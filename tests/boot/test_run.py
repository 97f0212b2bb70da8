"""`make run` as a user calls it, and programs built with the kit."""
import os
import subprocess

import pytest
from conftest import ROOT


def make(build, *words, seconds=300):
    """Call make with standard input closed; return (status, output)."""
    done = subprocess.run(["make", "-C", str(ROOT), f"O={build}", "MEM=256M", *words],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=seconds,
                          stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    return done.returncode, done.stdout


@pytest.fixture(name="sdk", scope="session")
def make_sdk(build):
    status, text = make(build, "sdk")
    assert status == 0, text
    return build / "sdk"


@pytest.fixture(name="compile_program")
def make_compile_program(sdk, tmp_path):
    """A function that turns C text into an ELF file, through jacinth-cc."""
    def compile_program(text):
        source, program = tmp_path / "prog.c", tmp_path / "prog.elf"
        source.write_text(text)
        subprocess.run([sdk / "bin/jacinth-cc", "-Wall", "-Werror", "-o", program, source],
                       check=True)
        return program
    return compile_program


def test_run_without_a_terminal_shows_the_demo_and_ends(build):
    status, text = make(build, "run")
    assert status == 0, text
    assert "TLBI" in text


@pytest.mark.parametrize("cmd, good", [
    ("help", True), ("ps; stat", True), ("echo a  b", True), ("no-such-command", False),
    ("no-such-command; ps", False),
])
def test_commands_give_their_status(build, cmd, good):
    status, text = make(build, "run", f"CMD={cmd}")
    assert (status == 0) == good, text


def test_blanks_in_a_command_arrive(build):
    _, text = make(build, "run", "CMD=echo one two")
    assert "one two\n" in text.replace("\r", "")


@pytest.mark.parametrize("status", [0, 1, 42, 255])
def test_status_of_a_program_is_the_status_of_make(build, compile_program, status):
    program = compile_program(f"int main(void) {{ return {status}; }}\n")
    assert make(build, "run", f"PROG={program}")[0] == status


def test_program_gets_its_arguments_and_prints(build, compile_program):
    program = compile_program(r"""
        #include <stdio.h>
        int main(int argc, char **argv)
        {
            for (int i = 1; i < argc; i++)
                printf("<%s>", argv[i]);
            printf("\n");
            return argc;
        }
        """)
    status, text = make(build, "run", f"PROG={program}", "ARGS=one two 3")
    assert "<one><two><3>" in text
    assert status == 4


def test_program_that_faults_fails_with_a_report(build, compile_program):
    program = compile_program("int main(void) { return *(volatile int *)0x123450; }\n")
    status, text = make(build, "run", f"PROG={program}")
    assert status != 0
    assert "0x123450" in text or "0000000000123450" in text


def test_file_that_is_no_program_fails(build, tmp_path):
    (tmp_path / "prog.elf").write_text("hello\n")
    status, _ = make(build, "run", f"PROG={tmp_path / 'prog.elf'}")
    assert status != 0


def test_kit_has_what_it_promises(sdk):
    for name in ("include/zircon/syscalls.h", "lib/libzx.a", "lib/crt0.o", "lib/jacinth.ld",
                 "share/pkgconfig/jacinth.pc"):
        assert (sdk / name).is_file()
    assert os.access(sdk / "bin/jacinth-cc", os.X_OK)


@pytest.mark.parametrize("header", sorted(
    str(p.relative_to(ROOT / "include")) for p in (ROOT / "include").rglob("*.h")))
def test_header_of_the_kit_compiles_alone(sdk, header, tmp_path):
    (tmp_path / "h.c").write_text(f"#include <{header}>\n")
    subprocess.run([sdk / "bin/jacinth-cc", "-Wall", "-Wextra", "-Werror", "-c",
                    "-o", tmp_path / "h.o", tmp_path / "h.c"], check=True)
