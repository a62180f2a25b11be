"""How is a memo written? FoxPro's memo file (FPT) beside a table.

Belongs here: the blocks of the memo file. Does not belong here: the table (`writing`), reading (`memo`).
"""

from collections.abc import Sequence
from typing import BinaryIO

FPT_BLOCK_BYTES = 64
_HEADER_BYTES = 512
_TEXT = 1


class MemoWriter:
    """Puts texts one behind the other into an FPT file and tells at which block each begins."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._next_block = _HEADER_BYTES // FPT_BLOCK_BYTES
        file.write(b"\0" * _HEADER_BYTES)

    def put(self, memos: Sequence[bytes]) -> list[int]:
        """The block of each memo, 0 for an empty one."""
        blocks = []
        for memo in memos:
            if not memo:
                blocks.append(0)
                continue
            blocks.append(self._next_block)
            entry = _TEXT.to_bytes(4, "big") + len(memo).to_bytes(4, "big") + memo
            block_count = -(-len(entry) // FPT_BLOCK_BYTES)
            self._file.write(entry.ljust(block_count * FPT_BLOCK_BYTES, b"\0"))
            self._next_block += block_count
        return blocks

    def finish(self) -> None:
        """The header, once the number of blocks is known."""
        self._file.seek(0)
        self._file.write(self._next_block.to_bytes(4, "big") + b"\0\0" + FPT_BLOCK_BYTES.to_bytes(2, "big"))
