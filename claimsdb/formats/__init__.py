"""Dates and times in ISO form, wherever Django would write or read them in that of a country."""
