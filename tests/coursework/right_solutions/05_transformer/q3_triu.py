def decoder_mask(target):
    b, n = target.shape
    later = torch.triu(torch.ones(n, n), diagonal=1).bool()
    hidden = later | (target == 0).unsqueeze(1)
    return ~hidden.unsqueeze(1)
