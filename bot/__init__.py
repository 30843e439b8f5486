"""Replica Bot: Veeam replication in Slack. Ask it, be told by it, read its morning summary."""
