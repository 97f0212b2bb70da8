"""scripts/test-kvm: what it makes of the serial line. The run itself is `make test-kvm`."""
import importlib.machinery
import importlib.util
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOOD = "@kvm begin 6.1\nKTAP version 1\n1..1\nok 1 seed_a\npower off, status 0\n@kvm end 0\n"


@pytest.fixture(name="judge", scope="module")
def load_judge():
    loader = importlib.machinery.SourceFileLoader("test_kvm", str(ROOT / "scripts/test-kvm"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("test_kvm", loader))
    loader.exec_module(module)
    return module.judge


def test_good_run_is_good(judge):
    assert judge("Linux speaks\n" + GOOD)


@pytest.mark.parametrize("change", [
    ("ok 1 seed_a", "not ok 1 seed_a"), ("1..1", "1..2"), ("@kvm end 0", "@kvm end 1"),
    ("@kvm end 0", ""), ("KTAP version 1", "host at EL2\nKTAP version 1"), ("KTAP version 1", ""),
])
def test_anything_else_is_bad(judge, change):
    assert not judge(GOOD.replace(*change))
