//! Colours, dashes and markers, bound to a position so that a policy looks the same everywhere.
//!
//! Colours are those of Okabe and Ito (2008), told apart under every common colour-blindness,
//! less their yellow, which vanishes on white paper; a purple, a midnight blue and a brown are
//! added, as far from those, and from each other, as those are. Dashes and markers shift by one
//! from each ten to the next, so that print without colour works and 60 positions look different.

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
pub(crate) const COLORS: [Rgb; 10] = [
    Rgb(0x00, 0x72, 0xb2),
    Rgb(0xd5, 0x5e, 0x00),
    Rgb(0x00, 0x9e, 0x73),
    Rgb(0xcc, 0x79, 0xa7),
    Rgb(0xe6, 0x9f, 0x00),
    Rgb(0x56, 0xb4, 0xe9),
    Rgb(0x4d, 0x4d, 0x4d),
    Rgb(0x70, 0x40, 0xc8),
    Rgb(0x14, 0x14, 0x3c),
    Rgb(0x88, 0x22, 0x00),
];

/// How many of them, the first, stay apart from each other when they are lightened to bear words.
pub(crate) const FILLS: usize = 7;

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
    DASHES[turned(position) % DASHES.len()]
}

/// The marker of a position.
pub(crate) fn marker(position: usize) -> Marker {
    MARKERS[turned(position) % MARKERS.len()]
}

/// The position, one further with every round of the colours.
fn turned(position: usize) -> usize {
    position + position / COLORS.len()
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
    fn sixty_positions_look_different() {
        let looks: Vec<_> = (0..60).map(|p| (color(p), dash(p), marker(p))).collect();
        for (i, a) in looks.iter().enumerate() {
            assert!(looks[i + 1..].iter().all(|b| (a.0, a.1) != (b.0, b.1)));
            assert!(looks[i + 1..].iter().all(|b| (a.0, a.2) != (b.0, b.2)));
        }
    }

    /// What a share of light looks like to all, and to those who lack one kind of cones: Machado, Oliveira and
    /// Fernandes (2009), a physiologically-based model, severity 1, for linear light.
    const SEEN: [[[f64; 3]; 3]; 4] = [
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ],
        [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ],
        [
            [1.255_528, -0.076_749, -0.178_779],
            [-0.078_411, 0.930_809, 0.147_602],
            [0.004_733, 0.691_367, 0.303_900],
        ],
    ];

    fn times(matrix: &[[f64; 3]; 3], v: [f64; 3]) -> [f64; 3] {
        matrix.map(|row| row[0] * v[0] + row[1] * v[1] + row[2] * v[2])
    }

    /// Lightness and hues of CIELAB under daylight.
    fn lab(color: Rgb, seen: &[[f64; 3]; 3]) -> [f64; 3] {
        let light = [color.0, color.1, color.2].map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 {
                part / 12.92
            } else {
                libm::pow((part + 0.055) / 1.055, 2.4)
            }
        });
        let light = times(seen, light).map(|part| part.clamp(0.0, 1.0));
        let to_xyz = [
            [0.412_456, 0.357_576, 0.180_438],
            [0.212_673, 0.715_152, 0.072_175],
            [0.019_334, 0.119_192, 0.950_304],
        ];
        let [x, y, z] = times(&to_xyz, light);
        let [x, y, z] = [x / 0.950_47, y, z / 1.088_83].map(|part| {
            if part > 0.008_856 {
                libm::cbrt(part)
            } else {
                7.787 * part + 16.0 / 116.0
            }
        });
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    #[test]
    fn ten_colors_are_told_apart_by_every_eye() {
        for seen in &SEEN {
            let all = COLORS.map(|color| lab(color, seen));
            for (i, a) in all.iter().enumerate() {
                for b in &all[i + 1..] {
                    let squares = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b));
                    let apart = libm::sqrt(squares.sum());
                    // A difference of 2 can just be seen by those who look for it.
                    assert!(apart > 16.0, "{a:?} and {b:?}: {apart}");
                }
            }
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
