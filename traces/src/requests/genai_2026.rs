//! `genai-2026`: requests for images to a diffusion service of Alibaba.

use sim_core::units::SimTime;

use super::gather::{Clock, Draft, Gather, Stamp, tokens};
use super::{Format, MAX_TOKENS, Reads, RequestLog, RequestRecord};
use crate::error::{Refused, Rule, TraceError};
use crate::import::{Evidence, Options};
use crate::reader::{Column, Row, Source, Table, labelled, naive};

pub(super) const FORMAT: Format = Format {
    name: "genai-2026",
    doc: "Alibaba 2026, requests for images to a diffusion service: lora_request_trace.csv",
    origin: "github.com/alibaba/clusterdata, cluster-trace-v2026-GenAI",
    columns: "gmt_create, groupId, prompt_length, num_images_per_prompt, num_inference_steps, \
              checkpoint_model_version_id",
    evidence: Evidence::RealRows,
    reads: Reads::Requests(read),
};

struct Columns {
    at: Column,
    group: Column,
    prompt: Column,
    images: Column,
    steps: Column,
    model: Column,
}

/// A request reads the characters of its prompt and writes its images times the denoising steps of
/// each, the unit of this service's work. The class is the base model, the session the group that
/// asks. Failed requests were load and are kept; rows that never got as far as a model are left out
/// and counted.
fn read(source: Source<'_>, options: &Options) -> Result<RequestLog, Refused> {
    let mut gather = Gather::new(source.name(), options);
    let mut table = Table::open(source)?;
    let columns = Columns {
        at: table.column("gmt_create")?,
        group: table.column("groupId")?,
        prompt: table.column("prompt_length")?,
        images: table.column("num_images_per_prompt")?,
        steps: table.column("num_inference_steps")?,
        model: table.column("checkpoint_model_version_id")?,
    };
    while let Some(row) = table.next_row()? {
        let draft = row.and_then(|row| request(&row, &columns, &mut gather));
        gather.take(draft)?;
    }
    gather.notes.push(String::from(
        "input counts characters, output denoising steps of all images",
    ));
    Ok(gather.finish(Clock::Naive)?.0)
}

fn request(row: &Row<'_>, columns: &Columns, gather: &mut Gather) -> Result<Draft, TraceError> {
    let at = row.parse(columns.at, naive)?;
    if row.is_missing(columns.model) {
        return Ok(Draft::Excluded("never got as far as a model"));
    }
    let images = row.parse(columns.images, tokens)?;
    let output = row.parse(columns.steps, |text| {
        let steps = tokens(text)?.checked_mul(images);
        steps.filter(|steps| *steps <= MAX_TOKENS).ok_or_else(|| {
            let rule = format!("images x steps are at most {MAX_TOKENS}");
            Rule::new(rule, "correct it, or drop the row")
        })
    })?;
    let input = row.parse(columns.prompt, tokens)?;
    let class = row.parse(columns.model, |t| gather.classes.short(labelled(t)?))?;
    let group = row.maybe(Some(columns.group), |t| gather.sessions.long(labelled(t)?))?;
    let record = RequestRecord {
        class: Some(class),
        session: group.map(u64::from),
        ..RequestRecord::new(SimTime::ZERO, input, output)
    };
    let line = row.line();
    Ok(Draft::Request(Stamp { at, line }, record))
}
