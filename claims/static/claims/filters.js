// A choice in a filter of a list applies at once.
"use strict";
{
    const $ = django.jQuery;
    $(document).on("select2:select select2:clear", ".record-filter-form select", function() {
        this.form.requestSubmit();
    });
}
