"""The standards in their own language: GS1 EPCIS 2.0 and Digital Link, from bytes of outsiders to plain values."""
