def decoder_mask(target):
    place = torch.arange(target.size(1))
    earlier = place[None, :] <= place[:, None]
    return torch.logical_and(earlier[None, None], target.ne(0)[:, None, None])
