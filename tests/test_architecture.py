"""The house of docs/architecture.md: imports run downwards, without a circle."""

from importlinter.cli import lint_imports


def test_imports_run_downwards_without_a_circle() -> None:
    assert lint_imports() == 0
