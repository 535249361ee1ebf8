"""The usual choice: the same tables behind Django REST framework, used as its guide suggests."""
