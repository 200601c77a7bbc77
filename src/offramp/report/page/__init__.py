"""The report: one self-contained page, and the front page over all essays."""

from __future__ import annotations
