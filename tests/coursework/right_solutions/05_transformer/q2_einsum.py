def layer_norm(tokens, gain, shift, eps=1e-5):
    d = tokens.shape[-1]
    centred = tokens - torch.einsum("bnd->bn", tokens)[:, :, None] / d
    variance = torch.einsum("bnd,bnd->bn", centred, centred)[:, :, None] / d
    return torch.addcmul(shift.expand_as(centred), centred / torch.sqrt(variance + eps), gain.expand_as(centred))
