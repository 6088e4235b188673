"""How often pages of batches are opened: counted by lot and community, stated each day, with nothing of any reader."""

from gateway.scans.scans import Scans, ScanSettings

__all__ = ["ScanSettings", "Scans"]
