// Words selected in a text become the span of a new assertion, skipped passage or erratum.
// Offsets are counted in Unicode code points, as the record keeps them.
"use strict";
{
    const text = document.getElementById("text");
    const bar = document.createElement("div");
    bar.className = "reading-bar";
    bar.hidden = true;
    bar.setAttribute("role", "toolbar");

    const offset = function(node, units) {
        const piece = node.parentElement && node.parentElement.closest("[data-start]");
        if (node.nodeType !== Node.TEXT_NODE || !piece || !text.contains(piece)) {
            return null;
        }
        return Number(piece.dataset.start) + [...node.data.slice(0, units)].length;
    };

    const link = function(words, address, start, end) {
        const a = document.createElement("a");
        a.href = `${address}&start=${start}&end=${end}`;
        a.textContent = words;
        return a;
    };

    const offer = function() {
        const selection = document.getSelection();
        if (!selection.rangeCount || selection.isCollapsed) {
            bar.hidden = true;
            return;
        }
        const range = selection.getRangeAt(0);
        const start = offset(range.startContainer, range.startOffset);
        const end = offset(range.endContainer, range.endOffset);
        if (start === null || end === null || end <= start) {
            bar.hidden = true;
            return;
        }
        bar.replaceChildren(
            `Code points ${start}–${end}: `,
            link("New assertion", text.dataset.assertion, start, end),
            link("Skip", text.dataset.skipped, start, end),
            link("Erratum", text.dataset.erratum, start, end),
        );
        bar.hidden = false;
    };

    if (text) {
        document.body.append(bar);
        document.addEventListener("selectionchange", offer);
    }
}
