"""Check the one wheel in a folder: all files are in, no tests, and it runs."""

import pathlib
import subprocess
import sys
import venv
import zipfile

ROOT = pathlib.Path(__file__).parents[2]


def main(folder):
    """Check the wheel in ``folder``; raise :exc:`SystemExit` with what is wrong."""
    (wheel,) = pathlib.Path(folder).glob("*.whl")
    inside = {
        name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name
    }
    package = ROOT / "django_directmail"
    outside = {
        path.relative_to(ROOT).as_posix()
        for path in package.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    if inside != outside:
        sys.exit(f"The wheel differs from the package: {sorted(inside ^ outside)}")
    run_installed(wheel, pathlib.Path(folder).parent / "installed")
    print(f"{wheel.name}: {len(inside)} files, and it runs.")


def run_installed(wheel, home):
    """Install the wheel with its dependencies and start the sandbox's command line."""
    venv.create(home, with_pip=True, clear=True)
    python = home / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    install = [python, "-m", "pip", "install", "--quiet", wheel]
    subprocess.run(install, check=True)
    for arguments in (
        ["-W", "error", "-m", "django_directmail.sandbox", "--help"],
        [
            "-W",
            "error",
            "-c",
            "from django_directmail.sandbox import Sandbox; import requests\n"
            "with Sandbox() as sandbox: requests.get(sandbox.url).raise_for_status()",
        ],
    ):
        subprocess.run(
            [python, *arguments], check=True, cwd=home, stdout=subprocess.DEVNULL
        )


if __name__ == "__main__":
    main(sys.argv[1])
