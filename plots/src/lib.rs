//! Reports out.

mod drawing;
mod error;
pub mod figure;
mod ink;
mod lossy;
mod text;
mod tidy;

pub use drawing::Drawing;
pub use error::PlotError;
