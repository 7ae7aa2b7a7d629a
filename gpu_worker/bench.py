def run(s, p):
    return 0
