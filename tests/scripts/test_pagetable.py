"""The page-table reader, on tables made by hand."""
import pagetable as pt

L0, L1, L2, L3 = 0x1000, 0x2000, 0x3000, 0x4000
USER_RW = pt.VALID | pt.TABLE | pt.USER | pt.ACCESSED | pt.NOT_GLOBAL | pt.UXN
BLOCK = pt.VALID | pt.ACCESSED | pt.PXN | pt.READ_ONLY
MEMORY = {
    L0: L1 | 3, L1: L2 | 3, L1 + 8: 0x8000_0000 | BLOCK, L2 + 8: L3 | 3,
    L3: 0x10000 | USER_RW, L3 + 8: 0x11000 | USER_RW, L3 + 24: 0x20000 | USER_RW,
}


def read64(address):
    return MEMORY.get(address, 0)


def test_walk_ends_at_the_page():
    steps = list(pt.walk(read64, L0 | 7 << 48, 0x201000))
    assert [level for level, _, _ in steps] == [0, 1, 2, 3]
    assert steps[-1][1:] == (L3 + 8, 0x11000 | USER_RW)


def test_walk_ends_at_a_block_and_at_a_hole():
    assert len(list(pt.walk(read64, L0, 0x4000_0000))) == 2
    steps = list(pt.walk(read64, L0, 0x400000))
    assert steps[-1][0] == 2 and steps[-1][2] == 0


def test_leaves_are_found_and_joined():
    found = list(pt.merged(pt.leaves(read64, L0)))
    assert [(va, size, pa) for va, size, pa, _ in found] == [
        (0x200000, 0x2000, 0x10000), (0x203000, 0x1000, 0x20000),
        (0x4000_0000, 1 << 30, 0x8000_0000)]


def test_high_half_keeps_its_ones():
    va = next(pt.leaves(read64, L0, high=True))[0]
    assert va == 0xFFFF_0000_0020_0000


def test_words_for_an_entry():
    assert pt.describe(USER_RW) == "rw- user attr0 asid"
    assert pt.describe(BLOCK & ~pt.ACCESSED) == "r-- kernel attr0 old"
