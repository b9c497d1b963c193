"""Forecasts on request: a press of a button, a process of its own, an answer or a stated fallback within the time budget.

`controls` is what people see, `jobs` starts and ends the processes, `job` is what runs in one; `insight.forecast` computes.
"""
