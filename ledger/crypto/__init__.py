"""Encoding, hashing, signatures, Merkle trees and checkpoints: what every other room stands on; imports nothing of ours."""
