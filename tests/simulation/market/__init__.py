"""A small market that lives in a simulated cluster: people who buy together while machines fail around them."""
