/* What tables do in the browser: show the text made on the server, be links, keep their sort in the address. */
var dagfuncs = (window.dashAgGridFunctions = window.dashAgGridFunctions || {});
var dagcomponents = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});

dagfuncs.shown = function (params) {
    return params.data ? params.data[params.colDef.field + "_shown"] : "";
};

dagfuncs.rememberSort = function (params) {
    var sorted = params.api.getColumnState().find(function (column) { return column.sort; });
    var search = new URLSearchParams(window.location.search);
    if (sorted) {
        search.set("sort", sorted.colId + "." + sorted.sort);
    } else {
        search.delete("sort");
    }
    var address = window.location.pathname + "?" + search.toString();
    if (address === window.location.pathname + window.location.search) { return; }
    window.history.replaceState(window.history.state, "", address);
    if (!params.context.isWhole) { window.wattbook.announce(); }
};

dagfuncs.openOnEnter = function (params) {
    if (params.event.key === "Enter" && params.data && params.data.href) { window.wattbook.go(params.data.href); }
};

dagcomponents.TwoLines = function (props) {
    return React.createElement("span", { className: "name-in-cell", title: props.value },
        React.createElement("span", { className: "two-lines" }, props.value));
};

dagcomponents.RowLink = function (props) {
    var name = React.createElement("span", { className: "two-lines" }, props.value);
    var remark = props.data.remark
        ? React.createElement("span", { className: "cell-remark", title: props.data.remark }, props.data.remark) : null;
    if (!props.data.href) {
        return React.createElement("span", { className: "name-in-cell", title: props.value }, name, remark);
    }
    return React.createElement("a", {
        className: "name-in-cell", href: props.data.href, title: props.value, tabIndex: -1,
        onClick: function (event) {
            if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) { return; }
            event.preventDefault();
            window.wattbook.go(props.data.href);
        },
    }, name, remark);
};
