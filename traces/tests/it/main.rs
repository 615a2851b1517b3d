//! Everything that is held of readers and generators. One program: it is linked once.

mod cluster;
mod formats;
mod hostile;
mod invariants;
mod lint;
mod published;
mod reference;
mod requests_formats;
mod requests_hostile;
mod requests_reference;
mod requests_synth;
mod series_formats;
mod series_hostile;
mod series_prices;
mod series_reference;
mod series_shape;
mod snippets;
mod synth;
