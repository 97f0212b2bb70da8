"""The LAVA jobs: both from one template, both what LAVA's own schema accepts."""
import pathlib
import re
import subprocess

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMA = "/usr/share/lava-common/lava-schema.py"
DEVICES = ["qemu", "bcm2711-rpi-4-b"]


def render(device, *more):
    return subprocess.run([str(ROOT / "tests/board/lava/render"), device, "--url",
                           "https://files.example/jacinth", *more], check=True, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE).stdout


def schema(path):
    done = subprocess.run(["/usr/bin/python3", SCHEMA, "job", str(path)], check=False, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("device", DEVICES)
def test_schema_accepts_the_job(device, tmp_path):
    path = tmp_path / "job.yaml"
    path.write_text(render(device))
    status, text = schema(path)
    assert status == 0, text


@pytest.mark.parametrize("device", DEVICES)
def test_schema_looks_at_it(device, tmp_path):
    path = tmp_path / "job.yaml"
    path.write_text(render(device).replace("method:", "methode:"))
    assert schema(path)[0] != 0


@pytest.mark.parametrize("device", DEVICES)
def test_job_holds_what_was_asked_for(device):
    job = yaml.safe_load(render(device, "--utest", "vmo"))
    assert job["device_type"] == device
    text = str(job["actions"][:2])
    assert "-- -c utest vmo" in text and "https://files.example/jacinth/Image" in text
    assert "@" not in str(job)


def test_result_lines_of_user_tests_are_read():
    monitor = yaml.safe_load(render("qemu"))["actions"][2]["test"]["monitors"][0]
    for line, result in (("ok 3 vmo_a", "ok"), ("not ok 4 vmo_b", "not ok")):
        match = re.search(monitor["pattern"], line)
        assert match["result"] == result and match["test_case_id"].startswith("vmo_")
        assert result in monitor["fixupdict"]
