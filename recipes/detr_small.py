"""Round the book's small DETR to int8, one scale for each output, batch norms folded: seconds, no training (chapter 6)."""

import torch

from book_lib.book.models import model_folder, save_log
from book_lib.compressed_files import load_compressed, own_weights, save_compressed
from book_lib.experiments.compressed import fold_batch_norms, load, quality

NAME, FROM, KIND = "detr_small", "detr", "int8"


def main():
    folder, model = model_folder(NAME), fold_batch_norms(load(FROM))
    folder.mkdir(parents=True, exist_ok=True)
    size = save_compressed(folder / "weights.safetensors", own_weights(model), KIND)
    model.load_state_dict(load_compressed(folder / "weights.safetensors"))
    save_log(NAME, {"recipe": f"recipes/{NAME}.py", "from": FROM, "kind": KIND, "bytes": size, "versions": {"torch": torch.__version__},
                    "quality": round(quality(FROM, model), 4)})


if __name__ == "__main__":
    main()
