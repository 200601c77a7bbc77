"""The same small games by another road."""
