//! Agent files: what is written comes back, and what is not as it should be is told.

use std::collections::HashMap;

use policies::learned::Widths;
use policies::learned::net::{Form, Network};
use safetensors::tensor::{Dtype, TensorView};
use scenarios::agent::{Agent, AgentError, Origin};
use sim_core::units::limits;
use sim_core::world::draw::Stream;

const WIDTHS: Widths = Widths {
    context: 2,
    row: 3,
    rows: 16,
};

const FORMS: [Form; 2] = [
    Form::Mlp {
        hidden: 4,
        layers: 1,
    },
    Form::Attention { width: 4, heads: 2 },
];

fn agent(form: Form) -> Agent {
    Agent {
        origin: Origin {
            head: "order".to_owned(),
            scenario: "quick\"start".to_owned(),
            digest: "feed".to_owned(),
        },
        network: Network::new(form, WIDTHS, &mut Stream::new(1, &["agent".into()])),
    }
}

#[test]
fn an_agent_comes_back_as_it_was_bit_by_bit() {
    for form in FORMS {
        let agent = agent(form);
        let bytes = agent.to_bytes();
        let again = Agent::from_bytes(&bytes).expect("an agent");
        assert_eq!(again, agent);
        assert_eq!(again.to_bytes(), bytes);
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("agent.safetensors");
        std::fs::write(&path, &bytes).expect("writable");
        assert_eq!(Agent::read(&path).expect("an agent"), agent);
        let none = Agent::read(&folder.path().join("none"));
        assert!(matches!(none, Err(AgentError::Io(_))));
    }
}

/// A file as others write it: numbers by name, and what is said of them.
struct Written {
    about: Option<String>,
    arrays: Vec<(String, Vec<usize>, Vec<u8>, Dtype)>,
}

const ABOUT: &str = r#"{"format": 1, "head": "order", "scenario": "elsewhere", "digest": "",
    "context": 2, "row": 3, "rows": 16, "form": {"kind": "mlp", "hidden": 4, "layers": 1}}"#;

impl Written {
    /// What a file of an agent of the first form must hold.
    fn whole() -> Self {
        let arrays = agent(FORMS[0]).network.tensors().into_iter().map(|tensor| {
            let bytes = tensor.range.flat_map(|_| 0.25_f32.to_le_bytes());
            (tensor.name, tensor.shape, bytes.collect(), Dtype::F32)
        });
        Self {
            about: Some(ABOUT.to_owned()),
            arrays: arrays.collect(),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let views = self.arrays.iter().map(|(name, shape, bytes, kind)| {
            let view = TensorView::new(*kind, shape.clone(), bytes).expect("as long as it says");
            (name.as_str(), view)
        });
        let mut metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
        if let Some(about) = &self.about {
            metadata.insert("windtunnel".to_owned(), about.clone());
        }
        safetensors::serialize(views, Some(metadata)).expect("a file")
    }

    fn said(&self) -> String {
        match Agent::from_bytes(&self.bytes()) {
            Ok(agent) => format!("{:?}", agent.network.form()),
            Err(error) => error.to_string(),
        }
    }

    fn with(change: impl FnOnce(&mut Self)) -> String {
        let mut written = Self::whole();
        change(&mut written);
        written.said()
    }

    fn saying(from: &str, to: &str) -> String {
        assert!(ABOUT.contains(from));
        Self::with(|written| written.about = Some(ABOUT.replacen(from, to, 1)))
    }
}

#[test]
fn a_network_that_was_trained_elsewhere_is_read() {
    assert_eq!(Written::whole().said(), "Mlp { hidden: 4, layers: 1 }");
}

#[test]
fn arrays_that_are_not_those_of_the_network_are_told() {
    let missing = Written::with(|written| drop(written.arrays.remove(0)));
    assert_eq!(missing, "the array \"rows.0.weight\" is missing");
    let extra = Written::with(|written| {
        let array = ("bonus".to_owned(), vec![1], vec![0; 4], Dtype::F32);
        written.arrays.push(array);
    });
    assert_eq!(extra, "the array \"bonus\" has no place here");
    let shape = Written::with(|written| written.arrays[0].1 = vec![5, 4]);
    let expected = "\"rows.0.weight\" has shape [5, 4]: it should have [4, 5]";
    assert_eq!(shape, expected);
    let kind = Written::with(|written| written.arrays[0].3 = Dtype::I32);
    assert_eq!(kind, "\"rows.0.weight\" holds I32: it should hold F32");
    let not_finite = Written::with(|written| {
        written.arrays[2].2[8..12].copy_from_slice(&f32::NAN.to_le_bytes());
    });
    assert_eq!(not_finite, "\"rows.1.weight\": number 2 is not finite");
}

#[test]
fn what_a_file_says_of_itself_is_checked() {
    let unnamed = Written::with(|written| written.about = None);
    assert!(unnamed.contains("no entry \"windtunnel\""), "{unnamed}");
    let cases = [
        (
            "\"format\": 1",
            "\"format\": 2",
            "format 2: this version reads format 1",
        ),
        ("\"head\"", "\"heads\"", "unknown field `heads`"),
        ("\"order\"", "7", "invalid type: integer `7`"),
        ("\"mlp\"", "\"cnn\"", "unknown variant `cnn`"),
        (
            "\"rows\": 16",
            "\"rows\": 0",
            "no such network: 0 rows: from 1 to 65536",
        ),
        ("\"row\": 3", "\"row\": -3", "invalid value: integer `-3`"),
        ("\"row\": 3", "\"row\": 4", "it should have [4, 6]"),
        (
            "\"hidden\": 4",
            "\"hidden\": 4000000000",
            "4000000000 hidden units: from 1 to 2048",
        ),
        (
            "\"layers\": 1",
            "\"layers\": 2",
            "has shape [1, 4]: it should have [4, 4]",
        ),
        (
            "{\"format\"",
            "[\"format\"",
            "the entry \"windtunnel\" of its metadata",
        ),
    ];
    for (from, to, expected) in cases {
        let said = Written::saying(from, to);
        assert!(said.contains(expected), "{to}: {said}");
    }
    let long = "x".repeat(limits::MAX_NAME + 1);
    let said = Written::saying("elsewhere", &long);
    assert_eq!(said, "scenario has 129 bytes: a name has at most 128");
}

#[test]
fn what_is_too_large_is_not_read() {
    let most = usize::try_from(limits::MAX_AGENT_BYTES).expect("it fits");
    let error = Agent::from_bytes(&vec![0; most + 1]).expect_err("too large");
    assert_eq!(error.to_string(), format!("more than {most} bytes"));
    let mut header = Written::whole().bytes();
    header[..8].copy_from_slice(&(limits::MAX_TENSOR_HEADER_BYTES + 1).to_le_bytes());
    let error = Agent::from_bytes(&header).expect_err("too long");
    assert!(
        error.to_string().contains("a header of more than"),
        "{error}"
    );
}

#[test]
fn no_damage_to_a_file_is_more_than_an_error() {
    let bytes = agent(FORMS[1]).to_bytes();
    for length in 0..bytes.len() {
        assert!(Agent::from_bytes(&bytes[..length]).is_err(), "{length}");
    }
    let header = u64::from_le_bytes(*bytes.first_chunk().expect("a length"));
    let header = 8 + usize::try_from(header).expect("short");
    for at in 0..header {
        for change in [1, 0x20, 0x80] {
            let mut damaged = bytes.clone();
            damaged[at] ^= change;
            // Another name is another agent, and everything else an error; nothing panics.
            if let Ok(agent) = Agent::from_bytes(&damaged) {
                let said = agent.to_bytes();
                assert_eq!(Agent::from_bytes(&said).expect("an agent"), agent);
            }
        }
    }
}
