"""How records are read and written: connections, transactions, and the audit log that each of them leaves."""
