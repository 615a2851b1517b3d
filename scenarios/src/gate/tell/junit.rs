//! A judgement as a test report: a case for each rule and policy, and one for the decisions of each policy. As `JUnit`'s XML,
//! which build servers read.

use super::{behaviour, rule, sentence};
use crate::gate::judge::{Judgement, Row, Verdict};
use crate::schema::GateMode;

/// The report.
pub fn junit(judgement: &Judgement) -> Vec<u8> {
    let decided = judgement.behaved.iter().map(|own| {
        let fails = judgement.mode == GateMode::Exact && !own.otherwise.is_empty();
        let said = behaviour(own);
        let body = if fails {
            failure("changed", &said)
        } else {
            output(&said)
        };
        (case(&own.policy, "decisions", &body), fails, false)
    });
    let ruled = judgement.rows.iter().map(|row| {
        let fails = row.verdict.fails();
        let skipped = row.verdict == Verdict::Undefined;
        (ruled(row), fails, skipped)
    });
    let cases: Vec<(String, bool, bool)> = decided.chain(ruled).collect();
    let counts = format!(
        "tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\"",
        cases.len(),
        cases.iter().filter(|(_, fails, _)| *fails).count(),
        cases.iter().filter(|(_, _, skipped)| *skipped).count(),
    );
    let body: String = cases.into_iter().map(|(case, _, _)| case).collect();
    let suite = attribute("name", &format!("gate of {}", judgement.scenario));
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"windtunnel\" {counts}>\n  <testsuite {suite} {counts}>\n{body}  </testsuite>\n</testsuites>\n"
    )
    .into_bytes()
}

fn ruled(row: &Row) -> String {
    let said = sentence(row);
    let body = if row.verdict.fails() {
        failure(row.verdict.words(), &said)
    } else if row.verdict == Verdict::Undefined {
        format!("      <skipped {}/>\n", attribute("message", &said))
    } else {
        output(&said)
    };
    case(
        &row.policy,
        &format!("{} {}", row.metric.name, rule(row.rule)),
        &body,
    )
}

fn case(policy: &str, name: &str, body: &str) -> String {
    let (class, name) = (attribute("classname", policy), attribute("name", name));
    format!("    <testcase {class} {name}>\n{body}    </testcase>\n")
}

fn failure(kind: &str, said: &str) -> String {
    let (message, kind) = (attribute("message", said), attribute("type", kind));
    format!("      <failure {message} {kind}/>\n")
}

fn output(said: &str) -> String {
    format!("      <system-out>{}</system-out>\n", escaped(said))
}

fn attribute(name: &str, value: &str) -> String {
    format!("{name}=\"{}\"", escaped(value))
}

/// As text or between quotes; what XML cannot hold at all becomes a question mark.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\n' | '\t' | '\r' => out.push(' '),
            c if c.is_control() || ('\u{fffe}'..='\u{ffff}').contains(&c) => out.push('?'),
            c => out.push(c),
        }
    }
    out
}
