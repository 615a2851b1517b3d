//! What a composed policy keeps, each rule by hand on a small world: what happened, minute by minute.

mod budget;
mod elastic;
mod hours;
mod machines;
mod oversubscribe;
mod pace;
mod replicas;
mod rig;
