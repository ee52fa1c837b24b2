"""The values that flow, and what they mean: addresses, resources, kinds, changes, steps, outcomes, problems.

Nothing here reads a file, a socket, the environment, a clock or a random source, and nothing logs.
"""
