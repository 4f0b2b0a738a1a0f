"""How much of a string passes through one vector, by its length, and with a look back? Two budgets of training, three starts (chapter 1).

A reader and a writer of one width repeat random strings of 1 to 16 letters: through one vector of 16 or of 64 numbers, or with a look
back at all states. Each is trained for 700 batches and for four times as many. Of two learning rates the first start chooses the better,
for each network and budget, and two more starts train at it. A run takes 4 to 30 seconds of processor time. No weights are kept.
"""

from book_lib.experiments.bottleneck import BATCH, LONGEST, N_LETTERS, learn, share_right

BUDGETS, RATES, STARTS = (700, 2800), (1e-2, 2e-2), range(3)
NETWORKS = ((16, False), (16, True), (64, False))                            # width, looks back
FACTS = {"batch": BATCH, "letters": N_LETTERS, "longest": LONGEST, "tested_on": "500 new strings of each length, written by the network"}


def plan(runs):
    """Both rates from the first start; then the rate that got more letters right, over all lengths, from the others."""
    wanted = []
    for steps in BUDGETS:
        for width, looks_back in NETWORKS:
            row = {"width": width, "looks_back": looks_back, "steps": steps}
            wanted += [{**row, "lr": lr, "start": STARTS[0]} for lr in RATES]
            tried = [run for run in runs if row.items() <= run.items() and run["start"] == STARTS[0]]
            if len(tried) == len(RATES):
                best = max(tried, key=lambda run: sum(run["right"]))["lr"]
                wanted += [{**row, "lr": best, "start": start} for start in STARTS[1:]]
    return wanted


def run(width, looks_back, steps, lr, start):
    """Train one network. Returns the share of letters that it repeats correctly, for strings of 1 to 16 letters."""
    model, _ = learn(width=width, looks_back=looks_back, lr=lr, seed=start, steps=steps)
    return {
        "parameters": sum(p.numel() for p in model.parameters()),
        "right": [round(share_right(model, length), 4) for length in range(1, LONGEST + 1)],
    }
