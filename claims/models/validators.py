"""Country codes: the database checks the form of a code; this validator checks that it is registered."""

import pycountry
from django.core.exceptions import ValidationError

#: Kosovo: user-assigned in ISO 3166-1, in general use (Unicode CLDR).
USER_ASSIGNED_COUNTRIES = {"XK"}


def registered_country(value: str) -> None:
    """Raise ValidationError if `value` is not an ISO 3166-1 alpha-2 code in uppercase."""
    if value not in USER_ASSIGNED_COUNTRIES and (
        len(value) != 2 or not value.isupper() or pycountry.countries.get(alpha_2=value) is None
    ):
        raise ValidationError(
            f"“{value}” is not an ISO 3166-1 alpha-2 country code; examples: RU, US, UA.", code="country"
        )
