//! A finished figure: its picture as SVG, its data as CSV, both as Vega-Lite, and the same picture as PNG.

use std::sync::{Arc, OnceLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb::Database};

use crate::PlotError;
use crate::ink::font::{FAMILY, REGULAR, SEMIBOLD};

/// Pixels of the PNG per pixel of the SVG, so that it is sharp on dense screens and in print.
const PNG_SCALE: f32 = 2.0;

/// A figure, drawn. Only this crate makes one, so that a page may hold its SVG as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Drawing {
    /// The picture: a whole SVG document without scripts, ids or outside resources.
    pub svg: String,
    /// What was plotted, one observation per row (RFC 4180).
    pub csv: String,
    /// The figure as a Vega-Lite specification with that data inside.
    pub vega: String,
}

impl Drawing {
    /// The picture as PNG at twice the size, rendered from the SVG with the embedded font.
    ///
    /// # Errors
    /// [`PlotError::Renderer`] if the SVG was altered into something that cannot be rendered.
    pub fn png(&self) -> Result<Vec<u8>, PlotError> {
        let failed = |words: String| PlotError::Renderer(words);
        let options = Options {
            font_family: FAMILY.to_owned(),
            fontdb: fonts(),
            ..Options::default()
        };
        let tree = Tree::from_str(&self.svg, &options).map_err(|e| failed(e.to_string()))?;
        let size = tree
            .size()
            .to_int_size()
            .scale_by(PNG_SCALE)
            .ok_or_else(|| failed("the picture has no size".to_owned()))?;
        let mut pixels = Pixmap::new(size.width(), size.height())
            .ok_or_else(|| failed("the picture is too large".to_owned()))?;
        let scale = Transform::from_scale(PNG_SCALE, PNG_SCALE);
        resvg::render(&tree, scale, &mut pixels.as_mut());
        pixels.encode_png().map_err(|e| failed(e.to_string()))
    }
}

/// The embedded fonts and nothing of the system, so that the bytes are the same everywhere.
fn fonts() -> Arc<Database> {
    static FONTS: OnceLock<Arc<Database>> = OnceLock::new();
    let load = || {
        let mut fonts = Database::new();
        fonts.load_font_data(REGULAR.to_vec());
        fonts.load_font_data(SEMIBOLD.to_vec());
        fonts.set_sans_serif_family(FAMILY);
        Arc::new(fonts)
    };
    Arc::clone(FONTS.get_or_init(load))
}
