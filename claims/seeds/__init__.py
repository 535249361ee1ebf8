"""The seeds: YAML files edited by hand, parsed and checked (`reading`, `shape`, `consistency`), compared with the
database (`changes`) and loaded (`loading`), or written as Django fixtures (`fixtures`). The format: docs/seeds.md.
"""
