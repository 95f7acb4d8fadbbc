"""Many tokens: chunks, workers, order, progress."""
