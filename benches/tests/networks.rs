//! A network that has answered a question as large before allocates nothing.

use std::alloc::System;

use policies::learned::net::{Form, Network, Scratch, choice};
use policies::learned::{Question, Widths};
use sim_core::units::convert;
use sim_core::world::draw::Stream;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static HEAP: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const WIDTHS: Widths = Widths {
    context: 10,
    row: 12,
    rows: 64,
};

fn question(rows: usize, luck: &mut Stream) -> Question {
    let mut draw = |count: usize| {
        let drawn = (0..count).map(|_| convert::single(luck.normal()));
        drawn.collect()
    };
    Question {
        context: draw(WIDTHS.context),
        rows: draw(WIDTHS.row * rows),
        legal: (0..rows).map(|row| row % 3 < 2).collect(),
    }
}

#[test]
fn an_answer_allocates_nothing_after_the_first() {
    let mut luck = Stream::new(1, &["questions".into()]);
    let questions = [64, 1, 17, 40].map(|rows| question(rows, &mut luck));
    let attention = Form::Attention {
        width: 16,
        heads: 4,
    };
    for form in [Form::DEFAULT, attention] {
        let network = Network::new(form, WIDTHS, &mut luck);
        let (mut scratch, mut log_shares) = (Scratch::default(), Vec::new());
        let mut answer = |question: &Question| {
            let scores = network.scores(question, &mut scratch);
            choice::log_shares(scores, &question.legal, &mut log_shares);
            let row = choice::greedy(scores, &question.legal);
            let drawn = choice::drawn(&log_shares, &question.legal, 0.5);
            (row, drawn, network.worth(question, &mut scratch))
        };
        answer(&questions[0]);
        let region = Region::new(HEAP);
        for question in &questions {
            answer(question);
        }
        let taken = region.change();
        assert_eq!((taken.allocations, taken.reallocations), (0, 0), "{form:?}");
    }
}
