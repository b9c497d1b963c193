"""Reports as documents: what the numbers are in words, facts, tables and pictures, and the files that are made of these."""
