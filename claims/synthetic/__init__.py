"""Synthetic claims, for benchmarks and to try the site at scale. The same number and seed produce the same rows.

Rows stream from generators into COPY, so that memory holds a few bytes per claim and no rows. The database checks them
like any other rows.
"""
