"""Files of history: what a file is (`detect`), what it means (`profile`), and its readings, block by block (`read`)."""
