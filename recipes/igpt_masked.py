"""Train the book's iGPT by the masked objective: some pixels are hidden, and each is told from all the others (chapter 7).

`python recipes/igpt_masked.py` takes about two minutes on one core; all but objective and rate is as in recipes/igpt.py.
"""

from igpt import train_and_store


def main():
    train_and_store("igpt_masked", "masked", lr=0.003)


if __name__ == "__main__":
    main()
