//! `run.json`: what a run was made with, and whether it has come to its end. Runs of several shards
//! belong together if all of it is the same.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, anyhow};
use serde_json::{Value, json};

use crate::exercise::Bench;
use crate::import::Student;
use crate::keys::Digest;
use crate::shard::Shard;
use crate::store::Store;
use crate::words::Wrong;

/// The file's name in a run's folder.
const NAME: &str = "run.json";

/// What stands in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    pub seed: u64,
    pub shard: Option<Shard>,
    /// Of the whole class, also in a shard: how many, and a digest of their names.
    pub students: u64,
    pub names: String,
    /// Nothing before the run's end.
    pub made: Option<MadeWith>,
}

/// What all grades of a run have in common.
#[derive(Clone, Debug, PartialEq)]
pub struct MadeWith {
    /// Digests of the toolchain, the limits and the grader.
    pub common: BTreeMap<String, String>,
    /// Digests of the tests, by the exercises' IDs.
    pub tests: BTreeMap<String, String>,
    /// As `results.json` has it.
    pub environment: Value,
}

impl Record {
    /// Begins a run with the seed that was asked for, that of the run that this goes on with, or a
    /// new one.
    ///
    /// # Errors
    /// [`Wrong`] when the folder has another part of the class, or a shard has no seed; another
    /// when it cannot be written.
    pub fn begin(
        store: &Store,
        seed: Option<u64>,
        shard: Option<Shard>,
        class: &[Student],
    ) -> anyhow::Result<Record> {
        let path = store.path(NAME);
        let before = fs::read(&path).ok();
        let before: Option<Value> = before.and_then(|text| serde_json::from_slice(&text).ok());
        if let Some(before) = &before {
            same_part(before, shard, &path)?;
        }
        let known = seed.or_else(|| before.and_then(|run| run["seed"].as_u64()));
        let seed = match (known, shard) {
            (Some(seed), _) => seed,
            (None, None) => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH);
                now.map_or(1, |time| u64::from(time.subsec_micros()))
            }
            (None, Some(shard)) => {
                return Err(Wrong::usage(anyhow!(
                    "shard {shard} needs --seed N, the same for all shards: with other random \
                     inputs they could not be merged"
                )));
            }
        };
        let mut names = Digest::default();
        for student in class {
            names.add(student.name.as_bytes());
        }
        let students = class.len() as u64;
        let record = Record { seed, shard, students, names: names.hex(), made: None };
        record.write(store)?;
        Ok(record)
    }

    /// The run has come to its end.
    #[must_use]
    pub fn ended(self, bench: &Bench<'_>, environment: Value) -> Record {
        let tests = bench.tests.iter().map(|(id, tests)| (id.clone(), tests.digest.clone()));
        let common = bench.common.parts().map(|(name, part)| (name.to_owned(), part.to_owned()));
        let (common, tests) = (common.into(), tests.collect());
        Record { made: Some(MadeWith { common, tests, environment }), ..self }
    }

    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, store: &Store) -> anyhow::Result<()> {
        let mut json = json!({
            "seed": self.seed,
            "class": {"students": self.students, "names": self.names},
            "finished": self.made.is_some(),
        });
        if let Some(shard) = self.shard {
            json["shard"] = json!(shard.to_string());
        }
        if let Some(made) = &self.made {
            json["made"] = json!({"common": made.common, "tests": made.tests});
            json["environment"] = made.environment.clone();
        }
        store.write(&store.path(NAME), &json).context("remember what the run is made with")
    }

    /// Reads that of an earlier run.
    ///
    /// # Errors
    /// When there is none, or it is damaged.
    pub fn read(folder: &Path) -> anyhow::Result<Record> {
        let path = folder.join(NAME);
        let context = || format!("read {} (is it the folder of a report?)", path.display());
        let text = fs::read(&path).with_context(context)?;
        let json: Value = serde_json::from_slice(&text).with_context(context)?;
        of_json(&json).with_context(context)
    }
}

fn same_part(before: &Value, shard: Option<Shard>, path: &Path) -> anyhow::Result<()> {
    let name = |shard: Option<&str>| match shard {
        Some(shard) => format!("shard {shard}"),
        None => "the whole class".to_owned(),
    };
    let there = name(before["shard"].as_str());
    let asked = name(shard.map(|shard| shard.to_string()).as_deref());
    if there == asked {
        return Ok(());
    }
    Err(Wrong::usage(anyhow!(
        "{} is of {there}, and this run is of {asked}: name another folder",
        path.display()
    )))
}

fn of_json(json: &Value) -> anyhow::Result<Record> {
    let digests = |json: &Value| {
        let object = json.as_object().context("no digests")?;
        let all = object.iter().map(|(name, digest)| {
            let digest = digest.as_str().with_context(|| format!("`{name}` is no digest"))?;
            Ok((name.clone(), digest.to_owned()))
        });
        all.collect::<anyhow::Result<BTreeMap<String, String>>>()
    };
    let made = match json["finished"].as_bool().context("the key `finished` is missing")? {
        false => None,
        true => Some(MadeWith {
            common: digests(&json["made"]["common"])?,
            tests: digests(&json["made"]["tests"])?,
            environment: json["environment"].clone(),
        }),
    };
    let class = &json["class"];
    Ok(Record {
        seed: json["seed"].as_u64().context("the key `seed` is missing")?,
        shard: json["shard"].as_str().map(Shard::read).transpose()?,
        students: class["students"].as_u64().context("the key `students` is missing")?,
        names: class["names"].as_str().context("the key `names` is missing")?.to_owned(),
        made,
    })
}
