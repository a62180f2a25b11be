"""What the codes of a migration mean in the reader's words: kinds of facts, verdicts, reasons.

The full sentence for each row, in its old keys, is in the protocol.
"""

from typing import Any

from dashboards.words.catalogue import Words


def entity_in_words(words: Words, code: str) -> str:
    return {
        "account": words.text("Accounts"),
        "charge": words.text("Charges of the old program"),
        "code_entry": words.text("Code lists"),
        "conductor": words.text("Conductors"),
        "declared_energy": words.text("Energy by month"),
        "declared_loss": words.text("Declared losses"),
        "grid_energy": words.text("Feeder energy by month"),
        "grid_meter": words.text("Feeder meters"),
        "grid_reading": words.text("Feeder readings"),
        "half_hours": words.text("Half-hours"),
        "line_section": words.text("Line sections"),
        "meter": words.text("Meters"),
        "metering_point": words.text("Metering points"),
        "opening_balance": words.text("Opening balances"),
        "payment": words.text("Payments"),
        "payment_package": words.text("Payment registers"),
        "reading": words.text("Readings"),
        "street": words.text("Streets"),
        "transformer": words.text("Transformers"),
        "unit": words.text("Units of the network"),
    }.get(code, code)


def verdict_in_words(words: Words, code: str) -> str:
    return {
        "merged": words.text("merged"),
        "rejected": words.text("rejected"),
        "out_of_scope": words.text("out of scope"),
    }.get(code, code)


def status_in_words(words: Words, code: str) -> str:
    return {
        "prepared": words.text("waits for acceptance"),
        "accepted": words.text("accepted"),
        "withdrawn": words.text("withdrawn"),
    }.get(code, code)


def reason_in_words(words: Words, code: str) -> str:
    return {
        "ACCOUNT_REJECTED": words.text("Its account or point was rejected"),
        "ALREADY_LOADED": words.text("Loaded before"),
        "BAD_DATE": words.text("Not a date"),
        "BAD_ENCODING": words.text("Bytes that are no letters"),
        "BAD_LAYOUT": words.text("Not the layout"),
        "BAD_NUMBER": words.text("Not a number"),
        "BALANCE_OUT_OF_LINE": words.text("Balance out of all proportion"),
        "BEYOND_CONNECTED_LOAD": words.text("More than the connected load can draw"),
        "CHANGED_SINCE_LOAD": words.text("Other than what was loaded before"),
        "CODE_UNKNOWN": words.text("Code not in the list"),
        "DUP_ACCOUNT": words.text("Account twice, with other data"),
        "DUP_PAYMENT": words.text("Receipt twice, with other data"),
        "DUP_READING": words.text("Two values for one day"),
        "DUP_ROW": words.text("Key twice, with other data"),
        "DUP_SERIAL": words.text("Serial number at two places"),
        "DUP_UNIT": words.text("Unit twice, with other data"),
        "EMPTY_CELL": words.text("Empty where it may not be"),
        "EXACT_REPEAT": words.text("Same row again"),
        "GLUED_ADDRESS": words.text("House and flat in one cell"),
        "JOINED": words.text("Joined with the consumer's other row"),
        "LOADED_BEFORE": words.text("Loaded before with other values"),
        "LOOK_ALIKE": words.text("Letters of another script"),
        "LOST_LETTERS": words.text("Letters were lost"),
        "METER_REJECTED": words.text("Its meter was rejected"),
        "METER_TYPE_UNKNOWN": words.text("Type of meter not known"),
        "MISREAD_LETTERS": words.text("Cell in another encoding"),
        "NEGATIVE_ENERGY": words.text("Energy below zero"),
        "NEGATIVE_PAYMENT": words.text("Payment below zero"),
        "NOT_HUNG": words.text("Hangs on no feeder"),
        "NOT_OPENING": words.text("Not the opening balance"),
        "NO_ACCOUNT": words.text("No such account"),
        "NO_ADDRESS": words.text("No such street"),
        "NO_CONDUCTOR": words.text("No such conductor"),
        "NO_METER": words.text("No such meter"),
        "NO_METER_OF_POINT": words.text("No meter of the point"),
        "NO_PACKAGE": words.text("No such register of payments"),
        "NO_PAYMENT": words.text("No payment of the register"),
        "NO_POINT": words.text("No metering point of the account"),
        "NO_READING": words.text("No reading of the meter"),
        "NO_UNIT": words.text("No such unit"),
        "OPENING_STANDS": words.text("Older than the reading that opens the meter"),
        "RAGGED_ROW": words.text("More or fewer cells than the head"),
        "READING_DECREASE": words.text("Reading goes down"),
        "REGISTER_ROLLOVER": words.text("Register passed zero"),
        "ROW_DELETED": words.text("Flagged deleted"),
        "SENT_TWICE": words.text("Receipt sent twice"),
        "TARIFF_UNKNOWN": words.text("Tariff not known"),
        "UNLIKE_OWN_HISTORY": words.text("Unlike its own use before"),
        "UNLIKE_PEERS": words.text("Unlike what others use"),
        "UNRECOGNISED_MONEY": words.text("Money of an unknown account"),
        "WRONG_DATES": words.text("Dates do not fit the meter"),
    }.get(code, code)


def check_in_words(words: Words, code: str) -> str:
    """What the dump itself, or a load before it, contradicts."""
    return {
        "BALANCE_MISMATCH": words.text("The balance does not follow from the one before"),
        "CHANGED_SINCE_LOAD": words.text("Other than what was loaded before"),
        "CHARGE_MISMATCH": words.text("The charge is not its energy at the tariff"),
        "ENERGY_MISMATCH": words.text("The energy charged is not what the registers counted"),
        "FILE_GONE": words.text("File of the dump before that is not in this one"),
        "GONE_SINCE_LOAD": words.text("Loaded before and not in this dump"),
        "LOST_CHARGE": words.text("No charge for a month that nearly all others have"),
        "LOST_READING": words.text("No reading of a day that nearly all others have"),
        "PACKAGE_MISMATCH": words.text("The register declares other payments than came with it"),
        "PAID_MISMATCH": words.text("What is stated as paid is not what the payments make"),
        "REJECTED_SINCE_LOAD": words.text("Loaded before and rejected in this dump"),
        "TARIFF_OF_CHARGES": words.text("All charges are those of another tariff"),
        "TOTAL_MISMATCH": words.text("The total row is not the sum of its rows"),
    }.get(code, code)


def event_in_words(words: Words, code: str) -> str:
    """An act on the protocol of a load."""
    return {
        "prepared": words.text("prepared"),
        "approved": words.text("approved"),
        "accepted": words.text("accepted"),
        "withdrawn": words.text("withdrawn"),
    }.get(code, code)


def result_in_words(words: Words, expectation: dict[str, Any]) -> str:
    """What became of an expectation."""
    if expectation["is_met"]:
        return words.text("met")
    if expectation["is_stopping"]:
        return words.text("not met, stops the load")
    return words.text("not met, answered for") if expectation["waived_for"] else words.text("not met, noted")
