"""The web console's tools: what its libraries come from, its client, and the programs that check it."""
