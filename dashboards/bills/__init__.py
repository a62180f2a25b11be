"""Bills as pages, files and workbooks: how an explained bill looks. No figure of a bill is computed here."""
