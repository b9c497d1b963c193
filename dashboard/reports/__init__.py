"""Reports: asked for, shown, taken along as files, and sent by the clock."""
