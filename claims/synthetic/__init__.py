"""Made-up claims in any number, always the same for a number and a seed: for benchmarks, and to try the site at size.

Rows stream from generators into COPY, so that memory holds a few bytes a claim and no rows. All rules of the database
hold for them as for any other row.
"""
