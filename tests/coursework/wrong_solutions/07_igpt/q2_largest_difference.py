"""the largest difference of a colour alone"""

def nearest(colours, palette):
    """colours [..., 3], palette [k, 3] -> the number of the nearest colour of the palette, [...]."""
    return (colours[..., None, :] - palette).abs().amax(dim=-1).argmin(dim=-1)


def moved(colours, palette):
    """colours [n, 3], palette [k, 3] -> the palette after one step of k-means, [k, 3]."""
    owner = ((colours[:, None] - palette) ** 2).sum(dim=-1).argmin(dim=-1)
    new = palette.clone()
    for number_of_colour in owner.unique():
        new[number_of_colour] = colours[owner == number_of_colour].mean(dim=0)
    return new
