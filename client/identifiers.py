"""What people scan and type: trace codes and product numbers, read by the ledger's own rules."""

from ledger.modules.trace.identifiers import BadIdentifier, check_product, read_trace_code

__all__ = ["BadIdentifier", "check_product", "read_trace_code"]
