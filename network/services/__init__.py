"""The public gRPC services, one file each, over what is final."""
