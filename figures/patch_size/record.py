"""Record the photograph that is cut into patches: the face of a cat, from scikit-image, 224 × 224 pixels as a JPEG file."""

import base64
import io
import json
from pathlib import Path

from book_lib.data.package_photographs import package_photographs
from book_lib.data.photographs import resized

HERE = Path(__file__).parent
BOX, SIDE, QUALITY = (92, 4, 380, 292), 224, 82                              # px of the original: left, top, right, bottom


def picture():
    """The photograph as a PIL image, before it is compressed."""
    photograph = next(one for one in package_photographs().photographs if one.path.name == "chelsea.png")
    return resized(photograph.picture().crop(BOX), (SIDE, SIDE))


def main():
    file = io.BytesIO()
    picture().save(file, "JPEG", quality=QUALITY)
    data = {"photograph": "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()}
    (HERE / "data.json").write_text(json.dumps(data) + "\n", "utf-8")


if __name__ == "__main__":
    main()
