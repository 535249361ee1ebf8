"""The usual choice: the same tables behind Django REST framework as its guide has it, and no more."""
