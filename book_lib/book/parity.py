"""Say how far two results that should be equal are apart."""


def largest_error(ours, reference):
    """Measure the largest difference between two tensors, relative to the largest entry of the reference.

    ours and reference: tensors of one shape. Returns a float; the difference itself, where the reference is all zeros.
    Raises ValueError where the shapes differ.
    """
    if ours.shape != reference.shape:
        raise ValueError(f"ours has shape {list(ours.shape)}, reference {list(reference.shape)}; expected the same")
    if ours.numel() == 0:
        return 0.0
    difference, scale = (ours - reference).abs().max().item(), reference.abs().max().item()
    return difference / scale if scale else difference
