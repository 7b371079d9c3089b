"""A contact form that arrives as mail."""
