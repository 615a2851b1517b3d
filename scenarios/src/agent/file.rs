//! Named arrays of numbers in one file: the safetensors format, with one entry of our own in its metadata.

use std::collections::{BTreeSet, HashMap};

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use sim_core::units::{convert, limits};

/// The entry, in which everything is that is not an array: one only, since the format does not order them.
const ENTRY: &str = "windtunnel";

/// Why bytes are not what they should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileError {
    /// More bytes than such a file may have.
    TooLarge {
        /// How many it may have.
        most: u64,
    },
    /// Not of the format.
    Format(String),
    /// Nothing says what it is.
    Unnamed,
    /// What it says of itself is not what is said.
    Metadata(String),
    /// An array is not there.
    Missing {
        /// Its name.
        array: String,
    },
    /// An array that has no place here.
    Extra {
        /// Its name.
        array: String,
    },
    /// An array of another kind of number.
    Kind {
        /// Its name.
        array: String,
        /// What it holds.
        found: String,
        /// What it should hold.
        expected: &'static str,
    },
    /// An array of another shape.
    Shape {
        /// Its name.
        array: String,
        /// What it has.
        found: Vec<usize>,
        /// What it should have.
        expected: Vec<usize>,
    },
    /// A number that is not one, or infinite.
    NotFinite {
        /// The array.
        array: String,
        /// Its position.
        at: usize,
    },
}

/// A number that an array can be of.
pub(crate) trait Number: Copy {
    const KIND: Dtype;
    const NAME: &'static str;
    const BYTES: usize;
    /// Adds its bytes, the lowest first.
    fn write(self, into: &mut Vec<u8>);
    /// From as many bytes as it has.
    fn read(bytes: &[u8]) -> Self;
    fn is_finite(self) -> bool;
}

/// An array on its way into a file.
pub(crate) struct Array {
    name: String,
    kind: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

/// A file that was read; its arrays are taken one by one.
pub(crate) struct Arrays<'a> {
    tensors: SafeTensors<'a>,
    left: BTreeSet<String>,
}

impl Array {
    pub(crate) fn new<N: Number>(name: &str, shape: &[usize], numbers: &[N]) -> Self {
        let mut bytes = Vec::with_capacity(numbers.len() * N::BYTES);
        for number in numbers {
            number.write(&mut bytes);
        }
        Self {
            name: name.to_owned(),
            kind: N::KIND,
            shape: shape.to_vec(),
            bytes,
        }
    }
}

/// The bytes of a file.
pub(crate) fn write(about: String, arrays: &[Array]) -> Vec<u8> {
    let views = arrays.iter().map(|array| {
        let view = TensorView::new(array.kind, array.shape.clone(), &array.bytes);
        (
            array.name.as_str(),
            view.expect("as many numbers as its shape says"),
        )
    });
    let metadata = HashMap::from([(ENTRY.to_owned(), about)]);
    safetensors::serialize(views, Some(metadata)).expect("names and shapes are text")
}

/// What a file says of itself, and its arrays.
pub(crate) fn read(bytes: &[u8], most: u64) -> Result<(String, Arrays<'_>), FileError> {
    if convert::wide(bytes.len()) > most {
        return Err(FileError::TooLarge { most });
    }
    let head = bytes.first_chunk().copied().map(u64::from_le_bytes);
    if head.is_some_and(|length| length > limits::MAX_TENSOR_HEADER_BYTES) {
        let most = limits::MAX_TENSOR_HEADER_BYTES;
        let message = format!("a header of more than {most} bytes");
        return Err(FileError::Format(message));
    }
    let format = |error: safetensors::SafeTensorError| FileError::Format(error.to_string());
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(format)?;
    let entries = metadata.metadata().as_ref();
    let about = entries.and_then(|entries| entries.get(ENTRY));
    let about = about.ok_or(FileError::Unnamed)?.clone();
    let tensors = SafeTensors::deserialize(bytes).map_err(format)?;
    let left = tensors.names().into_iter().map(str::to_owned).collect();
    Ok((about, Arrays { tensors, left }))
}

impl Arrays<'_> {
    /// The numbers of an array of this shape.
    pub(crate) fn take<N: Number>(
        &mut self,
        name: &str,
        shape: &[usize],
    ) -> Result<Vec<N>, FileError> {
        let array = name.to_owned();
        if !self.left.remove(name) {
            return Err(FileError::Missing { array });
        }
        let view = self.tensors.tensor(name).expect("it is one of the names");
        if view.dtype() != N::KIND {
            return Err(FileError::Kind {
                array,
                found: view.dtype().to_string(),
                expected: N::NAME,
            });
        }
        if view.shape() != shape {
            return Err(FileError::Shape {
                array,
                found: view.shape().to_vec(),
                expected: shape.to_vec(),
            });
        }
        let numbers: Vec<N> = view.data().chunks_exact(N::BYTES).map(N::read).collect();
        match numbers.iter().position(|number| !number.is_finite()) {
            Some(at) => Err(FileError::NotFinite { array, at }),
            None => Ok(numbers),
        }
    }

    /// Whether all were taken.
    pub(crate) fn end(self) -> Result<(), FileError> {
        match self.left.into_iter().next() {
            Some(array) => Err(FileError::Extra { array }),
            None => Ok(()),
        }
    }
}

impl Number for f32 {
    const KIND: Dtype = Dtype::F32;
    const NAME: &'static str = "F32";
    const BYTES: usize = 4;

    fn write(self, into: &mut Vec<u8>) {
        into.extend(self.to_le_bytes());
    }

    fn read(bytes: &[u8]) -> Self {
        Self::from_le_bytes(bytes.try_into().expect("four bytes"))
    }

    fn is_finite(self) -> bool {
        Self::is_finite(self)
    }
}

impl Number for f64 {
    const KIND: Dtype = Dtype::F64;
    const NAME: &'static str = "F64";
    const BYTES: usize = 8;

    fn write(self, into: &mut Vec<u8>) {
        into.extend(self.to_le_bytes());
    }

    fn read(bytes: &[u8]) -> Self {
        Self::from_le_bytes(bytes.try_into().expect("eight bytes"))
    }

    fn is_finite(self) -> bool {
        Self::is_finite(self)
    }
}

impl Number for u32 {
    const KIND: Dtype = Dtype::U32;
    const NAME: &'static str = "U32";
    const BYTES: usize = 4;

    fn write(self, into: &mut Vec<u8>) {
        into.extend(self.to_le_bytes());
    }

    fn read(bytes: &[u8]) -> Self {
        Self::from_le_bytes(bytes.try_into().expect("four bytes"))
    }

    fn is_finite(self) -> bool {
        true
    }
}

impl std::fmt::Display for FileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooLarge { most } => write!(f, "more than {most} bytes"),
            Self::Format(message) => write!(f, "not a safetensors file: {message}"),
            Self::Unnamed => write!(
                f,
                "its metadata have no entry \"{ENTRY}\", which says what the file is"
            ),
            Self::Metadata(message) => {
                write!(f, "the entry \"{ENTRY}\" of its metadata: {message}")
            }
            Self::Missing { array } => write!(f, "the array \"{array}\" is missing"),
            Self::Extra { array } => write!(f, "the array \"{array}\" has no place here"),
            Self::Kind {
                array,
                found,
                expected,
            } => write!(f, "\"{array}\" holds {found}: it should hold {expected}"),
            Self::Shape {
                array,
                found,
                expected,
            } => write!(
                f,
                "\"{array}\" has shape {found:?}: it should have {expected:?}"
            ),
            Self::NotFinite { array, at } => {
                write!(f, "\"{array}\": number {at} is not finite")
            }
        }
    }
}

impl std::error::Error for FileError {}
