"""The rules of compensation."""
