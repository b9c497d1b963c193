"""Who may see and do what, and who did: policy, grants, claims, the audit log."""
