"""Good files damaged in thousands of ways, read by the reading process, judged, and counted."""
