"""The kit as an outside programmer uses it: headers, wrappers, pkg-config, programs."""
import os
import pathlib
import random
import re
import shutil
import subprocess

import machine
import mkinitrd
import pytest
from conftest import ROOT
from test_run import make

SAMPLES = ROOT / "tests/sdk"
GCC = "aarch64-linux-gnu-gcc"
FACES = [ROOT / "include", ROOT / "user/include"]
HEADERS = sorted(str(path.relative_to(face)) for face in FACES for path in face.rglob("*.h")
                 if "c++" not in path.parts)


@pytest.fixture(name="sdk", scope="session")
def make_sdk(build):
    status, text = make(build, "sdk")
    assert status == 0, text
    return build / "sdk"


@pytest.fixture(name="moved")
def make_moved(sdk, tmp_path):
    """The kit in another folder, whose name has spaces."""
    folder = tmp_path / "a kit, moved"
    shutil.copytree(sdk, folder, symlinks=True)
    return folder


@pytest.fixture(name="run_program")
def make_run_program(build, tmp_path):
    """A function that boots with a program alone; returns (status, its output)."""
    def run_program(program, *args, seconds=60, **wanted):
        files = {"bin/init": (build / "bin/init").read_bytes(),
                 "bin/prog": pathlib.Path(program).read_bytes()}
        (tmp_path / "initrd").write_bytes(mkinitrd.archive(files))
        vm = machine.Machine(str(build / "Image"), str(tmp_path / "initrd"), mem="256M", seed="1",
                             init_args=" ".join(["-p", "/bin/prog", *args]), **wanted)
        with open(tmp_path / "serial.log", "w+b") as log:
            status = machine.run(vm, seconds, log)
            log.seek(0)
            text = log.read().decode(errors="replace").replace("\r", "")
        return status, [line for line in text.split("\n") if not line.startswith("[")]
    return run_program


@pytest.fixture(name="compiled")
def make_compiled(sdk, tmp_path):
    """A function that compiles a sample without a warning."""
    def compiled(name, *flags):
        driver = "jacinth-c++" if name.endswith(".cc") else "jacinth-cc"
        program = tmp_path / (name + ".elf")
        subprocess.run([sdk / "bin" / driver, "-Wall", "-Wextra", "-Werror", "-O2", *flags,
                        "-o", program, SAMPLES / name], check=True)
        return program
    return compiled


def output(*command):
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout.strip()


def compiler_line(sdk, compiler, standard):
    """A compiler with the folders of the wrappers, but with our headers from the tree.

    In the kit they count as the system's, and warnings about them would be lost.
    """
    if compiler == "gcc":
        line = [GCC]
        own = output(GCC, "-print-file-name=include")
    else:
        line = ["clang-19", "--target=aarch64-linux-gnu"]
        own = output("clang-19", "-print-resource-dir") + "/include"
    folders = [own, "/usr/lib/picolibc/aarch64-linux-gnu/include"]
    if "+" in standard:
        std = f"/usr/aarch64-linux-gnu/include/c++/{output(GCC, '-dumpversion')}"
        folders = [sdk / "include/c++", std, std + "/aarch64-linux-gnu", *folders]
        line.append("-nostdinc++")
    line += ["-nostdinc", *[f"-I{face}" for face in FACES]]
    for folder in folders:
        line += ["-isystem", folder]
    return [*line, f"-std={standard}", "-x", "c++" if "+" in standard else "c"]


def syntax_errors(line, text):
    done = subprocess.run([*line, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only",
                           "-"], input=text + "typedef int not_empty;\n", text=True,
                          stderr=subprocess.PIPE, check=False)
    return done.stderr if done.returncode else ""


COMPILERS = [("gcc", "c11"), ("gcc", "c++17"), ("clang", "c11"), ("clang", "c++17")]


@pytest.mark.parametrize("compiler", COMPILERS, ids=" ".join)
def test_each_header_compiles_alone_and_twice(sdk, compiler):
    line = compiler_line(sdk, *compiler)
    broken = {header: syntax_errors(line, f"#include <{header}>\n" * 2) for header in HEADERS}
    assert not {header: text for header, text in broken.items() if text}


@pytest.mark.parametrize("compiler", COMPILERS, ids=" ".join)
@pytest.mark.parametrize("seed", range(3))
def test_headers_compile_in_any_order(sdk, compiler, seed):
    order = list(HEADERS)
    random.Random(seed).shuffle(order)
    assert not syntax_errors(compiler_line(sdk, *compiler),
                             "".join(f"#include <{header}>\n" for header in order))


# Freestanding ones first, then what else libstdc++ has that needs no streams.
STD = """cstddef cstdint climits cfloat limits version type_traits concepts new typeinfo exception
initializer_list compare coroutine utility tuple bit atomic cstdarg cstdlib numbers span
algorithm any array bitset cassert cctype cerrno charconv chrono cinttypes cmath complex
condition_variable cstdio cstring ctime deque forward_list functional future iterator latch list
map memory memory_resource mutex numeric optional queue random ranges ratio scoped_allocator
semaphore set shared_mutex stack stdexcept stop_token string string_view system_error thread
typeindex unordered_map unordered_set valarray variant vector barrier cwchar""".split()
ONLY_20 = set("""barrier bit compare concepts coroutine latch numbers ranges semaphore span
stop_token version""".split())


@pytest.mark.parametrize("standard", ["c++17", "c++20"])
def test_headers_of_libstdcxx_compile(sdk, standard):
    broken = {}
    for header in STD:
        if standard == "c++17" and header in ONLY_20:
            continue
        done = subprocess.run([sdk / "bin/jacinth-c++", f"-std={standard}", "-Wall", "-Wextra",
                               "-Werror", "-fsyntax-only", "-xc++", "-"], text=True,
                              input=f"#include <{header}>\n", stderr=subprocess.PIPE, check=False)
        if done.returncode:
            broken[header] = done.stderr
    assert not broken


def test_containers_of_cxx_work(compiled, run_program):
    status, lines = run_program(compiled("containers.cc", "-std=c++17"))
    assert (status, "2.500 all right" in lines) == (0, True), lines


def test_objects_of_cxx_begin_and_end_in_order(compiled, run_program):
    status, lines = run_program(compiled("lives.cc", "-std=c++17"))
    assert status == 0
    assert [line for line in lines if line] == [
        "begin first", "begin second", "made 1, ready 8", "called 1", "told 0, long enough 1",
        "begin in thread", "in in thread", "end in thread", "at exit", "end second", "end first"]


def test_pure_virtual_function_ends_with_a_sentence(compiled, run_program):
    status, lines = run_program(compiled("pure.cc"))
    assert (status, "a pure virtual function was called" in lines) == (134, True), lines


def test_program_for_zircon_runs_unchanged(compiled, run_program):
    status, lines = run_program(compiled("zircon_only.c", "-std=c11"))
    assert status == 0, lines
    assert "/bin/prog 1: 16 pages, object type 2" in lines


def test_files_have_the_library_s_records(compiled, run_program):
    status, lines = run_program(compiled("files.c"))
    assert (status, "files are right" in lines) == (0, True), lines


@pytest.mark.parametrize("way, status, wanted", [
    ("", 6, ["handled 1", "100 handlers", "destructor"]), ("quick", 5, ["0 handlers"]),
    ("abort", 134, ["aborted"]), ("thread", 9, ["unfinished linedestructor"]),
])
def test_program_ends_as_it_wants(compiled, run_program, way, status, wanted):
    assert run_program(compiled("endings.c"), way) == (status, [*wanted, ""])


def test_assertion_says_where_it_stands(compiled, run_program):
    status, lines = run_program(compiled("endings.c"), "assert")
    assert status == 134
    assert re.search(r'argc == 0.*endings\.c.*line', "\n".join(lines))


@pytest.mark.parametrize("way", ["lines", "last-thread"])
def test_lines_of_threads_do_not_mix(compiled, run_program, way):
    status, lines = run_program(compiled("endings.c"), way, cpus=4)
    threads = 4 if way == "lines" else 1
    assert status == 0
    wanted = sorted(f"{who}{who}-" * 5 for who in range(1, threads + 1) for _ in range(50))
    assert sorted(line for line in lines if line and line != "destructor") == wanted


def test_moved_kit_works_from_any_folder(moved, run_program, tmp_path):
    (tmp_path / "b c").mkdir()
    program = tmp_path / "b c" / "p q.elf"
    shutil.copy(SAMPLES / "containers.cc", tmp_path / "b c" / "a b.cc")
    subprocess.run([moved / "bin/jacinth-c++", "-o", program.name, "a b.cc"],
                   cwd=tmp_path / "b c", check=True)
    assert run_program(program)[0] == 0


@pytest.mark.parametrize("module, driver, sample", [
    ("jacinth", "gcc", "zircon_only.c"), ("jacinth-c++", "g++", "containers.cc")])
def test_pkg_config_says_how_to_build(moved, run_program, tmp_path, module, driver, sample):
    line = (f"aarch64-linux-gnu-{driver} -o 'a b.elf' '{SAMPLES / sample}' "
            f"$(pkg-config --cflags --libs {module})")
    env = {**os.environ, "PKG_CONFIG_PATH": str(moved / "share/pkgconfig")}
    # As make would: the words of pkg-config are for a shell.
    (tmp_path / "Makefile").write_text(f"all:\n\teval \"{line.replace('$', '$$')}\"\n")
    subprocess.run(["make", "-s"], cwd=tmp_path, env=env, check=True)
    assert run_program(tmp_path / "a b.elf")[0] == 0


@pytest.mark.parametrize("driver, word, text", [
    ("jacinth-c++", "-fexceptions", "leave -fexceptions out"),
    ("jacinth-c++", "-frtti", "leave -frtti out"), ("jacinth-cc", "-shared", "leave -shared out"),
    ("jacinth-cc", "-pthread", "threads.h"),
])
def test_wrapper_refuses_with_the_fix(sdk, driver, word, text):
    done = subprocess.run([sdk / "bin" / driver, word, "-o", "/dev/null", SAMPLES / "endings.c"],
                          text=True, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(driver) and text in done.stderr
    assert done.stderr.count("\n") == 1


def test_wrapper_says_what_to_install(sdk, tmp_path):
    for tool in ("sh", "basename", "dirname", "readlink"):
        (tmp_path / tool).symlink_to(shutil.which(tool))
    for driver, package in (("jacinth-cc", "gcc-aarch64-linux-gnu"),
                            ("jacinth-c++", "g++-aarch64-linux-gnu")):
        done = subprocess.run([sdk / "bin" / driver, "-c", "x.c"], text=True, check=False,
                              stderr=subprocess.PIPE, env={"PATH": str(tmp_path)})
        assert f"apt-get install {package}" in done.stderr


def test_wrapper_alone_says_that_it_needs_its_folder(sdk, tmp_path):
    shutil.copy(sdk / "bin/jacinth-cc", tmp_path)
    done = subprocess.run([tmp_path / "jacinth-cc", "-c", "x.c"], text=True, check=False,
                          stderr=subprocess.PIPE)
    assert done.returncode == 1 and "copy the whole folder" in done.stderr


def test_streams_are_refused_with_the_way_out(sdk):
    done = subprocess.run([sdk / "bin/jacinth-c++", "-fsyntax-only", "-xc++", "-"], text=True,
                          input="#include <iostream>\n", stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1 and "print with <cstdio>" in done.stderr
