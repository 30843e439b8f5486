"""All SQL and nothing but SQL: the database behind the ports of the core."""
