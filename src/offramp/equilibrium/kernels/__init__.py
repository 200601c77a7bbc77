"""Compiled inner loops. Each file holds kernels only; arrays are checked by their callers."""
