"""Encoding, hashing, signatures, Merkle trees and checkpoints: what every room stands on; imports nothing of ours."""
