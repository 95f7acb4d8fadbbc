"""Texts for jwtool explain, as data."""
