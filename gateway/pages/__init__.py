"""Pages for people, rendered here so that they read without any script."""
