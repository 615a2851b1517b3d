//! Pseudonyms: the same name under the same key is always the same word, and nobody without the key
//! can go back.

use super::Cluster;
use crate::record::{Name, Workload};

/// Makes pseudonyms under a key. A short key can be guessed, and then names can be tried: 16 random
/// characters will do.
#[derive(Clone)]
pub struct Alias {
    key: [u8; 32],
}

impl std::fmt::Debug for Alias {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Alias")
    }
}

impl Alias {
    /// Shortest key, in bytes.
    pub const LEAST: usize = 8;

    /// Under `key`.
    pub fn new(key: &str) -> Self {
        let key = blake3::derive_key("windtunnel pseudonyms of names 1", key.as_bytes());
        Self { key }
    }

    /// What stands for `name`: its kind and twelve digits, so that among ten thousand names two are
    /// alike once in five million.
    pub fn name(&self, kind: &str, name: &str) -> String {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher
            .update(kind.as_bytes())
            .update(&[0])
            .update(name.as_bytes());
        format!("{kind}-{}", &hasher.finalize().to_hex()[..12])
    }

    /// So many microseconds everything is moved: whole weeks, one to ten years, so that hours and
    /// weekdays stay.
    pub fn shift_us(&self) -> i64 {
        let hash = blake3::keyed_hash(&self.key, b"shift");
        let [low, high, ..] = *hash.as_bytes();
        let weeks = 52 + i64::from(u16::from_le_bytes([low, high]) % 468);
        -weeks * 7 * 86_400_000_000
    }

    /// Puts pseudonyms in place of the names of jobs, users, queues and kinds of job; with `shift`,
    /// the moment of time zero is moved as well. Durations stay.
    pub fn workload(&self, workload: &mut Workload, shift: bool) {
        for job in &mut workload.jobs {
            job.name = Name::Text(self.name("job", &job.name.to_string()).into());
        }
        for (kind, names) in [
            ("user", &mut workload.users),
            ("queue", &mut workload.queues),
            ("class", &mut workload.classes),
        ] {
            for name in names {
                *name = self.name(kind, name);
            }
        }
        // What is wrong with a row may quote it.
        workload.dropped.first.clear();
        if shift {
            workload.epoch = None;
        }
    }

    /// The same for a whole cluster: zones and types of machines that no provider rents out as
    /// well, and what notes name.
    pub fn cluster(&self, cluster: &mut Cluster, shift: bool) {
        for job in &mut cluster.jobs {
            job.name = self.name("job", &job.name);
            job.user = job.user.as_deref().map(|user| self.name("user", user));
        }
        for tenant in &mut cluster.tenants {
            tenant.name = self.name("queue", &tenant.name);
        }
        for machines in &mut cluster.machines {
            let kind = &mut machines.kind;
            if !kind.instance.is_empty() && !kind.instance.contains('/') {
                kind.instance = self.name("type", &kind.instance);
            }
            if !kind.zone.is_empty() {
                kind.zone = self.name("zone", &kind.zone);
            }
        }
        for note in &mut cluster.notes {
            *note = self.note(note);
        }
        cluster.dropped.first.clear();
        if shift {
            let by = self.shift_us();
            cluster.taken_us = cluster.taken_us.saturating_add(by);
            for job in &mut cluster.jobs {
                job.submit_us = job.submit_us.saturating_add(by);
                for at in [&mut job.start_us, &mut job.end_us] {
                    *at = at.map(|at| at.saturating_add(by));
                }
            }
        }
    }

    /// The note, with pseudonyms for what it names between backticks.
    fn note(&self, note: &str) -> String {
        let parts = note.split('`').enumerate();
        let parts = parts.map(|(at, part)| {
            if at % 2 == 1 {
                self.name("name", part)
            } else {
                part.to_owned()
            }
        });
        parts.collect()
    }
}
