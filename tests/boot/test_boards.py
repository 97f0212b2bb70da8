"""Boards and loaders: Raspberry Pi 3 and 4, U-Boot, disk images, device trees."""
import hashlib
import os
import pathlib
import subprocess

import machine
import pytest
from conftest import ROOT

UBOOT = "/usr/lib/u-boot/qemu_arm64/u-boot.bin"
ARGS = "exit=semihosting panic=exit -- -c utest seed_u"
NOT_REACHABLE = 3


def passed(done, *said):
    assert done.status == 0, done.text
    for word in said:
        assert word in done.text, done.text


@pytest.fixture(name="trees", scope="module")
def make_trees(build):
    """The folder of compiled device trees."""
    subprocess.run(["make", "-C", str(ROOT), "-s", f"O={build}", "dtbs"], check=True,
                   stdin=subprocess.DEVNULL)
    return build / "dts"


@pytest.fixture(name="image", scope="module")
def make_image(build, tmp_path_factory):
    """A function that makes a disk image and returns its path."""
    def image(kind, args=ARGS, **options):
        out = tmp_path_factory.mktemp("disk images") / f"{kind}.img"
        words = [f"--{name}={value}" for name, value in options.items()]
        done = subprocess.run([str(ROOT / "scripts/image"), "--build", str(build), "--out",
                               str(out), "--args", args, *words, kind], check=False,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode == NOT_REACHABLE:
            pytest.skip("Debian's archive cannot be reached: " + done.stderr.strip())
        assert done.returncode == 0, done.stderr
        return out
    return image


def from_image(image, name, folder):
    """Take a file out of an image's partition."""
    out = folder / name
    subprocess.run(["mcopy", "-n", "-o", "-i", f"{image}@@4M", f"::{name}", str(out)], check=True)
    return str(out)


@pytest.mark.parametrize("kind, el2", [
    ("virt", True), ("virt", False), ("virt-extlinux", True), ("virt-fit", False),
])
def test_uboot_boots_virt(boot, image, kind, el2):
    done = boot(firmware=UBOOT, disk=str(image(kind)), el2=el2, mem="1G")
    passed(done, "U-Boot ", "4 CPUs", "ok 1 seed_u01")
    assert ("host at EL2" in done.text) == el2


@pytest.mark.parametrize("board, tree", [("raspi4b", "bcm2711-rpi-4-b"),
                                         ("raspi3b", "bcm2837-rpi-3-b")])
def test_raspberry_pi_without_a_loader(boot, trees, board, tree):
    passed(boot(board=board, dtb=str(trees / f"{tree}.dtb"), init_args="-c utest seed_u"),
           "host at EL2", "4 CPUs", "ok 1 seed_u01")


@pytest.mark.parametrize("board, tree", [("raspi4b", "bcm2711-rpi-4-b"),
                                         ("raspi3b", "bcm2837-rpi-3-b")])
def test_raspberry_pi_powers_off_by_itself(boot, trees, board, tree):
    # No semihosting: PSCI by the host, which asks the power block.
    passed(boot(board=board, dtb=str(trees / f"{tree}.dtb"), kernel_args="exit=power",
                init_args="-c help"), "power off, status 0")


@pytest.mark.parametrize("board", ["raspi4b", "raspi3b"])
def test_raspberry_pi_without_a_tree(boot, board):
    # QEMU gives one only if told to; what it leaves instead holds the boot arguments.
    done = boot(board=board, initrd="")
    assert done.status not in (0, machine.TIMED_OUT), done.text
    assert "cannot start: x0 holds no whole device tree" in done.text, done.text


def test_every_cpu_of_a_raspberry_pi_goes_on_and_off(boot, trees):
    passed(boot(board="raspi4b", dtb=str(trees / "bcm2711-rpi-4-b.dtb"),
                kernel_args="ktest=psci cpus=1"), "3 CPUs went on and off 1000 times")


def test_mini_uart(boot, trees, tmp_path):
    tree = tmp_path / "mini.dtb"
    subprocess.run(["fdtoverlay", "-i", str(trees / "bcm2711-rpi-4-b.dtb"), "-o", str(tree),
                    str(trees / "overlays/console-mini.dtbo")], check=True)
    # The mini UART is QEMU's second serial line.
    with open(tmp_path / "log", "w+b") as log:
        vm = machine.Machine(image=str(trees.parent / "Image"),
                             initrd=str(trees.parent / "initrd"), board="raspi4b",
                             dtb=str(tree), init_args="-c help")
        words = vm.command("null") + ["-serial", "stdio"]
        status = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=log, check=False,
                                stderr=subprocess.STDOUT, timeout=60).returncode
        log.seek(0)
        text = log.read().decode(errors="replace")
    assert status == 0 and "host at EL2" in text and "this list" in text, text


def test_card_of_a_raspberry_pi_through_uboot(boot, image, tmp_path):
    card = image("rpi4", overlays="console-pl011")
    done = boot(board="raspi4b", disk=str(card), firmware=from_image(card, "u-boot.bin", tmp_path),
                dtb=from_image(card, "bcm2711-rpi-4-b.dtb", tmp_path))
    passed(done, "host at EL2", "4 CPUs", "ok 1 seed_u01")


def test_card_is_reproducible_and_a_power_of_two(image):
    one, two = image("rpi4").read_bytes(), image("rpi4").read_bytes()
    assert hashlib.sha256(one).digest() == hashlib.sha256(two).digest()
    assert len(one) & (len(one) - 1) == 0
    assert len(image("rpi4-direct").read_bytes()) == len(one)


def test_reference_tree_of_virt(boot, trees):
    passed(boot(dtb=str(trees / "virt.dtb"), mem="1G", init_args="-c utest seed_u"),
           "ok 1 seed_u01")


@pytest.mark.parametrize("name", sorted(p.stem for p in ROOT.glob("dts/overlays/*.dtso")))
def test_overlays_apply(trees, tmp_path, name):
    out = tmp_path / "with.dtb"
    subprocess.run(["fdtoverlay", "-i", str(trees / "bcm2711-rpi-4-b.dtb"), "-o", str(out),
                    str(trees / f"overlays/{name}.dtbo")], check=True)
    subprocess.run(["dtc", "-q", "-I", "dtb", "-O", "dts", "-o", os.devnull, str(out)], check=True)


def test_reserved_memory_is_left_alone(boot, trees, tmp_path):
    out = tmp_path / "with.dtb"
    subprocess.run(["fdtoverlay", "-i", str(trees / "bcm2711-rpi-4-b.dtb"), "-o", str(out),
                    str(trees / "overlays/reserve.dtbo")], check=True)
    passed(boot(board="raspi4b", dtb=str(out), init_args="-c help"), "944 MiB of memory")


def test_device_trees_compile_without_warnings(trees):
    logs = list(pathlib.Path(trees).rglob("*.log"))
    assert len(logs) == 7 and all(log.stat().st_size == 0 for log in logs)
