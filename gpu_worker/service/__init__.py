"""The worker as a service: takes jobs from the queue, and writes what the vision found."""
