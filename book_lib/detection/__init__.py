"""Detection: boxes, a backbone, DETR, its matching and its loss, a dense detector to compare with, and the scores of both."""
