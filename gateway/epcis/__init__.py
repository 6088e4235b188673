"""EPCIS of partners: capture of their documents onto the ledger."""
