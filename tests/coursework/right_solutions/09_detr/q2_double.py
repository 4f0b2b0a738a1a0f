def matching_cost(logits, boxes, labels, places, overlap):
    exponentials = (logits.double() - logits.double().max(-1, keepdim=True).values).exp()
    chance = (exponentials / exponentials.sum(-1, keepdim=True))[..., labels]
    return -(chance + 2 * overlap) + 5.0 * torch.abs(boxes.unsqueeze(1) - places.unsqueeze(0)).sum(2)
