//! Policies that ask: what is asked may be answered, answers lead to the same bits however they are given, and rewards add
//! up to what the books say.

mod answers;
mod masks;
mod rewards;
mod rig;
