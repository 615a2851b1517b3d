//! Agent files: a trained network, and what it was trained for.
//!
//! A file is of the safetensors format, singles by the names of [`Network::tensors`]: matrices are one list of inputs for each
//! output, as in `PyTorch`, so that what was trained elsewhere can be flown here. Its metadata have an entry `windtunnel`, a
//! JSON object:
//!
//! ```json
//! {"format": 1, "head": "order", "scenario": "quickstart", "digest": "…",
//!  "context": 6, "row": 9, "rows": 128, "form": {"kind": "mlp", "hidden": 128, "layers": 2}}
//! ```
//!
//! An agent's bytes are fixed by what it is. Files come from anywhere: what is not as it should be is told, and nothing larger
//! than a network may be is ever allocated.

pub(crate) mod file;

use std::io::Read;
use std::path::Path;

use policies::learned::Widths;
use policies::learned::net::{Form, FormError, Network, tensors};
use serde::{Deserialize, Serialize};
use sim_core::units::limits;

pub use file::FileError;
use file::{Array, Arrays};

/// The version of the file.
pub const FORMAT: u32 = 1;

/// A trained network.
#[derive(Clone, Debug, PartialEq)]
pub struct Agent {
    /// What it was trained for.
    pub origin: Origin,
    /// The network.
    pub network: Network,
}

/// What a network was trained for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// Which questions it answers.
    pub head: String,
    /// The name of the scenario.
    pub scenario: String,
    /// The digest of the scenario, or empty where nobody knows.
    pub digest: String,
}

/// Why a file is not an agent.
#[derive(Debug)]
pub enum AgentError {
    /// It cannot be read.
    Io(std::io::Error),
    /// Its bytes are not those of an agent.
    File(FileError),
    /// It is of a version that is not read here.
    Version(u32),
    /// A name is too long.
    Name {
        /// Which.
        what: &'static str,
        /// Its length, in bytes.
        length: usize,
    },
    /// No such network.
    Form(FormError),
}

/// What a file says of itself.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct About {
    format: u32,
    head: String,
    scenario: String,
    digest: String,
    context: usize,
    row: usize,
    rows: usize,
    form: FormText,
}

/// A form, in words.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
enum FormText {
    Mlp { hidden: usize, layers: usize },
    Attention { width: usize, heads: usize },
}

impl Agent {
    /// The bytes of its file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let Widths { context, row, rows } = self.network.widths();
        let about = About {
            format: FORMAT,
            head: self.origin.head.clone(),
            scenario: self.origin.scenario.clone(),
            digest: self.origin.digest.clone(),
            context,
            row,
            rows,
            form: self.network.form().into(),
        };
        let about = serde_json::to_string(&about).expect("words and counts are JSON");
        let arrays = self.network.tensors().into_iter().map(|tensor| {
            let numbers = &self.network.weights()[tensor.range];
            Array::new(&tensor.name, &tensor.shape, numbers)
        });
        file::write(about, &arrays.collect::<Vec<_>>())
    }

    /// The agent that these bytes are of.
    ///
    /// # Errors
    /// Whatever is not as it should be, the first of it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, AgentError> {
        let read = file::read(bytes, limits::MAX_AGENT_BYTES);
        let (about, mut arrays) = read.map_err(AgentError::File)?;
        let about = serde_json::from_str(&about);
        let metadata = |error: serde_json::Error| FileError::Metadata(error.to_string());
        let about: About = about.map_err(|error| AgentError::File(metadata(error)))?;
        if about.format != FORMAT {
            return Err(AgentError::Version(about.format));
        }
        let origin = Origin {
            head: about.head,
            scenario: about.scenario,
            digest: about.digest,
        };
        let widths = Widths {
            context: about.context,
            row: about.row,
            rows: about.rows,
        };
        let form = Form::from(about.form);
        origin.check()?;
        form.check(widths).map_err(AgentError::Form)?;
        let weights = weights(form, widths, &mut arrays).map_err(AgentError::File)?;
        arrays.end().map_err(AgentError::File)?;
        let network = Network::with_weights(form, widths, weights);
        Ok(Self { origin, network })
    }

    /// The agent in a file.
    ///
    /// # Errors
    /// See [`Agent::from_bytes`]; or the file cannot be read.
    pub fn read(path: &Path) -> Result<Self, AgentError> {
        let file = std::fs::File::open(path).map_err(AgentError::Io)?;
        let mut bytes = Vec::new();
        // One byte more than is allowed tells that there is more.
        let mut file = file.take(limits::MAX_AGENT_BYTES + 1);
        file.read_to_end(&mut bytes).map_err(AgentError::Io)?;
        Self::from_bytes(&bytes)
    }
}

impl Origin {
    /// Whether its names are as short as names are.
    fn check(&self) -> Result<(), AgentError> {
        let names = [
            ("head", &self.head),
            ("scenario", &self.scenario),
            ("digest", &self.digest),
        ];
        for (what, name) in names {
            let length = name.len();
            if length > limits::MAX_NAME {
                return Err(AgentError::Name { what, length });
            }
        }
        Ok(())
    }
}

/// The weights of a network, array by array.
fn weights(form: Form, widths: Widths, arrays: &mut Arrays<'_>) -> Result<Vec<f32>, FileError> {
    let mut weights = Vec::new();
    for tensor in tensors(form, widths) {
        weights.extend(arrays.take::<f32>(&tensor.name, &tensor.shape)?);
    }
    Ok(weights)
}

/// A form as it is written in files.
pub(crate) fn form<S: serde::Serializer>(form: &Form, to: S) -> Result<S::Ok, S::Error> {
    FormText::from(*form).serialize(to)
}

impl From<Form> for FormText {
    fn from(form: Form) -> Self {
        match form {
            Form::Mlp { hidden, layers } => Self::Mlp { hidden, layers },
            Form::Attention { width, heads } => Self::Attention { width, heads },
        }
    }
}

impl From<FormText> for Form {
    fn from(form: FormText) -> Self {
        match form {
            FormText::Mlp { hidden, layers } => Self::Mlp { hidden, layers },
            FormText::Attention { width, heads } => Self::Attention { width, heads },
        }
    }
}

impl std::fmt::Display for AgentError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::File(error) => error.fmt(f),
            Self::Version(found) => write!(
                f,
                "format {found}: this version reads format {FORMAT}; train the agent again, or use the version that wrote it"
            ),
            Self::Name { what, length } => {
                let most = limits::MAX_NAME;
                write!(f, "{what} has {length} bytes: a name has at most {most}")
            }
            Self::Form(error) => write!(f, "no such network: {error}"),
        }
    }
}

impl std::error::Error for AgentError {}
