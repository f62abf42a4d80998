"""How large, how slow and how hungry a file may be before it is refused."""

from dataclasses import dataclass


SMALL_FILE = 4 << 20  # below this, nothing honest needs more than the ceiling


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Settings with safe defaults; raise them by name for a large file that is known to be good."""

    file_bytes: int = 64 << 20
    unpacked_bytes: int = 200 << 20  # all members of an archive or workbook together
    members: int = 2_000
    compression_ratio: int = 200  # an honest spreadsheet packs about 10 to 1
    rows: int = 1_000_000
    columns: int = 5_000  # split choices of a long questionnaire run to thousands
    cell_characters: int = 32_767  # what a spreadsheet can hold in one cell
    cells: int = 100_000_000  # rows times columns that a table may span
    depth: int = 32  # nesting of JSON and XML
    memory_bytes: int = 1 << 30  # address space of the reading process
    memory_per_byte: int = 16  # and more for every byte of a large file, as text becomes columns
    cpu_seconds: int = 20  # for a small file
    cpu_seconds_per_megabyte: float = 2.0  # and for every megabyte more
    output_bytes: int = 4 << 30  # what the reading process may write

    def cpu_allowance(self, size: int) -> int:
        """Seconds of processor time for a file of ``size`` bytes."""
        return self.cpu_seconds + int(self.cpu_seconds_per_megabyte * (size >> 20))

    def memory_allowance(self, size: int) -> int:
        """Bytes of address space for a file of ``size`` bytes: the ceiling is for what is small but swells."""
        return self.memory_bytes + self.memory_per_byte * max(size - SMALL_FILE, 0)
