"""The states in which loaders and hypervisors hand over: the kernel starts from each.

The stub gives no initrd: a kernel that misses it has come all the way, with all CPUs.
"""
import machine
import pytest
import stub
from conftest import SECONDS, Boot

MEM = "512M"        # 0x40000000 to 0x60000000
NOTHING = ()


@pytest.fixture(name="enter")
def make_enter(build, tmp_path):
    """A function that starts the kernel through the stub, and returns what it said."""
    def enter(el2, image_at, tree_at, first, cpu="cortex-a72", gic=3):
        vm = machine.Machine(image=str(build / "Image"), mem=MEM, seed="1", el2=el2, cpu=cpu,
                             gic=gic)
        tree = tmp_path / "tree.dtb"
        stub.qemu_tree(vm, tree)
        started = stub.stubbed(vm, tree, tmp_path, image_at, tree_at, first)
        log = tmp_path / "serial.log"
        with open(log, "wb") as output:
            status = machine.run(started, SECONDS, output)
        return Boot(status, log.read_text(errors="replace"))
    return enter


def started(done, el2):
    assert "4 CPUs, 512 MiB" in done.text, done.text
    assert ("host at EL2" in done.text) == el2
    assert done.status not in (0, machine.TIMED_OUT) and "initrd" in done.text


@pytest.mark.parametrize("el2", [False, True], ids=["el1", "el2"])
@pytest.mark.parametrize("image_at, tree_at", [
    (0x40200000, 0x5ff00000), (0x40600000, 0x40200000), (0x5e800000, 0x41000008),
    (0x4a600000, 0x5bffff88),
])
def test_any_place(enter, el2, image_at, tree_at):
    started(enter(el2, image_at, tree_at, NOTHING), el2)


@pytest.mark.parametrize("first, el2, cpu", [
    (stub.SERROR_UNMASKED, False, "cortex-a72"), (stub.SERROR_UNMASKED, True, "cortex-a72"),
    (stub.HCR_AS_UBOOT, True, "cortex-a72"), (stub.HCR_RW, True, "cortex-a76"),
    (stub.HCR_E2H, True, "max"), (stub.SCTLR_AS_KVM, False, "cortex-a72"),
    (stub.SERROR_UNMASKED + stub.HCR_AS_UBOOT + stub.SCTLR_AS_KVM, True, "max"),
], ids=["serror-el1", "serror-el2", "hcr-uboot", "hcr-rw", "hcr-e2h", "sctlr-kvm", "all"])
def test_any_state(enter, first, el2, cpu):
    started(enter(el2, stub.IMAGE_AT, stub.TREE_AT, first, cpu), el2)
