"""Tables that people keep in spreadsheets, as CSV: read what their program wrote, write what it opens.

Reading takes UTF-8 and UTF-16 with or without a byte order mark, comma, semicolon or tab, quoted line breaks,
and refuses by line number what it cannot take. Writing defuses cells that a spreadsheet would run as a
formula (a pupil may choose such a user name); reading takes exactly that back, so that our own export can be
read again without a change.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from server.errors import Invalid

MOST_ROWS = 100_000
MOST_BYTES = 32 * 1024 * 1024
MOST_COLUMNS = 200
LONGEST_CELL = 10_000
"""Letters. No list of people, laptops or sticks needs a longer cell."""
_CELL_DELIMITERS = 500
"""So many commas may stand inside the cells of a row, for each column."""
TELL_EVERY_ROWS = 1000
BOM = "\ufeff"
ENCODINGS = ("utf-8", "utf-16", "cp1254", "cp1252")
"""What a caller may name; without a name only UTF-8 and UTF-16 are taken, because they can be told apart."""
_DELIMITERS = (",", ";", "\t")
_SNIFFED_ROWS = 20
_DANGEROUS = re.compile(r"'*(?:\s*[=+\-@＝＋－＠]|[\t\r\n])")
"""What spreadsheets take for the beginning of a formula, also behind spaces, full-width, or defused."""


class TableRefused(Invalid):
    """This file is no table that we take. Correct the line it names, and send the whole file again."""

    def __init__(self, code: str, words: str, line: int | None = None) -> None:
        super().__init__(words if line is None else f"line {line}: {words}")
        self.code = code
        """For pages, which say it in their reader's language: empty, too-large, encoding, …"""
        self.line = line


class Line(NamedTuple):
    """One row: the line it begins on (1 is the file's first) and as many cells as there are columns."""

    number: int
    cells: tuple[str, ...]


class Table(NamedTuple):
    """A file that was read whole."""

    columns: tuple[str, ...]
    """As they stand in the first row, without spaces around them."""
    rows: list[Line]
    delimiter: str
    encoding: str

    def dicts(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Give each row as its line number and its cells by column."""
        for line in self.rows:
            yield line.number, dict(zip(self.columns, line.cells, strict=True))


def defuse(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: an apostrophe before what would be one."""
    return f"'{cell}" if _DANGEROUS.match(cell) else cell


def undefuse(cell: str) -> str:
    """Return the cell that `defuse` was given."""
    return cell[1:] if cell.startswith("'") and _DANGEROUS.match(cell[1:]) else cell


def write_csv(rows: Iterable[Sequence[object]], *, bom: bool = False, delimiter: str = ",") -> str:
    """
    Return rows as CSV text in which every cell is defused; the first row is the header.

    None is an empty cell. With `bom` Excel reads the encoding right on a double click.
    """
    out = io.StringIO(newline="")
    # Both ends of line in the terminator, or the module leaves a lone carriage return in a cell unquoted.
    writer = csv.writer(out, lineterminator="\r\n", delimiter=delimiter)
    for row in rows:
        writer.writerow(["" if cell is None else defuse(str(cell)) for cell in row])
    return (BOM if bom else "") + out.getvalue()


def read_table(
    data: bytes,
    *,
    most_rows: int = MOST_ROWS,
    most_bytes: int = MOST_BYTES,
    encoding: str | None = None,
    tell: Callable[[int], None] = lambda rows: None,
) -> Table:
    """
    Return a CSV file's header and rows; raise TableRefused with the line that is wrong.

    Rows without any cell are left out; a row that is too short is filled up with empty cells. `encoding` is
    one of ENCODINGS, for programs that write neither UTF-8 nor UTF-16. `tell` hears how many rows are read.
    """
    if len(data) > most_bytes:
        raise TableRefused("too-large", f"the file is larger than {most_bytes // 1024 // 1024} MB")
    text, used = _decode(data, encoding)
    if "\0" in text:
        raise TableRefused("not-text", "this is no text file", text.count("\n", 0, text.index("\0")) + 1)
    text, delimiter, skipped = _delimiter_of(text)
    lines = _parse(text, delimiter, skipped)
    header = next(lines, None)
    if header is None:
        raise TableRefused("empty", "the file is empty")
    columns = tuple(undefuse(name).strip() for name in header.cells)
    if len(columns) > MOST_COLUMNS:
        raise TableRefused("columns", f"there are more than {MOST_COLUMNS} columns", header.number)
    rows: list[Line] = []
    for line in lines:
        if len(rows) >= most_rows:
            raise TableRefused("too-many", f"there are more than {most_rows} rows", line.number)
        rows.append(_fit(line, len(columns)))
        if len(rows) % TELL_EVERY_ROWS == 0:
            tell(len(rows))
    return _without_empty_columns(columns, rows, header.number, delimiter, used)


def _decode(data: bytes, encoding: str | None) -> tuple[str, str]:
    if encoding is not None and encoding not in ENCODINGS:
        raise TableRefused("encoding", f"the encoding is one of {', '.join(ENCODINGS)}")
    used = encoding or _encoding_of(data)
    try:
        text = data.decode(used)
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise TableRefused(
            "encoding", "this is neither UTF-8 nor UTF-16: save it as “CSV UTF-8”, or name its encoding", line
        ) from problem
    return text.removeprefix(BOM), used


def _encoding_of(data: bytes) -> str:
    """Return what the first bytes say. Without a mark, every second byte of Latin text in UTF-16 is zero."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    head = data[:512]
    if len(head) >= 4 and 0 in head:
        even, odd = head[0::2], head[1::2]
        if odd.count(0) > len(odd) * 0.7 and even.count(0) == 0:
            return "utf-16-le"
        if even.count(0) > len(even) * 0.7 and odd.count(0) == 0:
            return "utf-16-be"
    return "utf-8"


def _delimiter_of(text: str) -> tuple[str, str, int]:
    """
    Return the text without Excel's `sep=` line, the delimiter, and how many lines were cut off.

    Of the three it is the one that gives the first rows equally many cells, and the most of them; a comma in
    a name therefore does not win against the semicolons of the header.
    """
    said = re.match(r"sep=([,;\t])(\r\n|\r|\n)", text)
    if said:
        return text[said.end() :], said[1], 1
    best, best_score = ",", (False, 1)
    for delimiter in _DELIMITERS:
        widths: list[int] = []
        try:
            for line in _parse(text, delimiter, 0):
                widths.append(len(line.cells))
                if len(widths) == _SNIFFED_ROWS:
                    break
        except TableRefused:
            if not widths:
                continue
        if widths:
            score = (max(widths) == widths[0], widths[0])
            if widths[0] > 1 and score > best_score:
                best, best_score = delimiter, score
    return text, best, 0


def _parse(text: str, delimiter: str, skipped: int) -> Iterator[Line]:
    """Give every row that is not empty; raise TableRefused."""
    lines = _Lines(text, delimiter)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    begins = 1 + skipped
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as problem:
            raise _broken(problem, begins) from problem
        except _TooWide as problem:
            raise TableRefused("columns", f"there are more than {MOST_COLUMNS} columns", begins) from problem
        number, begins = begins, reader.line_num + 1 + skipped
        lines.begin_row()
        if any(len(cell) > LONGEST_CELL for cell in cells):
            raise TableRefused("cell", f"a cell is longer than {LONGEST_CELL} letters", number)
        whole = tuple(undefuse(cell) if cell.startswith("'") else cell for cell in cells)
        if any(cell and not cell.isspace() for cell in whole):
            yield Line(number, whole)


class _TooWide(Exception):
    """One row has more cells than would fit into memory sensibly."""


class _Lines(Iterator[str]):
    """The text's lines, as long as no row of them has absurdly many cells: each would be an object."""

    def __init__(self, text: str, delimiter: str) -> None:
        self._lines = io.StringIO(text, newline="")
        self._delimiter = delimiter
        self._cells = 0

    def begin_row(self) -> None:
        """Count from here."""
        self._cells = 0

    def __next__(self) -> str:
        """Return the next line; raise _TooWide."""
        line = next(self._lines)
        self._cells += line.count(self._delimiter)
        if self._cells > MOST_COLUMNS * _CELL_DELIMITERS:
            raise _TooWide
        return line


def _broken(problem: csv.Error, line: int) -> TableRefused:
    words = str(problem)
    if "field limit" in words:
        return TableRefused("cell", f"a cell is longer than {LONGEST_CELL} letters", line)
    return TableRefused("quotes", "a quotation mark is not closed, or stands inside a cell", line)


def _fit(line: Line, width: int) -> Line:
    """Return the row with exactly so many cells."""
    cells = line.cells
    if len(cells) > width:
        if any(cell.strip() for cell in cells[width:]):
            raise TableRefused("cells", f"there are {len(cells)} cells under {width} columns", line.number)
        return Line(line.number, cells[:width])
    return line if len(cells) == width else Line(line.number, cells + ("",) * (width - len(cells)))


def _without_empty_columns(
    columns: tuple[str, ...], rows: list[Line], header_line: int, delimiter: str, encoding: str
) -> Table:
    """Leave out columns that have neither a name nor a cell: spreadsheets write them at the end."""
    nameless = [at for at, name in enumerate(columns) if not name]
    for at in nameless:
        filled = next((line for line in rows if line.cells[at].strip()), None)
        if filled is not None:
            raise TableRefused(
                "no-name", f"a cell stands under column {at + 1}, which has no name", filled.number
            )
    if nameless:
        kept = [at for at, name in enumerate(columns) if name]
        columns = tuple(columns[at] for at in kept)
        rows = [Line(line.number, tuple(line.cells[at] for at in kept)) for line in rows]
    if not columns:
        raise TableRefused("empty", "the first row names no column", header_line)
    folded = [name.casefold() for name in columns]
    twice = next((name for name in columns if folded.count(name.casefold()) > 1), None)
    if twice is not None:
        raise TableRefused("twice", f"two columns have the name {twice[:80]!r}", header_line)
    return Table(columns, rows, delimiter, encoding)
