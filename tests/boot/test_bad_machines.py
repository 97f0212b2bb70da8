"""A machine or an initrd that cannot work gives a sentence and a failure."""
import re
import subprocess

import machine
import mkinitrd
import pytest
from conftest import SECONDS, Boot
from stub import qemu_tree, stubbed


# The host leaves what makes no sense to the kernel: the sentences are the same.
FIRMWARE = pytest.mark.parametrize("el2", [False, True], ids=["el1", "el2"])


def put(tree, node, *properties):
    subprocess.run(["fdtput", *properties, str(tree), node], check=True)


def nodes(tree, pattern):
    """Names of the nodes under the root that match."""
    listed = subprocess.run(["fdtget", "-l", str(tree), "/"], check=True,
                            capture_output=True, text=True).stdout.split()
    return [f"/{name}" for name in listed if re.match(pattern, name)]


@pytest.fixture(name="boot_tree")
def make_boot_tree(build, tmp_path):
    """A function that boots with the nodes matching `pattern` cut out."""
    def boot_tree(pattern, **wanted):
        vm = machine.Machine(image=str(build / "Image"), mem="256M", seed="1", cpus=2, **wanted)
        tree = tmp_path / "tree.dtb"
        qemu_tree(vm, tree)
        for node in nodes(tree, pattern):
            put(tree, node, "-r")
        log = tmp_path / "serial.log"
        with open(log, "wb") as output:
            status = machine.run(stubbed(vm, tree, tmp_path), SECONDS, output)
        return Boot(status, log.read_text(errors="replace"))
    return boot_tree


def failed(boot, *words):
    """The boot ended by itself, with failure, and said why."""
    assert boot.status not in (0, machine.TIMED_OUT), boot.text
    for word in words:
        assert re.search(word, boot.text, re.IGNORECASE), boot.text


def test_stub_boots_an_unchanged_tree(boot_tree):
    # No initrd is in the tree: the kernel must come up to where it misses it.
    failed(boot_tree("no such node"), "initrd")


@FIRMWARE
@pytest.mark.parametrize("pattern, word", [
    ("memory", "memory"), ("intc", "GIC|interrupt controller"), ("timer", "timer"),
    ("pl011", "UART|PL011|serial"),
])
def test_tree_without_a_device(boot_tree, pattern, word, el2):
    failed(boot_tree(pattern, el2=el2), word)


@pytest.fixture(name="boot_changed")
def make_boot_changed(build, tmp_path):
    """A function that boots with a tree that `change(tree)` has been at."""
    def boot_changed(change, **wanted):
        vm = machine.Machine(image=str(build / "Image"), seed="1", cpus=2,
                             **{"mem": "256M", **wanted})
        tree = tmp_path / "tree.dtb"
        qemu_tree(vm, tree)
        change(tree)
        log = tmp_path / "serial.log"
        with open(log, "wb") as output:
            status = machine.run(stubbed(vm, tree, tmp_path), SECONDS, output)
        return Boot(status, log.read_text(errors="replace"))
    return boot_changed


def reserve(tree, *ranges, no_map=False):
    put(tree, "/reserved-memory", "-c")
    for name in ("#address-cells", "#size-cells"):
        subprocess.run(["fdtput", "-t", "i", str(tree), "/reserved-memory", name, "2"], check=True)
    subprocess.run(["fdtput", str(tree), "/reserved-memory", "ranges"], check=True)
    for base, size in ranges:
        node = f"/reserved-memory/r{len(nodes(tree, 'r'))}@{base:x}"
        put(tree, node, "-c")
        subprocess.run(["fdtput", "-t", "x", str(tree), node, "reg", "0", f"{base:x}", "0",
                        f"{size:x}"], check=True)
        if no_map:
            subprocess.run(["fdtput", str(tree), node, "no-map"], check=True)


@FIRMWARE
def test_reservations_that_overlap(boot_changed, el2):
    failed(boot_changed(lambda tree: reserve(tree, (0x4a000000, 0x200000),
                                             (0x4a100000, 0x200000)), el2=el2),
           "two nodes of /reserved-memory claim the memory at 0x4a100000")


@FIRMWARE
def test_reservation_over_the_kernel(boot_changed, el2):
    failed(boot_changed(lambda tree: reserve(tree, (0x40300000, 0x1000)), el2=el2),
           "reserves memory at 0x40300000, where the kernel was loaded")


@FIRMWARE
def test_cells_that_cannot_be(boot_changed, el2):
    def change(tree):
        subprocess.run(["fdtput", "-t", "i", str(tree), "/", "#address-cells", "7"], check=True)
    failed(boot_changed(change, el2=el2), "cells")


def test_memory_with_holes(boot_changed):
    # As on a Raspberry Pi: what the GPU has is missing.
    def change(tree):
        subprocess.run(["fdtput", "-t", "x", str(tree), nodes(tree, "memory")[0], "reg",
                        "0", "40000000", "0", "8000000", "0", "4c000000", "0", "4000000",
                        "0", "58000000", "0", "1000000"], check=True)
    done = boot_changed(change, mem="512M")
    assert "208 MiB of memory" in done.text, done.text


@FIRMWARE
def test_truncated_tree(boot_changed, el2):
    def change(tree):
        # The arguments are still there: they say where a sentence can go.
        data = tree.read_bytes()
        tree.write_bytes(data[:data.index(b"exit=semihosting") + 200])
    failed(boot_changed(change, el2=el2), "device tree")


def memory(*ranges):
    """A change: these pairs of base and size are all the memory."""
    words = [f"{half:x}" for pair in ranges for n in pair for half in (n >> 32, n & 0xffffffff)]
    return lambda tree: subprocess.run(["fdtput", "-t", "x", str(tree), nodes(tree, "memory")[0],
                                        "reg", *words], check=True)


@FIRMWARE
@pytest.mark.parametrize("change, sentence", [
    (memory((0x48000000, 0x8000000)), "loaded at 0x40200000, where the device tree names no mem"),
    (memory((0x40000000, 0x300000)), "loaded at 0x40200000, where the device tree names no mem"),
    (memory((0x40000000, 1 << 28), (0x48000000, 1 << 24)), "memory at 0x48000000 twice"),
    (memory(((1 << 64) - 0x1000, 0x2000)), "0xfffffffffffff000 wraps around"),
    (memory((1 << 44, 1 << 28)), "where the device tree names no memory|beyond 1 TiB"),
    (memory(*((0x40000000 + i * 0x200000, 0x100000) for i in range(40))), "too many memory rang"),
    (memory((0x40000000, 0)), "names no memory"),
], ids=["elsewhere", "half", "twice", "wraps", "far", "many", "empty"])
def test_memory_that_cannot_be(boot_changed, change, sentence, el2):
    failed(boot_changed(change, el2=el2), sentence)


@FIRMWARE
def test_memory_that_is_no_whole_pages(boot_changed, el2):
    done = boot_changed(memory((0x40000123, 0xffff357)), el2=el2)
    assert "255 MiB of memory" in done.text, done.text
    failed(done, "initrd")


def put_initrd(tree, start, end):
    for name, value in (("start", start), ("end", end)):
        subprocess.run(["fdtput", "-t", "x", str(tree), "/chosen", f"linux,initrd-{name}",
                        f"{value >> 32:x}", f"{value & 0xffffffff:x}"], check=True)


@pytest.mark.parametrize("start, end", [
    (0x30000000, 0x30001000), (0x4fff0000, 0x50010000), (1 << 60, (1 << 60) + 4096),
    (0x49000000, (1 << 64) - 1),
])
def test_initrd_outside_of_memory(boot_changed, start, end):
    failed(boot_changed(lambda tree: put_initrd(tree, start, end)),
           f"initrd at {start:#x} is not in memory")


def test_initrd_in_memory_of_others(boot_changed):
    def change(tree):
        put_initrd(tree, 0x49000000, 0x49100000)
        reserve(tree, (0x49080000, 0x1000), no_map=True)
    failed(boot_changed(change), "initrd at 0x49000000 is not in memory")


@FIRMWARE
def test_gic_without_registers(boot_changed, el2):
    failed(boot_changed(lambda tree: subprocess.run(
        ["fdtput", "-d", str(tree), "/intc@8000000", "reg"], check=True), el2=el2), "intc@8000000")


@FIRMWARE
@pytest.mark.parametrize("change", [
    lambda data: b"", lambda data: bytes(4) + data[4:], lambda data: data[:4000],
    lambda data: data[:4] + b"\x7f\xff\xff\xff" + data[8:],
], ids=["zeros", "magic", "short", "huge"])
def test_no_tree_at_all(boot_changed, change, el2):
    # Without its arguments nothing asks for a failure: the words and the end are all there is.
    done = boot_changed(lambda tree: tree.write_bytes(
        change(tree.read_bytes().replace(b"exit=semihosting", b"exit=nothing    "))), el2=el2)
    assert done.status == 0, done.text
    assert "cannot start: x0 holds no whole device tree" in done.text


def test_no_initrd(boot):
    failed(boot(initrd=""), "initrd")


@pytest.mark.parametrize("part", [0.0002, 0.1, 0.5, 0.9])
def test_truncated_initrd(boot, build, tmp_path, part):
    data = (build / "initrd").read_bytes()
    (tmp_path / "initrd").write_bytes(data[:int(len(data) * part)])
    failed(boot(initrd=str(tmp_path / "initrd")), "initrd")


def test_initrd_that_is_no_archive(boot, tmp_path):
    (tmp_path / "initrd").write_bytes(b"hello world " * 1000)
    failed(boot(initrd=str(tmp_path / "initrd")), "initrd|archive|cpio")


def test_initrd_without_init(boot, tmp_path):
    (tmp_path / "initrd").write_bytes(mkinitrd.archive({"bin/other": b"x"}))
    failed(boot(initrd=str(tmp_path / "initrd")), "init")


@pytest.mark.parametrize("content", [
    b"", b"#!/bin/sh\n", b"\x7fELF" + b"\0" * 60,
    b"\x7fELF\x02\x01\x01" + b"\0" * 9 + b"\x02\0\x3e\0\x01" + b"\0" * 200,
], ids=["empty", "text", "zeros", "x86-64"])
def test_init_that_is_no_program(boot, tmp_path, content):
    (tmp_path / "initrd").write_bytes(mkinitrd.archive({"bin/init": content}))
    failed(boot(initrd=str(tmp_path / "initrd")), "init", "ELF|program")


def test_little_memory(boot):
    failed(boot(mem="32M", cpus=1), "memory")


def test_least_memory_is_enough(boot):
    result = boot(mem="64M", init_args="-c help", cpus=1)
    assert result.status == 0, result.text
