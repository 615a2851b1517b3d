"""Examples run as they are printed."""

import pathlib

import nbformat
import pytest
from nbclient import NotebookClient

EXAMPLES = pathlib.Path(__file__).resolve().parents[1] / "examples"


@pytest.mark.parametrize("notebook", sorted(EXAMPLES.glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_goes_from_a_scenario_to_its_figures(notebook):
    read = nbformat.read(notebook, as_version=4)
    assert not any(cell.get("outputs") for cell in read.cells), "notebooks are kept without what they print"
    NotebookClient(read, timeout=600, kernel_name="python3", resources={"metadata": {"path": EXAMPLES}}).execute()
    drawn = [cell for cell in read.cells if "plt.show()" in cell.source]
    assert len(drawn) >= 2
    for cell in drawn:
        images = [output["data"]["image/png"] for output in cell.outputs if "image/png" in output.get("data", {})]
        assert len(images) == 1 and len(images[0]) > 5_000, cell.source
