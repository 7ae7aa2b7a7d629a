"""`python -m lab.bench`: how well and how fast plates are found and read, on anybody's footage."""
