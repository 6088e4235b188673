"""One validator: ordering, execution, cosignatures, catching up. No socket, thread or clock: node.py drives it, and so
does the simulator.
"""
