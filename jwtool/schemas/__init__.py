"""JSON Schemas of every document."""
