"""The experiments of the labs: one file each, with its task, its model and its score."""
