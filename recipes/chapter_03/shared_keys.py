"""What does it cost eight heads of queries to share their keys and values? Two rates, three starts (chapter 3).

Eight heads with two heads of keys and values and with one. With eight they are those of head_counts.py, and everything else is as there,
but for 1500 steps instead of 3000. A run takes about 10 seconds of processor time. No weights are kept.
"""

from book_lib.experiments.gaps import GapFiller, accuracy_by_gap, exercises, learning_curve, right_answers

STEPS, LONGEST, EVERY, SOLVED = 1500, 12_000, 100, 0.99
FACTS = {
    "steps": STEPS, "longest": LONGEST, "measured_every": EVERY, "solved": SOLVED, "batch": 64, "n_heads": 8,
    "training_sentences": "20 000, seed 1", "test_sentences": "1000, seed 2",
}


def plan(runs):
    """Two numbers of heads for keys and values, both rates, three starts."""
    return [{"n_kv_heads": n, "lr": lr, "start": start} for start in range(3) for n in (1, 2) for lr in (5e-3, 2e-3)]


def run(n_kv_heads, lr, start):
    """Train one network. Returns its accuracy over all gaps every 100 steps, and at the end for each kind of gap."""
    test = exercises(1000, seed=2)
    model = GapFiller(8, n_kv_heads=n_kv_heads, seed=start)
    curve = learning_curve(model, test, seed=start, lr=lr, steps=STEPS, longest=LONGEST, solved=SOLVED, every=EVERY)
    accuracy = accuracy_by_gap(right_answers(model, *test), *test)
    return {
        "parameters": sum(p.numel() for p in model.parameters()),
        "steps": EVERY * (len(curve) - 1),
        "accuracy": {gap: round(share, 4) for gap, share in accuracy.items()},
        "curve": [round(share, 4) for share in curve],
    }
