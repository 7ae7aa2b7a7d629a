"""The shared domain of the ANPR backend: what every Lambda and the worker need."""
