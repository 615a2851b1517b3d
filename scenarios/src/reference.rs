//! What is written of the tables in files: every column with its type, its unit and what it says.

use crate::experiment;
use crate::sweep;

const INTRO: &str = "\
Every command that writes tables writes CSV, or Parquet with `--tables parquet`: the same rows and the same columns. Time is integer
microseconds since the run began and money integer nano-dollars; a decimal number is exact; doubles are in summaries alone. Where a
row has nothing to say the field is empty in CSV and null in Parquet, and an empty text is nothing.

| type here | CSV | Parquet |
| --- | --- | --- |
| text | as it is; with `'` before what a spreadsheet would run | BYTE_ARRAY, UTF-8, by dictionary |
| boolean | `true`, `false` | BOOLEAN |
| int64 | all digits | INT64, as differences |
| decimal(38, n) | without trailing zeros | FIXED_LEN_BYTE_ARRAY(16), DECIMAL |
| double | the shortest digits that read back | DOUBLE |

Parquet is compressed by Snappy in groups of 131,072 rows, or of two million fields where a table is wide. The same run gives the same bytes on every machine.

`summary`, `runs`, `cells`, `bounds`, `claims` and `waits` lie in the folder that `--out` names, and so do those of a sweep's merge, `pareto`,
`main-effects`, `sobol-indices` and `ranks`; the other tables in `runs/CELL/POLICY/SEED` below it; `[output] tables` says which of these there are.
";

/// The tables, in Markdown.
pub fn tables() -> String {
    let layouts = experiment::layouts().into_iter().chain(sweep::layouts());
    let sections: Vec<String> = layouts.map(|layout| layout.markdown()).collect();
    format!("{INTRO}\n{}", sections.join("\n"))
}
