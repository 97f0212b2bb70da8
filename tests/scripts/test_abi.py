"""The public headers stand alone, and the table of system calls is what they declare."""
import json
import pathlib
import re
import subprocess

import gen_syscalls
import pytest
from conftest import ROOT

INCLUDE = ROOT / "include"
HEADERS = sorted(str(p.relative_to(INCLUDE)) for p in INCLUDE.glob("zircon/**/*.h"))
WARNINGS = ["-Wall", "-Wextra", "-Werror", "-fsyntax-only"]
# errors.h and tls.h hold macros only: a declaration keeps pedantic C content.
UNIT = "#include <{}>\n#include <{}>\ntypedef int not_empty;\n"

COMPILERS = {
    "c11": ["gcc", "-std=c11", "-Wpedantic", "-x", "c"],
    "c11-kernel": ["gcc", "-std=c11", "-Wpedantic", "-D_KERNEL", "-x", "c"],
    "c11-freestanding": ["gcc", "-std=c11", "-ffreestanding", "-x", "c"],
    "c++17": ["clang-19", "-std=c++17", "-x", "c++"],
    "c11-clang": ["clang-19", "-std=c11", "-x", "c"],
}


@pytest.mark.parametrize("compiler", COMPILERS)
def test_each_header_compiles_alone_and_twice(compiler):
    broken = {}
    for header in HEADERS:
        done = subprocess.run([*COMPILERS[compiler], *WARNINGS, f"-I{INCLUDE}", "-"],
                              input=UNIT.format(header, header), text=True,
                              stderr=subprocess.PIPE, check=False)
        if done.returncode:
            broken[header] = done.stderr
    assert not broken


def abi_assertions():
    """One for each fact of abi.txt, as C11 and C++17 both take them."""
    text = (ROOT / "tests/scripts/abi.txt").read_text().replace("\n\t", " ")
    for line in text.splitlines():
        words = line.split() if not line.startswith("#") else []
        record = ""
        for word in words:
            name, colon, of = word.partition(":")
            left, _, right = word.partition("=")
            if colon and of.isdigit():
                record = name
                yield f"sizeof({name}) == {of}"
            elif colon:
                yield f"IS({name}, {of})"
            elif record:
                yield f"offsetof({record}, {left}) == {right}"
            else:
                yield f"({left}) == ({right})"


# What the two languages have for it.
SAME = {"c": "#define IS(a, b) __builtin_types_compatible_p(a, b)\n#include <assert.h>\n",
        "c++": "#include <type_traits>\n#define IS(a, b) (std::is_same<a, b>::value)\n"}


@pytest.mark.parametrize("compiler", [["gcc", "-std=c11", "-xc"],
                                      ["clang-19", "-std=c++17", "-xc++"]], ids=" ".join)
def test_values_are_those_of_the_specification(compiler):
    facts = [*abi_assertions(), *(f"IS(__typeof__(ZX_{unit}(3)), zx_duration_t)"
                                  for unit in ("NSEC", "USEC", "MSEC", "SEC", "MIN", "HOUR"))]
    assert len(facts) > 850
    text = "".join(f"#include <{header}>\n" for header in HEADERS if "internal" not in header)
    text += SAME[compiler[-1][2:]]
    text += "".join(f'static_assert({fact}, "{fact}");\n' for fact in facts)
    done = subprocess.run([*compiler, *WARNINGS, f"-I{INCLUDE}", "-"], input=text, text=True,
                          stderr=subprocess.PIPE, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("header", ["zircon/errors.h", "zircon/tls.h"])
def test_assembly_may_include(header):
    done = subprocess.run(["gcc", "-x", "assembler-with-cpp", f"-I{INCLUDE}", "-c", "-o",
                           "/dev/null", "-"], input=f"#include <{header}>\n", text=True,
                          check=False)
    assert done.returncode == 0


def test_status_names_cover_every_code():
    errors = (INCLUDE / "zircon/errors.h").read_text()
    source = (ROOT / "user/libzx/status.c").read_text()
    assert set(re.findall(r"NAME\((ZX_\w+)\);", source)) == \
        set(re.findall(r"#define (ZX_\w+) \(", errors))


def test_prototypes_are_those_of_the_table():
    calls = gen_syscalls.parse(ROOT / "syscalls/syscalls.tbl")
    present = (INCLUDE / "zircon/internal/prototypes.h").read_text()
    assert present == gen_syscalls.text_of(gen_syscalls.public_h, calls)


def test_private_calls_are_declared():
    text = (INCLUDE / "zircon/jx.h").read_text()
    for call in gen_syscalls.parse(ROOT / "syscalls/syscalls.tbl"):
        if call.name.startswith("jx_"):
            wanted = gen_syscalls.declaration(call, call.name)
            assert "".join(wanted.split()) in "".join(text.split())


def test_cpu_counters_have_the_kernel_s_order():
    text = (ROOT / "kernel/include/kernel/percpu.h").read_text()
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    kernel = re.search(r"enum cpu_stat \{(.*?)STAT_COUNT", text, re.DOTALL)[1]
    names = re.findall(r"STAT_(\w+),", kernel)
    public = re.findall(r"#define JX_CPU_(\w+) (\d+)\n", (INCLUDE / "zircon/jx.h").read_text())
    assert [n for n, _ in public] == [*names, "STAT_COUNT"]
    assert [int(v) for _, v in public] == list(range(len(names) + 1))


def test_outputs(tmp_path):
    gen_syscalls.main([str(ROOT / "syscalls/syscalls.tbl"), str(tmp_path)])
    calls = json.loads((tmp_path / "syscalls.json").read_text())
    numbers = (tmp_path / "syscall_numbers.h").read_text()
    entries = [c for c in calls if c["number"] is not None]
    assert f"SYSCALL_COUNT {len(entries)}" in numbers
    assert len((tmp_path / "syscall_dispatch.inc").read_text().splitlines()) == len(entries)
    before = (tmp_path / "zx_stubs.S").stat().st_mtime_ns
    gen_syscalls.main([str(ROOT / "syscalls/syscalls.tbl"), str(tmp_path)])
    assert (tmp_path / "zx_stubs.S").stat().st_mtime_ns == before


def test_numbers_are_without_gaps_and_can_be_shuffled(tmp_path):
    def numbers(*seed):
        gen_syscalls.main([str(ROOT / "syscalls/syscalls.tbl"), str(tmp_path), *seed])
        calls = json.loads((tmp_path / "syscalls.json").read_text())
        return [c["number"] for c in calls if c["number"] is not None]

    plain, zero, shuffled = numbers(), numbers("0"), numbers("7")
    assert plain == zero
    assert sorted(shuffled) == sorted(plain) == list(range(len(plain)))
    assert sum(a != b for a, b in zip(plain, shuffled)) > len(plain) // 2


def test_a_number_must_not_appear_twice(tmp_path):
    table = pathlib.Path(tmp_path / "table")
    table.write_text(GOOD + GOOD.replace("zx_a", "zx_b"))
    with pytest.raises(SystemExit):
        gen_syscalls.parse(table)


GOOD = "0 | zx_a | zx_status_t | h zx_handle_t:handle, p void *:out[n], n size_t | - | - | x 1\n"


@pytest.mark.parametrize("old, new", [
    ("zx_a", "a"), (":handle", ""), (":out[n]", ""), ("[n]", "[m]"),
    ("zx_status_t", "uint64_t"), ("| - | - |", "| quick | - |"), (" | x 1", ""),
    ("n size_t", "n"), ("n size_t", "h size_t"), ("0 |", "- |"),
])
def test_bad_rows_are_refused(tmp_path, old, new):
    table = pathlib.Path(tmp_path / "table")
    table.write_text(GOOD)
    assert gen_syscalls.parse(table)
    table.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(SystemExit):
        gen_syscalls.parse(table)


# What a fresh handle of each type carries (abi.md 5).
RIGHTS = """CHANNEL F00E EVENT D003 SYSTEM_EVENT_LOW_MEMORY 4003 EVENTPAIR F003 FIFO F00F
SOCKET F0CF STREAM D0C3 PORT 800F TIMER D00B CLOCK C00F LOG D00B JOB 7DFCF PROCESS 6D3CF
THREAD 4D2CF VMAR 8003 VMO D0EF PAGER 80C2 RESOURCE 800B SUSPEND_TOKEN 8002 EXCEPTION 80C2
INTERRUPT D00F PCI_INTERRUPT D00F PCI_DEVICE C00F IO_MAPPING 8004 IOMMU 8003 BTI 802F
PMT 8000 PROFILE 88003 GUEST 2800B VCPU D01F MSI C003""".split()


def test_default_rights():
    checks = "".join(f'_Static_assert(ZX_DEFAULT_{name}_RIGHTS == 0x{value}, "{name}");\n'
                     for name, value in zip(RIGHTS[::2], RIGHTS[1::2]))
    done = subprocess.run(["gcc", "-x", "c", "-fsyntax-only", f"-I{INCLUDE}", "-"], text=True,
                          input="#include <zircon/rights.h>\n" + checks, check=False)
    assert done.returncode == 0
