"""What the architecture test knows: how to read our sources, and the rules every source is held to."""
