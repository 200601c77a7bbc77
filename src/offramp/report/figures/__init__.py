"""Figures: pure functions from an answer to a chart, or to our own SVG."""
