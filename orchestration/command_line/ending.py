"""How a command ends: 0 done, 1 refused in one sentence, 2 wrong usage; never with a traceback for what a user did.

A traceback that is left is a fault of the program, and is shown as one.
"""

import logging
import os
import signal
import sys
from collections.abc import Sequence

import click

from operational_db.refusal import Refusal

DONE = 0
REFUSED = 1
_INTERRUPTED = 128 + signal.SIGINT
_INTERRUPTED_SENTENCE = "Interrupted; what was not finished was not done, and the command can be run again."


def run_to_an_end(command: click.Command, program: str, arguments: Sequence[str]) -> int:
    """Run the command and return the exit status of the process."""
    # The driver would tell of sessions that could not be ended in order; the sentence below is enough.
    logging.getLogger("psycopg").setLevel(logging.CRITICAL)
    try:
        # Not `command.main`: it ends the process by its own rules before ours are asked.
        with command.make_context(program, list(arguments)) as context:
            command.invoke(context)
        sys.stdout.flush()
    except Refusal as refusal:
        if _began_with_an_interrupt(refusal):
            return _say(_INTERRUPTED_SENTENCE, _INTERRUPTED)
        return _say(refusal.sentence, REFUSED)
    except click.exceptions.Exit as ending:
        return ending.exit_code
    except click.ClickException as wrong_usage:
        wrong_usage.show()
        return wrong_usage.exit_code
    except (click.Abort, KeyboardInterrupt, EOFError):
        return _say(_INTERRUPTED_SENTENCE, _INTERRUPTED)
    except BrokenPipeError:
        # Whoever read our output had enough. Nothing may be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception as error:
        if _began_with_an_interrupt(error):
            return _say(_INTERRUPTED_SENTENCE, _INTERRUPTED)
        sentence = _about_surroundings(error)
        if sentence is None:
            raise
        return _say(sentence, REFUSED)
    return DONE


def _began_with_an_interrupt(error: BaseException) -> bool:
    """Whether Ctrl-C is what went wrong first: tidying up after it can fail as well, with an error of its own."""
    seen: set[int] = set()
    before: BaseException | None = error
    # Errors that are raised again and again can stand in a ring.
    while before is not None and id(before) not in seen:
        if isinstance(before, KeyboardInterrupt):
            return True
        seen.add(id(before))
        before = before.__cause__ or before.__context__
    return False


def _about_surroundings(error: Exception) -> str | None:
    """A sentence where the machine or the server failed rather than the program; else None."""
    # A command that never met the database has not imported its driver.
    driver = sys.modules.get("psycopg")
    if driver is not None and isinstance(error, driver.OperationalError):
        first_line = str(error).strip().partition("\n")[0]
        return f"The database stopped answering ({first_line}); run `wattbook doctor`, then the same command again."
    if isinstance(error, OSError):
        place = f" {error.filename}" if error.filename else ""
        return f"The machine refused to work on the file{place} ({error.strerror or error}); mend that and try again."
    return None


def _say(sentence: str, status: int) -> int:
    sys.stderr.write(f"{sentence}\n")
    return status
