"""GS1 Digital Link: identifiers as web addresses, their canonical forms, and EPC URNs that name the same things."""
