// Choosing a record in a list filter applies the filter at once.
"use strict";
{
    const $ = django.jQuery;
    $(document).on("select2:select select2:clear", ".record-filter-form select", function() {
        this.form.requestSubmit();
    });
}
