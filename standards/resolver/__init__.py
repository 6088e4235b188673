"""A GS1-conformant resolver as a function: a request and what is known of the thing go in, an answer comes out."""
