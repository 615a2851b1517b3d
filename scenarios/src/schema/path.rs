//! Paths in a scenario: under its own folder or a named data root, and nowhere else.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sim_core::units::limits::MAX_PATH;

use super::diagnostic::quoted;
use super::fields::suggestion;
use super::name::{NAME_RULE, is_name};

/// A file that a scenario names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataPath {
    /// As written, counted from the scenario's folder also where a file it extends names it.
    pub written: String,
    /// The file, symbolic links followed, found to lie where it may.
    pub resolved: PathBuf,
}

/// Folders that scenarios may read beside their own: "NAME:path" lies in the folder called NAME.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DataRoots {
    named: BTreeMap<String, PathBuf>,
}

/// Where the paths of one scenario lead.
#[derive(Clone, Debug, Default)]
pub(super) struct Roots {
    /// The scenario's own folder.
    pub(super) folder: PathBuf,
    pub(super) data: DataRoots,
}

/// Why a path is refused: rule and remedy.
pub(super) type Refused = (String, String);

impl DataRoots {
    /// Calls `folder` by `name`, which has at least 2 characters, so that it is no drive letter.
    ///
    /// # Errors
    /// What is wrong with the name.
    pub fn add(&mut self, name: &str, folder: impl Into<PathBuf>) -> Result<(), String> {
        if name.len() < 2 || !is_name(name) {
            return Err(format!(
                "{}: {NAME_RULE}, at least 2 for a data root",
                quoted(name)
            ));
        }
        self.named.insert(name.into(), folder.into());
        Ok(())
    }

    /// Reads an argument `NAME=DIR`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn add_argument(&mut self, argument: &str) -> Result<(), String> {
        match argument.split_once('=') {
            Some((name, folder)) if !folder.is_empty() => self.add(name, folder),
            Some(_) | None => Err("write --data NAME=DIR".into()),
        }
    }
}

impl Roots {
    /// The file that `written` names, in a text that lies in `base` below the scenario's folder.
    pub(super) fn resolve(&self, base: &str, written: &str) -> Result<DataPath, Refused> {
        self.find(base, written, inside)
    }

    /// The same of a folder.
    pub(super) fn resolve_folder(&self, base: &str, written: &str) -> Result<DataPath, Refused> {
        self.find(base, written, folder_inside)
    }

    fn find(
        &self,
        base: &str,
        written: &str,
        inside: fn(&Path, &str) -> Result<PathBuf, Refused>,
    ) -> Result<DataPath, Refused> {
        check_form(written)?;
        let (root, inner, shown) = if let Some((name, inner)) = written.split_once(':') {
            let root = self.root(name)?;
            check_form(inner)?;
            (root, inner.to_owned(), written.to_owned())
        } else {
            let joined = format!("{base}{written}");
            (self.folder.clone(), joined.clone(), joined)
        };
        let resolved = inside(&root, &inner)?;
        Ok(DataPath {
            written: shown,
            resolved,
        })
    }

    fn root(&self, name: &str) -> Result<PathBuf, Refused> {
        if name.len() == 1 {
            return Err(refused("starts with a drive letter", "name a data root"));
        }
        self.data.named.get(name).cloned().ok_or_else(|| {
            let known: Vec<_> = self.data.named.keys().map(String::as_str).collect();
            let remedy = match name {
                "reference" => "set WINDTUNNEL_REFERENCE to its folder".into(),
                _ if known.is_empty() => format!("give --data {name}=DIR"),
                _ => format!("give --data {name}=DIR; {}", suggestion(name, &known)),
            };
            ("unknown data root".into(), remedy)
        })
    }
}

/// Refuses what no file of ours is called, before the file system is asked.
fn check_form(path: &str) -> Result<(), Refused> {
    let refuse = |rule: &str| Err(refused(rule, "write a path such as \"traces/jobs.csv\""));
    if path.is_empty() {
        return refuse("an empty path");
    }
    if path.len() > MAX_PATH {
        return refuse("longer than 1,024 bytes");
    }
    if path.contains(char::is_control) {
        return refuse("holds a control character");
    }
    if path.contains('\\') {
        return refuse("holds a backslash");
    }
    if path.starts_with('/') {
        return refuse("an absolute path");
    }
    for segment in path.split('/') {
        if segment == ".." {
            return refuse("leads out of its folder");
        }
        if is_device(segment) {
            return refuse("names a device");
        }
    }
    Ok(())
}

/// Names that some system opens as a device, whatever their ending.
fn is_device(segment: &str) -> bool {
    let stem = segment.split('.').next().unwrap_or("").trim_end();
    let stem = stem.to_ascii_uppercase();
    let numbered = stem
        .strip_prefix("COM")
        .or_else(|| stem.strip_prefix("LPT"));
    let digit = |rest: &str| rest.len() == 1 && rest.bytes().all(|byte| byte.is_ascii_digit());
    ["CON", "PRN", "AUX", "NUL"].contains(&stem.as_str()) || numbered.is_some_and(digit)
}

/// The file `inner` of the folder `root`, symbolic links followed, unless they lead out of it.
pub(super) fn inside(root: &Path, inner: &str) -> Result<PathBuf, Refused> {
    let found = below(root, inner)?;
    if !found.is_file() {
        return Err(refused("not a file", "name a regular file"));
    }
    Ok(found)
}

/// The same of a folder.
fn folder_inside(root: &Path, inner: &str) -> Result<PathBuf, Refused> {
    let found = below(root, inner)?;
    if !found.is_dir() {
        return Err(refused("not a folder", "name a folder"));
    }
    Ok(found)
}

fn below(root: &Path, inner: &str) -> Result<PathBuf, Refused> {
    let missing = |_| {
        let remedy =
            "put it beside the scenario, or name a data root: \"ROOT:path\" with --data ROOT=DIR";
        refused("no such file", remedy)
    };
    let root = if root.as_os_str().is_empty() {
        Path::new(".")
    } else {
        root
    };
    let root = root.canonicalize().map_err(missing)?;
    let found = root.join(inner).canonicalize().map_err(missing)?;
    if !found.starts_with(&root) {
        let remedy = "copy the file, or name a data root";
        return Err(refused("a link that leads out of its folder", remedy));
    }
    Ok(found)
}

/// Refuses the path of a scenario that another extends, as any other path; without its own root.
pub(super) fn check_relative(path: &str) -> Result<(), Refused> {
    if path.contains(':') {
        return Err(refused(
            "leads to a data root",
            "extend a scenario beside this one",
        ));
    }
    check_form(path)
}

fn refused(rule: &str, remedy: &str) -> Refused {
    (rule.into(), remedy.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(path: &str) -> String {
        let roots = Roots {
            folder: ".".into(),
            data: DataRoots::default(),
        };
        roots
            .resolve("", path)
            .expect_err("no such path is allowed")
            .0
    }

    #[test]
    fn paths_that_lead_elsewhere_are_refused_by_their_form() {
        assert_eq!(rule("/etc/passwd"), "an absolute path");
        assert_eq!(rule("//server/share"), "an absolute path");
        assert_eq!(rule("a/../../b"), "leads out of its folder");
        assert_eq!(rule("\\\\server\\share"), "holds a backslash");
        assert_eq!(rule("C:/a"), "starts with a drive letter");
        assert_eq!(rule("c:a"), "starts with a drive letter");
        assert_eq!(rule("a\0b"), "holds a control character");
        assert_eq!(rule("traces/NUL.csv"), "names a device");
        assert_eq!(rule("com7"), "names a device");
        assert_eq!(rule("data:x"), "unknown data root");
        assert_eq!(rule(""), "an empty path");
        assert_eq!(rule(&"a".repeat(2000)), "longer than 1,024 bytes");
        assert_eq!(rule("console.csv"), "no such file");
        assert_eq!(rule("src"), "not a file");
    }

    #[test]
    fn a_data_root_holds_its_own_paths_to_the_same_rules() {
        let mut data = DataRoots::default();
        data.add_argument("here=.").expect("a good name");
        let roots = Roots {
            folder: "elsewhere".into(),
            data,
        };
        let found = roots.resolve("", "here:Cargo.toml").expect("it is there");
        assert_eq!(found.written, "here:Cargo.toml");
        let rule = |path| roots.resolve("", path).expect_err("not allowed").0;
        assert_eq!(rule("here:/etc/passwd"), "an absolute path");
        assert_eq!(rule("here:../Cargo.toml"), "leads out of its folder");
        assert!(DataRoots::default().add_argument("C=/").is_err());
        assert!(DataRoots::default().add_argument("a b=/").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn links_may_not_lead_out() {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let link = folder.path().join("out.csv");
        std::os::unix::fs::symlink("/etc/passwd", link).expect("a link");
        let roots = Roots {
            folder: folder.path().into(),
            data: DataRoots::default(),
        };
        let (rule, _) = roots.resolve("", "out.csv").expect_err("it leads out");
        assert_eq!(rule, "a link that leads out of its folder");
    }
}
