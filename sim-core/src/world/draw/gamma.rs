//! Gamma draws by Marsaglia and Tsang's squeeze (ACM TOMS 26, 2000), on our own normals.

use super::Stream;

/// A gamma distribution of mean `shape x scale`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gamma {
    shape: f64,
    scale: f64,
}

impl Gamma {
    /// Panics unless both are positive and finite.
    pub fn new(shape: f64, scale: f64) -> Self {
        assert!(shape > 0.0 && shape.is_finite(), "gamma shape {shape}");
        assert!(scale > 0.0 && scale.is_finite(), "gamma scale {scale}");
        Self { shape, scale }
    }

    /// One draw. A shape far below one puts most of its mass under the least double: those are 0.
    pub fn draw(&self, stream: &mut Stream) -> f64 {
        if self.shape >= 1.0 {
            return self.scale * standard(self.shape, stream);
        }
        // G(a) = G(a + 1) x U^(1/a)
        let above = standard(self.shape + 1.0, stream);
        self.scale * above * libm::exp(libm::log(stream.uniform()) / self.shape)
    }
}

/// A gamma of scale one and `shape >= 1`; at least 95 % of the proposals are taken.
fn standard(shape: f64, stream: &mut Stream) -> f64 {
    let centre = shape - 1.0 / 3.0;
    let spread = 1.0 / (9.0 * centre).sqrt();
    loop {
        let x = stream.normal();
        let root = 1.0 + spread * x;
        if root <= 0.0 {
            continue;
        }
        let v = root * root * root;
        if libm::log(stream.uniform()) < 0.5 * x * x + centre * (1.0 - v + libm::log(v)) {
            return centre * v;
        }
    }
}
