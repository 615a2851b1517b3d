//! `[sharing]`: pairs of kinds, and what each keeps of its speed beside the other.

use super::super::fields::{Fields, Item};
use super::super::read::every;
use super::super::sharing::{PairSpec, SharingSpec};
use super::super::spec::{Choice, KeySpec, TableSpec, Takes};

pub(super) static SHARING: TableSpec = TableSpec::closed(
    "[sharing]",
    "How jobs that share a GPU slow each other down; without it, and where a pair does not stand in it, each runs as if it were \
     alone. Of more than two on a GPU the rates multiply; a gang goes as its slowest task. A neighbour counts from the instant \
     its share is given to it until it is given back. A service goes by its name, like a workload; its replicas' batches and \
     iterations keep the pace at which they were begun. Checkpoints after so many steps come after the time that these take at \
     the speed at which the attempt begins. Estimates are of a job alone, so that backfilling, which reserves by them, takes \
     jobs beside others to end sooner than they do.",
    &[
        KeySpec::new("format", Takes::Choice(&FORMATS), "Form of the file.")
            .default("\"gavel-json\""),
        KeySpec::new(
            "file",
            Takes::File,
            "A file of pairs; what is of no kind and no GPU model of the scenario is left alone.",
        ),
        KeySpec::new(
            "table",
            Takes::Tables(&PAIR),
            "Pairs, here; they go before those of a file.",
        ),
    ],
);

static FORMATS: [Choice; 1] = [Choice::new(
    "gavel-json",
    "Gavel's simulation_throughputs.json: steps a second of both, beside each other and alone.",
)];

static PAIR: TableSpec = TableSpec::closed(
    "table",
    "Two jobs on one GPU.",
    &[
        KeySpec::new("gpu", Takes::Name, "The GPU model.").default("any"),
        KeySpec::new(
            "kinds",
            Takes::List(&Takes::Text),
            "Two kinds: of a workload with a table of speeds one of that, of another, and of a service, its name; they may be the same.",
        )
        .required(),
        KeySpec::new(
            "gpus",
            Takes::Integer(1, 100_000),
            "GPUs of the whole job whose rate it is: the largest number not above its own holds.",
        )
        .default("1")
        .bound("a job has 1 to 100,000 GPUs", "write a number in that range"),
        KeySpec::new(
            "rates",
            Takes::List(&Takes::Number(0.0, 1.0, false)),
            "What each keeps of its speed alone, in the order of kinds; 0 where they do not fit together, and stand still.",
        )
        .required()
        .bound(
            "a job keeps between none and all of its speed",
            "write a number from 0 to 1",
        ),
    ],
);

pub(super) fn decode(item: Item<'_>) -> Option<SharingSpec> {
    let fields = item.table()?;
    let format = fields
        .item("format")
        .map_or(Some(()), |item| item.choice().map(drop));
    let file = fields.optional("file", Item::file);
    let rows = fields.item("table").map_or(Some(Vec::new()), |rows| {
        every(rows.tables()?.iter().map(pair))
    });
    let (file, rows) = (file?, rows?);
    if file.is_none() && rows.is_empty() {
        let remedy = "add file = \"...\" or table = [{ kinds = [..., ...], rates = [..., ...] }]";
        fields.refuse_here("file or table", "missing in [sharing]", remedy);
        return None;
    }
    format?;
    Some(SharingSpec {
        file,
        rows,
        written: fields.table.clone(),
    })
}

fn pair(fields: &Fields<'_>) -> Option<PairSpec> {
    let model = fields.optional("gpu", Item::name);
    let kinds = two(fields.item("kinds"), "two kinds", Item::text);
    let gpus = fields
        .item("gpus")
        .map_or(Some(1), |item| Some(item.count()?.value));
    let rates = two(fields.item("rates"), "two rates", Item::number)?;
    let (kinds, place) = (kinds?, fields.place);
    let [one, other] = [rates[0].value, rates[1].value];
    if kinds[0].value == kinds[1].value && one.to_bits() != other.to_bits() {
        let shown = format!("[{one:?}, {other:?}]");
        let rule = "jobs of one kind slow each other down alike";
        fields.refuse(rates[1].place, &shown, rule, "write the same rate twice");
        return None;
    }
    Some(PairSpec {
        model: model?,
        kinds,
        gpus: gpus?,
        rates: [one, other],
        place,
    })
}

/// A list of two.
fn two<'a, T>(
    item: Option<Item<'a>>,
    what: &str,
    read: impl FnMut(Item<'a>) -> Option<T>,
) -> Option<[T; 2]> {
    let item = item?;
    let entries = every(item.list()?.into_iter().map(read))?;
    let count = entries.len();
    let two = <[T; 2]>::try_from(entries).ok();
    if two.is_none() {
        return item.refuse(&format!("{what} make a pair, not {count}"), "write two");
    }
    two
}
