"""Pure energy science: numbers and frames in, numbers and frames out. No I/O."""
