"""What whoever runs a deployment does by hand: make its keys, look at its queues, back it up."""
