"""`linxin demo`: the life of a strawberry, recorded, proven, verified and tampered with."""
