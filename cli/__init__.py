"""The command line: `linxin ...`."""
