//! Colours, dashes and markers, bound to a position so that a policy looks the same everywhere.
//!
//! Colours are those of Okabe and Ito (2008), told apart under every common colour-blindness,
//! less their yellow, which vanishes on white paper. Dashes and markers repeat with other
//! periods, so that print without colour works and 42 positions look different.

/// A colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rgb(pub(crate) u8, pub(crate) u8, pub(crate) u8);

/// Text and axes.
pub(crate) const BLACK: Rgb = Rgb(0x1a, 0x1a, 0x1a);
/// Secondary text.
pub(crate) const GREY: Rgb = Rgb(0x5a, 0x5a, 0x5a);
/// Lines that stay behind the data.
pub(crate) const MIST: Rgb = Rgb(0xe4, 0xe4, 0xe4);
/// Lines of reference.
pub(crate) const STONE: Rgb = Rgb(0x9a, 0x9a, 0x9a);
/// The paper.
pub(crate) const WHITE: Rgb = Rgb(0xff, 0xff, 0xff);

/// The palette.
pub(crate) const COLORS: [Rgb; 7] = [
    Rgb(0x00, 0x72, 0xb2),
    Rgb(0xd5, 0x5e, 0x00),
    Rgb(0x00, 0x9e, 0x73),
    Rgb(0xcc, 0x79, 0xa7),
    Rgb(0xe6, 0x9f, 0x00),
    Rgb(0x56, 0xb4, 0xe9),
    Rgb(0x4d, 0x4d, 0x4d),
];

const DASHES: [&[f64]; 6] = [
    &[],
    &[6.0, 2.5],
    &[2.2, 1.8],
    &[7.0, 2.0, 1.6, 2.0],
    &[11.0, 3.0],
    &[4.0, 1.6, 1.6, 1.6, 1.6, 1.6],
];

/// The sign that stands for a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Marker {
    /// A disc.
    Circle,
    /// A square on its side.
    Square,
    /// A triangle that points up.
    Triangle,
    /// A square on its corner.
    Diamond,
    /// A triangle that points down.
    Wedge,
    /// A cross with upright bars.
    Plus,
}

const MARKERS: [Marker; 6] = [
    Marker::Circle,
    Marker::Square,
    Marker::Triangle,
    Marker::Diamond,
    Marker::Wedge,
    Marker::Plus,
];

/// The colour of a position.
pub(crate) fn color(position: usize) -> Rgb {
    COLORS[position % COLORS.len()]
}

/// The dash pattern of a position, in pixels on and off; empty is a full line.
pub(crate) fn dash(position: usize) -> &'static [f64] {
    DASHES[position % DASHES.len()]
}

/// The marker of a position.
pub(crate) fn marker(position: usize) -> Marker {
    MARKERS[position % MARKERS.len()]
}

/// The colour mixed with white; `share` 1 leaves it, 0 is white.
pub(crate) fn tint(Rgb(r, g, b): Rgb, share: f64) -> Rgb {
    let mix = |c: u8| {
        let mixed = crate::lossy::nearest(255.0 + (f64::from(c) - 255.0) * share);
        u8::try_from(mixed.clamp(0, 255)).unwrap_or(u8::MAX)
    };
    Rgb(mix(r), mix(g), mix(b))
}

/// A light fill for a job, always the same for the same name.
pub(crate) fn job_color(name: &str) -> Rgb {
    // FNV-1a, with a final mix because short names leave its high bits alike.
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mixed = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let pick = usize::try_from((mixed >> 40) % 12).unwrap_or(0);
    // The last colour, a grey, is left to the legend of states.
    tint(COLORS[pick % 6], if pick < 6 { 0.62 } else { 0.34 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forty_two_positions_look_different() {
        let looks: Vec<_> = (0..42).map(|p| (color(p), dash(p), marker(p))).collect();
        for (i, a) in looks.iter().enumerate() {
            assert!(looks[i + 1..].iter().all(|b| (a.0, a.1) != (b.0, b.1)));
            assert!(looks[i + 1..].iter().all(|b| (a.0, a.2) != (b.0, b.2)));
        }
    }

    #[test]
    fn a_job_keeps_its_color_and_jobs_share_the_palette_evenly() {
        assert_eq!(job_color("job-7"), job_color("job-7"));
        let mut seen: Vec<Rgb> = Vec::new();
        for id in 0..200 {
            let color = job_color(&id.to_string());
            if !seen.contains(&color) {
                seen.push(color);
            }
        }
        assert_eq!(seen.len(), 12);
    }
}
