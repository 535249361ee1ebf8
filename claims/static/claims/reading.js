// Selected words become the span of a new assertion, skipped passage or erratum.
// Offsets count Unicode code points, as in the record.
"use strict";
{
    const text = document.getElementById("text");
    const bar = document.createElement("div");
    bar.className = "reading-bar";
    bar.hidden = true;
    bar.setAttribute("role", "toolbar");
    bar.setAttribute("aria-label", "Record the selected words");

    const length = (words) => [...words].length;

    // The span of the selected words, without the assertion numbers, anything outside the text, and whitespace at either
    // end. The range of a double click may end anywhere after the word.
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
        // return to the same place after saving
        url.searchParams.set("_return", `${url.searchParams.get("_return")}#c${start}`);
        const a = document.createElement("a");
        a.href = url.href;
        a.textContent = words;
        return a;
    };

    // Below the last selected word, or above the first if there is no room, and always in view.
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

    // A URL may refer to a place where no piece begins any more, because a span has a new start.
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
