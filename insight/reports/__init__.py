"""Reports: the numbers that they are kept with, and whether these still hold."""
