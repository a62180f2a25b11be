"""Words, numbers and months in the language of the reader."""
