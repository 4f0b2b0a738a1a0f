"""Data for the experiments: made here or bundled, never downloaded."""
