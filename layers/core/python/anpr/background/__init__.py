"""What the table in `anpr.rules` starts: each function calls the rooms that do the work, and knows no host."""
