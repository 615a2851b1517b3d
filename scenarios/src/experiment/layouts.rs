//! The tables of an experiment, as they declare themselves.

use super::sheet::Layout;
use super::{bill, bound_tables, cell, claim_tables, decisions, run_tables, service_tables, waits};

/// Every table, in the order of the documentation.
pub(crate) fn layouts() -> [Layout; 15] {
    [
        cell::summary_layout(),
        cell::runs_layout(),
        bound_tables::bounds_layout(),
        claim_tables::claims_layout(),
        waits::all_layout(),
        run_tables::jobs_layout(),
        run_tables::nodes_layout(),
        run_tables::timeline_layout(),
        decisions::layout(),
        bill::bill_layout(),
        bill::attribution_layout(),
        bill::spend_layout(),
        service_tables::services_layout(),
        service_tables::requests_layout(),
        waits::jobs_layout(),
    ]
}
