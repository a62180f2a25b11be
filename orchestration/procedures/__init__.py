"""What is done at the end of a day and at the end of a month, step after step, by a person or by the clock.

A step is a command of another package and a transaction of its own. A procedure yields each step when it is over, with
its sentence; one that could not be done undoes none before it. Run again, a procedure goes on where it was held up.
"""
