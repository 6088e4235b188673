"""What people and partners reach over HTTP: the scan page, its proofs, evidence files. An untrusted client of a node.

Nothing here is believed by anybody: pages carry their proofs, and readers' browsers check them.
"""
