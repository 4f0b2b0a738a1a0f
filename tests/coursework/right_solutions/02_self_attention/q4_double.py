additive_scores = lambda query, key, w: torch.matmul((query[:, None].double() + key[None].double()).tanh(), w.double())
