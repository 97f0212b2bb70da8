"""The checkers: each rule has a text that breaks it and one that does not."""
import importlib.machinery
import importlib.util
import textwrap

import ctext
import pytest
from conftest import ROOT


def load(name):
    """Import a script that has no .py at its end."""
    path = str(ROOT / "scripts" / name)
    loader = importlib.machinery.SourceFileLoader(name.replace("-", "_"), path)
    spec = importlib.util.spec_from_loader(loader.name, loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


style, layers, raw, image = (load(f"check-{n}") for n in ("style", "layers", "raw", "image"))

FUNCTION = "int vmar_map(int a,\n\t     int b)\n{\n\treturn a;\n}\n"


def test_function_is_found_with_its_name():
    assert list(ctext.functions("#include <x.h>\n\n" + FUNCTION)) == [("vmar_map", 5, 7)]


def test_struct_is_no_function():
    assert not list(ctext.functions("struct a {\n\tint b;\n};\n"))


def test_comment_blanking_keeps_lines_and_strings():
    text = 'a /* b\nc */ "d // e" // f\ng'
    assert ctext.without_comments(text) == 'a     \n     "d // e"     \ng'
    assert '"d' not in ctext.without_comments(text, strings=False)


def findings(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    return [what for _, what in style.check_file(str(path))]


@pytest.mark.parametrize("text, what", [
    ("int a;" + " " * 95 + "\n", "columns"),
    ("int a; \n", "white space"),
    ("int a;", "newline"),
    ("/* TODO: more */\n", "unfinished"),
    ("    int a;\n", "spaces"),
    ("int f(void)\n{\n#if A\n#endif\n}\n", "conditional"),
    ("int f(void)\n{\n" + "\t;\n" * 71 + "}\n", "71 lines"),
    (";\n" * 801, "801 lines"),
])
def test_style_break_is_found(tmp_path, text, what):
    assert any(what in found for found in findings(tmp_path, "a.c", text))


@pytest.mark.parametrize("text", [
    FUNCTION, "int f(void)\n{\n" + "\t;\n" * 70 + "}\n", "#if A\nint f(void)\n{\n}\n#endif\n",
    "int f(int a,\n\t int b);\n",
    '\tf(\n\t  "a long string, and more",\n\t  b);\n', "/*\n * text\n */\n",
])
def test_good_style_passes(tmp_path, text):
    assert not findings(tmp_path, "a.c", text)


def test_long_header_is_found(tmp_path):
    assert findings(tmp_path, "a.h", "int a;\n" * 251)
    assert not findings(tmp_path, "a.h", "int a;\n" * 250)


@pytest.fixture(name="tree")
def make_tree(tmp_path, monkeypatch):
    """A folder to write a tree into, as the current one."""
    monkeypatch.chdir(tmp_path)

    def write(path, text):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(textwrap.dedent(text))
        return path
    return write


def test_include_from_above_is_found(tree):
    path = tree("mm/vmo.c", "#include <syscalls/era.h>\n")
    assert list(layers.check_direction(path))


def test_include_of_a_neighbour_passes(tree):
    path = tree("mm/vmo.c", "#include <kernel/lock.h>\n#include <arch/mmu.h>\n")
    assert not list(layers.check_direction(path))


def test_user_sees_the_public_abi_alone(tree):
    path = tree("user/shell/a.c", "#include <mm/vmo.h>\n")
    assert list(layers.check_direction(path))
    path = tree("user/shell/b.c", "#include <zircon/types.h>\n#include <stdio.h>\n")
    assert not list(layers.check_direction(path))


def test_private_header_of_another_module_is_found(tree):
    tree("mm/vmo_private.h", "")
    path = tree("kernel/a.c", '#include "../mm/vmo_private.h"\n')
    assert list(layers.check_direction(path))


def test_inside_of_the_architecture_is_private(tree):
    tree("arch/arm64/pt.h", "")
    path = tree("mm/a.c", '#include "../arch/arm64/pt.h"\n')
    assert list(layers.check_arch_private(path))


def test_include_in_a_comment_is_none(tree):
    path = tree("mm/vmo.c", "/*\n#include <syscalls/era.h>\n*/\n")
    assert not list(layers.check_direction(path))


def test_circle_of_headers_is_found():
    assert list(layers.cycles({"a": ["b"], "b": ["c"], "c": ["a"]})) == [["a", "b", "c", "a"]]
    assert not list(layers.cycles({"a": ["b", "c"], "b": ["c"], "c": []}))


@pytest.mark.parametrize("name, text, hit", [
    ("a.c", 'asm volatile("tlbi vae1is, %0" :: "r"(x));\n', True),
    ("a.c", 'asm volatile(\n"dsb ish" ::: "memory");\n', True),
    ("a.c", 'asm volatile("msr ttbr0_el1, %0" :: "r"(x));\n', True),
    ("a.c", "\tpte_store(pte, 0);\n", True),
    ("a.c", '/* dsb ish */ printk("dsb");\n', False),
    ("a.c", 'asm volatile("isb");\n', False),
    ("a.S", "\tdsb ish\n", True),
    ("a.S", "\tmsr ttbr1_el1, x0\n", True),
    ("a.S", "\t// dsb ish\n\tisb\n", False),
])
def test_raw_operations(tree, name, text, hit):
    path = tree("mm/" + name, text)
    assert bool(list(raw.check(path))) == hit


@pytest.mark.parametrize("path, home", [
    ("arch/arm64/tlb.c", True), ("arch/arm64/pt_walk.c", True), ("arch/arm64/dev/gic.c", True),
    ("arch/arm64/include/arch/tlb_ops.h", True), ("arch/arm64/fdt.c", False), ("mm/pmm.c", False),
])
def test_homes_of_raw_operations(path, home):
    assert bool(raw.HOMES.match(path)) == home


@pytest.mark.parametrize("line, hit", [
    ("  10:\t9e670000 \tfmov\td0, x0", True),
    ("  10:\t3dc00000 \tldr\tq0, [x0]", True),
    ("  10:\t4e080c00 \tdup\tv0.2d, x0", True),
    ("  10:\td53b4400 \tmrs\tx0, fpcr", True),
    ("  10:\t94000000 \tbl\t0 <d1>", False),
    ("  10:\tf9400000 \tldr\tx0, [x0]\t// q1", False),
    ("  10:\td2800160 \tmov\tx0, #0xb0", False),
    ("  10:\t540005a3 \tb.cc\td4 <boot_el1+0x64>  // b.lo", False),
    ("  10:\t54000041 \tb.ne\t18 <s0+0x8>", False),
])
def test_simd_registers(line, hit):
    listing = "0000000000000000 <f>:\n" + line
    assert bool(image.simd_by_symbol(listing)) == hit


def test_image_header():
    good = bytearray(4096)
    good[16:32] = (8192).to_bytes(8, "little") + (10).to_bytes(8, "little")
    good[56:60] = b"ARM\x64"
    limit = 512 * 1024
    assert not list(image.check_header(bytes(good), limit))
    assert list(image.check_header(bytes(4096), limit))
    assert list(image.check_header(bytes(good) + bytes(8192), limit))
    assert list(image.check_header(bytes(good) + bytes(600 * 1024), limit))
