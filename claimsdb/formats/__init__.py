"""Dates and times in ISO 8601 format, in place of Django's formats for British English."""
