"""How soon do gap fillers with 1, 2, 4, 8, 16 and 32 heads learn? Five starts at each of two learning rates, and controls (chapter 3).

Every network is trained for 3000 steps, and one that has not solved the task by then for up to 12 000. A run takes 15 to 120 seconds
of processor time, the whole table about half an hour. No weights are kept.
"""

from book_lib.experiments.gaps import GapFiller, accuracy_by_gap, exercises, learning_curve, right_answers

STEPS, LONGEST, EVERY, SOLVED = 3000, 12_000, 100, 0.99
HEADS, RATES, STARTS = (1, 4, 2, 8, 16), (5e-3, 2e-3), range(5)
FACTS = {
    "steps": STEPS, "longest": LONGEST, "measured_every": EVERY, "solved": SOLVED, "batch": 64,
    "training_sentences": "20 000, seed 1", "test_sentences": "1000, seed 2",
}


def plan(runs):
    """The five numbers of heads with heads of width 32 / n_heads first; then 32 heads, full width, and a smaller rate."""
    main = [{"n_heads": h, "d_head": 32 // h, "lr": lr, "start": start} for start in STARTS for h in HEADS for lr in RATES]
    narrow = [{"n_heads": 32, "d_head": 1, "lr": lr, "start": start} for start in STARTS[:3] for lr in RATES]
    slower = [{"n_heads": h, "d_head": 32 // h, "lr": 1e-3, "start": start} for start in STARTS[:3] for h in (1, 4)]
    wide = [{"n_heads": h, "d_head": d, "lr": lr, "start": start} for start in STARTS[:3] for h, d in ((4, 32), (1, 128)) for lr in RATES]
    return main + narrow + slower + wide


def run(n_heads, d_head, lr, start):
    """Train one network. Returns its accuracy over all gaps every 100 steps, and at the end for each kind of gap."""
    test = exercises(1000, seed=2)
    model = GapFiller(n_heads, d_head=d_head, seed=start)
    curve = learning_curve(model, test, seed=start, lr=lr, steps=STEPS, longest=LONGEST, solved=SOLVED, every=EVERY)
    accuracy = accuracy_by_gap(right_answers(model, *test), *test)
    return {
        "parameters": sum(p.numel() for p in model.parameters()),
        "steps": EVERY * (len(curve) - 1),
        "accuracy": {gap: round(share, 4) for gap, share in accuracy.items()},
        "curve": [round(share, 4) for share in curve],
    }
