//! What is said of a judgement, with names that would rather be markup.

use super::super::paired::Paired;
use super::*;
use crate::experiment::metrics::{METRICS, index};
use crate::stats::Mean;

const HOSTILE: &str = "a<b>&\"c'\n::error::d|e*f`g`%0A\u{7}";

fn judgement() -> Judgement {
    let row = |verdict, rule, p| Row {
        policy: HOSTILE.to_owned(),
        metric: &METRICS[index("cost_usd")],
        rule,
        baseline: Some(100.0),
        now: Mean::of(&[102.0, 103.0, 104.0]),
        change: Some(Paired {
            change: Mean {
                mean: 0.03,
                half: Some(0.005),
                skew: 0.0,
                n: 3,
            },
            relative: true,
            is_beyond: true,
            p,
        }),
        p,
        verdict,
    };
    let tolerance = Ruling::Tolerance(Tolerance::Relative(0.01));
    Judgement {
        scenario: HOSTILE.to_owned(),
        mode: GateMode::Exact,
        seeds: 3,
        behaved: vec![Behaved {
            policy: HOSTILE.to_owned(),
            otherwise: (1..=7).collect(),
        }],
        rows: vec![
            row(Verdict::Worse, tolerance, Some(0.002)),
            row(Verdict::Unsure, tolerance, Some(0.3)),
            row(Verdict::Undefined, tolerance, None),
            row(
                Verdict::Beyond { sure: false },
                Ruling::Bound(Bound::Max(101.0)),
                None,
            ),
        ],
        notes: vec![HOSTILE.to_owned()],
    }
}

#[test]
fn a_sentence_says_the_change_and_what_is_tolerated() {
    let mut worse = judgement().rows.remove(0);
    worse.policy = "easy".to_owned();
    assert_eq!(
        sentence(&worse),
        "easy: cost_usd is 103, +3 % ± 0.5 % against the baseline, 1 % is tolerated, p = 0.002: WORSE"
    );
    let behaved = Behaved {
        policy: "easy".to_owned(),
        otherwise: (1..=7).collect(),
    };
    assert_eq!(
        behaviour(&behaved),
        "easy: behaviour changed with 7 seeds (1, 2, 3, 4, 5, ...)"
    );
}

#[test]
fn annotations_stay_on_their_lines() {
    let text = String::from_utf8(github::github(&judgement())).expect("UTF-8");
    let kinds: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert_eq!(
        kinds,
        [
            "::error",
            "::error",
            "::error",
            "::warning",
            "::warning",
            "::notice"
        ]
    );
    for line in text.lines() {
        // The title ends at the first double colon after the command.
        let rest = line.split_once("title=").expect("a title").1;
        let (title, _) = rest.split_once("::").expect("a message");
        assert!(
            !title.contains(':') && title.contains("%3A%3Aerror"),
            "{line}"
        );
    }
}

#[test]
fn a_report_is_sound_xml() {
    let text = String::from_utf8(junit::junit(&judgement())).expect("UTF-8");
    assert!(
        text.contains("tests=\"5\" failures=\"3\" errors=\"0\" skipped=\"1\""),
        "{text}"
    );
    assert!(
        text.contains("a&lt;b&gt;&amp;&quot;c&apos; ::error"),
        "{text}"
    );
    assert!(!text.contains('\u{7}') && !text.contains("<b>"));
    assert_eq!(
        text.matches("<testcase ").count(),
        text.matches("</testcase>").count()
    );
}

#[test]
fn a_comment_and_a_terminal_take_no_markup_from_names() {
    let comment = markdown(&judgement(), &[]).expect("a table");
    assert!(comment.contains("a\\<b\\>\\&"), "{comment}");
    assert!(!comment.contains("<b>") && comment.lines().all(|line| !line.starts_with("::")));
    let shown = text(&judgement(), &[], 160).expect("a table");
    assert!(
        shown.contains("WORSE") && shown.contains("FAILED: "),
        "{shown}"
    );
}
