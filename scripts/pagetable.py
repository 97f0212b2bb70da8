"""Reads AArch64 translation tables: 4 KiB pages, 48-bit addresses, stage 1."""

ADDRESS = 0x0000_FFFF_FFFF_F000
VALID, TABLE = 1, 2
LEVEL_SHIFTS = (39, 30, 21, 12)
USER, READ_ONLY, ACCESSED, NOT_GLOBAL = 1 << 6, 1 << 7, 1 << 10, 1 << 11
PXN, UXN = 1 << 53, 1 << 54


def is_leaf(entry, level):
    """An entry that is valid and no pointer to the next table."""
    return bool(entry & VALID) and (level == 3 or not entry & TABLE)


def walk(read64, root, va):
    """Yield (level, address of the entry, entry) from the root to the end."""
    table = root & ADDRESS
    for level, shift in enumerate(LEVEL_SHIFTS):
        where = table + 8 * (va >> shift & 511)
        entry = read64(where)
        yield level, where, entry
        if not entry & VALID or is_leaf(entry, level):
            return
        table = entry & ADDRESS


def leaves(read64, root, high=False):
    """Yield (va, bytes, physical address, entry) of every leaf, ascending."""
    top = 0xFFFF_0000_0000_0000 if high else 0
    stack = [(root & ADDRESS, 0, top, 0)]
    while stack:
        table, level, base, index = stack.pop()
        if index == 512:
            continue
        stack.append((table, level, base, index + 1))
        entry = read64(table + 8 * index)
        size = 1 << LEVEL_SHIFTS[level]
        if is_leaf(entry, level):
            yield base + index * size, size, entry & ADDRESS & ~(size - 1), entry
        elif entry & VALID:
            stack.append((entry & ADDRESS, level + 1, base + index * size, 0))


def describe(entry):
    """Return what an entry permits, in words a reader knows: `rw- user`."""
    execute = not entry & (UXN if entry & USER else PXN)
    words = ["r" + ("-" if entry & READ_ONLY else "w") + ("x" if execute else "-"),
             "user" if entry & USER else "kernel", f"attr{entry >> 2 & 7}"]
    if not entry & ACCESSED:
        words.append("old")
    if entry & NOT_GLOBAL:
        words.append("asid")
    return " ".join(words)


def merged(found):
    """Join neighbours that continue each other with the same permissions."""
    last = None
    for va, size, pa, entry in found:
        text = describe(entry)
        if last and last[0] + last[1] == va and last[2] + last[1] == pa and last[3] == text:
            last[1] += size
            continue
        if last:
            yield tuple(last)
        last = [va, size, pa, text]
    if last:
        yield tuple(last)
