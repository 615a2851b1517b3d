"""What the stubs say of the Rust half is so, and the Python half keeps to it."""

import pathlib
import subprocess
import sys

import windtunnel

FOLDER = pathlib.Path(windtunnel.__file__).parent


def checked(tmp_path, *arguments):
    # From a folder of its own: the package that is checked is the one that is installed.
    done = subprocess.run([sys.executable, "-m", *arguments], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_stubs_are_those_of_what_is_built(tmp_path):
    checked(tmp_path, "mypy.stubtest", "windtunnel._windtunnel")
    assert (FOLDER / "py.typed").exists()


def test_the_package_is_typed_throughout(tmp_path):
    checked(tmp_path, "mypy", "--strict", str(FOLDER))
