def share_right(predicted, line, near=20.0):
    right = 0
    for ours, true in zip(predicted.tolist(), line.tolist()):
        if ours < 0 or true < 0:
            right += ours < 0 and true < 0
        else:
            right += abs(ours - true) < near
    return right / len(line)


def best_shares(predictions, lines, near=20.0):
    shares = []
    for line in lines:
        best = 0.0
        for predicted in predictions:
            best = max(best, share_right(predicted, line, near))
        shares.append(best)
    return shares
