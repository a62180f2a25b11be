"""What is expected at the two outer boundaries: of legacy rows on their way in, of a form's cells on their way out.

Belongs here: expectations kept as data (`rules/*.yaml`), their evaluation with Great Expectations, their results.
Does not belong here: what decides about a single row (`verdicts`), what a form states about itself
(`dashboards.forms.control`), what the database itself keeps (constraints) and what dbt tests in a mart. Which boundary
owns which rule: docs/data_quality.md.
"""
