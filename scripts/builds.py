"""The builds that tests use, each in a folder of its own."""
import os

ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))

# What is given to make, by the build's name.
BUILDS = {
    "debug": ["DEFCONFIG=debug"],
    "release": ["DEFCONFIG=release"],
    "clang": ["DEFCONFIG=debug", "LLVM=1"],
    "asid8": ["DEFCONFIG=debug asid8"],
    "latest": ["DEFCONFIG=debug latest"],
    "latency": ["DEFCONFIG=release latency"],
    "shuffle": ["DEFCONFIG=debug shuffle"],
}


def make(folder, name, *goals):
    """Return the command that makes goals of build `name` in folder."""
    return ["make", "-C", ROOT, "-s", f"-j{os.cpu_count()}", f"O={os.path.relpath(folder, ROOT)}",
            *BUILDS[name], *goals]
