"""Forecasts of one hourly series for the next day, each model in a file of its own.

A model answers with an `Outlook`; `backtest` tells how wrong it was on the last week and turns its spread into an interval;
`choice` compares it with the seasonal naive and says which of them is shown, and why.
"""
