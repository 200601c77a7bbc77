"""What offramp costs, measured: `python -m benchmarks list | run NAME… | table`.

Each row runs in a process of its own and becomes one record in `results/`. Nothing here is a test:
no figure passes or fails a build. `docs/explanation/speed.md` says what is measured and why.
"""
