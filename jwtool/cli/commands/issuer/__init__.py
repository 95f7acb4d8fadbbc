"""Issuers: their discovery documents, and a local one for tests."""
