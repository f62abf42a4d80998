"""High-frequency checks that know the design: what is wrong with interviews while it can still be mended."""
