"""What was asked, what came back, and whether it can be trusted."""
