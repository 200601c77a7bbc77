"""What several test modules use: scenarios from text, and lookups in results by name."""
