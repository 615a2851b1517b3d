//! The paper: a plotters backend that writes compact SVG with dashes, and no ids.

use std::fmt::Write as _;

use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
    FontStyle, FontTransform,
};

use super::font::{self, CAP_HEIGHT, FAMILIES, Weight};
use super::mark::{Anchor, Letters, Mark, Stroke};
use super::palette::{Marker, Rgb, WHITE};
use super::{DOTS, Dot, dots, pixels};
use crate::text::escape;

/// White around letters, under them, so that lines do not run into words.
const HALO: &str =
    " stroke=\"#ffffff\" stroke-width=\"3\" stroke-linejoin=\"round\" paint-order=\"stroke\"";

type Drawn = Result<(), DrawingErrorKind<Torn>>;

/// The error that writing to a string cannot have.
#[derive(Debug)]
pub(crate) struct Torn;

impl std::fmt::Display for Torn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the paper tore")
    }
}

impl std::error::Error for Torn {}

/// A sheet under the pen. What is drawn is appended to the text it borrows.
pub(crate) struct Paper<'a> {
    width: u32,
    height: u32,
    svg: &'a mut String,
}

/// A whole SVG document of a size in dots around what was drawn; `title` is for screen readers.
pub(crate) fn document(width: u32, height: u32, title: &str, drawn: &str) -> String {
    let (w, h) = (Number(width.cast_signed()), Number(height.cast_signed()));
    let title = escape(title);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" \
         viewBox=\"0 0 {w} {h}\" role=\"img\" aria-label=\"{title}\" font-family=\"{FAMILIES}\">\n\
         <title>{title}</title>\n\
         <rect width=\"{w}\" height=\"{h}\" fill=\"{}\"/>\n{drawn}</svg>\n",
        Hex(WHITE)
    )
}

/// A length in dots, printed in pixels.
struct Number(i32);

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, tenth) = (self.0 / DOTS, (self.0 % DOTS).abs());
        let sign = if self.0 < 0 && whole == 0 { "-" } else { "" };
        match tenth {
            0 => write!(f, "{whole}"),
            tenth => write!(f, "{sign}{whole}.{tenth}"),
        }
    }
}

/// A colour as SVG writes it.
pub(crate) struct Hex(pub(crate) Rgb);

impl std::fmt::Display for Hex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Rgb(r, g, b) = self.0;
        write!(f, "#{r:02x}{g:02x}{b:02x}")
    }
}

fn rgb(color: BackendColor) -> Rgb {
    Rgb(color.rgb.0, color.rgb.1, color.rgb.2)
}

impl<'a> Paper<'a> {
    /// An empty sheet of a size in dots.
    pub(crate) fn new(width: u32, height: u32, svg: &'a mut String) -> Self {
        Self { width, height, svg }
    }

    /// Draws a mark.
    pub(crate) fn mark(&mut self, mark: &Mark) {
        match mark {
            Mark::Line { pieces, stroke } => {
                let path: String = pieces.iter().map(|piece| path(piece)).collect();
                if !path.is_empty() {
                    let stroke = stroked(*stroke);
                    self.put(format_args!("<path d=\"{path}\" fill=\"none\"{stroke}/>"));
                }
            }
            Mark::Area {
                outline,
                fill,
                opacity,
                edge,
            } => self.area(outline, *fill, *opacity, *edge),
            Mark::Hint { a, b, text } => self.hint(*a, *b, text),
            Mark::Sign { at, marker, color } => self.sign(*at, *marker, *color),
            Mark::Words { at, text, letters } => self.words(*at, text, *letters, ""),
        }
    }

    fn put(&mut self, tag: std::fmt::Arguments<'_>) {
        writeln!(self.svg, "{tag}").expect("a string takes every write");
    }

    fn area(&mut self, outline: &[Dot], fill: Rgb, opacity: f64, edge: Option<Stroke>) {
        let path = path(outline);
        let edge = edge.map_or_else(String::new, stroked);
        let veil = if opacity < 1.0 {
            format!(" fill-opacity=\"{opacity}\"")
        } else {
            String::new()
        };
        let fill = Hex(fill);
        self.put(format_args!(
            "<path d=\"{path}Z\" fill=\"{fill}\"{veil}{edge}/>"
        ));
    }

    fn hint(&mut self, a: Dot, b: Dot, text: &str) {
        let path = path(&[a, (b.0, a.1), b, (a.0, b.1)]);
        let text = escape(text);
        self.put(format_args!(
            "<path d=\"{path}Z\" fill=\"none\" pointer-events=\"all\"><title>{text}</title></path>"
        ));
    }

    fn sign(&mut self, at: Dot, marker: Marker, color: Rgb) {
        // A white rim keeps signs apart that lie on each other.
        let rim = Some(Stroke::full(WHITE, 0.8));
        let outline = |corners: &[(i32, i32)]| -> Vec<Dot> {
            corners.iter().map(|(x, y)| (at.0 + x, at.1 + y)).collect()
        };
        let corners: &[(i32, i32)] = match marker {
            Marker::Circle => {
                let (x, y, fill) = (Number(at.0), Number(at.1), Hex(color));
                let rim = stroked(Stroke::full(WHITE, 0.8));
                self.put(format_args!(
                    "<circle cx=\"{x}\" cy=\"{y}\" r=\"4.5\" fill=\"{fill}\"{rim}/>"
                ));
                return;
            }
            Marker::Square => &[(-40, -40), (40, -40), (40, 40), (-40, 40)],
            Marker::Triangle => &[(0, -52), (50, 36), (-50, 36)],
            Marker::Diamond => &[(0, -56), (56, 0), (0, 56), (-56, 0)],
            Marker::Wedge => &[(0, 52), (50, -36), (-50, -36)],
            Marker::Plus => &[
                (-17, -50),
                (17, -50),
                (17, -17),
                (50, -17),
                (50, 17),
                (17, 17),
                (17, 50),
                (-17, 50),
                (-17, 17),
                (-50, 17),
                (-50, -17),
                (-17, -17),
            ],
        };
        self.area(&outline(corners), color, 1.0, rim);
    }

    /// Words with their capitals' middle at `at`; `turn` is a further attribute.
    fn words(&mut self, at: Dot, text: &str, letters: Letters, turn: &str) {
        if text.is_empty() {
            return;
        }
        let baseline = at.1 + dots(letters.size * CAP_HEIGHT / 2.0);
        let anchor = match letters.anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let weight = match letters.weight {
            Weight::Regular => "",
            Weight::SemiBold => " font-weight=\"600\"",
        };
        let (x, y, fill) = (Number(at.0), Number(baseline), Hex(letters.color));
        let (size, text) = (Number(dots(letters.size)), escape(text));
        let halo = if letters.halo { HALO } else { "" };
        self.put(format_args!(
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" fill=\"{fill}\"\
             {weight}{anchor}{halo}{turn}>{text}</text>"
        ));
    }
}

/// The attributes of a stroke.
fn stroked(stroke: Stroke) -> String {
    let dashes: Vec<String> = stroke.dash.iter().map(ToString::to_string).collect();
    let dashes = if dashes.is_empty() {
        String::new()
    } else {
        format!(" stroke-dasharray=\"{}\"", dashes.join(" "))
    };
    format!(
        " stroke=\"{}\" stroke-width=\"{}\" stroke-linejoin=\"round\"{dashes}",
        Hex(stroke.color),
        stroke.width
    )
}

/// The path through some points, repeated ones skipped, level and upright pieces short.
fn path(points: &[Dot]) -> String {
    let first = points.first();
    let start = first.map(|to| format!("M{} {}", Number(to.0), Number(to.1)));
    let pieces = points.windows(2).map(|pair| {
        let (from, to) = (pair[0], pair[1]);
        match (from.0 == to.0, from.1 == to.1) {
            (true, true) => String::new(),
            (false, true) => format!("H{}", Number(to.0)),
            (true, false) => format!("V{}", Number(to.1)),
            (false, false) => format!("L{} {}", Number(to.0), Number(to.1)),
        }
    });
    start.into_iter().chain(pieces).collect()
}

impl DrawingBackend for Paper<'_> {
    type ErrorType = Torn;

    fn get_size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, color: BackendColor) -> Drawn {
        self.area(
            &[(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1)],
            rgb(color),
            color.alpha,
            None,
        );
        Ok(())
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Drawn {
        self.draw_path([from, to], style)
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        points: I,
        style: &S,
    ) -> Drawn {
        let width = pixels(style.stroke_width().cast_signed());
        let stroke = Stroke::full(rgb(style.color()), width);
        self.mark(&Mark::line(points.into_iter().collect(), stroke));
        Ok(())
    }

    fn draw_text<T: BackendTextStyle>(&mut self, text: &str, style: &T, at: BackendCoord) -> Drawn {
        let letters = letters(style);
        // Plotters anchors at the top or bottom of the line; we at the middle of the capitals.
        let rise = dots(letters.size / 2.0);
        let shift = match style.anchor().v_pos {
            VPos::Top => rise,
            VPos::Center => 0,
            VPos::Bottom => -rise,
        };
        let degrees = match style.transform() {
            FontTransform::None => {
                self.words((at.0, at.1 + shift), text, letters, "");
                return Ok(());
            }
            FontTransform::Rotate90 => 90,
            FontTransform::Rotate180 => 180,
            FontTransform::Rotate270 => 270,
        };
        let (x, y) = (Number(at.0), Number(at.1));
        let turn = format!(" transform=\"rotate({degrees} {x} {y})\"");
        self.words((at.0, at.1 + shift), text, letters, &turn);
        Ok(())
    }

    fn estimate_text_size<T: BackendTextStyle>(
        &self,
        text: &str,
        style: &T,
    ) -> Result<(u32, u32), DrawingErrorKind<Torn>> {
        let letters = letters(style);
        let size = |pixels: f64| dots(pixels).unsigned_abs();
        Ok((size(letters.width(text)), size(letters.size)))
    }
}

/// Letters as plotters asks for them; its sizes are in dots.
fn letters<T: BackendTextStyle>(style: &T) -> Letters {
    let weight = match style.style() {
        FontStyle::Bold => font::Weight::SemiBold,
        FontStyle::Normal | FontStyle::Oblique | FontStyle::Italic => font::Weight::Regular,
    };
    let anchor = match style.anchor().h_pos {
        HPos::Left => Anchor::Start,
        HPos::Center => Anchor::Middle,
        HPos::Right => Anchor::End,
    };
    Letters {
        size: style.size() / f64::from(DOTS),
        weight,
        color: rgb(style.color()),
        anchor,
        halo: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ink::palette::BLACK;

    #[test]
    fn lengths_print_in_pixels_with_their_sign() {
        let printed: Vec<String> = [0, 5, -5, 120, -123].map(|d| Number(d).to_string()).into();
        assert_eq!(printed, ["0", "0.5", "-0.5", "12", "-12.3"]);
    }

    #[test]
    fn paths_are_short_where_steps_are() {
        assert_eq!(
            path(&[(0, 0), (10, 0), (10, 0), (10, 25), (30, 40)]),
            "M0 0H1V2.5L3 4"
        );
        assert_eq!(path(&[]), "");
    }

    #[test]
    fn words_are_escaped() {
        let mut svg = String::new();
        let mut paper = Paper::new(100, 100, &mut svg);
        paper.mark(&Mark::words(
            (0, 0),
            "<script>&",
            Letters::of(10.0).colored(BLACK),
        ));
        assert!(svg.contains("&lt;script&gt;&amp;"));
        assert!(!svg.contains("<script"));
    }
}
