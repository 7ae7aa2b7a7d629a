"""Makes the requests that webhooks are, away from everything else."""
