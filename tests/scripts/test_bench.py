"""The reader of benchmark lines."""
from test_checks import load

bench = load("bench")

LOG = """\
[ 0.1] boot
BENCH map/1 1200 insns\r
BENCH map/1000 1250.5 insns
BENCH nonsense
"""


def test_lines_are_read_in_order():
    values = bench.parse(LOG.splitlines())
    assert list(values.items()) == [("map/1", (1200.0, "insns")), ("map/1000", (1250.5, "insns"))]


def test_file_reads_back(tmp_path):
    values = bench.parse(LOG.splitlines())
    bench.write(values, tmp_path / "a.tsv")
    assert (tmp_path / "a.tsv").read_text().startswith("map/1\t1200\tinsns\n")
    assert bench.read(tmp_path / "a.tsv") == values


def test_differences_beyond_a_thousandth():
    old = {"a": (1000.0, "x"), "b": (1000.0, "x"), "c": (1.0, "x")}
    new = {"a": (1000.9, "x"), "b": (1002.0, "x"), "d": (1.0, "x")}
    assert {name for name, _, _ in bench.differences(old, new)} == {"b", "c", "d"}
