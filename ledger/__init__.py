"""What is true: deterministic rules over certified state.

No clock, randomness, socket, thread or file outside `storage`.
"""
