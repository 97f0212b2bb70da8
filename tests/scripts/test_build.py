"""The generators of the build: symbol table, initrd, configuration."""
import os
import shutil
import subprocess

import compdb
import kconfig
import ksyms
import mkinitrd
import pytest
from conftest import ROOT

NM = """\
0000000000000000 T image_start
0000000000000800 T vectors
0000000000001000 t helper
0000000000001000 T alias
0000000000000900 t $x
0000000000002000 D data
0000000000001200 T last
"""


def test_symbols_are_sorted_and_only_functions():
    assert ksyms.functions(NM.splitlines()) == [
        (0x800, "vectors"), (0x1000, "alias"), (0x1200, "last")]


def symbol_tables(tmp_path, symbols):
    """Assemble the tables; return them by label, each as its bytes."""
    source, obj, binary = (tmp_path / name for name in ("k.S", "k.o", "k.bin"))
    source.write_text(ksyms.assembly(symbols))
    subprocess.run(["aarch64-linux-gnu-gcc", "-c", source, "-o", obj], check=True)
    subprocess.run(["aarch64-linux-gnu-objcopy", "-O", "binary", "-j", ".ksyms", obj, binary],
                   check=True)
    nm = subprocess.run(["aarch64-linux-gnu-nm", obj], check=True, capture_output=True,
                        text=True).stdout.splitlines()
    begin = {line.split()[2]: int(line.split()[0], 16) for line in nm}
    data = binary.read_bytes()
    # An empty table begins where the next one does.
    end = {at: min((other for other in begin.values() if other > at), default=len(data))
           for at in begin.values()}
    return {label: data[at:end[at]] for label, at in begin.items()}


def symbol_names(tables, count):
    """Spell the names as kernel/symbols.c does."""
    def string(label, index, name):
        at = int.from_bytes(tables[label][2 * index:2 * index + 2], "little")
        return tables[name][at:tables[name].index(0, at)]

    for i in range(count):
        yield "".join(chr(byte) if byte < 128 else
                      string("ksym_part_offsets", byte - 128, "ksym_parts").decode()
                      for byte in string("ksym_name_offsets", i, "ksym_names"))


def test_symbol_assembly_assembles_to_the_contract(tmp_path):
    tables = symbol_tables(tmp_path, ksyms.functions(NM.splitlines()))
    assert tables["ksym_count"] == (3).to_bytes(4, "little")
    assert tables["ksym_offsets"][:8] == b"\0\x08\0\0\0\x10\0\0"
    assert list(symbol_names(tables, 3)) == ["vectors", "alias", "last"]


def test_symbols_are_short_and_read_back(tmp_path):
    names = [f"{a}_{b}_{c}" for a in ("vmo", "vmar", "thread") for b in ("page", "mapping")
             for c in ("lookup_locked", "create", "destroy.part.0", "x" * 40)] * 20
    tables = symbol_tables(tmp_path, list(enumerate(names)))
    assert list(symbol_names(tables, len(names))) == names
    assert len(tables["ksym_names"]) < sum(map(len, names)) / 3
    assert len(tables["ksym_parts"]) < 1000


def test_initrd_reads_back():
    data = mkinitrd.archive({"bin/init": b"12345", "etc/a/b": b""})
    assert [name for name, _ in members(data)] == [
        "bin", "etc", "etc/a", "bin/init", "etc/a/b", "TRAILER!!!"]
    assert dict(members(data))["bin/init"] == b"12345"
    assert len(data) % 4 == 0


def members(data):
    """Read newc back, by its own description of the sizes."""
    at = 0
    while at < len(data):
        assert data[at:at + 6] == b"070701"
        field = [int(data[at + 6 + 8 * i:at + 14 + 8 * i], 16) for i in range(13)]
        name = data[at + 110:at + 110 + field[11] - 1].decode()
        begin = (at + 110 + field[11] + 3) & ~3
        yield name, data[begin:begin + field[6]]
        at = (begin + field[6] + 3) & ~3


def test_initrd_does_not_depend_on_order():
    one = mkinitrd.archive({"a": b"1", "b": b"2"})
    assert one == mkinitrd.archive({"b": b"2", "a": b"1"})


@pytest.fixture(name="configured")
def make_configured(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)

    def run(*fragments):
        paths = []
        for i, text in enumerate(fragments):
            path = tmp_path / str(i)
            path.write_text(text)
            paths.append(str(path))
        config, header = str(tmp_path / ".config"), str(tmp_path / "config.h")
        if kconfig.main(["defconfig", config, *paths]):
            return None
        kconfig.main(["sync", config, header])
        with open(header, encoding="utf-8") as made:
            return made.read()
    return run


def test_debug_brings_its_checkers(configured):
    assert "CONFIG_PTCHECK 1" in configured("CONFIG_DEBUG=y\n")
    assert "CONFIG_PTCHECK" not in configured("# CONFIG_DEBUG is not set\n")


def test_later_fragment_wins(configured):
    header = configured("CONFIG_TLB_RANGE_MAX=4\n", "CONFIG_TLB_RANGE_MAX=8\n")
    assert "CONFIG_TLB_RANGE_MAX 8" in header


@pytest.mark.parametrize("text", ["CONFIG_NO_SUCH=y\n", "CONFIG_MAX_CPUS=99\n"])
def test_bad_fragment_is_refused(configured, text):
    assert configured(text) is None


@pytest.mark.parametrize("name", sorted(os.listdir(ROOT / "arch/arm64/configs")))
def test_every_fragment_is_good(name, configured):
    assert configured((ROOT / "arch/arm64/configs" / name).read_text())


def test_compile_commands_pick_the_right_flags():
    assert compdb.entry("mm/vmo.o", "KCC", "UCC")["command"].startswith("KCC")
    entry = compdb.entry("user/shell/a.c.o", "KCC", "UCC")
    assert entry["command"] == "UCC -c user/shell/a.c"


@pytest.mark.parametrize("word, text", [
    ("O=a b", "folder without spaces"), ("O=", "must be one word"),
    ("DEFCONFIG=debug latst", "no 'latst'; there are: asid8 debug"),
])
def test_make_refuses_what_would_fail_later(word, text):
    done = subprocess.run(["make", "-s", "-C", ROOT, "sdk", word], text=True, check=False,
                          stderr=subprocess.PIPE)
    assert done.returncode == 2 and text in done.stderr
    assert done.stderr.count("\n") == 1


def test_tree_in_a_folder_with_spaces_compiles(tmp_path):
    tree = tmp_path / "a tree, moved"
    shutil.copytree(ROOT, tree, symlinks=True,
                    ignore=shutil.ignore_patterns(".*", "build", "out*"))
    objects = ["o/obj/kernel/stats.o", "o/obj/user/libzx/status.c.o"]
    subprocess.run(["make", "-s", "O=o", "DEFCONFIG=debug", *objects], cwd=tree, check=True)
    assert all((tree / name).exists() for name in objects)
