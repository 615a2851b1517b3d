//! The embedded font: its bytes for whoever renders text, and its widths for whoever lays it out.

use std::sync::OnceLock;

use ttf_parser::Face;

/// The regular cut.
pub(crate) const REGULAR: &[u8] = include_bytes!("../../fonts/Inter-Regular.ttf");
/// The heavier cut of titles.
pub(crate) const SEMIBOLD: &[u8] = include_bytes!("../../fonts/Inter-SemiBold.ttf");
/// The family as the font names itself.
pub(crate) const FAMILY: &str = "Inter";
/// What a viewer without the family falls back to; all are narrower, so nothing gets cut.
pub(crate) const FAMILIES: &str = "Inter, Helvetica, Arial, Liberation Sans, sans-serif";
/// Height of a capital letter, in ems (`sCapHeight` 1490 of 2048).
pub(crate) const CAP_HEIGHT: f64 = 0.7275;

/// How heavy letters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    /// Running text.
    Regular,
    /// Titles.
    SemiBold,
}

fn face(weight: Weight) -> &'static Face<'static> {
    static FACES: OnceLock<[Face<'static>; 2]> = OnceLock::new();
    let faces = FACES.get_or_init(|| {
        [REGULAR, SEMIBOLD].map(|bytes| Face::parse(bytes, 0).expect("the embedded font is sound"))
    });
    match weight {
        Weight::Regular => &faces[0],
        Weight::SemiBold => &faces[1],
    }
}

/// Width of a line of text at a font size, in the unit of the size. Kerning is left out, so
/// this is a slight overestimate; a sign the font lacks counts as a full em.
pub(crate) fn width(text: &str, size: f64, weight: Weight) -> f64 {
    let face = face(weight);
    let advance = |c: char| {
        face.glyph_index(c)
            .and_then(|glyph| face.glyph_hor_advance(glyph))
            .unwrap_or(face.units_per_em())
    };
    let units: f64 = text.chars().map(|c| f64::from(advance(c))).sum();
    units * size / f64::from(face.units_per_em())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_font_has_every_sign_figures_print() {
        for weight in [Weight::Regular, Weight::SemiBold] {
            for c in "aZ09 µμσ±−–—×≤≥%…·’“”€$°⁰¹²³⁴⁵⁶⁷⁸⁹⁻éüñßøłŻ".chars()
            {
                assert!(face(weight).glyph_index(c).is_some(), "{c} is missing");
            }
        }
    }

    #[test]
    fn width_grows_with_size_and_weight() {
        let narrow = width("Utilization", 10.0, Weight::Regular);
        assert!((width("Utilization", 20.0, Weight::Regular) - 2.0 * narrow).abs() < 1e-9);
        assert!(width("Utilization", 10.0, Weight::SemiBold) > narrow);
    }
}
