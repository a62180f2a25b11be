/* Moving between addresses without loading the whole page: the address is the only state. */
window.wattbook = {
    announce: function () { window.dispatchEvent(new CustomEvent("_dashprivate_pushstate")); },
    go: function (href) {
        window.history.pushState({}, "", href);
        window.wattbook.announce();
        window.scrollTo(0, 0);
    },
    goWith: function (name, value, usual) {
        var search = new URLSearchParams(window.location.search);
        var stands = search.get(name) || usual;
        if (!value || value === stands) { return; }
        if (value === usual) { search.delete(name); } else { search.set(name, value); }
        window.wattbook.go(window.location.pathname + (search.size ? "?" + search.toString() : ""));
    },
};

/* The questions are drawn by the server for a place. A click while they still stand for the place before waits until
   they are drawn for the one in the address. */
document.addEventListener("click", function (event) {
    var link = event.target.closest ? event.target.closest("a.question") : null;
    var frame = document.getElementById("navigation");
    var isHere = function () {
        var nav = frame.querySelector(".questions");
        return nav && nav.dataset.of === window.location.pathname + window.location.search;
    };
    if (!link || !frame || isHere()) { return; }
    event.preventDefault();
    event.stopPropagation();
    var place = Array.prototype.indexOf.call(link.parentNode.children, link);
    var drawn = new MutationObserver(function () {
        if (!isHere()) { return; }
        drawn.disconnect();
        frame.querySelectorAll("a.question")[place].click();
    });
    drawn.observe(frame, { attributes: true, childList: true, subtree: true });
}, true);

window.dash_clientside = Object.assign({}, window.dash_clientside, {
    navigation: {
        chooseMonth: function (month, shown) { window.wattbook.goWith("month", month, shown); },
        chooseComparison: function (comparison) { window.wattbook.goWith("compare", comparison, "month"); },
        nameTheTab: function (title) { if (title) { document.title = title; } },
    },
});
