"""Commands for gdb, loaded by scripts/gdb: `help jx` lists them."""
import os
import signal
import sys
import threading

import gdb

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import pagetable  # noqa: E402

ELF = os.path.join(os.environ.get("JACINTH_BUILD", "build"), "kernel.elf")
# Tables of exception vectors, by what VBAR_EL1 holds early and later.
VECTORS = ("vectors", "boot_vectors")
PAGE = 4096


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
    """Return the value of an expression; of a function, its address."""
    value = gdb.parse_and_eval(text)
    if value.type.code == gdb.TYPE_CODE_FUNC:
        value = value.address
    return int(value) & 0xFFFF_FFFF_FFFF_FFFF


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
        now = register("VBAR", "VBAR_EL1")
        first = int(gdb.parse_and_eval("(unsigned long)&image_start"))
        for name in VECTORS:
            base = now - (int(gdb.parse_and_eval(f"(unsigned long)&{name}")) - first)
            if now and base % PAGE == 0:
                return base
        raise gdb.GdbError("the kernel has not set its vectors yet; let it run a little")


class Run(gdb.Command):
    """jx run [SECONDS]: let the machine run for so long, then stop it (1 second)."""

    def __init__(self):
        super().__init__("jx run", gdb.COMMAND_RUNNING)

    def invoke(self, argument, from_tty):
        # What Ctrl-C does; gdb takes no commands while it waits for the machine.
        timer = threading.Timer(float(argument or 1), os.kill, (os.getpid(), signal.SIGINT))
        timer.daemon = True
        timer.start()
        try:
            gdb.execute("continue")
        finally:
            timer.cancel()


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


def container_of(node, name, member):
    """The struct `name` whose member is at `node`, a pointer."""
    kind = gdb.lookup_type(f"struct {name}")
    offset = next(f.bitpos // 8 for f in kind.fields() if f.name == member)
    return gdb.Value(int(node) - offset).cast(kind.pointer())


def on_list(head, name, member):
    """Yield the structs on a kernel list."""
    node = head["next"]
    while int(node) != int(head.address):
        yield container_of(node, name, member)
        node = node["next"]


def children_of(job, kind):
    """Yield what the job_child structs of a list of children stand in."""
    number = int(gdb.parse_and_eval(f"JOB_CHILD_{kind.upper()}"))
    member = {"job": "child", "process": "job_child"}[kind]
    for child in on_list(job["children"][number], "job_child", "node"):
        yield container_of(child, kind, member)


def processes():
    """Yield all processes, a job's own before those of the jobs below it."""
    jobs = [gdb.parse_and_eval("root_job").dereference()]
    while jobs:
        job = jobs.pop(0)
        yield from children_of(job, "process")
        jobs += [child.dereference() for child in children_of(job, "job")]


def node_words(node):
    """The words of a VMAR tree node's cells that are not empty (mm/rtree_cells.c)."""
    dense = int(node["free_slots"]) & 1
    used = int(node["used"])
    for cell in range(64):
        if not used >> cell & 1:
            continue
        number = int(node["words"][cell // 16]) >> cell % 16 * 4 & 15
        yield int(node["words"][cell if dense else 4 + number])


def regions(word):
    """Yield (type, address of the region) below a tagged word of the VMAR tree."""
    kinds = {int(gdb.parse_and_eval(name)): name for name in ("RT_MAPPING", "RT_VMAR")}
    node_kind = gdb.lookup_type("struct rt_node").pointer()
    last = 0
    stack = [int(word)]
    while stack:
        word = stack.pop()
        tag, address = word & 3, word & ~3
        if tag in kinds and address != last:
            last = address      # one region may have several cells
            yield kinds[tag], address
        elif tag == int(gdb.parse_and_eval("RT_NODE")):
            node = gdb.Value(address).cast(node_kind)
            stack += reversed(list(node_words(node)))


def show_vmar(vmar, depth=0):
    """Print a VMAR and, indented, what is in it."""
    indent = "  " * depth
    base, size = int(vmar["base"]), int(vmar["size"])
    state = "" if vmar["alive"] else "  dead"
    print(f"{indent}{base:#x}-{base + size:#x}  vmar koid {int(vmar['object']['koid'])}{state}")
    for kind, address in regions(vmar["children"]["root"]):
        if kind == "RT_VMAR":
            show_vmar(container_of(address, "vmar", "region"), depth + 1)
            continue
        mapping = container_of(address, "mapping", "region")
        pages = mapping["region"]
        named = mapping["named"]
        offset = (int(mapping["index"]) - int(named["shift"])) << 12
        protection = int(mapping["prot"])
        letters = "".join(c if protection & bit else "-" for c, bit in
                          (("r", 1), ("w", 2), ("x", 4)))
        print(f"{indent}  {int(pages['start']) << 12:#x}-{int(pages['end']) << 12:#x}  {letters}"
              f"  vmo {named['name'].string()!r} + {offset:#x}")


class Ps(gdb.Command):
    """jx ps: the processes, with the koids that `jx maps` takes."""

    def __init__(self):
        super().__init__("jx ps", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        for process in processes():
            state = str(process["state"].cast(gdb.lookup_type("enum process_state")))
            print(f"{int(process['object']['koid']):6}  {state:18}"
                  f"{int(process['thread_count']):3} threads  {process['name'].string()}")


class Maps(gdb.Command):
    """jx maps [KOID]: the tree of VMARs and mappings of a process, or of all."""

    def __init__(self):
        super().__init__("jx maps", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        for process in processes():
            koid = int(process["object"]["koid"])
            if not argument or koid == number(argument):
                print(f"process {koid} {process['name'].string()}")
                show_vmar(process["root_vmar"].dereference(), 1)


for command in (Jx, Run, Symbols, Walk, Tables, Ps, Maps):
    command()
