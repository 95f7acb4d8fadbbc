"""Make, look at, publish and name a key."""
