"""Transformers that look at whole pictures: iGPT, which reads them pixel by pixel, ViT, which reads patches, and a CNN to compare with."""
