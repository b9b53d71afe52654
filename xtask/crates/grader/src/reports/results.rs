//! Reads `results.json`, one submission at a time: a class of thousands is not held in memory.

use std::fmt;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use anyhow::Context;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::model::Grade;

/// What a run was made with, as far as reports say it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Environment {
    pub toolchain: String,
    pub kernel: String,
    pub level: String,
    /// What the sandbox lacked.
    pub missing: Vec<String>,
}

impl Environment {
    fn from_json(json: &Value) -> anyhow::Result<Environment> {
        let text = |value: &Value, name: &str| -> anyhow::Result<String> {
            let text = value[name].as_str().with_context(|| format!("the key `{name}`"))?;
            Ok(super::text::name(text))
        };
        let sandbox = &json["sandbox"];
        let missing = sandbox["missing"].as_array().context("the key `missing`")?;
        Ok(Environment {
            toolchain: text(json, "toolchain")?,
            kernel: text(json, "kernel")?,
            level: text(sandbox, "level")?,
            missing: missing.iter().filter_map(Value::as_str).map(super::text::name).collect(),
        })
    }

    /// How much of a sandbox there was, in words for a report.
    #[must_use]
    pub fn sandbox(&self) -> String {
        match &self.missing[..] {
            [] => format!("sandbox: {}", self.level),
            missing => format!("sandbox: {}, without {}", self.level, missing.join(", ")),
        }
    }
}

/// What is done with each submission.
pub type Take<'a> = &'a mut dyn FnMut(&Environment, &Grade) -> anyhow::Result<()>;

/// Hands each submission on, in the order of the file.
///
/// # Errors
/// When the file cannot be read, is of another format, or `take` fails.
pub fn each(path: &Path, take: Take<'_>) -> anyhow::Result<()> {
    let context = || format!("read {}", path.display());
    let file = BufReader::new(File::open(path).with_context(context)?);
    let mut json = serde_json::Deserializer::from_reader(file);
    let mut reader = Reader { environment: None, take, failed: None };
    let read = json.deserialize_map(&mut reader).and_then(|()| json.end());
    // What `take` said is more than that reading stopped there.
    match reader.failed {
        Some(error) => Err(error),
        None => read.with_context(context),
    }
}

struct Reader<'a> {
    environment: Option<Environment>,
    take: Take<'a>,
    failed: Option<anyhow::Error>,
}

impl<'de> Visitor<'de> for &mut Reader<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the results of a run")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut is_whole = false;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "format" => {
                    let format: String = map.next_value()?;
                    if format != "pipeworks-grade/1" {
                        let said = format!("the format is {format}, not pipeworks-grade/1");
                        return Err(A::Error::custom(said));
                    }
                }
                "environment" => {
                    let environment = Environment::from_json(&map.next_value()?);
                    let said = |error| A::Error::custom(format!("the environment: {error:#}"));
                    self.environment = Some(environment.map_err(said)?);
                }
                "submissions" => {
                    map.next_value_seed(&mut *self)?;
                    is_whole = true;
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        if is_whole { Ok(()) } else { Err(A::Error::custom("there are no `submissions`")) }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Some(environment) = &self.environment else {
            return Err(A::Error::custom("the environment stands before the submissions"));
        };
        while let Some(json) = list.next_element::<Value>()? {
            let grade = Grade::from_json(&json)
                .map_err(|error| A::Error::custom(format!("a submission: {error:#}")))?;
            if let Err(error) = (self.take)(environment, &grade) {
                self.failed = Some(error);
                return Err(A::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for &mut Reader<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}
