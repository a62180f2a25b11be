"""How any part of Wattbook says no to a user.

Only the exception lives here. Which rule was broken is known where it is raised; how it is shown is known to
the command line and to the screens.
"""


class Refusal(Exception):
    """What the user asked for cannot be done, told in one sentence.

    The sentence names what was refused, where (file, row, field, value), by which rule, and what to do next.
    The command line prints it and exits with 1; no traceback follows.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
