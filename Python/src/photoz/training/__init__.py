"""The network in PyTorch and the recipe that trains it: needs the extra `[train]`."""
