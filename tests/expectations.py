"""What the entries that a test made say about the tables."""

from ledger.disagreements import fact_words
from ledger.expecting import expected_rows
from ledger.models import Entry
from ledger.selectors import to_view


def expected_columns() -> set[tuple[str, str]]:
    """Table and column of everything that some entry determines."""
    views = [to_view(row) for row in Entry.objects.prefetch_related("detail_groups")]
    return {(row.table, column) for view in views for row in expected_rows(view) for column in row.columns}


def without_words(rooms: set[str]) -> set[tuple[str, str]]:
    """The columns for which pages that tell of a disagreement have no words. Every one of the rooms must have columns."""
    columns = expected_columns()
    assert {table.partition(".")[0] for table, _column in columns} >= rooms
    return {(table, column) for table, column in columns if fact_words(table, column) == f"{table}.{column}"}
