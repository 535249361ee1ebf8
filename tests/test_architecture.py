"""The layers of docs/architecture.md: imports run downwards only, without cycles."""

from importlinter.cli import lint_imports


def test_imports_run_downwards_without_cycles() -> None:
    assert lint_imports() == 0
