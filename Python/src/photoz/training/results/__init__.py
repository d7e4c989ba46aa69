"""What a training leaves: the weights file, the proof that the program reads it, a report, an ablation."""
