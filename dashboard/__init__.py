"""What people see: the Dash application, its pages and figures, sign-in."""
