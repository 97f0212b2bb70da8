"""Commands for gdb, loaded by scripts/gdb: `help jx` lists them."""
import os
import sys

import gdb

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import pagetable  # noqa: E402

ELF = os.path.join(os.environ.get("JACINTH_BUILD", "build"), "kernel.elf")
VECTORS = "exception_vectors"


def register(*names):
    """Return the value of a system register, by whichever name QEMU gives it."""
    frame = gdb.selected_frame()
    for name in names:
        try:
            return int(frame.read_register(name)) & 0xFFFF_FFFF_FFFF_FFFF
        except ValueError:
            continue
    raise gdb.GdbError(f"no register {names[0]}")


class Physical:
    """Within a `with`: memory is read by physical address."""

    def __enter__(self):
        gdb.execute("maintenance packet Qqemu.PhyMemMode:1", to_string=True)
        gdb.execute("maintenance flush dcache", to_string=True)
        return self

    def __exit__(self, *_):
        gdb.execute("maintenance packet Qqemu.PhyMemMode:0", to_string=True)
        gdb.execute("maintenance flush dcache", to_string=True)

    @staticmethod
    def read64(address):
        data = gdb.selected_inferior().read_memory(address, 8)
        return int.from_bytes(bytes(data), "little")


def number(text):
    return int(gdb.parse_and_eval(text)) & 0xFFFF_FFFF_FFFF_FFFF


class Jx(gdb.Command):
    """Commands that know Jacinth."""

    def __init__(self):
        super().__init__("jx", gdb.COMMAND_USER, prefix=True)


class Symbols(gdb.Command):
    """jx symbols: load the kernel's symbols where it runs now.

    The kernel is linked at 0 and maps itself at a random place; VBAR_EL1 tells.
    Use it after the MMU is on: the first stop in `kernel_main` is found by it.
    """

    def __init__(self):
        super().__init__("jx symbols", gdb.COMMAND_FILES)

    def invoke(self, argument, from_tty):
        base = number(argument) if argument else self.find()
        gdb.execute(f"symbol-file {ELF} -o {base:#x}", to_string=True)
        print(f"kernel at {base:#x}")

    @staticmethod
    def find():
        linked = int(gdb.parse_and_eval(f"(unsigned long)&{VECTORS}"))
        old = int(gdb.parse_and_eval("(unsigned long)&image_start"))
        vectors = register("VBAR", "VBAR_EL1")
        if vectors == 0:
            raise gdb.GdbError("the kernel has not set its vectors yet; let it run a little")
        return vectors - (linked - old)


class Walk(gdb.Command):
    """jx walk ADDRESS: the table entries that translate an address on this CPU."""

    def __init__(self):
        super().__init__("jx walk", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        va = number(argument)
        root = register("TTBR1_EL1" if va >> 63 else "TTBR0_EL1")
        with Physical() as memory:
            for level, where, entry in pagetable.walk(memory.read64, root, va):
                kind = "invalid"
                if pagetable.is_leaf(entry, level):
                    kind = pagetable.describe(entry)
                elif entry & pagetable.VALID:
                    kind = "table"
                print(f"level {level}  [{where:#x}] = {entry:#018x}  {kind}")


class Tables(gdb.Command):
    """jx tables [kernel]: everything that this CPU's page tables map."""

    def __init__(self):
        super().__init__("jx tables", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        high = argument.strip() == "kernel"
        root = register("TTBR1_EL1" if high else "TTBR0_EL1")
        with Physical() as memory:
            found = list(pagetable.leaves(memory.read64, root, high))
        for va, size, pa, text in pagetable.merged(found):
            print(f"{va:#018x} {size >> 10:>9} KiB -> {pa:#012x}  {text}")


for command in (Jx, Symbols, Walk, Tables):
    command()
