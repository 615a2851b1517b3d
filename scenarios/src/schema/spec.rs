//! Keys as data: from one table come the decoder's rules, the JSON Schema and the documentation.

/// A table of a scenario and the keys it takes.
#[derive(Debug)]
pub(super) struct TableSpec {
    /// How messages call it: `[[fleet]]`.
    pub(super) title: &'static str,
    /// What it is for.
    pub(super) doc: &'static str,
    /// Its keys.
    pub(super) keys: &'static [KeySpec],
    /// Whether other keys are parameters, kept for a registry to check.
    pub(super) open: bool,
}

/// A key and what it takes.
#[derive(Debug)]
pub(super) struct KeySpec {
    /// The key.
    pub(super) name: &'static str,
    /// What may stand there.
    pub(super) takes: Takes,
    /// One sentence.
    pub(super) doc: &'static str,
    /// Whether it must be there.
    pub(super) required: bool,
    /// What stands there when it is absent, in words or in TOML.
    pub(super) default: Option<&'static str>,
    /// The part of Windtunnel that will bring it, while it does nothing yet.
    pub(super) later: Option<&'static str>,
    /// For a number out of range: the rule and the remedy in the words of the field.
    pub(super) bound: Option<(&'static str, &'static str)>,
}

/// What may stand at a key.
#[derive(Clone, Copy, Debug)]
pub(super) enum Takes {
    /// `true` or `false`.
    Bool,
    /// Any text of at most 4,096 bytes without control characters.
    Text,
    /// A text of `[A-Za-z0-9._-]{1,128}`.
    Name,
    /// A name, or two with a colon between: a key and its value.
    Tag,
    /// An integer within bounds.
    Integer(i64, i64),
    /// A finite number within bounds; `true`: the lower one excluded.
    Number(f64, f64, bool),
    /// A duration; `true`: longer than zero.
    Duration(bool),
    /// An hourly price.
    Price,
    /// An amount of money.
    Money,
    /// A number of bytes.
    Size,
    /// A part, from nothing to the whole.
    Percent,
    /// A date, or a date and time, as TOML's or in quotes.
    Moment,
    /// The IANA name of a time zone.
    Timezone,
    /// One of these words.
    Choice(&'static [Choice]),
    /// A file under the scenario's folder or a data root.
    File,
    /// A folder under the scenario's folder or a data root.
    Folder,
    /// A kind and its parameters, which a registry checks.
    Part(Seam),
    /// A list.
    List(&'static Takes),
    /// A table.
    Table(&'static TableSpec),
    /// An array of tables with names.
    Tables(&'static TableSpec),
    /// A table from names of the writer's choice to values.
    Map(&'static Takes),
    /// `[["0h", VALUE], ["12h", VALUE]]`.
    Steps(&'static Takes),
    /// One of several.
    Either(&'static [Takes]),
    /// Anything, kept as written.
    Raw,
}

/// A word that may stand at a key.
#[derive(Debug)]
pub(super) struct Choice {
    /// The word.
    pub(super) word: &'static str,
    /// What it means.
    pub(super) doc: &'static str,
}

/// Where a part fits: each seam has a registry of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Seam {
    /// Which job comes first.
    Order,
    /// Who may start when the first cannot.
    Admit,
    /// On which nodes.
    Place,
    /// Who makes way.
    Preempt,
    /// How many machines are held.
    Buy,
    /// Who goes on elsewhere.
    Move,
    /// What guards the budget.
    Guard,
    /// When fleets are open.
    Hours,
    /// How large elastic jobs are.
    Scale,
    /// How often checkpoints are written.
    Pace,
    /// How many replicas services have.
    Replicas,
    /// How long jobs may lie beside replicas.
    Oversubscribe,
    /// What an agent is asked.
    Head,
    /// A policy that is not composed.
    Policy,
    /// A generator of jobs.
    Synth,
    /// A generator of requests.
    Requests,
    /// A model of what users guess of durations.
    Estimate,
    /// A format of job traces; it has no parameters.
    TraceFormat,
    /// A format of requests; it has no parameters.
    RequestFormat,
    /// A format of node lists; it has no parameters.
    NodeFormat,
    /// A simulator whose ways can be kept; it has no parameters.
    Compat,
    /// A metric; it has no parameters.
    Metric,
    /// A figure of a comparison; it has no parameters.
    Figure,
}

impl Seam {
    /// The key of the kind where a part is written as a table.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Synth | Self::Requests | Self::Estimate => "model",
            Self::Order
            | Self::Admit
            | Self::Place
            | Self::Preempt
            | Self::Buy
            | Self::Move
            | Self::Guard
            | Self::Hours
            | Self::Scale
            | Self::Pace
            | Self::Replicas
            | Self::Oversubscribe
            | Self::Head
            | Self::Policy
            | Self::TraceFormat
            | Self::RequestFormat
            | Self::NodeFormat
            | Self::Compat
            | Self::Metric
            | Self::Figure => "kind",
        }
    }
}

impl TableSpec {
    /// A table whose keys are all listed.
    pub(super) const fn closed(
        title: &'static str,
        doc: &'static str,
        keys: &'static [KeySpec],
    ) -> Self {
        Self {
            title,
            doc,
            keys,
            open: false,
        }
    }

    /// The same, where other keys are parameters.
    pub(super) const fn open(self) -> Self {
        Self { open: true, ..self }
    }

    /// The key called `name`.
    pub(super) fn key(&self, name: &str) -> Option<&'static KeySpec> {
        self.keys.iter().find(|key| key.name == name)
    }
}

impl KeySpec {
    /// An optional key.
    pub(super) const fn new(name: &'static str, takes: Takes, doc: &'static str) -> Self {
        Self {
            name,
            takes,
            doc,
            required: false,
            default: None,
            later: None,
            bound: None,
        }
    }

    /// A key that is recognised and refused until `part` is there.
    pub(super) const fn later(name: &'static str, part: &'static str) -> Self {
        let doc = "Not yet implemented.";
        Self {
            later: Some(part),
            ..Self::new(name, Takes::Raw, doc)
        }
    }

    /// The same, required.
    pub(super) const fn required(self) -> Self {
        Self {
            required: true,
            ..self
        }
    }

    /// The same, with a default.
    pub(super) const fn default(self, default: &'static str) -> Self {
        Self {
            default: Some(default),
            ..self
        }
    }

    /// The same, with the words for a number out of range.
    pub(super) const fn bound(self, rule: &'static str, remedy: &'static str) -> Self {
        Self {
            bound: Some((rule, remedy)),
            ..self
        }
    }
}

impl Choice {
    /// A word.
    pub(super) const fn new(word: &'static str, doc: &'static str) -> Self {
        Self { word, doc }
    }
}

impl Takes {
    /// What it takes, as a message says it: with an example where one helps.
    pub(super) fn expected(&self) -> String {
        match self {
            Self::Bool => "true or false".into(),
            Self::Text => "a text".into(),
            Self::Name => "a name such as \"a-1\"".into(),
            Self::Tag => "a tag such as \"nightly\" or \"project:atlas\"".into(),
            Self::Integer(..) => "an integer".into(),
            Self::Number(..) => "a number".into(),
            Self::Duration(_) => "a duration such as \"1h30m\"".into(),
            Self::Price => "an hourly price such as \"$3.06\"".into(),
            Self::Money => "an amount of money such as \"$250000\"".into(),
            Self::Size => "a size such as \"40GiB\"".into(),
            Self::Percent => "a part such as \"25%\"".into(),
            Self::Moment => "a date such as 2017-10-01 or 2017-10-01T08:00:00Z".into(),
            Self::Timezone => "a time zone such as \"America/Los_Angeles\"".into(),
            Self::Choice(words) => one_of(&words.iter().map(|word| word.word).collect::<Vec<_>>()),
            Self::Folder => "a folder such as \"profiles\" or \"ROOT:profiles\"".into(),
            Self::File => "a file such as \"jobs.csv\" or \"ROOT:jobs.csv\"".into(),
            Self::Part(seam) => {
                format!(
                    "a kind such as \"NAME\" or {{ {} = \"NAME\", ... }}",
                    seam.key()
                )
            }
            Self::List(of) => format!("a list, each entry {}", of.expected()),
            Self::Table(_) => "a table".into(),
            Self::Tables(table) => format!("an array of tables, {}", table.title),
            Self::Map(of) => format!("a table of names, each with {}", of.expected()),
            Self::Steps(of) => format!("steps such as [[\"0h\", X]], X {}", of.expected()),
            Self::Either(options) => {
                let options: Vec<_> = options.iter().map(Self::expected).collect();
                options.join(", or ")
            }
            Self::Raw => "anything".into(),
        }
    }
}

/// `"a", "b" or "c"`.
fn one_of(words: &[&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("{word:?}")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.join(""),
    }
}
