"""The rules of campaigns and their orders."""
