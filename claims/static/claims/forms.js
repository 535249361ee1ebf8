// For the forms of the admin: warn before unsaved changes are lost, submit a form only once, and give autocomplete boxes
// an accessible name and their texts their own direction.
"use strict";
{
    // Leaving a form with unsaved changes

    const stored = new Map(); // field → its value when it was shown

    const value = function(field) {
        if (field.type === "checkbox" || field.type === "radio") {
            return String(field.checked);
        }
        return field.tagName === "SELECT" ? Array.from(field.selectedOptions, (o) => o.value).join(" ") : field.value;
    };

    const fieldsIn = (element) => Array.from(element.querySelectorAll("input, select, textarea")).filter(
        (field) => field.name && !["hidden", "submit", "button"].includes(field.type)
    );

    const remember = function(element) {
        for (const field of fieldsIn(element)) {
            stored.set(field, value(field));
        }
    };

    const isDirty = () => Array.from(document.querySelectorAll(".change-form form[id$=_form]")).some(
        (form) => form.querySelector(".errornote") ||
            fieldsIn(form).some((field) => stored.has(field) && stored.get(field) !== value(field))
    );

    window.addEventListener("load", () => remember(document));
    document.addEventListener("formset:added", (event) => remember(event.target));
    window.addEventListener("beforeunload", function(event) {
        if (!sent && isDirty()) {
            event.preventDefault();
        }
    });

    // Submitting a form only once

    const PATIENCE = 20000; // milliseconds, after which the form may be submitted again
    let sent = false;

    const status = document.createElement("p");
    status.className = "form-status";
    status.setAttribute("role", "status");
    document.body.append(status);

    const mark = function(now) {
        sent = now;
        status.textContent = now ? "Sending …" : "";
        for (const button of document.querySelectorAll("[type=submit]")) {
            button.toggleAttribute("aria-disabled", now);
        }
    };

    document.addEventListener("submit", function(event) {
        const form = event.target;
        if (form.method !== "post" || event.defaultPrevented) {
            return;
        }
        if (sent) {
            event.preventDefault();
            return;
        }
        mark(true);
        window.setTimeout(() => mark(false), PATIENCE);
        // Signing in on another page changes the CSRF token, but the form is still valid.
        const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
        const field = form.querySelector("[name=csrfmiddlewaretoken]");
        if (token && field) {
            field.value = token[1];
        }
    });
    window.addEventListener("pageshow", () => mark(false)); // also when the browser goes back to this page

    // Autocomplete boxes (Select2)

    const shown = function(choice) {
        if (!choice.id) {
            return choice.text;
        }
        const text = document.createElement("bdi");
        text.dir = choice.dir || "auto";
        if (choice.lang) {
            text.lang = choice.lang;
        }
        text.textContent = choice.text;
        return text;
    };

    const offered = function(choice) {
        if (!choice.about) {
            return shown(choice);
        }
        const about = document.createElement("bdi");
        about.className = "choice-about";
        about.dir = "auto";
        about.textContent = choice.about;
        const both = document.createElement("div");
        both.append(shown(choice), about);
        return both;
    };

    const labelOf = function(select) {
        const label = document.querySelector(`label[for="${select.id}"]`);
        if (label && !label.id) {
            label.id = `${select.id}_label`;
        }
        return label ? label.id : select.getAttribute("aria-labelledby");
    };

    const name = function(select) {
        const label = labelOf(select);
        const box = select.nextElementSibling;
        if (!label || !box) {
            return;
        }
        for (const part of box.querySelectorAll("[role=textbox], .select2-search__field")) {
            part.setAttribute("aria-labelledby", label);
        }
        for (const part of box.querySelectorAll("[role=combobox]")) {
            const chosen = box.querySelector("[role=textbox][id]");
            part.setAttribute("aria-labelledby", chosen ? `${label} ${chosen.id}` : label);
        }
    };

    const observed = new WeakSet(); // lists that have an observer already
    const $ = window.django && window.django.jQuery;
    if ($ && $.fn.djangoAdminSelect2) {
        $.fn.select2.defaults.set("templateResult", offered);
        $.fn.select2.defaults.set("templateSelection", shown);
        $.fn.select2.defaults.set("dropdownParent", $("main"));
        const make = $.fn.djangoAdminSelect2;
        $.fn.djangoAdminSelect2 = function() {
            make.call(this);
            this.each((_, select) => name(select));
            return this;
        };
        $(document).on("select2:open select2:select select2:unselect", "select", function() {
            name(this);
            const label = labelOf(this);
            for (const part of document.querySelectorAll(
                ".select2-dropdown .select2-search__field, .select2-dropdown [role=listbox]"
            )) {
                part.setAttribute("aria-labelledby", label);
            }
            // a listbox may contain options only, even if its one entry says that nothing was found
            const list = document.querySelector(".select2-dropdown [role=listbox]");
            const box = document.querySelector(".select2-container--open [role=combobox]");
            if (list && box) {
                box.setAttribute("aria-controls", list.id);
            }
            if (list && !observed.has(list)) {
                observed.add(list);
                new MutationObserver(function() {
                    for (const message of list.querySelectorAll("[role=alert]")) {
                        message.setAttribute("role", "option");
                        message.setAttribute("aria-disabled", "true");
                    }
                }).observe(list, {childList: true});
            }
        });
    }

    // Django puts the help of its two-list boxes on elements that may not have a name
    window.addEventListener("load", function() {
        for (const hint of document.querySelectorAll(".help-tooltip[aria-label]")) {
            hint.setAttribute("role", "img");
        }
    });
}
