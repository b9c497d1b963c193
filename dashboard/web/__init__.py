"""What every request meets and every answer has to be: rules, limits, headers, files, and how it is received."""
