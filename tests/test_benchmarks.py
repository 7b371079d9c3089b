"""The benchmarks run: in their quick form, which measures and judges nothing."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "benchmarks"
SCRIPTS = [
    "footprint",
    "cpu_per_mail",
    "throughput",
    "growth",
    "log_cost",
    "attachments",
]


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_quick_run_prints_its_tables_and_writes_them_as_json(name, tmp_path):
    file = tmp_path / "report.json"

    done = subprocess.run(
        [sys.executable, str(FOLDER / f"{name}.py"), "--quick", "--json", str(file)],
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.returncode == 0, done.stderr
    report = json.loads(file.read_text())
    assert report["tables"]
    for table in report["tables"]:
        assert table["rows"][0][0] in done.stdout
    assert all(target["what"] in done.stdout for target in report["targets"])
