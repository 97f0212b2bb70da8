"""Starts the kernel with a device tree that QEMU would not give it.

QEMU mends trees given by -dtb. So the Image, the tree and a stub of four
instructions are put into memory by the loader device, and CPU 0 starts at the
stub, which does what a boot loader does last.
"""
import subprocess

import machine

IMAGE_AT, TREE_AT, INITRD_AT, STUB_AT = 0x40200000, 0x48000000, 0x49000000, 0x47000000


# Instructions that a stub may do first, as loaders and hypervisors leave the CPU.
SERROR_UNMASKED = (0xD50344FF,)                     # msr daifclr, #4
HCR_AS_UBOOT = (0xD2800405, 0xD51C1105)             # hcr_el2 = 0x20
HCR_RW = (0xD2B00005, 0xD51C1105)                   # hcr_el2 = 1 << 31
HCR_E2H = (0xD2C00085, 0xD51C1105)                  # hcr_el2 = 1 << 34
SCTLR_AS_KVM = (0xD2800F05, 0xF2A018A5, 0xD5181005)     # sctlr_el1 = 0xc50078


def stub(image_at=IMAGE_AT, tree_at=TREE_AT, first=()):
    """first; ldr x0, tree; ldr x4, image; mov x1..x3, 0; br x4, then the two literals."""
    code = [0x580000C0, 0x580000E4, 0xD2800001, 0xD2800002, 0xD2800003, 0xD61F0080]
    head = [*first] + [0xD503201F] * (len(first) % 2)       # the literals are aligned
    words = b"".join(word.to_bytes(4, "little") for word in [*head, *code])
    return words + tree_at.to_bytes(8, "little") + image_at.to_bytes(8, "little")


def qemu_tree(vm, path):
    """Write the device tree that QEMU would give to this machine."""
    line = vm.command()
    line[line.index("-M") + 1] += f",dumpdtb={path}"
    subprocess.run(line, check=True, capture_output=True)


class Stubbed(machine.Machine):
    """A machine whose CPU 0 starts at the stub."""

    def command(self, serial="stdio"):
        line = super().command(serial)
        for option in ("-kernel", "-append", "-initrd"):
            if option in line:
                at = line.index(option)
                del line[at:at + 2]
        return line


def stubbed(vm, tree, folder, image_at=IMAGE_AT, tree_at=TREE_AT, first=()):
    """Return the machine `vm`, started through the stub with another tree."""
    (folder / "stub").write_bytes(stub(image_at, tree_at, first))
    files = [(vm.image, image_at), (tree, tree_at), (folder / "stub", STUB_AT)]
    extra = [word for path, address in files for word in
             ("-device", f"loader,file={path},addr={address:#x},force-raw=on")]
    extra += ["-device", f"loader,addr={STUB_AT:#x},cpu-num=0"]
    return Stubbed(image=vm.image, cpus=vm.cpus, mem=vm.mem, gic=vm.gic, cpu=vm.cpu,
                   seed=vm.seed, el2=vm.el2, extra=tuple(extra))
