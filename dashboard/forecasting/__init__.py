"""Forecasts on request: `controls` is what people see, `wording` what they are told; a job computes (`worker/tasks/`)."""
