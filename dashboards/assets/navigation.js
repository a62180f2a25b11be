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

window.dash_clientside = Object.assign({}, window.dash_clientside, {
    navigation: {
        chooseMonth: function (month, shown) { window.wattbook.goWith("month", month, shown); },
        chooseComparison: function (comparison) { window.wattbook.goWith("compare", comparison, "month"); },
        nameTheTab: function (title) { if (title) { document.title = title; } },
    },
});
