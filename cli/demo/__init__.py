"""`linxin demo`: the life of a strawberry, recorded, sold and paid for, proven, verified and tampered with."""
