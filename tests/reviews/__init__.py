"""What residents say, through the client, commands and real processes."""
