"""Round the book's translator to 16 values for each matrix, the model that chapter 6 chooses for a phone: seconds, no training."""

import torch

from book_lib.book.models import model_folder, save_log
from book_lib.compressed_files import load_compressed, own_weights, save_compressed
from book_lib.experiments.compressed import load, quality

NAME, FROM, KIND = "translator_small", "translator", "codebook4"


def main():
    folder, model = model_folder(NAME), load(FROM)
    folder.mkdir(parents=True, exist_ok=True)
    size = save_compressed(folder / "weights.safetensors", own_weights(model), KIND)
    model.load_state_dict(load_compressed(folder / "weights.safetensors"))
    save_log(NAME, {"recipe": f"recipes/{NAME}.py", "from": FROM, "kind": KIND, "bytes": size, "versions": {"torch": torch.__version__},
                    "quality": round(quality(FROM, model), 4)})


if __name__ == "__main__":
    main()
