"""Scripts that write the weights in `gpu_worker/models`, byte by byte the same."""
