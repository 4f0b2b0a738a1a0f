"""the reference has no influence"""

def boxes_of(raw, reference):
    """raw [n_queries, 4] and reference [n_queries, 2 or 4] -> boxes [n_queries, 4], shares of the picture."""
    moved = raw.clone()
    return moved.sigmoid()
