// Words selected in a text become the span of a new assertion, skipped passage or erratum.
// Offsets are counted in Unicode code points, as the record keeps them.
"use strict";
{
    const text = document.getElementById("text");
    const bar = document.createElement("div");
    bar.className = "reading-bar";
    bar.hidden = true;
    bar.setAttribute("role", "toolbar");
    bar.setAttribute("aria-label", "Record the selected words");

    const length = (words) => [...words].length;

    // The span of a selection: of its words in the text, without the numbers that refer to assertions, without what
    // lies beside the text, and without blanks at either end. A double-click ends anywhere behind the word.
    const spanOf = function(range) {
        let start = 0, words = "";
        for (const piece of text.querySelectorAll("[data-start]")) {
            const node = piece.firstChild;
            if (!node || !range.intersectsNode(node)) {
                continue;
            }
            const from = node === range.startContainer ? range.startOffset : 0;
            const until = node === range.endContainer ? range.endOffset : node.length;
            if (from >= until) {
                continue;
            }
            if (!words) {
                start = Number(piece.dataset.start) + length(node.data.slice(0, from));
            }
            words += node.data.slice(from, until);
        }
        start += length(words) - length(words.trimStart());
        return [start, start + length(words.trim())];
    };

    const link = function(words, address, start, end) {
        const url = new URL(address, location.href);
        url.searchParams.set("start", start);
        url.searchParams.set("end", end);
        // and back to the same place afterwards
        url.searchParams.set("_return", `${url.searchParams.get("_return")}#c${start}`);
        const a = document.createElement("a");
        a.href = url.href;
        a.textContent = words;
        return a;
    };

    // Below the last of the selected words; above the first where there is no room, and in sight in any case.
    const place = function(range) {
        const rects = range.getClientRects();
        const first = rects[0], last = rects[rects.length - 1];
        const around = bar.offsetParent.getBoundingClientRect();
        const gap = 8;
        let top = last.bottom + gap;
        if (top + bar.offsetHeight > innerHeight) {
            top = first.top - gap - bar.offsetHeight;
        }
        top = Math.min(Math.max(top, gap), innerHeight - gap - bar.offsetHeight);
        const left = Math.max(gap, Math.min(last.right - bar.offsetWidth / 2, innerWidth - gap - bar.offsetWidth));
        bar.style.top = `${top - around.top}px`;
        bar.style.left = `${left - around.left}px`;
    };

    const offer = function() {
        const selection = document.getSelection();
        const range = selection.rangeCount && !selection.isCollapsed && selection.getRangeAt(0);
        const [start, end] = range && range.intersectsNode(text) ? spanOf(range) : [0, 0];
        bar.hidden = start === end;
        if (bar.hidden) {
            return;
        }
        bar.replaceChildren(
            `Code points ${start}–${end}: `,
            link("New assertion", text.dataset.assertion, start, end),
            link("Skip", text.dataset.skipped, start, end),
            link("Erratum", text.dataset.erratum, start, end),
        );
        place(range);
    };

    // An address may lead to a place at which nothing begins any more: a span was given another start meanwhile.
    const scroll = function() {
        const found = /^#c(\d+)$/.exec(location.hash);
        if (found && !document.getElementById(location.hash.slice(1))) {
            const pieces = [...text.querySelectorAll("[data-start]")];
            const piece = pieces.findLast((each) => Number(each.dataset.start) <= Number(found[1]));
            if (piece) {
                piece.scrollIntoView({block: "center"});
            }
        }
    };

    if (text) {
        text.after(bar);
        document.addEventListener("selectionchange", offer);
        window.addEventListener("hashchange", scroll);
        scroll();
    }
}
