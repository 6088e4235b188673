"""What is true: deterministic rules over certified state; no clock, randomness, socket, thread, nor file but in storage."""
