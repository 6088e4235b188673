"""What crosses the network: public gRPC services over TLS, admission, the waiting room, signature checking, the
vault.
"""
