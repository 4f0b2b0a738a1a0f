"""The fast grader and `otter run` execute the same test cases, so on submissions that play fair they give the same points."""

import pytest
from classroom import replace_cell, total, wrong_solutions
from otter.run import main as otter_run

CLASSES = {
    "solved": [],
    "wrong_1": ["q1_unscaled", "q2_one_maximum_for_all", "q3_softmax_over_queries", "q4_transposed", "q5_a_invariant"],
}


@pytest.mark.parametrize("kind", CLASSES)
def test_the_same_points_question_by_question(kind, pupils, built, tmp_path):
    code = {file: (question, source) for file, question, _, source in wrong_solutions(pupils.name)}

    def change(notebook):
        for file in CLASSES[kind]:
            question, source = code[file]
            replace_cell(f"{question}-answer", source)(notebook)

    path = pupils.hand_in("submission.ipynb", change)
    ours = pupils.grade(workers=1)["submission.ipynb"]
    zipped = built / pupils.name / "gradescope" / f"{pupils.name}.zip"
    theirs = otter_run(str(path), autograder=str(zipped), output_dir=str(tmp_path), no_logo=True)
    assert {name: row["score"] for name, row in ours["questions"].items()} == {name: theirs.get_score(name) for name in theirs.test_files}
    assert total(ours) == theirs.total
    assert (total(ours) == theirs.possible) == (kind == "solved")
