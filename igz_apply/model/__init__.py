"""The pure core: desired state, live state and inventory in, a plan and its steps out.

Nothing here reads a file, a socket, the environment, a clock or a random source, and nothing logs.
"""
