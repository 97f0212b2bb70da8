"""QEMU's command line and what `make run` makes of its variables."""
import argparse
import sys
import time

import builds
import ktap
import machine
import pytest
import qemu_request as qemu
from test_checks import load

regress = load("regress")


def test_boot_arguments_keep_the_init_part_as_it_stands():
    vm = machine.Machine("Image", init_args="-c ps; maps  1", seed="7", kernel_args="ktest")
    assert vm.boot_arguments() == "exit=semihosting panic=exit seed=7 ktest -- -c ps; maps  1"


def test_no_init_part_without_init_arguments():
    assert " -- " not in machine.Machine("Image").boot_arguments()


def test_seed_turns_other_randomness_off():
    assert "dtb-randomness=off" in machine.Machine("Image", seed="1").command()[2]
    assert "dtb-randomness=on" in machine.Machine("Image").command()[2]


def fake_qemu(monkeypatch, code):
    monkeypatch.setattr(machine.Machine, "command",
                        lambda self, serial="stdio": [sys.executable, "-c", code])


def test_status_is_passed_on(monkeypatch):
    fake_qemu(monkeypatch, "raise SystemExit(42)")
    assert machine.run(machine.Machine("Image"), 20) == 42


def test_hang_is_ended(monkeypatch):
    fake_qemu(monkeypatch, "import time; time.sleep(60)")
    start = time.monotonic()
    assert machine.run(machine.Machine("Image"), 0.3) == machine.TIMED_OUT
    assert time.monotonic() - start < 10


def test_standard_input_is_closed(monkeypatch):
    fake_qemu(monkeypatch, "import sys; raise SystemExit(len(sys.stdin.read()))")
    assert machine.run(machine.Machine("Image"), 20) == 0


@pytest.mark.parametrize("env, terminal, expected", [
    ({}, True, ""), ({}, False, "-d"), ({"CMD": "ps; exit"}, True, "-c ps; exit"),
    ({"PROG": "a.elf", "ARGS": "1 2"}, False, "-p /bin/prog 1 2"),
    ({"PROG": "a.elf"}, False, "-p /bin/prog"),
])
def test_what_init_is_asked(env, terminal, expected):
    assert qemu.init_arguments(env, terminal) == expected


@pytest.mark.parametrize("env", [
    {"GIC": "4"}, {"CPUS": "9"}, {"CPUS": "12"}, {"CPUS": "x"}, {"CMD": "a", "PROG": "b"},
    {"PROG": "/nowhere"}, {"CMD": "x" * 3000}, {"CMD": "ps", "FILES": "a=b"}, {"EL": "3"},
    {"ARGS": "a"}, {"BOARD": "pi"}, {"BOOT": "grub"}, {"BOARD": "raspi4b", "BOOT": "uboot"},
    {"BOARD": "raspi4b", "CPUS": "2"}, {"BOARD": "raspi3b", "MEM": "1G"},
])
def test_bad_request_is_refused(env, tmp_path):
    with pytest.raises(qemu.BadRequest):
        qemu.machine_for("build", env, False, str(tmp_path))


def test_program_boots_with_init_and_itself_alone(tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/init").write_bytes(b"INIT")
    (tmp_path / "p.elf").write_bytes(b"PROG")
    vm = qemu.machine_for(str(tmp_path), {"PROG": str(tmp_path / "p.elf")}, False, str(tmp_path))
    with open(vm.initrd, "rb") as source:
        data = source.read()
    assert b"bin/init" in data and b"PROG" in data


def test_files_of_a_program_are_in_its_initrd(tmp_path):
    (tmp_path / "a.db").write_bytes(b"CONTENT")
    files = qemu.more_files(f"data/a.db={tmp_path / 'a.db'}  /b={tmp_path / 'a.db'}")
    assert files == {"data/a.db": b"CONTENT", "b": b"CONTENT"}


@pytest.mark.parametrize("words", ["a", "=b", "a=/nowhere", "/=x"])
def test_bad_files_are_refused(words):
    with pytest.raises(qemu.BadRequest):
        qemu.more_files(words)


@pytest.mark.parametrize("env, text", [
    ({"PROG": "/nowhere"}, "PROG: /nowhere: No such file"),
    ({"PROG": __file__, "FILES": "a=/nowhere"}, "FILES: /nowhere: No such file"),
    ({"PROG": "/"}, "PROG: /: Is a directory"),
])
def test_missing_file_is_told_with_its_variable(env, text, tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/init").write_bytes(b"INIT")
    with pytest.raises(qemu.BadRequest, match=text):
        qemu.machine_for(str(tmp_path), env, False, str(tmp_path))


def test_full_matrix_is_the_product():
    assert len(set(regress.full_matrix())) == 48


def test_quick_matrix_has_every_value():
    columns = list(zip(*regress.QUICK))
    # tests/boot/test_latency.py boots the other.
    assert set(columns[0]) | {"latency", "shuffle"} == set(builds.BUILDS)
    assert [set(c) for c in columns[1:]] == [{2, 3}, {"cortex-a72", "max"}, {1, 2, 4}, {1, 2}]


def test_quick_matrix_runs_all_tests_on_its_first_machines():
    options = argparse.Namespace(quick=True, cmd="utest")
    words = [regress.user_commands(regress.Run(*row), options) for row in regress.QUICK]
    assert words[:regress.WHOLE] == ["utest"] * regress.WHOLE
    assert all(regress.CORE in word for word in words[regress.WHOLE:])


@pytest.mark.parametrize("status, log, good", [
    (0, "KTAP version 1\n1..1\nok 1 a\n", True),
    (1, "KTAP version 1\n1..1\nok 1 a\n", False),
    (machine.TIMED_OUT, "KTAP version 1\n1..1\nok 1 a\n", False),
    (0, "KTAP version 1\n1..2\nok 1 a\n", False),
    (0, "no tests\n", False),
])
def test_verdict_over_a_boot(tmp_path, status, log, good):
    (tmp_path / "serial.log").write_text(log)
    roots, _ = regress.judge("user", status, tmp_path / "serial.log")
    assert (ktap.count(roots)["fail"] == 0) == good


def test_panic_is_told_by_its_words(tmp_path):
    log = tmp_path / "serial.log"
    log.write_text("KTAP version 1\n1..2\nok 1 a\n[ 0.1] panic: a.c:1: it broke \n")
    roots, _ = regress.judge("kernel", 1, log)
    assert "kernel boot: panic: a.c:1: it broke" in list(ktap.failures(roots))


def test_run_boots_both_parts_into_one_log(tmp_path, monkeypatch):
    fake_qemu(monkeypatch, "print('KTAP version 1\\n1..1\\nok 1 a')")
    options = argparse.Namespace(out=str(tmp_path), builds="b", mem="1G", seed="1", cmd="utest",
                                 timeout=20, parts=["kernel", "user"], version="v", quick=False)
    run = regress.run_tests(regress.Run("debug", 3, "max", 1, 1), options, regress.Slots(1))
    assert run.totals == {"pass": 2, "fail": 0, "skip": 0}
    folder = tmp_path / run.name
    assert (folder / "serial.log").read_text().count("ok 1 a") == 2
    assert sorted(p.name for p in folder.iterdir()) == [
        "junit.xml", "results.ktap", "run.json", "serial.log"]


def test_slots_never_exceed_the_machine():
    slots = regress.Slots(2)
    assert slots.take(8) == 2
    slots.give(2)
    assert slots.take(1) + slots.take(1) == 2
    assert slots.free == 0
