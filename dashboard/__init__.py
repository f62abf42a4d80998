"""What the evidence says, for three readers."""
