"""A palette: few colours for many, so that a pixel is one of a small number of words."""

import torch

from book_lib.checks import require_whole


def fit_palette(colours, n_colours, *, seed=0, steps=100):
    """Choose n_colours that lie near all the given ones, by k-means (Lloyd 1982), as iGPT does with 512 (Chen et al. 2020).

    colours [n, channels], floats. The start follows from seed: each centre is drawn with a probability in proportion to the squared
    distance from those drawn before (Arthur and Vassilvitskii 2007). Stops when no colour changes its centre, or after so many steps.
    Returns centres [n_colours, channels], the darkest first. Raises ValueError for fewer different colours than n_colours.
    """
    require_whole(n_colours=n_colours, steps=steps)
    _require_colours("colours", colours)
    if len(colours.unique(dim=0)) < n_colours:
        raise ValueError(f"colours has {len(colours.unique(dim=0))} different ones, expected at least n_colours {n_colours}")
    generator = torch.Generator().manual_seed(seed)
    centres = colours[torch.randint(len(colours), (1,), generator=generator)]
    farness = colours.new_full((len(colours),), torch.inf)
    while len(centres) < n_colours:
        farness = torch.minimum(farness, ((colours - centres[-1]) ** 2).sum(dim=1))
        centres = torch.cat([centres, colours[torch.multinomial(farness, 1, generator=generator)]])
    centres = lloyd(colours, centres, steps=steps)
    return centres[centres.sum(dim=1).argsort()]


def lloyd(colours, centres, *, steps=100):
    """Move centres [k, channels] to the means of the colours [n, channels] nearest to them, again and again, until none moves any more.

    A centre that no colour is nearest to stays where it is. Returns centres [k, channels].
    """
    belongs = None
    for _ in range(steps):
        nearest = nearest_colour(colours, centres)
        if belongs is not None and torch.equal(nearest, belongs):
            break
        belongs = nearest
        sums = torch.zeros_like(centres).index_add_(0, belongs, colours)
        counts = torch.bincount(belongs, minlength=len(centres))[:, None]
        centres = torch.where(counts > 0, sums / counts.clamp(min=1), centres)
    return centres


def nearest_colour(colours, palette):
    """The number of the palette's colour that is nearest to each given one: colours [..., channels], palette [k, channels] -> [...]."""
    _require_colours("palette", palette)
    if colours.size(-1) != palette.size(1):
        raise ValueError(f"colours has shape {list(colours.shape)}, expected [..., {palette.size(1)}], as the palette has")
    flat = colours.reshape(-1, palette.size(1))
    parts = [((part[:, None] - palette) ** 2).sum(dim=-1).argmin(dim=1) for part in flat.split(8192)]
    return torch.cat(parts).view(colours.shape[:-1]) if parts else flat.new_zeros(colours.shape[:-1], dtype=torch.long)


def scaled_colours(image):
    """Bytes 0 to 255 as floats from -1 to 1, in which iGPT's palette is given: image uint8 [...] -> float [...]."""
    if image.dtype != torch.uint8:
        raise ValueError(f"image has dtype {image.dtype}, expected torch.uint8")
    return image.float() / 127.5 - 1


def decode_colours(pixels, palette):
    """The picture that numbers of a palette's colours stand for: pixels [...], palette [k, 3] from -1 to 1 -> uint8 [..., 3]."""
    _require_colours("palette", palette)
    if pixels.numel() and not 0 <= pixels.min() <= pixels.max() < len(palette):
        raise ValueError(f"pixels has numbers {pixels.min()} to {pixels.max()}, expected 0 to {len(palette) - 1}")
    return (127.5 * (palette[pixels] + 1)).round().clamp(0, 255).to(torch.uint8)


def _require_colours(name, colours):
    if colours.dim() != 2 or not len(colours) or not colours.is_floating_point():
        raise ValueError(f"{name} has shape {list(colours.shape)} and dtype {colours.dtype}, expected floats [n, channels], n at least 1")
