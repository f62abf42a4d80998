"""The process that reads one file and is thrown away: ``python -m surveys.reading.child FOLDER``.

The folder holds ``request.json``; the answer is left there as ``answer.json`` beside Arrow files. Whatever
a hostile file does to this process, it does to nothing else.
"""

import json
import sys
import traceback
from pathlib import Path

from surveys.problems import FileRefused
from surveys.reading.confinement import confine
from surveys.reading.handover import leave_file, problem_as_json
from surveys.reading.limits import Limits


OUT_OF_MEMORY = 70  # exit codes of this process, told apart by the parent
UNREADABLE = 71


class WithoutDataFrames:
    """Hides pandas, which pyarrow would import, if it were there, before it makes its first array."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        """Refuse the one module, leave every other to the usual finders."""
        if name == "pandas":
            raise ModuleNotFoundError(name)


def main(folder: Path) -> int:
    """Read what the request asks for; give the exit code."""
    sys.meta_path.insert(0, WithoutDataFrames())
    request = json.loads((folder / "request.json").read_text("utf-8"))
    limits = Limits(**request["limits"])
    confine(limits, size=request["size"])
    try:
        answer = _answer(request, folder, limits)
    except FileRefused as refusal:
        answer = {"refused": problem_as_json(refusal.problem)}
    (folder / "answer.json").write_text(json.dumps(answer), "utf-8")
    return 0


def _answer(request: dict[str, object], folder: Path, limits: Limits) -> dict[str, object]:
    from surveys.reading.formats import Source, read_as_sheets, read_table_file

    path, name = Path(str(request["path"])), str(request["name"])
    if request["task"] == "sheets":
        return {"sheets": read_as_sheets(path, name, limits)}
    sheet = request["sheet"]
    source = Source(
        path=path, name=name, limits=limits, folder=folder, sheet=None if sheet is None else str(sheet)
    )
    return {"file": leave_file(read_table_file(source, "", 0), folder)}


def end_code(folder: Path) -> int:
    """Read, whatever happens; the exit code that tells the parent how it went."""
    try:
        return main(folder)
    except MemoryError:
        return OUT_OF_MEMORY
    except BaseException:  # native readers raise beyond Exception; the parent has the sentence
        traceback.print_exc()  # to a file that the parent throws away unread, but for signs of want of memory
        return UNREADABLE


if __name__ == "__main__":
    sys.exit(end_code(Path(sys.argv[1])))
