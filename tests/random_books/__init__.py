"""Random tariffs and consumers, such as a utility has them and stranger ones; the same again from the same seed."""
