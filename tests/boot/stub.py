"""Starts the kernel with a device tree that QEMU would not give it.

QEMU mends trees given by -dtb. So the Image, the tree and a stub of four
instructions are put into memory by the loader device, and CPU 0 starts at the
stub, which does what a boot loader does last.
"""
import subprocess

import machine

IMAGE_AT, TREE_AT, INITRD_AT, STUB_AT = 0x40200000, 0x48000000, 0x49000000, 0x47000000


def stub():
    """ldr x0, tree; ldr x4, image; mov x1..x3, 0; br x4, then the two literals."""
    code = [0x580000C0, 0x580000E4, 0xD2800001, 0xD2800002, 0xD2800003, 0xD61F0080]
    words = b"".join(word.to_bytes(4, "little") for word in code)
    return words + TREE_AT.to_bytes(8, "little") + IMAGE_AT.to_bytes(8, "little")


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


def stubbed(vm, tree, folder):
    """Return the machine `vm`, started through the stub with another tree."""
    (folder / "stub").write_bytes(stub())
    files = [(vm.image, IMAGE_AT), (tree, TREE_AT), (folder / "stub", STUB_AT)]
    extra = [word for path, address in files for word in
             ("-device", f"loader,file={path},addr={address:#x},force-raw=on")]
    extra += ["-device", f"loader,addr={STUB_AT:#x},cpu-num=0"]
    return Stubbed(image=vm.image, cpus=vm.cpus, mem=vm.mem, gic=vm.gic, cpu=vm.cpu,
                   seed=vm.seed, extra=tuple(extra))
