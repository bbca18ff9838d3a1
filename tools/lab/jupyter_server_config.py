"""JupyterLab as ``make lab`` opens it: on the first chapter, and with nothing from the network."""

from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]


def first_notebook() -> str:
    """Return the first chapter that the table of contents names."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    files = [chapter["file"] for part in toc["parts"] for chapter in part["chapters"]]
    return next(f"{file}.ipynb" for file in files if (ROOT / f"{file}.ipynb").exists())


c = get_config()  # a name that Jupyter gives to this file
c.ServerApp.root_dir = str(ROOT)
c.ServerApp.jpserver_extensions = {"livenotes.jupyter": True}
c.LabApp.default_url = f"/lab/tree/{first_notebook()}"
c.LabApp.extra_labextensions_path = [str(ROOT / "src" / "livenotes" / "jupyter" / "labextensions")]
c.LabApp.extension_manager = "readonly"
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
