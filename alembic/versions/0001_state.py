"""What is installed, what was run, what drifted."""

from pgcache.schema import run_file

revision = "0001_state"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0001_state.sql")
