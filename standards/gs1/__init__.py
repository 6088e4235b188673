"""GS1 identification: application identifiers, what their values must be, and how they are written side by side."""
