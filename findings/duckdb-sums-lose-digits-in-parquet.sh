#!/usr/bin/env bash
# duckdb 2.0.0. Guess: what a query shows is what COPY TO writes. A sum of integers is a HUGEINT of 128 bits, exact, and on the screen it
# is; Parquet has no such integer, and COPY writes the column as DOUBLE without a word: 2^53 + 1 comes back even. Every sum() of whole
# numbers is one, so that totals of floating-point operations, of bytes or of nanoseconds, and identifiers that went through arithmetic beyond
# 64 bits, are rounded in the file that the next tool reads, and two different ones may become equal. Cast to BIGINT or VARCHAR first.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet duckdb==2.0.0 pyarrow==26.0.1
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import sys
import duckdb, pyarrow.parquet

file = f"{sys.argv[1]}/totals.parquet"
query = "SELECT model, sum(flops) AS total FROM (VALUES ('a', 9007199254740992), ('a', 1), ('b', 9007199254740992)) AS t(model, flops) GROUP BY model ORDER BY model"
shown = duckdb.sql(query).fetchall()
print("type of the sum:   ", duckdb.sql(query).types[1])
print("what the query has:", shown)
duckdb.sql(f"COPY ({query}) TO '{file}' (FORMAT parquet)")
back = duckdb.sql(f"SELECT * FROM '{file}'").fetchall()
column = pyarrow.parquet.read_table(file).schema.field("total").type
print("what the file has: ", back, f"as {column}")
sys.exit(0 if shown[0][1] == 2**53 + 1 and str(column) == "double" and back[0][1] == back[1][1] == 2.0**53 else 1)
PYTHON
