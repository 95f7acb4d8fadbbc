"""The one place that writes."""
