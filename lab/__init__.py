"""What makes and measures the product, and is no part of it: training, benchmarks, cost and load models."""
