"""The seeds: YAML files edited by hand, read and checked (`reading`, `shape`, `checks`), compared with the record
(`plan`) and loaded (`loading`), or written as Django fixtures (`fixtures`). The format stands in docs/seeds.md.
"""
