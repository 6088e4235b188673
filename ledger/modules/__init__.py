"""On-chain modules: each a folder with messages, state, rules, errors, invariants and words."""
