"""What does the database compute for a form? From a specification to the SQL that gives all its figures at once.

Belongs here: the translation of sources, predicates and measures to one statement over the marts, each read once.
Does not belong here: running it (`matrix`), checking the figures (`control`).

Levels are joins: a fact belongs to a unit when the unit is among the ancestors of the fact's leaf in marts.dim_unit.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from psycopg import sql

from dashboards.forms.specification import LEVELS, Column, Condition, Predicate, Specification, Term

TRUE = sql.SQL("true")


@dataclass(frozen=True)
class Scope:
    """Which part of the network and which month a form is about, and what one unit of money is in coins."""

    unit_id: int
    level: str
    month: date
    minor_per_major: int


@dataclass(frozen=True)
class _Feed:
    """One term of one cell: it reads one source and adds to one line and column."""

    line: str
    column: Column
    term: Term
    line_predicate: Predicate


def figures_query(form: Specification, scope: Scope) -> sql.Composed:
    """Rows (line, child_id, is_total, column_code, figure); blank figures are NULL.

    A row of a child unit has its unit in `child_id`, or NULL for what hangs on the unit itself; `is_total` tells that
    apart from the rows of the unit as a whole.
    """
    sources = [name for name in form.sources if any(_feeds(form, name))]
    ctes = [node_cte(form, scope), *(_source_cte(form, name, scope) for name in sources)]
    cells = sql.SQL(" UNION ALL ").join(_cells_of(form, name) for name in sources)
    quotients = [
        sql.SQL(
            "SELECT a.line, a.child_id, a.is_total, {code}, a.figure * {times} / nullif(b.figure, 0) FROM summed AS a "
            "INNER JOIN summed AS b ON b.line = a.line AND b.child_id IS NOT DISTINCT FROM a.child_id "
            "AND b.is_total = a.is_total WHERE a.column_code = {of} AND b.column_code = {by}"
        ).format(
            code=sql.Literal(column.code),
            times=sql.Literal(column.quotient.times),
            of=sql.Literal(column.quotient.of),
            by=sql.Literal(column.quotient.by),
        )
        for column in form.columns
        if column.quotient is not None
    ]
    return sql.SQL(
        "WITH {ctes}, cell AS ({cells}), summed AS ("
        "SELECT line, child_id, is_total, column_code, sum(figure) AS figure FROM cell "
        "GROUP BY line, child_id, is_total, column_code) {all}"
    ).format(
        ctes=sql.SQL(", ").join(ctes),
        cells=cells,
        all=sql.SQL(" UNION ALL ").join([sql.SQL("SELECT * FROM summed"), *quotients]),
    )


def reasons_query(form: Specification, column: Column, scope: Scope) -> sql.Composed:
    """Rows (child_id, is_total, reason, facts) of a column of texts, the commonest reason first."""
    term = column.reasons
    source = form.sources[term.source]
    return sql.SQL(
        "WITH {node} SELECT n.child_id, grouping(n.child_id) = 1 AS is_total, f.{measure} AS reason, count(*) AS facts "
        "FROM marts.{mart} AS f INNER JOIN node AS n ON n.unit_id = f.{unit} "
        "WHERE f.{month} = {of_month} AND f.{measure} IS NOT NULL AND {where} "
        "GROUP BY GROUPING SETS ((n.child_id, f.{measure}), (f.{measure})) ORDER BY facts DESC, reason"
    ).format(
        node=node_cte(form, scope),
        measure=sql.Identifier(term.measure),
        mart=sql.Identifier(source.mart),
        unit=sql.Identifier(source.unit_column),
        month=sql.Identifier(source.month_column),
        of_month=sql.Literal(scope.month),
        where=_condition(scope.month, term.where),
    )


def facts_query(form: Specification, scope: Scope) -> sql.Composed:
    """How many rows of any source the form is made of."""
    counts = [
        sql.SQL("(SELECT count(*) FROM marts.{} AS f INNER JOIN node AS n ON n.unit_id = f.{} WHERE f.{} = {})").format(
            sql.Identifier(source.mart),
            sql.Identifier(source.unit_column),
            sql.Identifier(source.month_column),
            sql.Literal(scope.month),
        )
        for source in form.sources.values()
    ]
    return sql.SQL("WITH {} SELECT {}").format(node_cte(form, scope), sql.SQL(" + ").join(counts))


def child_levels(form: Specification, level: str) -> list[str]:
    """Levels below the unit at which this form shows children, the nearest first."""
    if form.children is None:
        return []
    return list(LEVELS[LEVELS.index(level) + 1 : LEVELS.index(form.children.down_to) + 1])


def node_cte(form: Specification, scope: Scope) -> sql.Composed:
    """Every unit under the scope's, itself included, with the child of the scope's unit on its path."""
    keys = [sql.SQL("u.{}").format(sql.Identifier(f"{level}_id")) for level in child_levels(form, scope.level)]
    # A level may be missing on a path (a feeder right under a RES), so the nearest that is there is the child.
    child = sql.SQL("coalesce({})").format(sql.SQL(", ").join(keys)) if keys else sql.SQL("NULL::integer")
    return sql.SQL("node AS (SELECT u.unit_id, {} AS child_id FROM marts.dim_unit AS u WHERE u.{} = {})").format(
        child, sql.Identifier(f"{scope.level}_id"), sql.Literal(scope.unit_id)
    )


def _source_cte(form: Specification, name: str, scope: Scope) -> sql.Composed:
    source = form.sources[name]
    figures = [
        sql.SQL("{} AS {}").format(_figure(feed, scope), sql.Identifier(f"figure_{number}"))
        for number, feed in enumerate(_feeds(form, name))
    ]
    return sql.SQL(
        "{name} AS (SELECT n.child_id, grouping(n.child_id) = 1 AS is_total, {figures} "
        "FROM marts.{mart} AS f INNER JOIN node AS n ON n.unit_id = f.{unit} WHERE f.{month} = {of_month} "
        "GROUP BY GROUPING SETS ((n.child_id), ()))"
    ).format(
        name=sql.Identifier(f"from_{name}"),
        figures=sql.SQL(", ").join(figures),
        mart=sql.Identifier(source.mart),
        unit=sql.Identifier(source.unit_column),
        month=sql.Identifier(source.month_column),
        of_month=sql.Literal(scope.month),
    )


def _figure(feed: _Feed, scope: Scope) -> sql.Composed:
    measure = feed.term.measure
    aggregate = sql.SQL("count(*)") if measure is None else sql.SQL("sum(f.{})").format(sql.Identifier(measure))
    where = _condition(scope.month, feed.line_predicate, feed.term.where)
    # Multiplying by a power of ten below one is exact in numeric; dividing would cut digits of a long sum.
    per = feed.column.per * (scope.minor_per_major if feed.column.is_money else 1)
    scale = sql.Literal(Decimal(1) / Decimal(per))
    return sql.SQL("{} FILTER (WHERE {}) * {}::numeric").format(aggregate, where, scale)


def _cells_of(form: Specification, name: str) -> sql.Composed:
    values = [
        sql.SQL("({}, {}, s.{})").format(
            sql.Literal(feed.line), sql.Literal(feed.column.code), sql.Identifier(f"figure_{number}")
        )
        for number, feed in enumerate(_feeds(form, name))
    ]
    under = form.children.under if form.children is not None else ""
    return sql.SQL(
        "SELECT v.line, s.child_id, s.is_total, v.column_code, v.figure FROM {name} AS s "
        "CROSS JOIN LATERAL (VALUES {values}) AS v (line, column_code, figure) "
        "WHERE s.is_total OR v.line = {under}"
    ).format(name=sql.Identifier(f"from_{name}"), values=sql.SQL(", ").join(values), under=sql.Literal(under))


def _feeds(form: Specification, source: str) -> Iterator[_Feed]:
    for row in form.rows:
        for column in form.summed_columns:
            for term in column.sum:
                if term.source == source:
                    yield _Feed(row.line, column, term, row.where.get(source, {}))


def _condition(month: date, *predicates: Predicate) -> sql.Composable:
    parts = [_of_column(month, *named) for predicate in predicates for named in predicate.items()]
    return sql.SQL(" AND ").join(parts) if parts else TRUE


def _of_column(month: date, name: str, condition: Condition) -> sql.Composed:
    """Null counts as a value: what is none of (a, b) may be unknown."""
    column = sql.SQL("f.{}").format(sql.Identifier(name))
    if condition.before_month:
        return sql.SQL("{} < {}").format(column, sql.Literal(month))
    listed = condition.one_of if condition.one_of is not None else condition.none_of
    values = sql.SQL(", ").join(sql.Literal(value) for value in listed if value is not None)
    has_values = any(value is not None for value in listed)
    if condition.one_of is not None:
        parts = [sql.SQL("{} IN ({})").format(column, values)] if has_values else []
        parts += [sql.SQL("{} IS NULL").format(column)] if None in listed else []
        return sql.SQL("({})").format(sql.SQL(" OR ").join(parts))
    if None in listed:
        parts = [sql.SQL("{} IS NOT NULL").format(column)]
        parts += [sql.SQL("{} NOT IN ({})").format(column, values)] if has_values else []
        return sql.SQL("({})").format(sql.SQL(" AND ").join(parts))
    return sql.SQL("({0} IS NULL OR {0} NOT IN ({1}))").format(column, values)
