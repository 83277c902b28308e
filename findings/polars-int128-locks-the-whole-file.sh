#!/usr/bin/env bash
# polars 2.1.0 with pyarrow 20.0.0: one column of Int128 in a Parquet file written by polars keeps pyarrow, and so pandas, from opening the
# file at all, other columns included ("Integers with more than 64 bits not implemented"). Polars marks the column as an integer of 128 bits,
# where Parquet's own logical types end at 64, and reads it back. Polars makes Int128 by itself of integers that need it, so a table
# of long identifiers that was saved by polars cannot be read by the tools that most survival analysis runs on; cast it to String first.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet polars==2.1.0 pyarrow==20.0.0
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import sys
import polars, pyarrow.parquet

numbers = [1, 256, 2**100]
table = polars.DataFrame({"hours": [1.0, 2.0, 3.0], "id": polars.Series(numbers, dtype=polars.Int128)})


def hours(name, frame):
    file = f"{sys.argv[1]}/{name}.parquet"
    frame.write_parquet(file)
    try:
        told = pyarrow.parquet.read_table(file, columns=["hours"])["hours"].to_pylist()
    except Exception as error:
        told = f"{type(error).__name__}: {error}"
    print(f"{name:7} pyarrow, hours alone:", told)
    return file, told


file, refused = hours("int128", table)
_, read = hours("text", table.with_columns(polars.col("id").cast(polars.String)))
back = polars.read_parquet(file)["id"]
print("        polars:", back.dtype, back.to_list())
whole = isinstance(refused, str) and "64 bits" in refused
sys.exit(0 if whole and read == [1.0, 2.0, 3.0] and back.to_list() == numbers else 1)
PYTHON
