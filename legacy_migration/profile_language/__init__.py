"""What may stand in a profile? The language of profiles as data: one declaration that reader, schema and page share.

`keys` declares every key, rule and option; `kinds` says what their values may be; `schema` writes the JSON Schema that
editors validate with, `page` the tables of docs/migration.md. The reader itself is `legacy_migration.profile`.
"""
